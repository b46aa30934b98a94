# Slots, events and config that one routine object is given beside those of its class.
from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import stoplog as sl
from python.parts import Adder, Do, Sink, Source


def shout(got: list[str]) -> tuple[sl.Flow, sl.Routine]:
    """A flow of one plain routine, whose slots and events are all its own."""
    routine = sl.Routine()
    routine.define_event("loud", "text")
    routine.define_slot("hear", lambda text: routine.emit("loud", text=text.upper()))
    routine.define_slot("keep", lambda text: got.append(str(text)))
    flow = sl.Flow("shout")
    flow.add(routine, "shout")
    flow.connect("shout.loud", "shout.keep")
    return flow, routine


def test_imperative_way_does_what_decorators_do(each_executor: str) -> None:
    """Section 3: the imperative way is equally supported."""
    got: list[str] = []
    flow, _routine = shout(got)

    flow.run("shout.hear", text="to be")

    assert got == ["TO BE"]


def test_defined_parts_are_attributes_like_declared_ones() -> None:
    got: list[str] = []
    flow, routine = shout(got)

    flow.run(routine.hear.of(text="a"))  # type: ignore[attr-defined]

    assert (routine.loud.fields, got) == (("text",), ["A"])  # type: ignore[attr-defined]


def test_drawing_tells_defined_parts_like_declared_ones() -> None:
    class Shout(sl.Routine):
        loud = sl.Event("text")

        @sl.slot
        def hear(self, text: str) -> None: ...

        @sl.slot
        def keep(self, text: str) -> None: ...

    flow, _routine = shout([])
    declared = sl.Flow("shout")
    declared.add(Shout(), "shout")
    declared.connect("shout.loud", "shout.keep")

    assert declared.fingerprint == flow.fingerprint


def test_defined_event_is_emitted_by_its_object_too() -> None:
    do, sink = Do(lambda do: do.more(value=1)), Sink()
    do.define_event("more", "value")
    flow = sl.Flow("f")
    flow.add(do, "do")
    flow.add(sink, "sink")
    flow.connect("do.more", sink.input)

    flow.run("do.input")

    assert sink.got == [1]


def test_declared_and_defined_events_are_not_confused() -> None:
    def emit_all(do: Do) -> None:
        do.emit("late", value=3)
        do.emit("out", value=1)
        do.other(value=2)

    do = Do(emit_all)
    do.define_event("late")
    sinks = [Sink(), Sink(), Sink()]
    flow = sl.Flow("f")
    flow.add(do, "do")
    for event, sink in zip(("out", "other", "late"), sinks, strict=True):
        flow.add(sink, event)
        flow.connect(f"do.{event}", sink.input)

    flow.run("do.input")

    assert [sink.got for sink in sinks] == [[1], [2], [3]]


def test_two_objects_of_a_class_have_parts_of_their_own() -> None:
    one, other = Do(), Do()

    one.define_event("mine")

    assert not hasattr(other, "mine")


@pytest.mark.parametrize("fields", [{}, {"valeu": 1}])
def test_fields_of_a_defined_event_are_checked(fields: dict[str, int]) -> None:
    do = Do(lambda do: do.emit("more", **fields))
    do.define_event("more", "value")
    flow = sl.Flow("f")
    flow.add(do, "do")

    with pytest.raises(sl.SlotHandlerError, match="value"):
        flow.run("do.input")


class Handlers(sl.Routine):
    """A method as a handler, in three ways."""

    seen: sl.State[list[Any]] = sl.State(list)

    def process(self, value: int, more: int = 2) -> None:
        self.seen.append((value, more))


def test_own_method_becomes_the_slot_of_its_name() -> None:
    routine = Handlers()
    routine.define_slot("process", routine.process)
    flow = sl.Flow("f")
    flow.add(routine, "r")

    final = flow.run(routine.process.of(value=1))  # type: ignore[attr-defined]

    assert final["r"].seen == [(1, 2)]


def test_method_of_another_object_is_a_handler() -> None:
    class Client:
        def __init__(self) -> None:
            self.got: list[tuple[int, dict[str, int]]] = []

        def take(self, value: int, **rest: int) -> None:
            self.got.append((value, rest))

    client, routine = Client(), sl.Routine()
    routine.define_slot("input", client.take)
    flow = sl.Flow("f")
    flow.add(routine, "r")

    flow.run("r.input", {"more": 2, "value": 1})

    assert client.got == [(1, {"more": 2})]


def take_first(routine: sl.Routine, value: int) -> None:
    routine.emit("out", value=value + 1)


def test_first_parameter_annotated_routine_is_the_routine() -> None:
    routine, sink = sl.Routine(), Sink()
    routine.define_event("out")
    routine.define_slot("input", take_first)
    flow = sl.Flow("f")
    flow.add(routine, "r")
    flow.add(sink, "sink")
    flow.connect("r.out", "sink.input")

    flow.run("r.input", value=1)

    assert sink.got == [2]


def test_options_are_those_of_a_slot() -> None:
    done: list[bool] = []
    routine = sl.Routine()
    routine.define_slot("input", lambda: None, capacity=1)
    routine.define_slot("finish", lambda: done.append(True), when="drained")
    flow = sl.Flow("f")
    flow.add(routine, "r")

    flow.run("r.input")

    assert done == [True]


def test_unknown_option_is_an_error() -> None:
    with pytest.raises(sl.ConfigurationError, match="capactiy.*did you mean 'capacity'"):
        sl.Routine().define_slot("input", lambda: None, capactiy=1)


@pytest.mark.parametrize("name", ["input", "out", "number", "emit", "define_slot", "__dict__"])
def test_taken_name_is_refused(name: str) -> None:
    with pytest.raises(sl.ConfigurationError, match=name):
        Do().define_event(name)


