# The live job: wait, pause, cancel, snapshot, context manager, Ctrl-C (row f).
# mypy: disable-error-code="func-returns-value"
# (handlers are short functions whose value nobody takes)
from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Adder, Do, Hold, flow_of, outcomes, source_and_adder

if TYPE_CHECKING:
    from collections.abc import Callable


def held_job(hold: Hold) -> sl.Job:
    """A background job whose handler writes, emits and then stands at the hold."""

    def handle(do: Do) -> None:
        do.number = 7
        do.out()
        hold.here()

    flow = sl.Flow("held")
    do = flow.add(Do(handle), "do")
    flow.connect(do.out, do.again)
    job = flow.start("do.input")
    hold.wait_until_reached()
    return job


def call_in_handler(act: Callable[[sl.Job], Any]) -> sl.Job:
    """Run a job whose handler does something to its own job."""
    job = flow_of(lambda do: act(do.job)).start("do.input", executor="sequential")
    job.wait()
    return job


def test_run_returns_the_final_state() -> None:
    """Section 3: blocks; returns the JobState."""
    final = source_and_adder().run("source.items", values=[1, 2])

    assert (final.status, final["adder"].total) == (sl.JobStatus.COMPLETED, 3)


def test_start_runs_in_the_background() -> None:
    """Section 3."""
    job = source_and_adder().start("source.items", values=[1, 2])

    assert job.result(PATIENCE)["adder"].total == 3


def test_job_knows_its_flow() -> None:
    flow = source_and_adder()

    assert flow.start(executor="sequential").flow is flow


def test_job_takes_the_id_that_is_given() -> None:
    job = source_and_adder().start(executor="sequential", job_id="nightly-7")

    assert (job.id, job.snapshot().id) == ("nightly-7", "nightly-7")


def test_wait_returns_the_status_of_the_moment_at_its_timeout(hold: Hold) -> None:
    """R9: never raises for the time."""
    assert held_job(hold).wait(0.01) is sl.JobStatus.RUNNING


def test_result_raises_at_its_timeout(hold: Hold) -> None:
    """R9 R19: it has `.job`."""
    job = held_job(hold)

    with pytest.raises(sl.JobTimeoutError) as caught:
        job.result(0.01)

    assert caught.value.job is job


def test_run_with_a_timeout_pauses_then_raises() -> None:
    """R12: `run(timeout=)` pauses, then raises `JobTimeoutError` with `.job`."""
    flow = sl.Flow("endless")
    do = flow.add(Do(lambda do: do.out()), "do")
    flow.connect(do.out, do.input)

    with pytest.raises(sl.JobTimeoutError) as caught:
        flow.run(do.input.of(), timeout=0.02)

    assert caught.value.job.status is sl.JobStatus.PAUSED
    assert len(caught.value.job.queued) == 1


def test_job_timeout_error_is_a_timeout_error(hold: Hold) -> None:
    """R19."""
    job = held_job(hold)

    with pytest.raises(TimeoutError):
        job.result(0.01)


def test_pause_returns_when_no_handler_runs(hold: Hold) -> None:
    """R12: it waits for running handlers."""
    job = held_job(hold)
    pausing = threading.Thread(target=job.pause)
    pausing.start()

    hold.release()
    pausing.join(PATIENCE)

    assert not any(delivery.in_call for delivery in job.queued)


def test_pause_names_the_handlers_that_run_at_its_timeout(hold: Hold) -> None:
    """R12: a `JobTimeoutError` that names them."""
    job = held_job(hold)

    with pytest.raises(sl.JobTimeoutError, match=r"do\.input"):
        job.pause(timeout=0.01)


def test_pause_asked_for_takes_effect_when_the_handler_returns(hold: Hold) -> None:
    """R12: the pause stays asked for."""
    job = held_job(hold)
    with pytest.raises(sl.JobTimeoutError):
        job.pause(timeout=0.01)

    hold.release()

    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED
    assert [delivery.slot for delivery in job.queued] == ["again"]


def test_paused_job_hands_out_nothing_until_it_is_resumed() -> None:
    """R12: pause stops handing out deliveries."""
    job = source_and_adder().start("adder.input", {"value": 1}, paused=True)
    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED
    assert len(job.queued) == 1

    job.resume()

    assert job.result(PATIENCE)["adder"].total == 1


def test_pause_asked_for_in_a_handler_takes_effect_when_it_returns() -> None:
    """R12: it only asks, and returns at once."""
    flow = sl.Flow("f")
    do = flow.add(Do(lambda do: (do.job.pause(), do.out())), "do")
    flow.connect(do.out, do.again)
    job = flow.start("do.input", executor="sequential")

    assert job.wait() is sl.JobStatus.PAUSED
    assert [delivery.slot for delivery in job.queued] == ["again"]


