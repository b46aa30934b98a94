# Ten typical mistakes: each message names the thing, what was found, and what was expected.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import Adder, Do, Source, failure_of, source_and_adder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def raised_by(act: Callable[[], Any]) -> BaseException:
    with pytest.raises(sl.StoplogError) as caught:
        act()
    return caught.value


def assert_says(error: BaseException, *words: str) -> None:
    text = str(error)
    assert [word for word in words if word not in text] == [], text


def test_wrong_slot_name() -> None:
    """Section 5: flow, routine, the slots there are, a guess."""
    error = raised_by(lambda: source_and_adder().connect("source.item", "adder.inputs"))

    assert isinstance(error, sl.UnknownSlotError)
    assert_says(error, "flow 'adding'", "'inputs'", "routine 'adder'", "did you mean 'input'?")


def test_wrong_field() -> None:
    """Section 5: event, the field that was given, those that it has."""

    class Wrong(Source):
        @sl.slot
        def items(self, values: list[int]) -> None:
            self.item(valeu=1)  # type: ignore[call-arg]

    flow = sl.Flow("f")
    wrong = flow.add(Wrong(), "wrong")
    error = raised_by(lambda: flow.run(wrong.items.of(values=[])))

    assert isinstance(error.__cause__, sl.TypeMismatchError)
    assert_says(error.__cause__, "item", "'valeu'", "'value'")


def test_emit_outside_a_handler() -> None:
    """Section 5: what it was, and what to do instead."""
    source = sl.Flow("f").add(Source(), "source")

    error = raised_by(lambda: source.item(value=1))

    assert isinstance(error, sl.StateError)
    assert_says(error, "item", "job.send")


def test_value_that_cannot_be_kept_in_the_state() -> None:
    """S2: routine, field, path, type, and what can be kept."""
    error = failure_of(lambda do: do.table.__setitem__("items", {"x": ([1],)}))

    assert isinstance(error, sl.StoplogError)
    assert_says(error, "table", "items", "x", "[0]", "list", "put it into a dict or a list")


def test_truncated_file(tmp_path: Path) -> None:
    """R17: the file, and what is wrong with it."""
    file = tmp_path / "run.stoplog"
    source_and_adder().start(executor="sequential").snapshot().save(file)
    file.write_bytes(file.read_bytes()[:-20])

    error = raised_by(lambda: sl.JobState.load(file))

    assert isinstance(error, sl.SerializationError)
    assert_says(error, "run.stoplog", "bytes")


def test_resuming_a_changed_flow() -> None:
    """R14: the list of what differs."""
    state = source_and_adder().start("adder.input", {"value": 1}, executor="sequential").snapshot()
    flow = sl.Flow("adding")
    flow.add(Source(), "source")
    flow.add(Adder(), "total")
    flow.connect("source.item", "total.input")

    error = raised_by(lambda: flow.resume(state))

    assert isinstance(error, sl.DefinitionMismatchError)
    assert_says(error, "adding", "adder", "total", "adder.input")


def test_class_where_an_instance_belongs() -> None:
    """Section 5."""
    flow = sl.Flow("etl")
    wrong: Any = Source

    error = raised_by(lambda: flow.add(wrong, "source"))

    assert isinstance(error, sl.ConfigurationError)
    assert_says(error, "Source", "did you mean Source()?")


def test_two_routines_of_one_name() -> None:
    """Section 3: refused, and says how to replace."""
    flow = sl.Flow("etl")
    flow.add(Source(), "load")

    error = raised_by(lambda: flow.add(Adder(), "load"))

    assert isinstance(error, sl.ConfigurationError)
    assert_says(error, "flow 'etl'", "'load'", "replace=True")


def test_writing_state_from_outside() -> None:
    """S6: routine, field, and where it may be written."""
    adder = sl.Flow("f").add(Adder(), "adder")

    error = raised_by(lambda: setattr(adder, "total", 1))

    assert isinstance(error, sl.StateError)
    assert_says(error, "total", "handler")


def test_waiting_in_a_handler_for_its_own_job() -> None:
    """R18b: never an endless wait; says what was called."""
    error = failure_of(lambda do: do.job.result())

    assert isinstance(error, sl.StateError)
    assert_says(error, "result", "handler")


def test_what_is_no_routine_at_all() -> None:
    flow = sl.Flow("etl")
    wrong: Any = "source"

    error = raised_by(lambda: flow.add(wrong, "source"))

    assert_says(error, "Routine", "str")


def test_expecting_a_slot_without_its_routine() -> None:
    error = failure_of(lambda do: do.expect("again"))

    assert isinstance(error, sl.StoplogError)
    assert_says(error, "again")


def test_handler_that_calls_a_slot_of_its_own_is_an_ordinary_call() -> None:
    """`BoundSlot.__call__`: not a delivery."""
    final_number: list[int] = []

    def handle(do: Do) -> None:
        do.again()
        final_number.append(do.number)

    flow = sl.Flow("f")
    flow.add(Do(handle), "do")
    final = flow.run("do.input")

    assert (final_number, len(final.history)) == ([1], 1)