def test_name_of_an_attribute_is_not_taken_away() -> None:
    do = Do()

    with pytest.raises(sl.ConfigurationError, match="function"):
        do.define_slot("function", lambda: None)

    assert callable(do.function)


def test_name_defined_twice_is_refused_and_leaves_the_first() -> None:
    got: list[str] = []
    flow, routine = shout(got)

    with pytest.raises(sl.ConfigurationError, match="slot 'keep' already"):
        routine.define_slot("keep", lambda text: got.append("other"))
    flow.run("shout.keep", text="a")

    assert got == ["a"]


@pytest.mark.parametrize("name", ["a b", "", "1", "a.b", 3, None])
def test_name_that_is_no_identifier_is_refused(name: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match="identifier"):
        sl.Routine().define_slot(name, lambda: None)


@pytest.mark.parametrize("handler", [print, 3, None, "name", Sink])
def test_handler_that_is_no_function_is_refused(handler: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match="plain function"):
        sl.Routine().define_slot("input", handler)


def test_what_is_defined_after_add_counts_for_later_jobs() -> None:
    """Section 2: changing the flow afterwards changes future jobs only."""
    flow = sl.Flow("f")
    do = flow.add(Do(lambda do: do.emit("late", value=1)), "do")
    before = flow.start("do.input", executor="sequential")

    do.define_event("late")
    before.wait()

    assert "after this job was started" in str(before.error)
    assert flow.run("do.input").status is sl.JobStatus.COMPLETED


def test_slot_defined_after_start_takes_no_send_of_that_job() -> None:
    flow = sl.Flow("f")
    do = flow.add(Do(), "do")
    job = flow.start(executor="sequential")

    late = do.define_slot("late", lambda: None)

    with pytest.raises(sl.UnknownSlotError, match="late"):
        job.send(late.of())
    assert flow.start(executor="sequential").send("do.late").number == 1


def test_part_defined_after_add_can_be_connected() -> None:
    flow = sl.Flow("f")
    source, sink = flow.add(Source(), "source"), flow.add(sl.Routine(), "sink")
    got: list[int] = []
    late = sink.define_slot("late", lambda value: got.append(int(value)))
    flow.connect(source.item, late)

    flow.run(source.items, values=[1, 2])

    assert got == [1, 2]


def test_emission_of_a_defined_event_outside_a_call_is_refused() -> None:
    _flow, routine = shout([])

    with pytest.raises(sl.StateError, match="outside a call"):
        routine.emit("loud", text="a")


def test_unknown_event_lists_the_defined_ones() -> None:
    do = Do(lambda do: do.emit("luod"))
    do.define_event("loud")
    flow = sl.Flow("f")
    flow.add(do, "do")

    with pytest.raises(sl.SlotHandlerError, match=r"'loud' \(did you mean 'loud'"):
        flow.run("do.input")


def test_routine_with_a_handler_that_holds_it_is_collected() -> None:
    def make() -> weakref.ref[sl.Routine]:
        routine = Handlers()
        routine.define_slot("process", routine.process)
        routine.define_slot("again", lambda: routine.local_name)  # type: ignore[attr-defined]
        return weakref.ref(routine)

    gone = make()
    gc.collect()

    assert gone() is None


def test_job_of_defined_parts_is_saved_and_resumed() -> None:
    got: list[str] = []
    flow, _routine = shout(got)
    job = flow.start("shout.hear", text="a", executor="sequential")
    job.step()

    saved = sl.JobState.from_bytes(job.snapshot().to_bytes())
    other, _routine = shout(got)
    other.resume(saved, executor="sequential").result()

    assert got == ["A"]


# ---- config


def test_config_is_read_in_a_handler() -> None:
    seen: list[Any] = []
    flow = sl.Flow("f")
    do = flow.add(Do(lambda do: seen.append((do.get_config("n"), do.get_config("m", 5)))), "do")
    do.set_config(n=1)
    do.set_config(key=2)

    flow.run("do.input")

    assert (seen, do.get_config("key")) == ([(1, 5)], 2)


@pytest.mark.parametrize("paused", [True, False])
def test_config_is_refused_while_a_job_is_live(paused: bool) -> None:
    """It is shared by all jobs: none may see it change."""
    flow = sl.Flow("f")
    do = flow.add(Do(), "do")
    job = flow.start("do.input", executor="sequential", paused=paused, job_id="live")

    with pytest.raises(sl.StateError, match="live"):
        do.set_config(n=1)

    assert do.get_config("n") is None
    job.cancel()
    do.set_config(n=2)
    assert do.get_config("n") == 2


def test_config_is_refused_in_a_handler() -> None:
    flow = sl.Flow("f")
    flow.add(Do(lambda do: do.set_config(n=1)), "do")

    with pytest.raises(sl.SlotHandlerError, match="set_config"):
        flow.run("do.input")


def test_config_of_a_routine_in_no_live_job_is_free() -> None:
    flow, other = sl.Flow("f"), sl.Flow("g")
    flow.add(Do(), "do")
    free = other.add(Adder(), "adder")
    job = flow.start("do.input", executor="sequential")

    free.set_config(n=1)

    assert (job.done, free.get_config("n")) == (False, 1)


def test_config_of_a_replaced_routine_is_refused_while_its_old_job_lives() -> None:
    flow = sl.Flow("f")
    old = flow.add(Do(), "do")
    job = flow.start("do.input", executor="sequential")
    new = flow.add(Do(), "do", replace=True)

    new.set_config(n=1)
    with pytest.raises(sl.StateError):
        old.set_config(n=1)

    assert job.result().status is sl.JobStatus.COMPLETED
    old.set_config(n=1)
