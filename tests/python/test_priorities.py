# Priorities: lanes of a mailbox, larger first, and nobody starves (R1).
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stoplog as sl
from python.parts import Hold

EXECUTORS = ("sequential", "background", "concurrent")
STREAK = 64  # deliveries in a row from higher lanes (R1)


class Desk(sl.Routine):
    """Writes down in which order things were handled."""

    log: sl.State[list[Any]] = sl.State(list)

    def __init__(self) -> None:
        self.hold: Hold | None = None

    @sl.slot(priority=10)
    def urgent(self, n: int) -> None:
        self.log.append(("urgent", n))

    @sl.slot
    def normal(self, n: int) -> None:
        if self.hold is not None:
            self.hold.here()
        self.log.append(("normal", n))

    @sl.slot
    def other(self, n: int) -> None:
        self.log.append(("other", n))

    @sl.slot(priority=-1)
    def idle(self, n: int) -> None:
        self.log.append(("idle", n))


def desk_flow() -> tuple[sl.Flow, Desk]:
    flow = sl.Flow("desk")
    return flow, flow.add(Desk(), "desk")


def entries(desk: Desk, slots: list[str]) -> list[sl.Message]:
    return [getattr(desk, slot).of(n=n) for n, slot in enumerate(slots)]


def lanes_in_order(slots: list[str]) -> list[tuple[str, int]]:
    """What R1 says of deliveries that are all there at the beginning."""
    rank = {"urgent": 10, "normal": 0, "other": 0, "idle": -1}
    queued = [(slot, n) for n, slot in enumerate(slots)]
    handled, streak = [], 0
    while queued:
        highest = max(rank[slot] for slot, _ in queued)
        lower = [item for item in queued if rank[item[0]] < highest]
        if lower and streak == STREAK:
            item, streak = lower[0], 0
        else:
            item = next(item for item in queued if rank[item[0]] == highest)
            streak = streak + 1 if lower else 0
        queued.remove(item)
        handled.append(item)
    return handled


@pytest.mark.parametrize("executor", EXECUTORS)
def test_higher_lanes_go_first_and_lanes_are_fifo(executor: sl.Run) -> None:
    """R1: larger number = sooner; FIFO inside a lane, over all its slots."""
    flow, desk = desk_flow()
    slots = ["idle", "normal", "other", "urgent", "normal", "urgent", "other"]

    final = flow.start(*entries(desk, slots), executor=executor).result()

    assert final["desk"].log == lanes_in_order(slots)


@given(st.lists(st.sampled_from(["urgent", "normal", "other", "idle"]), max_size=200), st.data())
def test_lanes_as_the_rule_says_through_cuts_and_files(
    slots: list[str], data: st.DataObject
) -> None:
    """R1, R11b: lanes, their order and the count that keeps the lowest alive are in the cut."""
    flow, desk = desk_flow()
    job = flow.start(*entries(desk, slots), executor="sequential") if slots else None
    while job is not None and not job.done:
        job.step(data.draw(st.integers(1, 80)))
        name = data.draw(st.sampled_from(["binary", "json"]))
        taken = job.snapshot()
        state = sl.JobState.from_bytes(taken.to_bytes(name))
        assert state == taken
        assert [item.slot for item in state.queued] == [
            slot for slot, _ in sorted_by_lane(job.queued)
        ]
        job = flow.resume(state, executor="sequential") if not job.done else job

    handled = [] if job is None else job.result()["desk"].log
    assert handled == lanes_in_order(slots)


def sorted_by_lane(queued: Any) -> list[tuple[str, int]]:
    """What is queued, by priority and then by number: what nobody interrupts."""
    ordered = sorted(queued, key=lambda item: (-item.priority, item.id.number))
    return [(item.slot, item.id.number) for item in ordered]


def test_lower_lane_has_its_turn_after_so_many_higher_ones() -> None:
    """R1: nobody starves."""
    flow, desk = desk_flow()
    slots = ["idle", *["urgent"] * (3 * STREAK)]

    log = flow.run(*entries(desk, slots))["desk"].log

    assert log.index(("idle", 0)) == STREAK


def test_count_that_keeps_a_lower_lane_alive_is_in_the_cut() -> None:
    """R1, R11b: a job that is cut ever again does not begin to count anew."""
    flow, desk = desk_flow()
    slots = ["idle", *["urgent"] * (3 * STREAK)]
    job = flow.start(*entries(desk, slots), executor="sequential")
    while not job.done:
        job.step(7)
        if not job.done:
            saved = job.snapshot().to_bytes()
            job = flow.resume(sl.JobState.from_bytes(saved), executor="sequential")

    assert job.snapshot()["desk"].log.index(("idle", 0)) == STREAK


def test_what_is_in_call_is_overtaken_by_nobody_also_after_a_resume() -> None:
    """R11b: the delivery in call goes first, whatever came since."""
    flow, desk = desk_flow()
    desk.hold = hold = Hold()
    job = flow.start(desk.normal.of(n=0), desk.normal.of(n=1), executor="background")
    hold.wait_until_reached()
    job.send(desk.urgent.of(n=2))
    state = job.snapshot()
    hold.release()
    desk.hold = None

    assert [(item.slot, item.in_call) for item in state.queued] == [
        ("normal", True),
        ("urgent", False),
        ("normal", False),
    ]
    assert [item.priority for item in state.queued] == [0, 10, 0]
    log = flow.resume(state).result()["desk"].log
    assert log == job.result()["desk"].log == [("normal", 0), ("urgent", 2), ("normal", 1)]


def test_priority_changed_in_the_code_counts_after_a_resume() -> None:
    """R14: priority never blocks a resume."""
    flow, desk = desk_flow()
    job = flow.start(*entries(desk, ["idle", "normal", "idle"]), executor="sequential")
    state = job.snapshot()

    class Reordered(Desk):
        @sl.slot(priority=99)
        def idle(self, n: int) -> None:
            self.log.append(("idle", n))

    again = sl.Flow("desk")
    again.add(Reordered(), "desk")

    log = again.resume(state).result()["desk"].log
    assert log == [("idle", 0), ("idle", 2), ("normal", 1)]


@pytest.mark.parametrize("priority", [1.5, "1", None, True, 2**31, -(2**31)])
def test_priority_that_is_no_whole_number_is_refused(priority: Any) -> None:
    """Section 5: what was found, what was expected."""
    with pytest.raises(sl.ConfigurationError, match=r"priority must be a whole number.*found"):
        sl.slot(priority=priority)


def test_cancel_settles_all_lanes() -> None:
    """R12: what is queued is settled as cancelled, in whichever lane."""
    flow, desk = desk_flow()
    job = flow.start(*entries(desk, ["idle", "normal", "urgent"]), executor="sequential")

    job.cancel()

    final = job.snapshot()
    assert sorted(record.slot for record in final.history) == ["idle", "normal", "urgent"]
    assert (final.queued, {record.outcome for record in final.history}) == ((), {"cancelled"})
