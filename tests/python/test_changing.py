# A flow that is changed: chained, taken apart, put together anew; and looked over as a whole.
from __future__ import annotations

from typing import Any

import pytest

import stoplog as sl
from python.parts import Adder, Do, Sink, Source, source_and_adder


def three() -> tuple[sl.Flow, Source, Do, Sink]:
    flow = sl.Flow("three")
    return flow, flow.add(Source(), "source"), flow.add(Do(), "do"), flow.add(Sink(), "sink")


# ---- chain


def test_chain_connects_each_only_event_to_the_next_only_slot() -> None:
    flow = sl.Flow("f")
    source, adder, sink = Source(), Adder(), Sink()
    for name, routine in (("source", source), ("adder", adder), ("sink", sink)):
        flow.add(routine, name)

    flow.chain(source, "adder")

    assert [repr(c) for c in flow.connections] == ["<connection source.item -> adder.input>"]


class Summed(sl.Routine):
    """One slot that can be connected, and a drained one."""

    @sl.slot(when="drained")
    def finish(self) -> None: ...

    @sl.slot
    def input(self, value: int) -> None: ...


def test_drained_slot_is_not_in_the_way_of_the_only_other_one() -> None:
    flow = sl.Flow("f")
    source, summed = flow.add(Source(), "source"), flow.add(Summed(), "summed")

    flow.chain(source, summed)
    job = flow.start("summed", value=1, executor="sequential")
    job.send("summed", value=2)

    assert [c.target for c in flow.connections] == ["summed.input"]
    assert [d.slot for d in job.queued] == ["input", "input"]


def test_chain_of_which_one_link_is_wrong_connects_nothing() -> None:
    flow, source, do, sink = three()
    first = flow.add(Adder(), "adder")

    with pytest.raises(sl.ConfigurationError, match="'do' has 2 slots"):
        flow.chain(source, first, do)
    with pytest.raises(sl.TypeMismatchError, match="'value'"):
        flow.chain(source, first, sink)

    assert flow.connections == ()


@pytest.mark.parametrize("routines", [(), ("source",), ("source", 3), ("source", Sink)])
def test_chain_of_something_else_is_refused(routines: tuple[Any, ...]) -> None:
    flow, *_ = three()

    with pytest.raises(sl.ConfigurationError, match=r"chain\(\)"):
        flow.chain(*routines)


def test_chain_run_again_changes_nothing() -> None:
    """Section 3: an identical `connect` is a no-op."""
    flow = source_and_adder()

    flow.chain("source", "adder")

    assert len(flow.connections) == 1


# ---- disconnect, remove


def test_disconnected_event_is_heard_no_more_by_later_jobs() -> None:
    flow = source_and_adder()
    before = flow.start("source.items", values=[1], executor="sequential")

    flow.disconnect(flow.connections[0])

    assert before.result()["adder"].total == 1
    assert flow.run("source.items", values=[1])["adder"].total == 0


def test_connection_can_be_made_again_after_it_was_taken_away() -> None:
    flow = source_and_adder()
    connection = flow.connections[0]

    flow.disconnect(connection)
    flow.connect("source.item", "adder.input")

    assert flow.connections == (connection,)


def test_disconnect_takes_the_one_of_several() -> None:
    flow, _source, do, sink = three()
    flow.connect("source.item", sink.input)
    kept = flow.connect(do.out, sink.input, rename={"a": "value"})
    flow.disconnect(flow.connect(do.out, sink.input, rename={"b": "value"}))
    flow.disconnect(flow.connect(do.out, sink.input))
    again = flow.connect(do.out, sink.input, rename={"a": "value"})

    assert (again, len(flow.connections)) == (kept, 2)


def test_disconnect_of_an_unknown_connection_lists_what_there_is() -> None:
    flow = source_and_adder()
    connection = flow.connections[0]
    flow.disconnect(connection)
    flow.connect("adder.added", "adder.input", rename={"total": "value"})

    with pytest.raises(sl.NotFoundError, match=r"source.item -> adder.input.*adder.added"):
        flow.disconnect(connection)


def test_disconnect_of_something_else_is_refused() -> None:
    with pytest.raises(sl.ConfigurationError, match="Connection"):
        source_and_adder().disconnect("source.item")  # type: ignore[arg-type]


def test_removed_routine_goes_with_its_connections() -> None:
    flow, source, do, sink = three()
    flow.connect(source.item, sink.input)
    flow.connect(do.out, sink.input)
    flow.connect(source.item, sink.input, rename={"value": "value"})

    flow.remove("source")

    assert list(flow.routines) == ["do", "sink"]
    assert [c.source for c in flow.connections] == ["do.out"]


def test_what_is_left_after_a_removal_still_fits_together() -> None:
    flow, _source, do, sink = three()
    do.function = lambda do: do.out(value=1)
    flow.connect(do.out, sink.input)

    flow.remove("source")
    flow.run(do.input.of())
    source = flow.add(Source(), "source")
    flow.connect(source.item, sink.input)
    flow.run(source.items, values=[2])

    assert sink.got == [1, 2]


