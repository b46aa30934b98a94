# What a routine keeps for one job beside its state: `self.local`.
from __future__ import annotations

import gc
import weakref

import pytest

import stoplog as sl
from python.parts import PATIENCE

pytestmark = pytest.mark.usefixtures("each_executor")


class Keeper(sl.Routine):
    """Keeps in `local` how often it was called, and tells."""

    seen: sl.State[list[int]] = sl.State(list)

    @sl.slot
    def input(self) -> None:
        self.local.n = getattr(self.local, "n", 0) + 1
        self.seen.append(self.local.n)


def keeping() -> tuple[sl.Flow, Keeper]:
    flow = sl.Flow("keeping")
    return flow, flow.add(Keeper(), "keep")


def test_local_lasts_from_call_to_call() -> None:
    flow, keep = keeping()

    assert flow.run(keep.input.of(), keep.input.of())["keep"].seen == [1, 2]


def test_local_belongs_to_one_job() -> None:
    """R13."""
    flow, _ = keeping()

    assert [flow.run("keep.input")["keep"].seen for _ in range(2)] == [[1], [1]]


def test_local_belongs_to_one_routine() -> None:
    flow, keep = keeping()
    other = flow.add(Keeper(), "other")

    final = flow.run(keep.input.of(), other.input.of(), keep.input.of())

    assert (final["keep"].seen, final["other"].seen) == ([1, 2], [1])


def test_resumed_job_begins_with_an_empty_local() -> None:
    """S4: not saved."""
    flow, keep = keeping()
    job = flow.start(keep.input.of(), keep.input.of(), executor="sequential")
    job.step()
    state = job.snapshot()
    job.cancel()

    final = flow.resume(state.fork(), executor="sequential").result()

    assert final["keep"].seen == [1, 1]


def test_local_is_no_part_of_the_state() -> None:
    flow, _ = keeping()

    assert list(flow.run("keep.input")["keep"]) == ["seen"]


def test_local_outside_a_call_is_a_state_error() -> None:
    _, keep = keeping()

    with pytest.raises(sl.StateError, match=r"local"):
        _ = keep.local


class Thing:
    """Can be watched by a weak reference."""


def holder_of_a_thing() -> tuple[sl.Flow, list[weakref.ref[Thing]]]:
    flow = sl.Flow("f")
    refs: list[weakref.ref[Thing]] = []

    class Holder(sl.Routine):
        @sl.slot
        def input(self) -> None:
            self.local.thing = Thing()
            self.local.job = self.job
            refs.append(weakref.ref(self.local.thing))

    flow.add(Holder(), "hold")
    return flow, refs


def test_local_is_dropped_when_the_job_has_ended(each_executor: str) -> None:
    flow, refs = holder_of_a_thing()
    job = flow.start("hold.input", executor=each_executor)
    job.wait(PATIENCE)
    gc.collect()

    assert refs[0]() is None
    assert job.done


def test_local_that_holds_its_job_is_collected() -> None:
    flow, refs = holder_of_a_thing()
    job = flow.start("hold.input", keep_alive=True, executor="sequential")
    job.wait(PATIENCE)
    lives = refs[0]() is not None
    del job
    gc.collect()

    assert lives
    assert refs[0]() is None
