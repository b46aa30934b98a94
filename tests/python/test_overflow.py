# Full slots that refuse or drop: exact to the delivery, counted and recorded (R6).
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stoplog as sl
from python.parts import Hold, Source

EXECUTORS = ("sequential", "background", "concurrent")


class Holder(sl.Routine):
    """Keeps what comes; stands still in its first call where a test wants it."""

    got: sl.State[list[int]] = sl.State(list)

    def __init__(self, hold: Hold | None = None) -> None:
        self.hold = hold

    def keep(self, value: int) -> None:
        if self.hold is not None:
            self.hold.here()
        self.got.append(value)


def holder(overflow: Any, capacity: int, hold: Hold | None = None) -> Holder:
    class Limited(Holder):
        @sl.slot(overflow=overflow, capacity=capacity)
        def input(self, value: int) -> None:
            self.keep(value)

    return Limited(hold)


def flow_with(overflow: Any, capacity: int = 3, hold: Hold | None = None) -> sl.Flow:
    flow = sl.Flow("overflowing")
    source = flow.add(Source(), "source")
    flow.add(holder(overflow, capacity, hold), "holder")
    flow.connect(source.item, "holder.input")
    return flow


def dropped_values(state: sl.JobState) -> list[int]:
    return [record.payload["value"] for record in state.history if record.outcome == "dropped"]


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize(
    ("overflow", "kept", "dropped"),
    [
        ("block", [0, 1, 2, 3, 4], []),
        ("drop_newest", [0, 1, 2], [3, 4]),
        ("drop_oldest", [2, 3, 4], [0, 1]),
    ],
)
def test_one_call_that_emits_more_than_there_is_room(
    executor: sl.Run, overflow: str, kept: list[int], dropped: list[int]
) -> None:
    """R6: exact to the delivery; every drop is counted and recorded. Trap 10, trap 26."""
    flow = flow_with(overflow)

    job = flow.start("source.items", {"values": list(range(5))}, executor=executor)
    final = job.result()

    assert final["holder"].got == kept
    assert dropped_values(final) == dropped
    counts = {"holder.input": len(dropped)} if dropped else {}
    assert (job.dropped, final.dropped, final.failed_deliveries) == (counts, counts, 0)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_reject_fails_the_call_that_emits(executor: sl.Run) -> None:
    """R6: as if its last line had raised BackpressureError; nothing of it takes effect (R4)."""
    flow = flow_with("reject")

    job = flow.start("source.items", {"values": [0, 1, 2, 3]}, executor=executor)
    job.wait()

    assert job.status is sl.JobStatus.FAILED
    assert isinstance(job.error, sl.SlotHandlerError)
    assert isinstance(job.error.__cause__, sl.BackpressureError)
    assert "slot 'holder.input' is full: it holds its capacity of 3" in str(job.error)
    assert "routine 'source', slot 'items'" in str(job.error)
    state = job.snapshot()
    assert state["holder"].got == []
    assert [item.slot for item in state.queued] == ["items"]


def test_reject_is_answered_by_the_policy_of_who_emits() -> None:
    """R6, R20: it is a failure like any other."""
    flow = sl.Flow("refused", on_error="continue")
    source = flow.add(Source(), "source")
    flow.add(holder("reject", 2), "holder")
    flow.connect(source.item, "holder.input")

    final = flow.run(source.items.of(values=[1, 2, 3]), source.items.of(values=[4, 5]))

    assert final["holder"].got == [4, 5]
    assert [r.error for r in final.history if r.outcome == "failed"] == [
        "BackpressureError: slot 'holder.input' is full: it holds its capacity of 2 and refuses "
        "more"
    ]


@pytest.mark.parametrize("executor", ["background", "concurrent"])
@pytest.mark.parametrize(
    ("overflow", "kept"), [("drop_newest", [0, 1, 2]), ("drop_oldest", [0, 3, 4, 5])]
)
def test_delivery_in_call_is_never_dropped(
    executor: sl.Run, overflow: str, kept: list[int]
) -> None:
    """R6: drop_oldest keeps the last `capacity` of what waits, and never drops the one in call."""
    hold = Hold()
    flow = flow_with(overflow, 3, hold)
    job = flow.start("holder.input", {"value": 0}, executor=executor, keep_alive=True)
    hold.wait_until_reached()

    for value in range(1, 6):
        job.send("holder.input", {"value": value})
    state = job.snapshot()
    hold.release()

    job.finish()
    assert job.result()["holder"].got == kept
    # The cut that was taken in the call comes to the same end.
    flow.routines["holder"].hold = None  # type: ignore[attr-defined]
    again = flow.resume(state)
    again.finish()
    assert again.result()["holder"].got == kept


