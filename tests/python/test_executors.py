# All executors: order, turns, parking, deadlock, room for senders (row c).
from __future__ import annotations

import threading
from typing import Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do, Hold, Sink, Source, outcomes, source_and_adder

EXECUTORS = ("sequential", "background")
ALL = (*EXECUTORS, "concurrent")  # where the order between routines does not matter


class Log(sl.Routine):
    """Writes down which routine was called with what, in a list that all share."""

    out = sl.Event("value")

    def __init__(self, log: list[Any], copies: int = 0) -> None:
        self.log = log
        self.copies = copies

    @sl.slot
    def input(self, value: int) -> None:
        self.log.append((self.name, value))
        for number in range(self.copies):
            self.out(value=10 * value + number)


def diamond(log: list[Any]) -> sl.Flow:
    """A source that emits twice to two routines, which both feed a last one."""
    flow = sl.Flow("diamond")
    for name, copies in (("a", 2), ("b", 1), ("c", 1), ("d", 0)):
        flow.add(Log(log, copies), name)
    for source, target in (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")):
        flow.connect(f"{source}.out", f"{target}.input")
    return flow


@pytest.mark.parametrize("executor", EXECUTORS)
def test_ready_routines_take_turns_one_delivery_each(executor: sl.Run) -> None:
    """R7: wholly deterministic, in both executors."""
    log: list[Any] = []

    diamond(log).start("a.input", {"value": 1}, executor=executor).result()

    assert log == [
        ("a", 1),
        ("b", 10),
        ("c", 10),
        ("d", 100),
        ("b", 11),
        ("c", 11),
        ("d", 100),
        ("d", 110),
        ("d", 110),
    ]


@pytest.mark.parametrize("executor", ALL)
def test_connection_keeps_the_order_of_emission(executor: sl.Run) -> None:
    """R1 R7: first in, first out."""
    flow = sl.Flow("f")
    source, sink = flow.add(Source(), "source"), flow.add(Sink(), "sink")
    flow.connect(source.item, sink.input)

    flow.start(source.items.of(values=list(range(200))), executor=executor).result()

    assert sink.got == list(range(200))


def test_slots_of_a_routine_share_one_mailbox() -> None:
    """R1: one mailbox per (job, routine), one queue, never two in a row."""
    log: list[str] = []

    class Two(sl.Routine):
        @sl.slot
        def a(self) -> None:
            log.append("a")

        @sl.slot
        def b(self) -> None:
            log.append("b")

    flow = sl.Flow("f")
    two = flow.add(Two(), "two")

    flow.run(two.b.of(), two.a.of(), two.b.of())

    assert log == ["b", "a", "b"]


def test_sequential_runs_in_the_thread_that_waits() -> None:
    """Section 2: deterministic, in the thread that waits."""
    threads: list[int] = []
    flow = sl.Flow("f")
    flow.add(Do(lambda _: threads.append(threading.get_ident())), "do")

    flow.start("do.input", executor="sequential").result()

    assert threads == [threading.get_ident()]


def test_sequential_hands_out_nothing_before_somebody_waits() -> None:
    """Section 2: it is run by the thread that waits."""
    job = source_and_adder().start("adder.input", {"value": 1}, executor="sequential")

    assert (job.status, len(job.queued)) == (sl.JobStatus.PENDING, 1)


def test_background_runs_on_one_thread_of_its_own() -> None:
    """Section 2: the same order on one thread of its own."""
    threads: set[int] = set()

    def note(do: Do) -> None:
        threads.add(threading.get_ident())

    flow = sl.Flow("f")
    first, second = flow.add(Do(note), "first"), flow.add(Do(note), "second")
    flow.connect(first.out, second.input)
    flow.start("first.input", executor="background").result()

    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_background_jobs_run_side_by_side() -> None:
    """R13: a thread for each running job."""
    both = threading.Barrier(2)
    flow = sl.Flow("f")
    flow.add(Do(lambda _: both.wait(PATIENCE)), "do")

    jobs = [flow.start("do.input") for _ in range(2)]

    assert [job.result().status for job in jobs] == [sl.JobStatus.COMPLETED] * 2


@pytest.mark.parametrize("executor", ALL)
def test_handlers_of_one_routine_never_overlap_in_a_job(executor: sl.Run) -> None:
    """R2: so handlers need no locks."""
    inside = threading.Lock()
    overlaps: list[bool] = []

    def handle(do: Do) -> None:
        overlaps.append(not inside.acquire(blocking=False))
        inside.release()

    flow = sl.Flow("f")
    do = flow.add(Do(handle), "do")

    flow.start(*(do.input.of() for _ in range(50)), executor=executor).result()

    assert overlaps == [False] * 50


def test_step_hands_out_so_many_deliveries() -> None:
    """Section 3: ten deliveries at a time, in this thread."""
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [1] * 9}, executor="sequential")

    assert job.step(4) == 4
    assert job.snapshot()["adder"].total == 3


