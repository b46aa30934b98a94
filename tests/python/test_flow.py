# Composing: flows, routines, events, slots, connections, and the ways in (row a).
# mypy: disable-error-code="func-returns-value"
# (handlers are short functions whose value nobody takes)
from __future__ import annotations

from typing import Any

import pytest

import stoplog as sl
from python.parts import Adder, Do, Sink, Source, source_and_adder


def two_sinks() -> tuple[sl.Flow, Sink, Sink]:
    flow = sl.Flow("fan")
    source, first, second = flow.add(Source(), "source"), Sink(), Sink()
    flow.add(first, "first")
    flow.add(second, "second")
    flow.connect(source.item, first.input)
    flow.connect(source.item, second.input)
    return flow, first, second


def test_add_returns_the_routine_itself() -> None:
    """Section 3: `tokenize = flow.add(Tokenize(), "tokenize")`."""
    source = Source()

    assert sl.Flow("f").add(source, "source") is source


def test_added_routine_stands_under_its_name() -> None:
    flow = sl.Flow("f")
    source = flow.add(Source(), "source")

    assert dict(flow.routines) == {"source": source}
    assert source.name == "source"


def test_add_of_a_taken_name_is_refused_and_says_how_to_replace() -> None:
    """Section 3: a plain `add` of a taken name is refused and says so."""
    flow = sl.Flow("etl")
    flow.add(Source(), "load")

    with pytest.raises(sl.ConfigurationError, match=r"load.*replace=True"):
        flow.add(Source(), "load")


def test_add_of_the_same_object_twice_is_refused() -> None:
    flow = sl.Flow("f")
    source = flow.add(Source(), "one")

    with pytest.raises(sl.ConfigurationError, match="one"):
        flow.add(source, "two")


def test_add_with_replace_counts_for_future_jobs() -> None:
    """Section 3: changing the flow afterwards changes future jobs only."""
    flow = sl.Flow("f")
    flow.add(Do(lambda do: setattr(do, "number", 1)), "do")
    old = flow.start("do.input", executor="sequential")

    flow.add(Do(lambda do: setattr(do, "number", 2)), "do", replace=True)

    assert old.result()["do"].number == 1
    assert flow.run("do.input")["do"].number == 2


def test_replaced_routine_keeps_its_connections() -> None:
    flow = source_and_adder()

    flow.add(Adder(), "adder", replace=True)

    assert flow.run("source.items", values=[1, 2])["adder"].total == 3


def test_connection_made_later_is_not_in_a_job_that_runs() -> None:
    """Section 2: the plan is frozen for each job that starts."""
    flow = sl.Flow("f")
    source, sink = flow.add(Source(), "source"), flow.add(Sink(), "sink")
    job = flow.start(source.items.of(values=[1]), executor="sequential")

    flow.connect(source.item, sink.input)
    job.result()

    assert sink.got == []


@pytest.mark.parametrize("name", ["a.b", "a/b", "1a", "", "a b"])
def test_name_that_is_no_identifier_is_refused(name: str) -> None:
    """Section 2: names are identifiers."""
    with pytest.raises(sl.ConfigurationError):
        sl.Flow("f").add(Source(), name)


def test_connect_by_name_is_connect_by_reference() -> None:
    by_name, by_reference = sl.Flow("adding"), source_and_adder()
    by_name.add(Source(), "source")
    by_name.add(Adder(), "adder")

    by_name.connect("source.item", "adder.input")

    assert by_name.fingerprint == by_reference.fingerprint


def test_connect_takes_the_name_of_a_routine_with_one_event_or_one_slot() -> None:
    flow = sl.Flow("f")
    flow.add(Source(), "source")
    adder = flow.add(Adder(), "adder")

    flow.connect("source", "adder")

    assert flow.run("source", values=[4])[adder].total == 4


def test_identical_connect_is_a_no_op() -> None:
    """Section 3: a notebook cell may be run again."""
    flow = source_and_adder()

    flow.connect("source.item", "adder.input")

    assert len(flow.connections) == 1


def test_connect_to_an_unknown_slot_names_what_there_is() -> None:
    """Section 5: the thing, what was found, what was expected."""
    flow = sl.Flow("etl")
    flow.add(Source(), "source")
    flow.add(Do(), "load")

    with pytest.raises(sl.UnknownSlotError) as caught:
        flow.connect("source.item", "load.inputt")

    assert all(word in str(caught.value) for word in ("etl", "load", "inputt", "'input'", "again"))


def test_connect_to_an_unknown_slot_guesses_what_was_meant() -> None:
    flow = source_and_adder()

    with pytest.raises(sl.UnknownSlotError, match=r"did you mean 'input'\?"):
        flow.connect("source.item", "adder.inptu")


