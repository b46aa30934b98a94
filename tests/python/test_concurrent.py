"""Many runners: side by side, serial within a routine, bounded, fair, and cut at any moment."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do, Hold, Sink, Source, flow_of, outcomes, source_and_adder

THIRTY = [{"value": n} for n in range(30)]


def wait_at(barrier: threading.Barrier) -> Any:
    return lambda _: barrier.wait(PATIENCE)


def test_handlers_of_different_routines_overlap(eight: sl.Concurrent) -> None:
    """R2 R22: each of eight is met by the other seven."""
    flow = sl.Flow("f")
    together = threading.Barrier(8)
    parts = [flow.add(Do(wait_at(together)), f"do{n}") for n in range(8)]

    job = flow.start(*(part.input.of() for part in parts), executor=eight)

    assert outcomes(job.result(PATIENCE)) == ["finished"] * 8


def test_handlers_of_one_routine_in_different_jobs_overlap(eight: sl.Concurrent) -> None:
    """R2 R13: serial in a job, not across jobs."""
    flow = flow_of(wait_at(threading.Barrier(4)))

    jobs = [flow.start("do.input", executor=eight) for _ in range(4)]

    assert [job.result(PATIENCE).status.name for job in jobs] == ["COMPLETED"] * 4


def test_handlers_of_one_routine_never_overlap_in_a_job(eight: sl.Concurrent) -> None:
    """R2: while others run beside it, and though each lets the GIL go."""
    inside = threading.Lock()
    overlaps: list[bool] = []
    lets_go = threading.Event()

    def handle(do: Do) -> None:
        overlaps.append(not inside.acquire(blocking=False))
        lets_go.wait(0.0005)
        inside.release()

    flow = sl.Flow("f")
    serial = flow.add(Do(handle), "serial")
    for n in range(6):
        other = flow.add(Do(lambda do: [lets_go.wait(0.0002), do.out()]), f"other{n}")
        flow.connect(other.out, serial.input)
    entries = [flow.routines[f"other{n}"].input.of() for n in range(6)] * 15

    final = flow.start(*entries, executor=eight).result(PATIENCE)

    assert overlaps == [False] * 90
    assert len(final.history) == 180


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_each_connection_keeps_its_order(workers: int) -> None:
    """R7: first in, first out, from each of several sources into one sink."""
    flow = sl.Flow("f")
    sink = flow.add(Sink(), "sink")
    entries = []
    for n in range(5):
        source = flow.add(Source(), f"source{n}")
        flow.connect(source.item, sink.input)
        values = list(range(1000 * n, 1000 * n + 300))
        entries += [source.items.of(values=values[:100]), source.items.of(values=values[100:])]

    with sl.Concurrent(workers) as executor:
        flow.start(*entries, executor=executor).result(PATIENCE)

    by_source = [[v for v in sink.got if v // 1000 == n] for n in range(5)]
    assert by_source == [list(range(1000 * n, 1000 * n + 300)) for n in range(5)]


class Producer(sl.Routine):
    """Emits three at a time, and itself once more."""

    out = sl.Event("value")
    next = sl.Event("left")

    @sl.slot
    def input(self, left: int) -> None:
        for _ in range(3):
            self.out(value=left)
        if left:
            self.next(left=left - 1)


class Slow(sl.Routine):
    """Has room for five, and looks how many wait."""

    most: sl.State[int] = sl.State(int)

    @sl.slot(capacity=5)
    def input(self, value: int) -> None:
        if value % 20 == 0:
            waiting = sum(d.routine == self.name for d in self.job.queued)
            self.most = max(self.most, waiting)


def test_fast_producer_waits_for_slow_consumers(eight: sl.Concurrent) -> None:
    """R5 R6, traps 1 11: at most the capacity and one call more, whoever is fast."""
    flow = sl.Flow("f")
    producer = flow.add(Producer(), "producer")
    flow.connect(producer.next, producer.input)
    for n in range(3):
        slow = flow.add(Slow(), f"slow{n}")
        flow.connect(producer.out, slow.input)

    final = flow.start(producer.input.of(left=400), executor=eight).result(PATIENCE)

    assert [0 < final[f"slow{n}"].most <= 4 + 3 for n in range(3)] == [True] * 3


def test_no_runner_is_held_by_a_full_slot(hold: Hold) -> None:
    """R6, traps 7 11: seven routines that wait for room take none of two workers."""

    class One(sl.Routine):
        @sl.slot(capacity=1)
        def input(self) -> None:
            hold.here()

    flow = sl.Flow("f")
    one = flow.add(One(), "one")
    parts = [flow.add(Do(lambda do: do.out()), f"do{n}") for n in range(7)]
    for part in parts:
        flow.connect(part.out, one.input)
    passed = threading.Event()
    free = flow.add(Do(lambda _: passed.set()), "free")
    with sl.Concurrent(2) as executor:
        job = flow.start(*(part.input.of() for part in parts), executor=executor)
        hold.wait_until_reached()

        job.send(free.input.of())

        assert passed.wait(PATIENCE)
        hold.release()
        assert len(job.result(PATIENCE).history) == 15


class Mutual(sl.Routine):
    out = sl.Event("left")

    @sl.slot(capacity=1)
    def input(self, left: int) -> None:
        self.out(left=left - 1)
        self.out(left=left - 1)


def test_deadlock_is_told_with_its_path_while_the_rest_runs(
    eight: sl.Concurrent, hold: Hold
) -> None:
    """R6: at once, though a handler elsewhere in the graph still works."""
    flow = sl.Flow("knot")
    a, b = flow.add(Mutual(), "a"), flow.add(Mutual(), "b")
    flow.connect(a.out, b.input)
    flow.connect(b.out, a.input)
    busy = flow.add(Do(lambda _: hold.here()), "busy")
    job = flow.start(busy.input.of(), paused=True, executor=eight, keep_alive=True)
    job.send(a.input.of(left=9))
    job.resume()
    hold.wait_until_reached()

    with pytest.raises(sl.DeadlockError, match=r"'(a|b)' -> '(a|b)' -> '(a|b)'"):
        job.result(PATIENCE)

    assert {d.routine for d in job.queued} == {"a", "b", "busy"}


def test_deadlocked_state_resumed_is_a_deadlock_again(eight: sl.Concurrent) -> None:
    """R6 R9: found anew by the runners of the next executor, never an endless wait."""
    flow = sl.Flow("knot")
    own = flow.add(Mutual(), "own")
    flow.connect(own.out, own.input)
    job = flow.start(own.input.of(left=9), executor=eight)
    assert job.wait(PATIENCE) is sl.JobStatus.FAILED
    loaded = sl.JobState.from_bytes(job.snapshot().to_bytes())

    with pytest.raises(sl.DeadlockError, match="'own' -> 'own'"):
        flow.resume(loaded, executor=eight).result(PATIENCE)


# ---- cuts


def test_cut_shows_each_running_call_as_queued(eight: sl.Concurrent) -> None:
    """R11 R11b: three handlers stand in the middle of a change; the cut has none of it."""
    flow = sl.Flow("f")
    reached, go_on = threading.Barrier(4), threading.Event()

    def handle(do: Do) -> None:
        do.number += 1
        do.table["half"] = True
        do.out()
        reached.wait(PATIENCE)
        go_on.wait(PATIENCE)

    parts = [flow.add(Do(handle), f"do{n}") for n in range(3)]
    job = flow.start(*(part.input.of() for part in parts), executor=eight)
    reached.wait(PATIENCE)

    cut = sl.JobState.from_bytes(job.snapshot().to_bytes())

    go_on.set()
    assert [delivery.in_call for delivery in cut.queued] == [True] * 3
    assert [(cut[f"do{n}"].number, cut[f"do{n}"].table) for n in range(3)] == [(0, {})] * 3
    final = job.result(PATIENCE)
    assert [final[f"do{n}"].number for n in range(3)] == [1] * 3


def test_cuts_from_many_threads_and_handlers_hold_every_token_once(eight: sl.Concurrent) -> None:
    """R10 R11 R22: four threads and the handlers themselves take cuts of a ring of tokens."""
    flow = sl.Flow("ring")
    cuts: list[sl.JobState] = []

    class Step(sl.Routine):
        out = sl.Event("token", "left")
        seen: sl.State[dict[int, int]] = sl.State(dict)

        @sl.slot
        def input(self, token: int, left: int) -> None:
            self.seen[token] = left
            if left % 40 == token:
                cuts.append(self.job.snapshot())
            if left:
                self.out(token=token, left=left - 1)

    steps = [flow.add(Step(), f"step{n}") for n in range(8)]
    for here, there in zip(steps, [*steps[1:], steps[0]], strict=True):
        flow.connect(here.out, there.input)
    entries = [step.input.of(token=n, left=200) for n, step in enumerate(steps)]
    job = flow.start(*entries, executor=eight, paused=True)

    def watch() -> None:
        cuts.extend(job.snapshot() for _ in range(20))

    watchers = [threading.Thread(target=watch) for _ in range(4)]
    job.resume()
    for thread in watchers:
        thread.start()
    job.result(PATIENCE)
    for thread in watchers:
        thread.join(PATIENCE)

    # Where a token was last seen with so many steps left, it is queued with one less.
    misplaced = []
    for cut in cuts:
        queued = sorted((d.payload["token"], d.payload["left"]) for d in cut.queued)
        seen = [cut[step].seen for step in cut]
        left = [min(by_token.get(token, 201) for by_token in seen) for token in range(8)]
        expected = [(token, steps - 1) for token, steps in enumerate(left) if steps > 0]
        if queued != expected:
            misplaced.append((queued, expected))
    assert misplaced == []
    assert len(cuts) > 32


def test_cut_while_paused_and_idle_are_cuts_too(eight: sl.Concurrent) -> None:
    """R11: at any moment, also when nobody runs."""
    job = source_and_adder().start("source.items", {"values": [1, 2]}, executor=eight, paused=True)
    before = job.snapshot()
    job.resume()
    job.wait(PATIENCE)

    assert len(before.queued) == 1
    assert job.snapshot()["adder"].total == 3


# ---- failing


def test_failing_handlers_take_nobody_with_them(eight: sl.Concurrent) -> None:
    """R4 R20 R21: half of the calls fail; the executor and the other half do not notice."""
    flow = sl.Flow("f", on_error="continue")

    class Odd(sl.Routine):
        total: sl.State[int] = sl.State(int)
        out = sl.Event("value")

        @sl.slot
        def input(self, value: int) -> None:
            self.total += value
            self.out(value=value)
            if value % 2:
                raise ValueError(value)

    sink = flow.add(Sink(), "sink")
    entries = []
    for n in range(4):
        odd = flow.add(Odd(), f"odd{n}")
        flow.connect(odd.out, sink.input)
        entries += [odd.input.of(**fields) for fields in THIRTY]

    job = flow.start(*entries, executor=eight)
    final = job.result(PATIENCE)

    assert [final[f"odd{n}"].total for n in range(4)] == [sum(range(0, 30, 2))] * 4
    assert sorted(sink.got) == sorted([*range(0, 30, 2)] * 4)
    assert job.failed_deliveries == 60


def test_first_failure_stops_the_job_and_keeps_the_queue(eight: sl.Concurrent) -> None:
    """R9 R19 R20: two fail at the same time; one is the job's error, both stay queued."""
    together = threading.Barrier(2)

    def fail(do: Do) -> None:
        together.wait(PATIENCE)
        raise ValueError(do.name)

    flow = sl.Flow("f")
    parts = [flow.add(Do(fail), name) for name in ("a", "b")]
    job = flow.start(*(part.input.of() for part in parts), executor=eight)

    with pytest.raises(sl.SlotHandlerError) as caught:
        job.result(PATIENCE)

    assert isinstance(caught.value.__cause__, ValueError)
    assert str(caught.value.__cause__) in {"a", "b"}
    assert sorted(d.routine for d in job.queued) == ["a", "b"]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_interrupt_in_a_handler_pauses_the_job_alone(
    eight: sl.Concurrent, kind: type[BaseException]
) -> None:
    """R21: the call is undone, its delivery stays; another job on the executor goes on."""
    raised: list[bool] = []

    def leave(do: Do) -> None:
        do.number += 1
        if not raised:
            raised.append(True)
            raise kind

    job = flow_of(leave).start("do.input", executor=eight)

    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED
    with pytest.raises(sl.NotFinishedError) as caught:
        job.result()
    assert isinstance(caught.value.__cause__, kind)
    assert (job.snapshot()["do"].number, len(job.queued)) == (0, 1)
    assert source_and_adder().start("adder.input", {"value": 1}, executor=eight).result(PATIENCE)
    job.resume()
    assert job.result(PATIENCE)["do"].number == 1


