# Deadlines: a moment at which a job fails, saved with it (R12).
from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import stoplog as sl

EXECUTORS = ("sequential", "background", "concurrent")
PAST = datetime(2001, 1, 1, tzinfo=timezone.utc)
FAR = timedelta(days=1)


class Wait(sl.Routine):
    """Holds on to its delivery until it is let go."""

    calls = sl.State(int)

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go = threading.Event()

    @sl.slot
    def input(self) -> None:
        self.calls += 1
        self.entered.set()
        assert self.go.wait(30)


def waiting() -> tuple[sl.Flow, Wait]:
    flow = sl.Flow("waiting")
    return flow, flow.add(Wait(), "wait")


@pytest.mark.parametrize("executor", EXECUTORS)
def test_passed_deadline_fails_the_job_and_keeps_its_queue(executor: sl.Run) -> None:
    """R12: a moment, stored as such."""
    flow, wait = waiting()
    job = flow.start(wait.input.of(), executor=executor, deadline=PAST)

    assert job.wait(10) is sl.JobStatus.FAILED
    assert isinstance(job.error, sl.JobTimeoutError)
    with pytest.raises(sl.JobTimeoutError, match="deadline has passed") as failed:
        job.result()
    assert failed.value.job is job
    assert len(job.snapshot().queued) == 1


@pytest.mark.parametrize("executor", ["background", "concurrent"])
def test_call_that_returns_after_the_deadline_commits_nothing(executor: sl.Run) -> None:
    """R12: result() raises at the moment itself, while the handler still runs."""
    flow, wait = waiting()
    job = flow.start(wait.input.of(), executor=executor, deadline=timedelta(milliseconds=300))
    assert wait.entered.wait(10)

    with pytest.raises(sl.JobTimeoutError):
        job.result(10)
    wait.go.set()
    state = job.snapshot()
    assert state["wait"].calls == 0
    assert [delivery.attempt for delivery in state.queued] == [1]
    assert not state.history


@pytest.mark.parametrize("executor", EXECUTORS)
def test_deadline_in_time_changes_nothing(executor: sl.Run) -> None:
    flow, wait = waiting()
    wait.go.set()
    job = flow.start(wait.input.of(), executor=executor, deadline=FAR)

    assert job.result(10)["wait"].calls == 1


def test_passed_deadline_must_be_replaced_to_resume() -> None:
    """R9: FAILED by its deadline, a job goes on with another one."""
    flow, wait = waiting()
    wait.go.set()
    job = flow.start(wait.input.of(), executor="sequential", deadline=PAST)
    assert job.status is sl.JobStatus.FAILED
    state = sl.JobState.from_bytes(job.snapshot().to_bytes())
    assert state.error is not None
    assert state.error.type == "JobTimeoutError"

    with pytest.raises(sl.StateError, match="deadline has passed.*deadline="):
        flow.resume(state)
    assert flow.resume(state, deadline=FAR).result()["wait"].calls == 1


def test_deadline_is_saved_with_the_job() -> None:
    flow, wait = waiting()
    wait.go.set()
    soon = timedelta(milliseconds=200)
    job = flow.start(wait.input.of(), executor="sequential", paused=True, deadline=soon)
    state = sl.JobState.from_bytes(job.snapshot().to_bytes())

    resumed = flow.resume(state, executor="sequential", paused=True)
    while resumed.status is not sl.JobStatus.FAILED:
        threading.Event().wait(0.01)
    with pytest.raises(sl.StateError, match="FAILED"):
        resumed.send("wait.input")


@pytest.mark.parametrize("wrong", [3, "tomorrow", datetime(1, 1, 2), timedelta.max])
def test_what_is_no_moment_is_refused(wrong: Any) -> None:
    flow, wait = waiting()
    with pytest.raises(sl.ConfigurationError, match="deadline must"):
        flow.start(wait.input.of(), deadline=wrong)