def test_call_that_returns_after_cancel_commits_nothing(hold: Hold) -> None:
    """R12: a call that returns after `cancel` commits nothing."""
    job = held_job(hold)

    job.cancel()
    hold.release()

    assert job.wait(PATIENCE) is sl.JobStatus.CANCELLED
    assert job.snapshot()["do"].number == 0


def test_cancel_settles_what_is_queued_as_cancelled() -> None:
    """R12."""
    job = source_and_adder().start("source.items", {"values": [1, 2]}, executor="sequential")
    job.step(1)

    job.cancel()

    assert outcomes(job.snapshot()) == ["finished", "cancelled", "cancelled"]
    assert list(job.queued) == []


def test_cancel_is_prompt_although_a_handler_runs(hold: Hold) -> None:
    """R12: it waits for nobody."""
    job = held_job(hold)

    job.cancel()

    assert job.status is sl.JobStatus.CANCELLED


def test_cancelled_result_carries_the_reason() -> None:
    """R19."""
    job = source_and_adder().start("adder.input", {"value": 1}, executor="sequential")
    job.cancel("not needed any more")

    with pytest.raises(sl.JobCancelledError, match="not needed any more") as caught:
        job.result()

    assert caught.value.job is job


def test_handler_that_works_long_can_ask_whether_it_was_cancelled(hold: Hold) -> None:
    """R12: `job.cancelled` is for handlers that work long."""
    seen: list[bool] = []
    asked = threading.Event()

    def handle(do: Do) -> None:
        hold.here()
        seen.append(do.job.cancelled)
        asked.set()

    job = flow_of(handle).start("do.input")
    hold.wait_until_reached()

    job.cancel()
    hold.release()

    assert asked.wait(PATIENCE)
    assert seen == [True]


def test_cancel_asked_for_in_a_handler_takes_effect_when_it_returns() -> None:
    """R12."""
    job = call_in_handler(lambda job: job.cancel("enough"))

    assert job.status is sl.JobStatus.CANCELLED


@pytest.mark.parametrize("method", ["wait", "result", "step"])
def test_waiting_in_a_handler_for_its_own_job_is_refused(method: str) -> None:
    """R18b: never an endless wait."""
    job = call_in_handler(lambda job: getattr(job, method)())

    assert isinstance(job.error, sl.SlotHandlerError)
    assert isinstance(job.error.__cause__, sl.StateError)


def test_waiting_in_a_handler_for_another_job_is_allowed() -> None:
    other = source_and_adder().start("adder.input", {"value": 4}, executor="sequential")

    job = call_in_handler(lambda _: other.result())

    assert (job.status, other.status) == (sl.JobStatus.COMPLETED,) * 2


def test_send_in_a_handler_is_an_outside_act() -> None:
    """R4: it is not undone when the call fails."""

    def handle(do: Do) -> None:
        do.job.send("do.again")
        raise ValueError("after the send")

    flow = sl.Flow("f", on_error="continue")
    flow.add(Do(handle), "do")

    assert flow.run("do.input")["do"].number == 1


def test_snapshot_inside_a_handler_has_the_delivery_in_call() -> None:
    """R11: wholly unsettled: queued, with the state from before its call."""
    states: list[sl.JobState] = []

    def handle(do: Do) -> None:
        do.number = 5
        do.out()
        states.append(do.job.snapshot())

    flow_of(handle).run("do.input")

    assert [(d.slot, d.in_call) for d in states[0].queued] == [("input", True)]
    assert states[0]["do"].number == 0


def test_snapshot_from_another_thread_waits_for_no_handler(hold: Hold) -> None:
    """R11: at any moment, under any executor."""
    state = held_job(hold).snapshot()

    assert [(d.slot, d.in_call) for d in state.queued] == [("input", True)]
    assert (state.status, state["do"].number) == (sl.JobStatus.RUNNING, 0)


def test_snapshot_does_not_disturb_the_job(hold: Hold) -> None:
    """R11."""
    job = held_job(hold)
    job.snapshot()

    hold.release()

    assert job.result(PATIENCE)["do"].number == 8


def test_snapshot_of_an_ended_job_is_its_result() -> None:
    job = source_and_adder().start("adder.input", {"value": 1}, executor="sequential")

    assert job.result().same_outcome(job.snapshot())


def test_queued_says_what_waits_oldest_first() -> None:
    job = source_and_adder().start("source.items", {"values": [5, 6]}, executor="sequential")
    job.step(1)

    assert [delivery.payload["value"] for delivery in job.queued] == [5, 6]


def test_delivery_says_where_it_comes_from() -> None:
    """R11c R15: id by the emitting routine and its own count, what fed it, its root."""
    job = source_and_adder().start("source.items", {"values": [5, 6]}, executor="sequential")
    job.step(1)
    second = job.queued[1]

    assert (second.id.routine, second.id.number) == ("source", 2)
    assert (second.root.routine, second.root.number) == ("", 1)
    assert (second.routine, second.slot, second.fed_by) == ("adder", "input", "source.item")
    assert (second.attempt, second.in_call) == (1, False)