# ---- many jobs


def test_thousand_jobs_of_one_flow_all_come_to_their_turn() -> None:
    """R13, trap 2, section Many jobs: none starves beside one that never ends, on two workers."""
    flow = sl.Flow("f")
    over = threading.Event()

    class Endless(sl.Routine):
        again = sl.Event()

        @sl.slot
        def input(self) -> None:
            if not over.is_set():
                self.again()

    endless = sl.Flow("endless")
    for name in ("a", "b"):
        routine = endless.add(Endless(), name)
        endless.connect(routine.again, routine.input)
    source, adder = flow.add(Source(), "source"), flow.add(Sink(), "sink")
    flow.connect(source.item, adder.input)
    with sl.Concurrent(2) as executor:
        greedy = endless.start(*(endless.routines[n].input.of() for n in "ab"), executor=executor)
        jobs = [flow.start(source.items.of(values=[n] * 5), executor=executor) for n in range(1000)]

        statuses = {job.wait(PATIENCE).name for job in jobs}

        assert statuses == {"COMPLETED"}
        assert not greedy.done
        over.set()
        assert greedy.wait(PATIENCE) is sl.JobStatus.COMPLETED


def test_jobs_do_not_meet(eight: sl.Concurrent) -> None:
    """R13: declared state belongs to the job, whoever runs its handlers."""
    flow = source_and_adder()

    jobs = [flow.start("source.items", {"values": [n] * 20}, executor=eight) for n in range(100)]

    assert [job.result(PATIENCE)["adder"].total for job in jobs] == [20 * n for n in range(100)]


# ---- nested


def test_handler_may_run_another_flow_in_its_own_thread(eight: sl.Concurrent) -> None:
    """R3 R22: a sequential run inside of a handler."""
    inner = source_and_adder()

    def handle(do: Do) -> None:
        do.number = inner.run("source.items", values=[1, 2, 3])["adder"].total

    flow = flow_of(handle)

    jobs = [flow.start("do.input", executor=eight) for _ in range(20)]

    assert [job.result(PATIENCE)["do"].number for job in jobs] == [6] * 20


def test_handler_may_start_a_job_on_its_own_executor() -> None:
    """R22: and go on without it, where there is one worker."""
    inner = source_and_adder()
    started: list[sl.Job] = []
    with sl.Concurrent(1) as one:

        def handle(_: Do) -> None:
            started.append(inner.start("adder.input", {"value": 7}, executor=one))

        flow_of(handle).start("do.input", executor=one).result(PATIENCE)

        assert started[0].result(PATIENCE)["adder"].total == 7