def test_connect_of_an_unknown_event_is_refused() -> None:
    flow = source_and_adder()

    with pytest.raises(sl.UnknownEventError, match="itme.*item"):
        flow.connect("source.itme", "adder.input")


def test_connect_of_an_unknown_routine_is_refused() -> None:
    flow = source_and_adder()

    with pytest.raises(sl.UnknownRoutineError, match="sorce.*source"):
        flow.connect("sorce.item", "adder.input")


def test_connect_with_event_and_slot_swapped_is_refused() -> None:
    flow = sl.Flow("f")
    source, adder = flow.add(Source(), "source"), flow.add(Adder(), "adder")

    with pytest.raises(sl.ConfigurationError):
        flow.connect(adder.input, source.item)  # type: ignore[arg-type]


def test_connect_of_a_routine_that_is_not_in_the_flow_is_refused() -> None:
    flow = source_and_adder()

    with pytest.raises(sl.StoplogError):
        flow.connect(Source().item, "adder.input")


def test_connect_of_a_typed_event_without_a_required_field_is_refused() -> None:
    """Section 5: told at the earliest moment."""
    flow = sl.Flow("f")
    adder, source = flow.add(Adder(), "adder"), flow.add(Source(), "source")

    with pytest.raises(sl.TypeMismatchError, match="values"):
        flow.connect(adder.added, source.items)


def test_connect_with_rename_hands_the_field_on_under_its_new_name() -> None:
    flow = sl.Flow("f")
    adder, sink = flow.add(Adder(), "adder"), flow.add(Sink(), "sink")
    flow.connect(adder.added, sink.input, rename={"total": "value"})

    flow.run(adder.input, value=7)

    assert sink.got == [7]


def test_rename_lets_other_fields_pass() -> None:
    class Pair(sl.Routine):
        got: sl.State[int] = sl.State(int)

        @sl.slot
        def input(self, left: int, right: int) -> None:
            self.got = 10 * left + right

    flow = sl.Flow("f")
    do = flow.add(Do(lambda do: do.out(a=1, right=2)), "do")
    pair = flow.add(Pair(), "pair")
    flow.connect(do.out, pair.input, rename={"a": "left"})

    assert flow.run("do.input")[pair].got == 12


def test_one_event_reaches_every_connected_slot() -> None:
    """R5: every connected slot gets exactly one equal payload."""
    flow, first, second = two_sinks()

    flow.run("source.items", values=[1, 2])

    assert first.got == second.got == [1, 2]


def test_many_events_reach_one_slot() -> None:
    flow = sl.Flow("f")
    do = flow.add(Do(lambda do: (do.out(value=1), do.other(value=2))), "do")
    sink = flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)
    flow.connect(do.other, sink.input)

    flow.run("do.input")

    assert sink.got == [1, 2]


class Pair(sl.Routine):
    """Emits one event with its fields in two orders."""

    out = sl.Event("left", "right")

    @sl.slot
    def input(self) -> None:
        self.out(left=1, right=2)
        self.out(right=4, left=3)
        self.out(left=5, right=6)


class Pairs(sl.Routine):
    """Takes both fields, positionally where it can."""

    def __init__(self) -> None:
        self.got: list[tuple[int, int]] = []

    @sl.slot
    def input(self, left: int, right: int) -> None:
        self.got.append((left, right))


def test_fields_in_another_order_arrive_under_their_names() -> None:
    """Section 2: fields are named; what was learned of one call site fits only that one."""
    flow = sl.Flow("f")
    pair, pairs = flow.add(Pair(), "pair"), flow.add(Pairs(), "pairs")
    flow.connect(pair.out, pairs.input)

    flow.run(pair.input.of())

    assert pairs.got == [(1, 2), (3, 4), (5, 6)]


def test_emit_by_name_is_emit_by_the_event() -> None:
    """Section 3: decorators are sugar over `emit(name, **fields)`."""
    flow = sl.Flow("f")
    flow.add(Do(lambda do: do.emit("out", value=3)), "do")
    sink = flow.add(Sink(), "sink")
    flow.connect("do.out", "sink.input")

    flow.run("do.input")

    assert sink.got == [3]


def test_emit_never_runs_a_handler() -> None:
    """R3: an emission is noted in the call; it is admitted when the call returns."""
    seen: list[str] = []
    flow = sl.Flow("f")
    first = flow.add(Do(lambda do: (do.out(), seen.append("emitted"))), "first")
    second = flow.add(Do(lambda _: seen.append("second")), "second")
    flow.connect(first.out, second.input)

    flow.run("first.input")

    assert seen == ["emitted", "second"]