def test_step_says_how_many_were_left() -> None:
    job = source_and_adder().start("adder.input", {"value": 1}, executor="sequential")

    assert (job.step(5), job.step()) == (1, 0)


def test_step_of_a_background_job_is_refused() -> None:
    """Section 5."""
    job = source_and_adder().start("adder.input", {"value": 1}, executor="background")

    with pytest.raises(sl.StateError, match="sequential"):
        job.step()


def test_step_by_step_gives_the_order_of_a_run() -> None:
    """R11b: stopping is not yielding."""
    whole: list[Any] = []
    stepped: list[Any] = []
    diamond(whole).run("a.input", value=1)
    job = diamond(stepped).start("a.input", {"value": 1}, executor="sequential")

    steps = sum(iter(job.step, 0))

    assert (stepped, steps) == (whole, 9)


class Narrow(sl.Routine):
    """A slot with room for two."""

    def __init__(self, log: list[Any]) -> None:
        self.log = log

    @sl.slot(capacity=2)
    def input(self, value: int) -> None:
        self.log.append((self.name, value))


def narrow_flow(log: list[Any]) -> sl.Flow:
    """Two sources of three items each, into a slot for two."""
    flow = sl.Flow("narrow")
    flow.add(Log(log, 3), "one")
    flow.add(Log(log, 3), "two")
    flow.add(Narrow(log), "narrow")
    flow.connect("one.out", "narrow.input")
    flow.connect("two.out", "narrow.input")
    return flow


def narrow_entries(flow: sl.Flow) -> list[sl.Message]:
    one, two = flow.routines["one"], flow.routines["two"]
    assert isinstance(one, Log)
    assert isinstance(two, Log)
    return [one.input.of(value=1), two.input.of(value=2)]


def test_slot_below_its_capacity_admits_all_that_one_call_emits() -> None:
    """R5: `block` overshoots by at most one call."""
    log: list[Any] = []
    flow = narrow_flow(log)
    job = flow.start(narrow_entries(flow)[0], executor="sequential")

    job.step(1)

    assert len(job.queued) == 3


def test_call_that_meets_a_full_slot_parks() -> None:
    """R5 R6: its delivery stays unsettled, its emissions are not admitted."""
    log: list[Any] = []
    flow = narrow_flow(log)
    job = flow.start(*narrow_entries(flow), executor="sequential")

    job.step(2)

    assert log == [("one", 1), ("two", 2)]
    assert [(d.routine, d.slot) for d in job.queued].count(("narrow", "input")) == 3
    assert ("two", "input") in [(d.routine, d.slot) for d in job.queued]


@pytest.mark.parametrize("executor", ALL)
def test_parked_call_is_tried_again_when_there_is_room_without_a_second_call(
    executor: sl.Run,
) -> None:
    """R5: the call parks unchanged."""
    log: list[Any] = []
    flow = narrow_flow(log)

    final = flow.run(*narrow_entries(flow), executor=executor)

    assert log.count(("two", 2)) == 1
    assert sorted(v for name, v in log if name == "narrow") == [10, 11, 12, 20, 21, 22]
    assert final.status is sl.JobStatus.COMPLETED


def test_broadcast_is_all_or_nothing() -> None:
    """R5: while one target is full, no target gets anything."""
    log: list[Any] = []
    flow = sl.Flow("narrow")
    for name in ("one", "two"):
        flow.add(Log(log, 3), name)
    for name in ("before", "behind"):
        flow.add(Log(log), name)
    flow.add(Narrow(log), "narrow")
    flow.connect("one.out", "narrow.input")
    for target in ("before", "narrow", "behind"):
        flow.connect("two.out", f"{target}.input")
    job = flow.start(*narrow_entries(flow), executor="sequential")

    job.step(2)

    assert {delivery.routine for delivery in job.queued} == {"two", "narrow"}


@pytest.mark.parametrize("executor", ALL)
def test_loop_uses_its_own_room(executor: sl.Run) -> None:
    """R5: the delivery in call gives its room back before its commit admits."""

    class Loop(sl.Routine):
        next = sl.Event("left")

        @sl.slot(capacity=1)
        def turn(self, left: int) -> None:
            if left:
                self.next(left=left - 1)

    flow = sl.Flow("f")
    loop = flow.add(Loop(), "loop")
    flow.connect(loop.next, loop.turn)

    assert flow.run(loop.turn.of(left=5), executor=executor).status.name == "COMPLETED"


