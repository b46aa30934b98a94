"""Many runners from outside: pause, cancel, send and close from any thread, at any moment."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Adder, Do, Hold, Source, flow_of, outcomes, source_and_adder

if TYPE_CHECKING:
    from collections.abc import Callable


def in_thread(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Run the act in a thread; the list gets its value, or what it raised."""
    came: list[Any] = []

    def run() -> None:
        try:
            came.append(act())
        except BaseException as error:
            came.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, came


def held(hold: Hold, executor: sl.Executor, *, more: int = 0) -> sl.Job:
    """A job whose one handler stands at the hold, with so many deliveries behind it."""
    flow = flow_of(lambda do: hold.here() if not do.number else None)
    do = flow.routines["do"]
    assert isinstance(do, Do)
    job = flow.start(*[do.input.of()] * (1 + more), executor=executor, keep_alive=True)
    hold.wait_until_reached()
    return job


# ---- pause


def test_pause_returns_when_no_handler_runs(eight: sl.Concurrent, hold: Hold) -> None:
    """R12."""
    job = held(hold, eight, more=3)

    thread, came = in_thread(lambda: (job.pause(PATIENCE), job._running))
    assert not came
    hold.release()
    thread.join(PATIENCE)

    assert came == [(None, [])]
    assert (job.status, len(job.queued)) == (sl.JobStatus.PAUSED, 3)


def test_pause_names_all_handlers_that_still_run(eight: sl.Concurrent, hold: Hold) -> None:
    """R12: at its timeout; the pause stays asked for."""
    reached = threading.Barrier(3)

    def stand(_: Do) -> None:
        reached.wait(PATIENCE)
        hold.here()

    flow = sl.Flow("f")
    parts = [flow.add(Do(stand), name) for name in ("a", "b")]
    job = flow.start(*[part.input.of() for part in parts] * 2, executor=eight)
    reached.wait(PATIENCE)

    with pytest.raises(sl.JobTimeoutError, match=r"a\.input, b\.input still runs"):
        job.pause(0.01)

    hold.release()
    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED
    assert len(job.queued) == 2


def test_pause_and_resume_many_times_loses_nothing(eight: sl.Concurrent) -> None:
    """R10 R12: three threads pause and resume while the runners work."""
    flow = sl.Flow("f")
    adder = flow.add(Adder(), "adder")
    for n in range(4):
        flow.connect(flow.add(Source(), f"source{n}").item, adder.input)
    values = list(range(250))
    entries = [flow.routines[f"source{n}"].items.of(values=values) for n in range(4)]
    job = flow.start(*entries, executor=eight, keep_alive=True)

    def toggle() -> None:
        for _ in range(100):
            job.pause(PATIENCE)
            job.resume()

    toggling = [in_thread(toggle) for _ in range(3)]
    for thread, _ in toggling:
        thread.join(PATIENCE)
    job.finish()

    assert [came for _, came in toggling] == [[None]] * 3
    assert job.result(PATIENCE)["adder"].total == 4 * sum(values)


# ---- cancel


def test_cancel_is_prompt_with_a_hundred_thousand_queued(eight: sl.Concurrent, hold: Hold) -> None:
    """R12: settled as cancelled at once, though a handler runs."""

    class Wide(sl.Routine):
        @sl.slot(capacity=200_000)
        def input(self, value: int) -> None:
            hold.here()

    flow = sl.Flow("f")
    source, wide = flow.add(Source(), "source"), flow.add(Wide(), "wide")
    flow.connect(source.item, wide.input)
    job = flow.start(source.items.of(values=[0] * 100_000), executor=eight)
    hold.wait_until_reached()

    job.cancel("enough")
    status = job.wait(PATIENCE)

    assert (status, len(job.queued), job._running) == (sl.JobStatus.CANCELLED, 0, ["wide.input"])
    with pytest.raises(sl.JobCancelledError, match="enough"):
        job.result(PATIENCE)


@pytest.mark.parametrize("executor", ["background", "concurrent"])
def test_wait_for_a_cancelled_job_returns_while_its_handler_runs(
    executor: sl.Run, hold: Hold
) -> None:
    """R9 R12: CANCELLED: `wait` returns. Once it span without end, and nobody else got a turn."""
    flow = flow_of(lambda _: hold.here())
    job = flow.start("do.input", executor=executor)
    hold.wait_until_reached()
    job.cancel()

    thread, came = in_thread(lambda: job.wait(PATIENCE))
    thread.join(PATIENCE)

    assert came == [sl.JobStatus.CANCELLED]


def test_call_that_returns_after_cancel_commits_nothing(eight: sl.Concurrent, hold: Hold) -> None:
    """R4 R12: no state, no emission, no record of its own."""
    returned = threading.Event()

    def handle(do: Do) -> None:
        do.number += 1
        do.out()
        hold.here()
        returned.set()

    flow = sl.Flow("f")
    do = flow.add(Do(handle), "do")
    flow.connect(do.out, do.again)
    job = flow.start(do.input.of(), do.input.of(), executor=eight)
    hold.wait_until_reached()

    job.cancel()
    hold.release()

    assert returned.wait(PATIENCE)
    eight.close(PATIENCE)  # so that its runner has gone
    state = job.snapshot()
    assert (state["do"].number, outcomes(state), len(state.queued)) == (0, ["cancelled"] * 2, 0)


