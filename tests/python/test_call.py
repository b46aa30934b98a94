# One handler called without a flow: what it emitted, what it changed, how it failed.
from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import stoplog as sl
from python.parts import Adder, Do, Sink, Source, source_and_adder
from stoplog.testing import call


def test_call_tells_emissions_and_changes() -> None:
    emissions, changes = call(Adder().input, value=3)

    assert emissions == [("added", {"total": 3})]
    assert changes == {"total": 3, "by_value": {3: 1}}


def test_emissions_come_in_the_order_of_emission() -> None:
    do = Do(lambda do: (do.out(n=1), do.other(n=2), do.emit("out", n=3)))

    emissions, _changes = call(do.input)

    assert [(event, payload.n) for event, payload in emissions] == [
        ("out", 1),
        ("other", 2),
        ("out", 3),
    ]


def test_any_number_of_emissions() -> None:
    emissions, _changes = call(Source().items, values=list(range(3000)))

    assert [payload.value for _event, payload in emissions] == list(range(3000))


def test_what_did_not_change_is_no_change() -> None:
    assert call(Do(lambda do: setattr(do, "number", 0)).input) == ([], {})


def test_change_of_the_type_alone_is_a_change() -> None:
    assert call(Do(lambda do: setattr(do, "number", False)).input)[1] == {"number": False}


def test_array_in_the_state_is_compared() -> None:
    def keep(do: Do) -> None:
        do.table["array"] = np.arange(3)

    emissions, changes = call(Do(keep).input)

    assert emissions == []
    assert changes["table"]["array"].tolist() == [0, 1, 2]


def test_each_call_begins_with_fresh_state() -> None:
    adder = Adder()

    assert [call(adder.input, value=2)[1]["total"] for _ in range(2)] == [2, 2]


def test_what_was_handled_before_is_in_the_state_and_not_in_the_outcome() -> None:
    adder = Adder()
    before = [adder.input.of(value=1), adder.input.of(value=2)]

    emissions, changes = call(adder.input.of(value=3), after=before)

    assert (emissions, changes["total"]) == ([("added", {"total": 6})], 6)


def test_routine_of_a_flow_stays_as_it_is() -> None:
    flow = source_and_adder()
    adder: Any = flow.routines["adder"]

    call(adder.input, value=3)

    assert (adder.name, len(flow.connections)) == ("adder", 1)
    adder.set_config(n=1)  # no job was left behind
    assert flow.run("source.items", values=[1])["adder"].total == 1


def test_call_takes_a_function_and_defined_parts() -> None:
    routine = sl.Routine()
    routine.define_event("out", "n")
    slot = routine.define_slot("input", lambda n: routine.emit("out", n=n))

    @sl.Flow("f").routine(emits="loud")
    def shout(text: str) -> dict[str, str]:
        return {"text": text.upper()}

    assert call(slot, n=1)[0] == [("out", {"n": 1})]
    assert call(shout.input, text="a") == ([("loud", {"text": "A"})], {})


class Finishing(sl.Routine):
    """Two drained slots, of which the second counts on what the first did."""

    total: sl.State[int] = sl.State(int)
    done = sl.Event("total")

    @sl.slot
    def input(self, n: int) -> None:
        self.total += n

    @sl.slot(when="drained")
    def first(self) -> None:
        self.done(total=-1)
        self.total += 1

    @sl.slot(when="drained")
    def second(self) -> None:
        self.done(total=self.total)


def test_ordinary_slot_is_called_without_the_drained_ones() -> None:
    assert call(Finishing().input, n=1) == ([], {"total": 1})


def test_drained_slot_is_called_in_its_turn() -> None:
    routine = Finishing()

    assert call(routine.first) == ([("done", {"total": -1})], {"total": 1})
    after = [routine.input.of(n=5)]
    assert call(routine.second.of(), after=after) == ([("done", {"total": 6})], {})


def test_failure_is_told_with_its_cause_and_its_job() -> None:
    """R19: a user's exception is never swallowed or translated away."""

    def fail(do: Do) -> None:
        do.out(n=1)
        raise ValueError("no")

    with pytest.raises(sl.SlotHandlerError, match=r"'do', slot 'input'.*no") as caught:
        call(Do(fail).input)

    assert isinstance(caught.value.__cause__, ValueError)
    assert caught.value.job.done


@pytest.mark.parametrize("policy", ["continue", "skip"])
def test_failure_is_told_whatever_the_policy_says(policy: Any) -> None:
    class Lenient(sl.Routine):
        @sl.slot(on_error=policy)
        def input(self) -> None:
            raise ValueError("no")

    with pytest.raises(sl.SlotHandlerError, match="ValueError: no"):
        call(Lenient().input)


def test_failure_before_is_told_too() -> None:
    do = Do(lambda do: 1 / do.number)  # type: ignore[arg-type]

    with pytest.raises(sl.SlotHandlerError, match="ZeroDivisionError"):
        call(do.again.of(), after=[do.input.of()])


def test_wrong_fields_are_told_before_anything_runs() -> None:
    with pytest.raises(sl.TypeMismatchError, match="valeu.*did you mean 'value'"):
        call(Sink().input, valeu=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("entry", ["sink.input", None, Sink(), Sink.input, print])
def test_what_is_no_slot_is_refused(entry: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match=r"call\(routine.slot"):
        call(entry)


def test_message_takes_no_more_fields() -> None:
    sink = Sink()

    with pytest.raises(sl.ConfigurationError, match="value"):
        call(sink.input.of(value=1), value=2)  # type: ignore[call-overload]


@pytest.mark.parametrize("before", [["sink.input"], [Sink().input.of(value=1)]])
def test_message_before_must_be_for_the_same_routine(before: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match="same routine"):
        call(Sink().input.of(value=1), after=before)


def test_handler_that_asks_to_pause_has_still_taken_effect() -> None:
    def pause(do: Do) -> None:
        do.job.pause()
        do.out(n=1)
        do.number = 2

    assert call(Do(pause).input) == ([("out", {"n": 1})], {"number": 2})


def test_field_named_after_is_a_field() -> None:
    class Late(sl.Routine):
        out = sl.Event()

        @sl.slot
        def input(self, after: int) -> None:
            self.out(after=after)

    assert call(Late().input, after=3) == ([("out", {"after": 3})], {})
