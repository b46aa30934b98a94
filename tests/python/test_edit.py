# `JobState.edit`: a new value with declared state replaced, checked like an assignment.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import stoplog as sl
from python.boxes import Box
from python.coded import Point
from python.parts import Adder, source_and_adder

if TYPE_CHECKING:
    from stoplog.formats import Format


def boxes() -> tuple[sl.Flow, Box]:
    flow = sl.Flow("boxes")
    return flow, flow.add(Box(), "box")


def fresh() -> sl.JobState:
    """A job that never used its routine."""
    return boxes()[0].start(paused=True).snapshot()


def adding(steps: int) -> tuple[sl.Flow, sl.JobState]:
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [1, 2, 3]}, executor="sequential")
    job.step(steps)
    return flow, job.snapshot()


def test_edit_replaces_what_it_names_and_nothing_else() -> None:
    """R11: a new value."""
    _, state = adding(3)

    edited = state.edit("adder", total=100)

    assert (edited["adder"].total, edited["adder"].by_value) == (100, {1: 1, 2: 1})
    assert state["adder"].total == 3
    assert (edited.id, edited.status, len(edited.queued)) == (state.id, state.status, 1)
    assert edited != state


@pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])
def test_job_goes_on_with_what_was_edited(executor: Any) -> None:
    """R11."""
    flow, state = adding(3)

    edited = state.edit("adder", total=100, by_value={7: 7})
    final = flow.resume(edited, executor=executor).result()

    assert (final["adder"].total, final["adder"].by_value) == (103, {7: 7, 3: 1})


@pytest.mark.parametrize("form", ["binary", "json", "xml", "text"])
def test_edited_state_is_saved(form: Format) -> None:
    """R18."""
    _, state = adding(2)
    edited = state.edit("adder", by_value={1: 5})

    assert sl.JobState.from_bytes(edited.to_bytes(form)) == edited


def test_loaded_state_is_edited() -> None:
    flow, state = adding(3)
    loaded = sl.JobState.from_bytes(state.to_bytes())

    edited = loaded.edit("adder", total=10)

    assert (edited["adder"].total, loaded["adder"].total) == (10, 3)
    assert flow.resume(edited, executor="sequential").result()["adder"].total == 13


def test_routine_that_was_never_used_gets_its_state() -> None:
    flow, box = boxes()
    state = flow.start(paused=True).snapshot()

    edited = state.edit(box, items=[1], table={"a": {"b": [2]}})
    again = flow.resume(edited, paused=True).snapshot()

    assert again["box"].to_dict() == {"items": [1], "members": set(), "table": {"a": {"b": [2]}}}


def test_edit_while_the_job_goes_on_touches_neither() -> None:
    """S6: what is edited is a copy."""
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [1, 2, 3]}, executor="sequential")
    job.step(3)

    cut = job.snapshot()
    job.step(2)
    edited = cut.edit("adder", total=50)
    final = job.result()

    assert (final["adder"].total, final["adder"].by_value) == (6, {1: 1, 2: 1, 3: 1})
    assert (edited["adder"].total, edited["adder"].by_value) == (50, {1: 1, 2: 1})


def test_given_containers_are_copied() -> None:
    given: dict[str, Any] = {"a": [1]}

    edited = fresh().edit("box", table=given)
    given["a"].append(2)
    given["b"] = 1

    assert edited["box"].table == {"a": [1]}


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("items", (1, 2), [1, 2]),
        ("items", {3}, [3]),
        ("items", iter([4]), [4]),
        ("members", [1, 1, 2], {1, 2}),
        ("members", frozenset({5}), {5}),
        ("items", "text", "text"),
        ("table", [1], [1]),
        ("items", None, None),
        ("table", {"p": Point(1, 2)}, {"p": Point(1, 2)}),
    ],
)
def test_value_is_taken_as_an_assignment_takes_it(field: str, given: Any, kept: Any) -> None:
    """S1: a list takes any collection."""
    assert fresh().edit("box", **{field: given})["box"][field] == kept


def test_array_becomes_one_that_nobody_can_write() -> None:
    """S2."""
    array = np.arange(3)

    edited = fresh().edit("box", table={"a": array})
    array[0] = 9

    assert edited["box"].table["a"].tolist() == [0, 1, 2]


def test_value_that_cannot_be_kept_is_refused_with_its_path() -> None:
    """S2 R17."""
    with pytest.raises(sl.SerializationError, match=r"box\.table\['a'\]\[1\]: object"):
        fresh().edit("box", table={"a": [1, object()]})


def test_cycle_is_refused() -> None:
    """S6."""
    cycle: list[Any] = []
    cycle.append(cycle)

    with pytest.raises(sl.SerializationError, match="cycle"):
        fresh().edit("box", items=cycle)


def test_unknown_names_are_refused_with_what_there_is() -> None:
    """Section 5."""
    with pytest.raises(sl.UnknownRoutineError, match=r"'boxx'.*did you mean 'box'"):
        fresh().edit("boxx", items=[])
    with pytest.raises(sl.NotFoundError, match=r"'item'.*did you mean 'items'"):
        fresh().edit("box", items=[], item=[])
    with pytest.raises(sl.NotFoundError, match="declares none"):
        adding(1)[1].edit("source", total=1)


def test_nothing_is_edited_by_nothing() -> None:
    state = fresh()

    assert state.edit("box") == state


def test_ended_job_is_edited_as_a_value_and_not_resumed() -> None:
    """R9."""
    flow, _ = adding(1)
    final = flow.run("source.items", values=[1])

    edited = final.edit("adder", total=5)

    assert (edited["adder"].total, edited.status) == (5, sl.JobStatus.COMPLETED)
    with pytest.raises(sl.StateError, match="COMPLETED"):
        flow.resume(edited)


def test_failed_job_is_repaired_by_an_edit() -> None:
    """R9: the failed delivery is tried again."""

    class Divider(sl.Routine):
        by: sl.State[int] = sl.State(int)
        result: sl.State[float] = sl.State(float)

        @sl.slot
        def input(self, n: int) -> None:
            self.result = n / self.by

    flow = sl.Flow("dividing")
    divider = flow.add(Divider(), "divider")
    job = flow.start(divider.input.of(n=10), executor="sequential")
    job.wait()

    final = flow.resume(job.snapshot().edit(divider, by=4), executor="sequential").result()

    assert final["divider"].result == 2.5


def test_foreign_code_that_edits_on_the_way_is_lived_with() -> None:
    state = fresh()

    class Key:
        def __hash__(self) -> int:
            made.append(state.edit("box", items=[len(made)]))
            return 1

        def __eq__(self, other: object) -> bool:
            return self is other

    made: list[sl.JobState] = []

    with pytest.raises(sl.SerializationError):
        state.edit("box", table={Key(): 1})

    assert [one["box"].items for one in made[:1]] == [[0]]
    assert state["box"].items == []


def test_state_is_read_by_item_attribute_and_declaration() -> None:
    _, state = adding(3)

    assert state["adder"]["total"] == state["adder"].total == state["adder"][Adder.total] == 3
    assert state.drawing.to_plain()["routines"]["adder"]["state"]["total"] == "int"