def test_long_handler_sees_that_it_is_cancelled(eight: sl.Concurrent, hold: Hold) -> None:
    """R12: `self.job.cancelled`."""
    seen: list[bool] = []
    over = threading.Event()

    def handle(do: Do) -> None:
        seen.append(do.job.cancelled)
        hold.here()
        seen.append(do.job.cancelled)
        over.set()

    job = flow_of(handle).start("do.input", executor=eight)
    hold.wait_until_reached()
    job.cancel()
    hold.release()

    assert over.wait(PATIENCE)
    assert seen == [False, True]


def test_job_cancelled_by_its_own_handler(eight: sl.Concurrent) -> None:
    """R12: its own call takes no effect either."""
    job = flow_of(lambda do: do.job.cancel("myself")).start("do.input", executor=eight)

    assert job.wait(PATIENCE) is sl.JobStatus.CANCELLED


# ---- send, from any thread


def test_every_send_is_done_or_refused(eight: sl.Concurrent) -> None:
    """R9 R10, traps 34 35: six threads send while the job is finished; what was in is settled."""
    job = source_and_adder().start(executor=eight)
    accepted: list[int] = []

    def send_on() -> str:
        for _ in range(400):
            try:
                job.send("adder.input", value=1, timeout=PATIENCE)
            except sl.StateError:
                return "refused"
            accepted.append(1)
        return "all"

    senders = [in_thread(send_on) for _ in range(6)]
    while len(accepted) < 300 and not any(came for _, came in senders):
        job.wait(0.001)
    job.finish()
    for thread, _ in senders:
        thread.join(PATIENCE)

    assert {came[0] for _, came in senders} <= {"refused", "all"}
    assert job.result(PATIENCE)["adder"].total == len(accepted)


def test_send_that_waits_for_room_gets_it(eight: sl.Concurrent) -> None:
    """R6, trap 25: five senders, one place, each is admitted."""

    class One(sl.Routine):
        total: sl.State[int] = sl.State(int)

        @sl.slot(capacity=1)
        def input(self) -> None:
            self.total += 1

    flow = sl.Flow("f")
    flow.add(One(), "one")
    job = flow.start(executor=eight)

    def send_fifty() -> None:
        for _ in range(50):
            job.send("one.input", timeout=PATIENCE)

    senders = [in_thread(send_fifty) for _ in range(5)]
    for thread, _ in senders:
        thread.join(PATIENCE)
    job.finish()

    assert [came for _, came in senders] == [[None]] * 5
    assert job.result(PATIENCE)["one"].total == 250


def test_wait_with_a_timeout_says_where_it_stands(eight: sl.Concurrent, hold: Hold) -> None:
    """R9: with the status of the moment; `result` raises, the job goes on."""
    job = held(hold, eight)

    assert job.wait(0.01) is sl.JobStatus.RUNNING
    with pytest.raises(sl.JobTimeoutError):
        job.result(0.01)
    hold.release()
    assert job.wait(PATIENCE) is sl.JobStatus.IDLE


def test_many_threads_wait_for_one_job(eight: sl.Concurrent, hold: Hold) -> None:
    """R10: all of them hear of its end."""
    job = held(hold, eight)
    job.finish()
    waiting = [in_thread(lambda: job.result(PATIENCE).status.name) for _ in range(10)]

    hold.release()
    for thread, _ in waiting:
        thread.join(PATIENCE)

    assert [came for _, came in waiting] == [["COMPLETED"]] * 10


# ---- close


def test_closed_executor_leaves_its_jobs_paused_and_resumable(hold: Hold) -> None:
    """R11 R12, trap 35: paused, not lost; another executor goes on with them."""
    executor = sl.Concurrent(2, name="first")
    busy = held(hold, executor, more=5)
    waiting = [
        source_and_adder().start("source.items", {"values": [1] * 9}, executor=executor)
        for _ in range(20)
    ]
    thread, came = in_thread(lambda: executor.close(PATIENCE))
    hold.release()
    thread.join(PATIENCE)

    assert came == [None]
    assert busy.status is sl.JobStatus.PAUSED
    with sl.Concurrent(2, name="second") as second:
        again = busy.flow.resume(busy.snapshot(), executor=second)
        again.finish()
        assert len(again.result(PATIENCE).history) == 6
        for job in waiting:
            if not job.done:
                job = job.flow.resume(job.snapshot(), executor=second)  # noqa: PLW2901
            assert job.result(PATIENCE)["adder"].total == 9


def test_close_names_the_handler_at_its_timeout(hold: Hold) -> None:
    """R12: and is closed all the same."""
    executor = sl.Concurrent(2, name="e")
    held(hold, executor)

    with pytest.raises(sl.JobTimeoutError, match=r"do\.input still runs after 0\.01 seconds"):
        executor.close(0.01)

    with pytest.raises(sl.StateError, match="'e' is closed"):
        source_and_adder().start("adder.input", {"value": 1}, executor=executor)