def test_handler_sees_its_job_and_its_delivery() -> None:
    """Section 4: `self.job` and `self.delivery` mean the current call."""
    seen: list[Any] = []
    flow = flow_of(lambda do: seen.append((do.job, do.delivery.slot, do.delivery.in_call)))

    job = flow.start("do.input", executor="sequential")
    job.wait()

    assert seen == [(job, "input", True)]


def test_job_of_a_routine_outside_a_call_is_refused() -> None:
    """Section 4: outside a call they raise `StateError`."""
    flow = flow_of(lambda _: None)

    with pytest.raises(sl.StateError):
        flow.routines["do"].job


def test_emit_outside_a_handler_is_refused_and_names_send() -> None:
    """R3: outside a call they say to use `job.send`."""
    do = sl.Flow("f").add(Do(), "do")

    with pytest.raises(sl.StateError, match="send"):
        do.out()


def test_many_jobs_of_one_flow_do_not_meet() -> None:
    """R13: state, mailboxes and counts belong to the job."""
    flow = source_and_adder()
    jobs = [flow.start("source.items", {"values": [n] * 10}) for n in range(20)]

    finals = [job.result(PATIENCE) for job in jobs]

    assert [final["adder"].total for final in finals] == [10 * n for n in range(20)]


def test_leaving_the_block_finishes_and_waits() -> None:
    """R9: leaving `with job` closes it to sends, and it completes when empty."""
    with source_and_adder().start() as job:
        job.send("adder.input", value=1)

    assert job.status is sl.JobStatus.COMPLETED


def test_exception_that_leaves_the_block_pauses() -> None:
    """R12: an exception that leaves `with job` pauses too."""
    with pytest.raises(ValueError, match="mine"), source_and_adder().start() as job:
        raise ValueError("mine")

    assert job.status is sl.JobStatus.PAUSED


def test_keyboard_interrupt_in_a_handler_pauses_the_job() -> None:
    """R12 R21: undo the call, leave the delivery queued, pause the job."""
    interrupts = iter((True, False))

    def handle(do: Do) -> None:
        do.number = 5
        if next(interrupts):
            raise KeyboardInterrupt

    with pytest.raises(sl.Interrupted) as caught:
        flow_of(handle).run("do.input")

    job = caught.value.job
    assert (job.status, len(job.queued)) == (sl.JobStatus.PAUSED, 1)
    assert job.snapshot()["do"].number == 0


def test_interrupted_job_can_go_on() -> None:
    """R12: Ctrl-C pauses, never cancels."""
    interrupts = iter((True, False))

    def handle(do: Do) -> None:
        if next(interrupts):
            raise KeyboardInterrupt

    with pytest.raises(sl.Interrupted) as caught:
        flow_of(handle).run("do.input")

    caught.value.job.resume()
    assert caught.value.job.result().status is sl.JobStatus.COMPLETED


def test_interrupted_is_a_keyboard_interrupt() -> None:
    """R12 R19: `except Exception` lets it through."""
    assert issubclass(sl.Interrupted, KeyboardInterrupt)
    assert not issubclass(sl.Interrupted, Exception)


def test_ctrl_c_interrupts_a_wait_at_once(hold: Hold) -> None:
    """R12: `wait` raises `Interrupted` at once; the pause takes effect when the handler returns."""
    job = held_job(hold)
    main = threading.main_thread().ident
    timer = threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT])
    timer.start()

    with pytest.raises(sl.Interrupted) as caught:
        job.wait(PATIENCE)

    assert caught.value.job is job
    hold.release()
    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED


def test_system_exit_in_a_handler_pauses_and_leaves_run() -> None:
    """R21: undo the call, leave the delivery queued, pause the job."""
    flow = flow_of(lambda _: (_ for _ in ()).throw(SystemExit(3)))
    job = flow.start("do.input", executor="sequential")

    with pytest.raises(SystemExit):
        job.step()

    assert (job.status, len(job.queued)) == (sl.JobStatus.PAUSED, 1)


def test_system_exit_in_the_background_does_not_take_the_interpreter() -> None:
    """R21."""
    job = flow_of(lambda _: (_ for _ in ()).throw(SystemExit(3))).start("do.input")

    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED


def test_job_runs_on_while_its_handle_is_used_by_two_threads() -> None:
    """R10: both waiters hear of the end."""
    adder = Adder()
    flow = sl.Flow("f")
    flow.add(adder, "adder")
    job = flow.start()
    statuses: list[sl.JobStatus] = []
    waiters = [
        threading.Thread(target=lambda: statuses.append(job.result(PATIENCE).status))
        for _ in range(2)
    ]
    job.send("adder.input", value=1)
    job.finish()

    for waiter in waiters:
        waiter.start()
    for waiter in waiters:
        waiter.join(PATIENCE)

    assert statuses == [sl.JobStatus.COMPLETED] * 2