def test_job_of_a_removed_routine_runs_on() -> None:
    flow = source_and_adder()
    job = flow.start("source.items", values=[1, 2], executor="sequential")

    flow.remove("adder")

    assert job.result()["adder"].total == 3


def test_removed_routine_can_be_added_again() -> None:
    flow = sl.Flow("f")
    adder = flow.add(Adder(), "adder")

    flow.remove("adder")
    with pytest.raises(sl.UnknownRoutineError, match="not in it"):
        flow.run(adder.input, value=1)
    flow.add(adder, "again")

    assert flow.run(adder.input, value=1)["again"].total == 1


@pytest.mark.parametrize("name", ["adde", "adder.input"])
def test_remove_of_an_unknown_routine_is_answered(name: str) -> None:
    with pytest.raises(sl.UnknownRoutineError, match="'adder'"):
        source_and_adder().remove(name)


def test_remove_of_an_object_asks_for_its_name() -> None:
    flow = source_and_adder()

    with pytest.raises(sl.ConfigurationError, match="name"):
        flow.remove(flow.routines["adder"])  # type: ignore[arg-type]


def test_routine_that_changes_the_flow_as_it_goes_does_no_harm() -> None:
    """Nothing foreign runs before the flow is whole again."""
    flow = sl.Flow("f")
    seen: list[list[str]] = []

    class Last(Sink):
        def __del__(self) -> None:
            seen.append(list(flow.routines))
            flow.add(Sink(), f"more{len(seen)}")

    flow.add(Last(), "last")
    flow.add(Last(), "last", replace=True)
    flow.remove("last")

    assert seen == [["last"], ["more1"]]
    assert list(flow.routines) == ["more1", "more2"]


# ---- replace


class Renamed(sl.Routine):
    """An Adder of another cut."""

    more = sl.Event("total")

    @sl.slot
    def input(self, value: int, weight: int) -> None: ...


def test_replacement_that_would_leave_connections_dangling_lists_them() -> None:
    flow = source_and_adder()
    sink = flow.add(Sink(), "sink")
    flow.connect("adder.added", sink.input, rename={"total": "value"})

    with pytest.raises(sl.GraphError) as caught:
        flow.add(Renamed(), "adder", replace=True)

    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "source.item -> adder.input: the slot needs field 'weight'" in lines[1]
    assert "adder.added -> sink.input: the new 'adder' has no event 'added'" in lines[2]


def test_refused_replacement_changes_nothing() -> None:
    flow = source_and_adder()
    drawing = flow.drawing

    with pytest.raises(sl.GraphError):
        flow.add(Sink(), "source", replace=True)

    assert flow.drawing == drawing
    assert flow.run("source.items", values=[1])["adder"].total == 1


def test_parts_in_another_order_keep_their_connections() -> None:
    class Ordered(sl.Routine):
        other = sl.Event()
        out = sl.Event()

        @sl.slot
        def again(self) -> None:
            self.other(value=2)

        @sl.slot
        def input(self) -> None:
            self.out(value=1)

    flow, _source, do, sink = three()
    flow.connect(do.out, sink.input)

    new = flow.add(Ordered(), "do", replace=True)
    flow.run(new.input.of(), new.again.of())

    assert sink.got == [1]


def test_class_of_a_cell_run_again_takes_the_place_of_the_old_one() -> None:
    """Section 3: each job keeps its plan; the repaired class goes on with the failed job."""

    def cell(divisor: int) -> type[sl.Routine]:
        class Divide(sl.Routine):
            sum: sl.State[float] = sl.State(float)

            @sl.slot
            def input(self, n: int) -> None:
                self.sum += n / divisor

        return Divide

    flow = sl.Flow("f")
    flow.add(cell(0)(), "divide", replace=True)
    broken = flow.start("divide", n=4, executor="sequential")
    broken.wait()

    flow.add(cell(2)(), "divide", replace=True)
    repaired = flow.resume(broken.snapshot(), executor="sequential").result()

    assert (broken.status, repaired["divide"].sum) == (sl.JobStatus.FAILED, 2.0)


# ---- validate


def test_validate_warns_of_unheard_events_and_unfed_slots() -> None:
    assert source_and_adder().validate() == [
        "slot 'source.items' is fed by no event: only what is sent from outside comes there",
        "event 'adder.added' is heard by no slot: what it emits is dropped",
    ]


def test_validate_says_nothing_of_drained_slots() -> None:
    flow = sl.Flow("f")
    flow.add(Summed(), "summed")
    flow.add(Source(), "source")
    flow.connect("source.item", "summed.input")

    assert [line for line in flow.validate() if "finish" in line] == []


def test_validate_refuses_a_routine_that_would_never_be_called() -> None:
    class Mute(sl.Routine):
        out = sl.Event()

    flow = source_and_adder()
    flow.add(Mute(), "mute")
    flow.add(Mute(), "other")

    with pytest.raises(sl.GraphError, match=r"'adding'.*\n.*'mute' has no slot.*\n.*'other'"):
        flow.validate()


def test_validate_refuses_an_empty_flow() -> None:
    with pytest.raises(sl.GraphError, match="no routines"):
        sl.Flow("f").validate()