def open_job_with_an_end(executor: sl.Executor) -> tuple[sl.Job, list[str]]:
    log: list[str] = []

    class Ender(sl.Routine):
        @sl.slot(capacity=2)
        def input(self) -> None:
            log.append("input")

        @sl.slot(when="drained")
        def end(self) -> None:
            log.append("end")

    flow = sl.Flow("f")
    ender = flow.add(Ender(), "ender")
    return flow.start(ender.input.of(), executor=executor, keep_alive=True), log


@pytest.mark.parametrize(
    "act",
    [
        lambda job: job.send("ender.input"),
        lambda job: job.finish(),
        lambda job: job.resume(),
        lambda job: job.flow.start("ender.input", executor=job.flow.executor),
        lambda job: job.flow.resume(job.snapshot(), executor=job.flow.executor),
    ],
    ids=["send", "finish", "resume", "start", "flow.resume"],
)
def test_use_after_close_is_refused_and_does_nothing(act: Callable[[sl.Job], Any]) -> None:
    """R18b, trap 6: StateError; nothing is queued by it, no handler runs, no drained slot fires."""
    executor = sl.Concurrent(2)
    job, log = open_job_with_an_end(executor)
    job.flow.executor = executor  # type: ignore[attr-defined]
    job.wait(PATIENCE)
    executor.close()
    executor.close()

    with pytest.raises(sl.StateError, match="is closed"):
        act(job)

    assert (log, len(job.queued), job.status) == (["input"], 0, sl.JobStatus.PAUSED)


def test_closed_executor_lets_its_jobs_be_cancelled_and_cut() -> None:
    """R9: what needs no runner."""
    executor = sl.Concurrent(2)
    job, _ = open_job_with_an_end(executor)
    job.wait(PATIENCE)
    executor.close()

    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED
    assert job.snapshot().status is sl.JobStatus.PAUSED
    job.cancel()
    assert job.wait(PATIENCE) is sl.JobStatus.CANCELLED


def test_sender_that_waits_for_room_is_refused_when_its_executor_closes() -> None:
    """R6, traps 34 35: nobody will ever make room there."""
    executor = sl.Concurrent(2)
    job, _ = open_job_with_an_end(executor)
    job.wait(PATIENCE)
    job.pause()
    for _ in range(2):
        job.send("ender.input")
    thread, came = in_thread(lambda: job.send("ender.input", timeout=None))
    thread.join(0.05)  # by then it waits; where not, it is refused all the same

    executor.close()
    thread.join(PATIENCE)

    assert [type(error) for error in came] == [sl.StateError]
    assert len(job.queued) == 2


def test_sends_during_a_close_are_done_or_refused() -> None:
    """Traps 34 35: each one that was accepted is settled or in the paused job."""
    for _ in range(20):
        executor = sl.Concurrent(2)
        job = source_and_adder().start(executor=executor)
        accepted: list[int] = []

        def send_on(job: sl.Job = job, accepted: list[int] = accepted) -> str:
            for _ in range(500):
                try:
                    job.send("adder.input", value=1)
                except sl.BackpressureError:
                    continue
                except sl.StateError:
                    return "refused"
                accepted.append(1)
            return "all"

        senders = [in_thread(send_on) for _ in range(2)]
        while len(accepted) < 50:
            job.wait(0.001)
        executor.close(PATIENCE)
        for thread, _ in senders:
            thread.join(PATIENCE)

        state = job.snapshot()
        assert {came[0] for _, came in senders} <= {"refused", "all"}
        assert state["adder"].total + len(state.queued) == len(accepted)


def test_close_in_a_handler_of_its_own_is_refused() -> None:
    """R18b: it would wait for itself for ever."""
    with sl.Concurrent(2, name="own") as executor:
        job = flow_of(lambda _: executor.close()).start("do.input", executor=executor)

        with pytest.raises(sl.SlotHandlerError) as caught:
            job.result(PATIENCE)

        assert isinstance(caught.value.__cause__, sl.StateError)
        assert "'own'" in str(caught.value.__cause__)


def interrupt_soon() -> None:
    threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGINT)).start()


def test_ctrl_c_ends_a_close_that_waits(hold: Hold) -> None:
    """R22: who waits in Python can be interrupted."""
    executor = sl.Concurrent(2)
    held(hold, executor)
    interrupt_soon()

    with pytest.raises(KeyboardInterrupt):
        executor.close(PATIENCE)

    hold.release()
    executor.close(PATIENCE)


@pytest.mark.parametrize("act", [sl.Job.wait, sl.Job.result])
def test_ctrl_c_in_a_wait_pauses_the_job(
    eight: sl.Concurrent, hold: Hold, act: Callable[..., Any]
) -> None:
    """R12: `Interrupted` with `.job` at once; the pause takes effect when the handler returns."""
    job = held(hold, eight, more=2)
    interrupt_soon()
    before = time.monotonic()

    with pytest.raises(sl.Interrupted) as caught:
        act(job, PATIENCE)

    assert time.monotonic() - before < PATIENCE / 2
    assert caught.value.job is job
    hold.release()
    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED
    assert len(job.queued) == 2
