# on_start and on_stop of one object, asked for by many threads: who waits, and who is refused.
from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.hooked import Lasting, lasting
from python.parts import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from python.parts import Hold

pytestmark = pytest.mark.usefixtures("each_executor")


def test_second_job_waits_for_the_first_ones_on_start(hold: Hold) -> None:
    """S4: once, however many jobs and threads; the second lets the GIL go meanwhile."""
    flow, routine = lasting()
    routine.starting = hold.here
    first = flow.start("load.input", executor="background")
    hold.wait_until_reached()
    second = flow.start("load.input", executor="background")
    before = second.wait(0.05)
    log = list(routine.log)
    hold.release()

    assert (before, log) == (sl.JobStatus.RUNNING, ["start"])
    assert {first.wait(PATIENCE), second.wait(PATIENCE)} == {sl.JobStatus.COMPLETED}
    assert routine.log.count("start") == routine.log.count("stop")
    assert routine.log[:2] == ["start", "call"]


def test_second_job_starts_it_where_the_first_failed_to(hold: Hold) -> None:
    flow, routine = lasting()

    def starting() -> None:
        if len(routine.log) == 1:
            hold.here()
            raise OSError("no line")

    routine.starting = starting
    first = flow.start("load.input", executor="background")
    hold.wait_until_reached()
    second = flow.start("load.input", executor="background")
    second.wait(0.05)
    hold.release()

    assert (first.wait(PATIENCE), second.wait(PATIENCE)) == (
        sl.JobStatus.FAILED,
        sl.JobStatus.COMPLETED,
    )
    assert routine.log == ["start", "start", "call", "stop"]


def test_many_jobs_of_an_executor_start_it_once(eight: sl.Concurrent, hold: Hold) -> None:
    flow, routine = lasting()
    routine.starting = hold.here
    jobs = [flow.start("load.input", executor=eight, keep_alive=True) for _ in range(20)]
    hold.wait_until_reached()
    hold.release()
    for job in jobs:
        assert job.wait(PATIENCE) is sl.JobStatus.IDLE
    for job in jobs:
        job.finish()

    assert routine.log == ["start", *["call"] * 20, "stop"]


def test_on_start_may_run_another_flow() -> None:
    flow, routine = lasting()
    other, inner = lasting()
    routine.starting = lambda: other.run("load.input")

    flow.run("load.input")

    assert routine.log == ["start", "call", "stop"]
    assert inner.log == ["start", "call", "stop"]


@pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])
def test_on_start_that_needs_itself_is_refused(executor: Any, each_executor: str) -> None:
    """A job that it runs uses the routine: told at once, in this thread or another's."""
    flow, routine = lasting()
    inner: list[sl.Job] = []

    def starting() -> None:
        inner.append(flow.start("load.input", executor=executor))
        inner[0].wait()

    routine.starting = starting
    job = flow.start("load.input", executor=each_executor)

    assert job.wait(PATIENCE) in {sl.JobStatus.COMPLETED, sl.JobStatus.FAILED}
    errors = [one.error.__cause__ for one in (job, inner[0]) if one.error is not None]
    assert any(isinstance(error, sl.StateError) for error in errors)


def test_two_routines_that_start_each_other_are_refused() -> None:
    """Each one's on_start waits for a job that needs the other: told to one of them."""
    flow = sl.Flow("f")
    a, b = flow.add(Lasting(), "a"), flow.add(Lasting(), "b")
    both = threading.Barrier(2)

    def run(slot: str) -> Callable[[], Any]:
        parties = [both]

        def starting() -> None:
            if parties:  # the first time
                parties.pop().wait(PATIENCE)
            flow.start(slot, executor="background").wait()

        return starting

    a.starting, b.starting = run("b.input"), run("a.input")
    jobs = [flow.start(f"{name}.input", executor="background") for name in "ab"]

    ended = {sl.JobStatus.COMPLETED, sl.JobStatus.FAILED}
    assert all(job.wait(PATIENCE) in ended for job in jobs)


