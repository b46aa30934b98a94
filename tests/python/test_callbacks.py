# What a callback of `Job.on_commit` may do to its job, and what becomes of what it raises.
from __future__ import annotations

import signal
import sys
from typing import Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Adder, source_and_adder

EXECUTORS = pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])


@EXECUTORS
def test_callback_may_send(executor: Any) -> None:
    job = source_and_adder().start(
        "adder.input", {"value": 1}, executor=executor, paused=True, keep_alive=True
    )

    def send(commit: sl.Commit) -> None:
        if commit.record.payload == {"value": 1}:
            job.send("adder.input", value=10)
            job.finish()

    job.on_commit(send)
    job.resume()

    assert job.result(PATIENCE)["adder"].total == 11


@EXECUTORS
def test_callback_may_pause(executor: Any) -> None:
    job = source_and_adder().start("source.items", {"values": [1]}, executor=executor, paused=True)
    job.on_commit(lambda _: job.pause())

    job.resume()

    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED
    assert len(job.queued) == 1


@EXECUTORS
def test_callback_may_cancel(executor: Any) -> None:
    job = source_and_adder().start(
        "source.items", {"values": [1, 2]}, executor=executor, paused=True
    )
    told: list[str] = []
    job.on_commit(lambda commit: [told.append(commit.record.routine), job.cancel("enough")])

    job.resume()

    assert job.wait(PATIENCE) is sl.JobStatus.CANCELLED
    assert told == ["source"]


@EXECUTORS
@pytest.mark.parametrize("act", ["wait", "result", "step"])
def test_callback_that_would_wait_for_its_own_job_is_refused(executor: Any, act: str) -> None:
    """R9: like a handler, not hung."""
    job = source_and_adder().start("adder.input", {"value": 1}, executor=executor, paused=True)
    refused: list[str] = []

    def wait(_: sl.Commit) -> None:
        try:
            getattr(job, act)()
        except sl.StateError as error:
            refused.append(str(error))

    job.on_commit(wait)
    job.resume()
    job.wait(PATIENCE)

    assert len(refused) == 1
    assert "would wait for itself" in refused[0] or "sequential" in refused[0]


@pytest.mark.parametrize("what", ["emit", "write"])
def test_callback_neither_emits_nor_writes_state(what: str) -> None:
    """S6: the call is over."""
    flow = sl.Flow("adding")
    adder = flow.add(Adder(), "adder")
    acts = {"emit": lambda: adder.added(total=1), "write": lambda: setattr(adder, "total", 5)}
    job = flow.start(adder.input.of(value=1), executor="sequential")
    refused: list[str] = []

    def act(_: sl.Commit) -> None:
        with pytest.raises(sl.StateError) as caught:
            acts[what]()
        refused.append(str(caught.value))

    job.on_commit(act)

    assert job.result()["adder"].total == 1
    assert len(refused) == 1


@EXECUTORS
def test_exception_in_a_callback_never_touches_the_job(
    executor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R21: it goes to sys.unraisablehook."""
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda hooked: unraisable.append(hooked.exc_value))
    job = source_and_adder().start("source.items", {"values": [1]}, executor=executor, paused=True)
    told: list[str] = []
    job.on_commit(lambda _: 1 / 0)
    job.on_commit(lambda commit: told.append(commit.record.routine))

    job.resume()

    assert job.wait(PATIENCE) is sl.JobStatus.COMPLETED
    assert told == ["source", "adder"]
    assert [type(error) for error in unraisable] == [ZeroDivisionError] * 2


def test_ctrl_c_in_a_callback_pauses_the_job() -> None:
    """R12: the commit stays."""
    job = source_and_adder().start("source.items", {"values": [1]}, executor="sequential")
    stop = job.on_commit(lambda _: signal.raise_signal(signal.SIGINT))

    with pytest.raises(sl.Interrupted):
        job.wait()
    stop()
    state = job.snapshot()
    job.resume()

    assert (state.status, len(state.queued)) == (sl.JobStatus.PAUSED, 1)
    assert job.result()["adder"].total == 1


def test_callback_must_be_callable() -> None:
    """Section 5."""
    job = source_and_adder().start(paused=True)

    with pytest.raises(sl.ConfigurationError, match="callable"):
        job.on_commit("print")  # type: ignore[arg-type]


def test_commit_is_a_value() -> None:
    job = source_and_adder().start("adder.input", {"value": 1}, executor="sequential")
    commits: list[sl.Commit] = []
    job.on_commit(commits.append)
    job.wait()

    with pytest.raises(AttributeError, match="cannot be changed"):
        commits[0].job_id = ""  # type: ignore[misc]
    assert commits[0] == sl.Commit(job.id, commits[0].record, commits[0].emitted)