class Mutual(sl.Routine):
    """Emits two for each it gets, through room for one: two of them block each other."""

    out = sl.Event("left")

    @sl.slot(capacity=1)
    def input(self, left: int) -> None:
        if left:
            self.out(left=left - 1)
            self.out(left=left - 1)


def deadlock_flow() -> sl.Flow:
    flow = sl.Flow("knot")
    for name in ("a", "b"):
        flow.add(Mutual(), name)
    flow.connect("a.out", "b.input")
    flow.connect("b.out", "a.input")
    return flow


@pytest.mark.parametrize("executor", ALL)
def test_deadlock_fails_the_job_and_names_its_path(executor: sl.Run) -> None:
    """R6: never an endless wait."""
    job = deadlock_flow().start("a.input", {"left": 6}, executor=executor)

    with pytest.raises(sl.DeadlockError, match=r"'(a|b)' -> '(a|b)' -> '(a|b)'"):
        job.result(PATIENCE)


@pytest.mark.parametrize("executor", ALL)
def test_deadlocked_job_is_failed_and_keeps_its_queue(executor: sl.Run) -> None:
    """R6 R9: the queue is kept."""
    job = deadlock_flow().start("a.input", {"left": 6}, executor=executor)

    job.wait()

    assert job.status is sl.JobStatus.FAILED
    assert len(job.queued) > 0


@pytest.mark.parametrize("executor", ALL)
def test_routine_that_waits_for_room_in_itself_is_a_deadlock(executor: sl.Run) -> None:
    """R6."""

    class Self(sl.Routine):
        out = sl.Event("left")

        @sl.slot(capacity=1)
        def input(self, left: int) -> None:
            self.out(left=left - 1)
            self.out(left=left - 1)

    flow = sl.Flow("f")
    own = flow.add(Self(), "own")
    flow.connect(own.out, own.input)

    with pytest.raises(sl.DeadlockError, match="'own' -> 'own'"):
        flow.run(own.input.of(left=3), executor=executor)


def full_job(hold: Hold) -> sl.Job:
    """A background job whose only slot, for one, is taken by a call that stands at the hold."""

    class One(sl.Routine):
        @sl.slot(capacity=1)
        def input(self) -> None:
            hold.here()

    flow = sl.Flow("f")
    one = flow.add(One(), "one")
    job = flow.start(one.input.of(), keep_alive=True)
    hold.wait_until_reached()
    return job


def test_send_to_a_full_slot_is_refused_at_once(hold: Hold) -> None:
    """R6: `job.send` from outside: `BackpressureError` at once."""
    job = full_job(hold)

    with pytest.raises(sl.BackpressureError, match=r"one\.input"):
        job.send("one.input")


def test_send_with_a_timeout_gives_up_in_the_end(hold: Hold) -> None:
    """R6: `timeout=` waits."""
    job = full_job(hold)

    with pytest.raises(sl.BackpressureError):
        job.send("one.input", {}, timeout=0.02)


def test_send_with_a_timeout_is_admitted_when_there_is_room(hold: Hold) -> None:
    """R6: `timeout=` waits."""
    job = full_job(hold)
    sender = threading.Thread(target=lambda: job.send("one.input", {}, timeout=PATIENCE))
    sender.start()

    hold.release()
    sender.join(PATIENCE)
    job.finish()
    final = job.result(PATIENCE)

    assert outcomes(final) == ["finished"] * 2


@pytest.mark.parametrize("executor", ALL)
def test_send_that_waits_in_the_thread_that_runs_the_job_is_refused(executor: sl.Run) -> None:
    """R6: it would wait for itself."""

    class One(sl.Routine):
        @sl.slot(capacity=1)
        def input(self) -> None:
            self.job.send("one.input", {}, timeout=5)

    flow = sl.Flow("f")
    one = flow.add(One(), "one")

    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run(one.input.of(), executor=executor)

    assert isinstance(caught.value.__cause__, sl.StateError)


@pytest.mark.parametrize("executor", ALL)
def test_job_is_complete_exactly_when_nothing_is_left(executor: sl.Run) -> None:
    """R10: emissions are counted in before their cause is counted out."""
    statuses: list[sl.JobStatus] = []
    flow = sl.Flow("f")
    first = flow.add(Do(lambda do: do.out()), "first")
    second = flow.add(Do(lambda do: statuses.append(do.job.status)), "second")
    flow.connect(first.out, second.input)

    final = flow.run("first.input", {}, executor=executor)

    assert (statuses, final.status) == ([sl.JobStatus.RUNNING], sl.JobStatus.COMPLETED)