def test_error_in_on_stop_is_told_to_the_unraisable_hook(
    monkeypatch: pytest.MonkeyPatch, each_executor: str
) -> None:
    """Never lost in silence, and never in the place of the job's result."""
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    flow, routine = lasting()
    routine.stopping = lambda: 1 / 0

    final = flow.run("load.input")
    flow.run("load.input")

    assert final.status is sl.JobStatus.COMPLETED
    assert [type(one.exc_value) for one in told] == [ZeroDivisionError] * 2
    assert told[0].object == routine.on_stop
    assert routine.log == ["start", "call", "stop"] * 2


def test_on_stop_may_wait_for_another_job() -> None:
    flow, routine = lasting()
    other, inner = lasting()
    routine.stopping = lambda: other.run("load.input")

    flow.run("load.input")

    assert inner.log == ["start", "call", "stop"]


def test_on_stop_that_runs_a_job_of_the_routine_itself_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    flow, routine = lasting()
    routine.stopping = lambda: flow.start("load.input", executor="sequential").result()

    flow.run("load.input")

    assert isinstance(told[0].exc_value.__cause__, sl.StateError)


def test_on_stop_and_a_job_that_wait_for_each_other_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The end of a job waits for its on_stop; that may not wait for who waits for the end."""
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    flow, routine = lasting()
    waiting, waiter = lasting()
    jobs: list[sl.Job] = []
    started = threading.Event()

    def stopping() -> None:
        other = waiting.start("load.input", executor="background")
        assert started.wait(PATIENCE)
        other.wait()

    def handling() -> None:
        started.set()
        jobs[0].wait()

    routine.stopping, waiter.handling = stopping, handling
    jobs.append(flow.start("load.input", executor="background", paused=True))
    jobs[0].resume()

    assert jobs[0].wait(PATIENCE) is sl.JobStatus.COMPLETED


def test_resumed_job_starts_it_in_the_other_process_too() -> None:
    """S4: attributes are not saved, so what resumes starts anew."""
    flow, routine = lasting()
    job = flow.start(routine.input.of(), routine.input.of(), executor="sequential")
    job.step()
    state = sl.JobState.from_bytes(job.snapshot().to_bytes())
    job.cancel()
    flow.resume(state, executor="sequential").result()

    assert routine.log == ["start", "call", "stop"] * 2


def test_job_that_was_never_run_stops_nothing() -> None:
    flow, routine = lasting()

    flow.start("load.input", executor="sequential").cancel()

    assert routine.log == []


@pytest.mark.parametrize(
    "name", ["on_start", "on_stop", "before_handle", "after_handle", "on_error"]
)
@pytest.mark.parametrize("kind", ["async", "generator", "None"])
def test_hook_that_would_run_nothing_is_refused(name: str, kind: str) -> None:
    """Section 5: when it is added."""

    async def coroutine(self: Any, *arguments: Any) -> None: ...

    def generator(self: Any, *arguments: Any) -> Any:
        yield

    hook = {"async": coroutine, "generator": generator, "None": None}[kind]
    routine = type("Load", (sl.Routine,), {name: hook})()

    with pytest.raises(sl.ConfigurationError, match=rf"Load\.{name} .*(method)"):
        sl.Flow("f").add(routine, "load")


@pytest.mark.parametrize(
    "name", ["on_start", "on_stop", "before_handle", "after_handle", "on_error", "local"]
)
def test_names_of_hooks_belong_to_the_routine(name: str) -> None:
    for part in (sl.slot(lambda self: None), sl.Event(), sl.State(int)):
        with pytest.raises((sl.ConfigurationError, RuntimeError)) as caught:
            type("Load", (sl.Routine,), {name: part})
        assert "belongs to Routine" in str(caught.value.__cause__ or caught.value)
    with pytest.raises(sl.ConfigurationError, match="belongs to Routine"):
        sl.Routine().define_event(name)