def test_cycle_of_ten_thousand_turns_does_not_grow_the_stack() -> None:
    """R3: stack depth does not grow with the graph and cycles are plain."""

    class Counter(sl.Routine):
        next = sl.Event("left")

        @sl.slot
        def turn(self, left: int) -> None:
            if left:
                self.next(left=left - 1)

    flow = sl.Flow("cycle")
    counter = flow.add(Counter(), "counter")
    flow.connect(counter.next, counter.turn)

    final = flow.run(counter.turn, left=10_000)

    assert final.status is sl.JobStatus.COMPLETED


def test_several_entries_are_admitted_in_their_order() -> None:
    flow = sl.Flow("f")
    sink = flow.add(Sink(), "sink")

    flow.run(sink.input.of(value="a"), sink.input.of(value="b"))

    assert sink.got == ["a", "b"]


def test_entry_by_name_takes_fields_as_keywords() -> None:
    assert source_and_adder().run("adder.input", value=2)["adder"].total == 2


def test_entry_by_name_takes_a_mapping() -> None:
    assert source_and_adder().run("adder.input", {"value": 2})["adder"].total == 2


def test_entry_by_reference_takes_fields_as_keywords() -> None:
    flow = sl.Flow("f")
    adder = flow.add(Adder(), "adder")

    assert flow.run(adder.input, value=2)[adder].total == 2


class Greedy(sl.Routine):
    """A slot that would take an option of `run` as a field."""

    @sl.slot
    def named(self, executor: str) -> None: ...

    @sl.slot
    def rest(self, /, **fields: Any) -> None: ...


@pytest.mark.parametrize("slot", ["named", "rest"])
def test_option_that_the_slot_would_take_as_well_asks_for_of(slot: str) -> None:
    """Section 3: a new option never steals a field."""
    flow = sl.Flow("f")
    flow.add(Greedy(), "greedy")

    with pytest.raises(sl.ConfigurationError, match=r"executor.*\.of\("):
        flow.run(f"greedy.{slot}", executor="sequential")


def test_field_named_like_an_option_goes_in_by_of() -> None:
    flow = sl.Flow("f")
    greedy = flow.add(Greedy(), "greedy")

    assert flow.run(greedy.named.of(executor="x")).status is sl.JobStatus.COMPLETED


def test_entry_with_an_unknown_field_of_a_slot_is_not_passed_on() -> None:
    """Fields that nobody names are not passed to the handler."""
    flow = sl.Flow("f")
    do = flow.add(Do(lambda do: do.out(value=1, more=2)), "do")
    sink = flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)

    flow.run("do.input")

    assert sink.got == [1]


def test_slot_takes_all_other_fields_by_double_star() -> None:
    class Rest(sl.Routine):
        got: sl.State[dict[str, int]] = sl.State(dict)

        @sl.slot
        def input(self, /, a: int, **rest: int) -> None:
            self.got = rest

    flow = sl.Flow("f")
    rest = flow.add(Rest(), "rest")

    assert flow.run(rest.input.of(a=1, b=2, c=3))[rest].got == {"b": 2, "c": 3}


def test_slot_takes_the_whole_record_by_a_payload_parameter() -> None:
    class Whole(sl.Routine):
        got: sl.State[int] = sl.State(int)

        @sl.slot
        def input(self, record: sl.Payload) -> None:
            self.got = record["a"] + record.b

    flow = sl.Flow("f")
    whole = flow.add(Whole(), "whole")

    assert flow.run("whole.input", {"a": 1, "b": 2})[whole].got == 3


def test_default_of_a_typed_event_is_filled_in() -> None:
    class Speaker(sl.Routine):
        @sl.event
        def said(self, value: str = "hm") -> None: ...

        @sl.slot
        def input(self) -> None:
            self.said()

    flow = sl.Flow("f")
    speaker, sink = flow.add(Speaker(), "speaker"), flow.add(Sink(), "sink")
    flow.connect(speaker.said, sink.input)

    flow.run(speaker.input)

    assert sink.got == ["hm"]


def test_body_of_a_typed_event_is_never_run() -> None:
    class Speaker(sl.Routine):
        @sl.event
        def said(self) -> None:
            raise AssertionError("the body was run")

        @sl.slot
        def input(self) -> None:
            self.said()

    flow = sl.Flow("f")
    flow.add(Speaker(), "speaker")

    assert flow.run("speaker.input").status is sl.JobStatus.COMPLETED


@pytest.mark.parametrize("fields", [{}, {"valeu": 1}, {"value": 1, "more": 2}])
def test_emit_with_wrong_fields_is_refused(fields: dict[str, int]) -> None:
    """Section 5: unknown and missing fields of a declared event."""

    class Speaker(sl.Routine):
        said = sl.Event("value")

        @sl.slot
        def input(self) -> None:
            self.said(**fields)

    flow = sl.Flow("f")
    flow.add(Speaker(), "speaker")

    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run("speaker.input")

    assert isinstance(caught.value.__cause__, sl.TypeMismatchError)