def test_send_from_outside_follows_the_slot() -> None:
    """R6: full slots that refuse or block raise at once; those that drop take it and drop."""
    for overflow in ("block", "reject"):
        job = flow_with(overflow, 1).start(executor="sequential")
        job.send("holder.input", {"value": 1})
        with pytest.raises(sl.BackpressureError, match=r"holder\.input.*capacity of 1"):
            job.send("holder.input", {"value": 2})
    for overflow, kept in (("drop_newest", [1]), ("drop_oldest", [2])):
        job = flow_with(overflow, 1).start(executor="sequential")
        job.send("holder.input", {"value": 1})
        assert job.send("holder.input", {"value": 2}, timeout=5).number == 2
        job.finish()
        assert job.result()["holder"].got == kept
        assert job.dropped == {"holder.input": 1}


def test_awaited_delivery_that_is_dropped_is_still_awaited() -> None:
    """R9: only one that comes in answers an expectation."""

    class Asks(sl.Routine):
        answers: sl.State[list[str]] = sl.State(list)

        @sl.slot
        def ask(self) -> None:
            self.expect("asks.answer")

        @sl.slot(capacity=1, overflow="drop_newest")
        def answer(self, text: str) -> None:
            self.answers.append(text)

    flow = sl.Flow("asking")
    flow.add(Asks(), "asks")
    job = flow.start("asks.ask", executor="sequential")
    assert job.wait() is sl.JobStatus.WAITING

    job.send("asks.answer", text="yes")
    job.send("asks.answer", text="too late")

    assert job.result()["asks"].answers == ["yes"]


def test_entries_that_do_not_fit_a_slot_that_refuses() -> None:
    """R5, R6: entries are admitted together, and exactly as many as there is room."""
    flow = flow_with("reject", 1)
    slot = flow.routines["holder"].input  # type: ignore[attr-defined]

    with pytest.raises(sl.BackpressureError, match="holder.input"):
        flow.start(slot.of(value=1), slot.of(value=2))


@given(
    st.sampled_from(["drop_newest", "drop_oldest"]),
    st.integers(1, 4),
    st.lists(st.one_of(st.none(), st.lists(st.integers(0, 99), max_size=6)), max_size=12),
    st.booleans(),
)
def test_drops_are_exact(
    overflow: str, capacity: int, acts: list[list[int] | None], is_cut: bool
) -> None:
    """R6: kept and dropped are told apart exactly, through cuts too. None: one is handled."""
    flow = flow_with(overflow, capacity)
    job = flow.start(executor="sequential")
    waiting: list[int] = []
    got: list[int] = []
    dropped: list[int] = []
    for act in acts:
        if act is None:
            assert job.step(1) == (1 if waiting else 0)
            got += waiting[:1]
            del waiting[:1]
            continue
        job.send("source.items", {"values": act})
        if waiting:  # the source has its turn after the holder
            job.step(1)
            got.append(waiting.pop(0))
        job.step(1)
        for value in act:
            if overflow == "drop_newest" and len(waiting) == capacity:
                dropped.append(value)
                continue
            waiting.append(value)
            if len(waiting) > capacity:
                dropped.append(waiting.pop(0))
        if is_cut:
            job = flow.resume(
                sl.JobState.from_bytes(job.snapshot().to_bytes()), executor="sequential"
            )
        assert [d.payload["value"] for d in job.queued] == waiting
    final = job.snapshot()

    assert final["holder"].got == got
    assert dropped_values(final) == dropped
    assert sum(final.dropped.values()) == len(dropped)


@pytest.mark.parametrize("overflow", ["drop", "", None, 1, "Block"])
def test_unknown_overflow_is_refused(overflow: Any) -> None:
    """Section 5: what was found, what was expected."""
    with pytest.raises(sl.ConfigurationError, match=r"overflow must be 'block', 'reject'.*found"):
        sl.slot(overflow=overflow)


def test_slot_that_drops_makes_nobody_wait() -> None:
    """R6: no deadlock, no parking: a circle of full slots that drop goes on."""

    class Loop(sl.Routine):
        out = sl.Event("value")
        left: sl.State[int] = sl.State(default=50)

        @sl.slot(capacity=1, overflow="drop_oldest")
        def input(self, value: int) -> None:
            if self.left:
                self.left -= 1
                self.out(value=value)
                self.out(value=value + 1)

    flow = sl.Flow("loop")
    loop = flow.add(Loop(), "loop")
    flow.connect(loop.out, loop.input)

    final = flow.run(loop.input.of(value=0))

    assert (final["loop"].left, final.dropped) == (0, {"loop.input": 50})
