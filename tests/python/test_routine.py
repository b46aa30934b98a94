# Routines and their slots: subclasses, names, options, and the drawing of a flow (row a).
from __future__ import annotations

from typing import Any

import pytest

import stoplog as sl
from python.parts import Adder, Do, Sink, Source, source_and_adder


def test_subclass_inherits_slots_events_and_state() -> None:
    class Doubler(Adder):
        pass

    flow = sl.Flow("f")
    doubler, sink = flow.add(Doubler(), "doubler"), flow.add(Sink(), "sink")
    flow.connect(doubler.added, sink.input, rename={"total": "value"})

    assert flow.run(doubler.input, value=3)[doubler].total == 3
    assert sink.got == [3]


def test_subclass_overrides_a_slot_and_calls_the_one_above() -> None:
    class Twice(Adder):
        @sl.slot
        def input(self, value: int) -> None:
            super().input(value=2 * value)

    flow = sl.Flow("f")
    twice = flow.add(Twice(), "twice")

    assert flow.run(twice.input, value=3)[twice].total == 6


def test_slot_overridden_by_an_undecorated_method_is_refused() -> None:
    class Forgot(Adder):
        def input(self, value: int) -> None:  # type: ignore[override]
            """A slot above, and here an ordinary method."""

    with pytest.raises(sl.ConfigurationError, match="input"):
        sl.Flow("f").add(Forgot(), "forgot")


def test_slot_is_an_ordinary_call_outside_a_flow() -> None:
    sink = Sink()

    sink.input(value=4)

    assert sink.got == [4]


def test_super_init_is_not_required() -> None:
    """`Sink.__init__` never calls it."""
    flow = sl.Flow("f")
    sink = flow.add(Sink(), "sink")

    assert flow.run(sink.input, value=1).status is sl.JobStatus.COMPLETED


@pytest.mark.parametrize("name", ["emit", "job", "name", "expect", "to_dict"])
def test_name_of_the_routine_class_is_refused_for_a_slot(name: str) -> None:
    """Names of `Routine` and `to_dict` are refused for slots, events and state."""

    def handler(self: Any) -> None: ...

    with pytest.raises((sl.ConfigurationError, RuntimeError)) as caught:
        sl.Flow("f").add(type("Bad", (sl.Routine,), {name: sl.slot(handler)})(), "bad")

    assert name in f"{caught.value} {caught.value.__cause__}"


def test_slot_with_a_name_of_its_own() -> None:
    class Renamed(sl.Routine):
        @sl.slot(name="in_")
        def handle(self) -> None: ...

    flow = sl.Flow("f")
    flow.add(Renamed(), "renamed")

    assert flow.run("renamed.in_").status is sl.JobStatus.COMPLETED


@pytest.mark.parametrize("option", ["merge", "timeout", "capactiy"])
def test_unknown_option_of_a_slot_is_an_error(option: str) -> None:
    """Section 5: unknown options are errors, never ignored."""
    with pytest.raises((TypeError, sl.ConfigurationError), match=option):
        sl.slot(**{option: 1})  # type: ignore[call-overload]


@pytest.mark.parametrize("option", ["concurently", "parallel", "", None, sl.Concurrent])
def test_unknown_executor_is_an_error(option: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match="sequential.*background"):
        source_and_adder().start("adder.input", {"value": 1}, executor=option)


@pytest.mark.parametrize("capacity", [0, -1, 1.5, "many"])
def test_capacity_that_is_no_positive_count_is_refused(capacity: Any) -> None:
    with pytest.raises((sl.ConfigurationError, TypeError)):
        sl.slot(capacity=capacity)(lambda _: None)


def test_drawing_is_the_same_whatever_the_order_of_declaration() -> None:
    one, other = sl.Flow("f"), sl.Flow("f")
    for flow, names in ((one, ("a", "b")), (other, ("b", "a"))):
        for name in names:
            flow.add(Do(), name)
        flow.connect("a.out", "b.input")
        flow.connect("a.other", "b.again")

    assert one.fingerprint == other.fingerprint


def test_fingerprint_changes_with_a_connection() -> None:
    one, other = source_and_adder(), sl.Flow("adding")
    other.add(Source(), "source")
    other.add(Adder(), "adder")

    assert one.fingerprint != other.fingerprint


def test_drawing_carries_the_fingerprint_of_the_flow() -> None:
    flow = source_and_adder()

    assert flow.drawing.fingerprint == flow.fingerprint
