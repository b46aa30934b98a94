# Policies for failed handlers, and errors that say where they come from (row g).
from __future__ import annotations

import sys
import traceback
from typing import Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do, Sink, flow_of, outcomes


class Picky(sl.Routine):
    """Fails on odd numbers, by the policy of the slot that they come in by."""

    good: sl.State[int] = sl.State(int)

    @sl.slot
    def plain(self, value: int) -> None:
        self.take(value)

    @sl.slot(on_error="continue")
    def lenient(self, value: int) -> None:
        self.take(value)

    @sl.slot(on_error="skip")
    def careless(self, value: int) -> None:
        self.take(value)

    @sl.slot(on_error="stop")
    def strict(self, value: int) -> None:
        self.take(value)

    def take(self, value: int) -> None:
        if value % 2:
            raise ValueError(f"{value} is odd")
        self.good += 1


run_by: sl.Run = "sequential"


@pytest.fixture(autouse=True)
def picky_is_run_by(each_executor: sl.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run_picky` goes by each of the executors too."""
    monkeypatch.setattr(sys.modules[__name__], "run_by", each_executor)


def run_picky(slot: str, **options: Any) -> sl.Job:
    """Send 2, 3, 4 to a slot, and wait."""
    flow = sl.Flow("f", **options.pop("flow", {}))
    picky = flow.add(Picky(), "picky", **options)
    entry = getattr(picky, slot)
    job = flow.start(*(entry.of(value=value) for value in (2, 3, 4)), executor=run_by)
    job.wait()
    return job


def test_stop_fails_the_job() -> None:
    """R20: the default."""
    assert run_picky("plain").status is sl.JobStatus.FAILED


def test_stop_keeps_the_delivery_at_its_place() -> None:
    """R20: unsettled, at its place."""
    assert [delivery.payload["value"] for delivery in run_picky("plain").queued] == [3, 4]


def test_stop_writes_a_failed_record() -> None:
    """R20."""
    assert outcomes(run_picky("plain").snapshot()) == ["finished", "failed"]


def test_stopped_job_resumed_with_repaired_code_tries_the_delivery_again() -> None:
    """R9 R20: the failed delivery first, then the others."""

    class Repaired(Picky):
        def take(self, value: int) -> None:
            self.good += 1

    state = run_picky("plain").snapshot()
    flow = sl.Flow("f")
    flow.add(Repaired(), "picky")

    final = flow.resume(state).result(PATIENCE)

    assert final["picky"].good == 3
    assert [(record.outcome, record.attempt) for record in final.history] == [
        ("finished", 1),
        ("failed", 1),
        ("finished", 2),
        ("finished", 1),
    ]


def test_continue_gives_the_delivery_up_and_counts_it() -> None:
    """R20: `failed_deliveries` counts it."""
    job = run_picky("lenient")

    assert (job.status, job.failed_deliveries) == (sl.JobStatus.COMPLETED, 1)
    assert outcomes(job.snapshot()) == ["finished", "failed", "finished"]


def test_skip_gives_the_delivery_up_and_does_not_count_it() -> None:
    """R20: not counted as failed."""
    job = run_picky("careless")

    assert (job.status, job.failed_deliveries) == (sl.JobStatus.COMPLETED, 0)
    assert outcomes(job.snapshot()) == ["finished", "skipped", "finished"]


def test_policy_of_the_routine_goes_before_that_of_the_flow() -> None:
    """R20: per slot before routine before flow."""
    job = run_picky("plain", on_error="skip", flow={"on_error": "continue"})

    assert outcomes(job.snapshot()) == ["finished", "skipped", "finished"]


def test_policy_of_the_flow_counts_where_nothing_else_is_said() -> None:
    """R20."""
    job = run_picky("plain", flow={"on_error": "continue"})

    assert job.failed_deliveries == 1


def test_policy_of_the_slot_goes_before_all() -> None:
    """R20."""
    job = run_picky("strict", on_error="skip", flow={"on_error": "continue"})

    assert job.status is sl.JobStatus.FAILED


def test_count_of_failed_deliveries_is_in_the_state() -> None:
    """R20 R11b."""
    state = sl.JobState.from_bytes(run_picky("lenient").snapshot().to_bytes())

    assert state.failed_deliveries == 1


@pytest.mark.parametrize("policy", ["retry", "", 3])
def test_unknown_policy_is_refused(policy: Any) -> None:
    """Section 5."""
    with pytest.raises((sl.ConfigurationError, TypeError), match="stop.*continue.*skip"):
        sl.Flow("f", on_error=policy)


def failed_run() -> sl.SlotHandlerError:
    flow = sl.Flow("f")
    do, picky = flow.add(Do(lambda do: do.out(value=3)), "do"), flow.add(Picky(), "picky")
    flow.connect(do.out, picky.plain)
    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run("do.input")
    return caught.value


@pytest.mark.parametrize("part", ["'picky'", "'plain'", "attempt 1", "do.out"])
def test_error_names_routine_slot_attempt_and_event(part: str) -> None:
    """R19: the path: routine, slot, attempt, and the event that fed it."""
    assert part in str(failed_run())


def test_exception_of_the_user_is_the_cause() -> None:
    """R19: never swallowed or translated away."""
    cause = failed_run().__cause__

    assert (type(cause), str(cause)) == (ValueError, "3 is odd")


def test_exception_of_the_user_keeps_its_own_traceback() -> None:
    """R19: with its own traceback."""
    cause = failed_run().__cause__
    assert cause is not None

    names = [frame.name for frame in traceback.extract_tb(cause.__traceback__)]

    assert names[-2:] == ["plain", "take"]


def test_execution_error_has_its_job() -> None:
    """R19: every `ExecutionError` has `.job`."""
    assert failed_run().job.status is sl.JobStatus.FAILED


def test_job_keeps_its_error() -> None:
    """R19."""
    job = run_picky("plain")

    assert isinstance(job.error, sl.SlotHandlerError)
    assert isinstance(job.error.__cause__, ValueError)


def test_result_raises_the_same_error_each_time() -> None:
    """R9: FAILED raises the error."""
    job = run_picky("plain")

    with pytest.raises(sl.SlotHandlerError) as first:
        job.result()
    with pytest.raises(sl.SlotHandlerError) as second:
        job.result()

    assert type(first.value.__cause__) is type(second.value.__cause__)


def test_error_in_the_state_is_data() -> None:
    """R16 R19: a failed job says why, also after a file."""
    state = sl.JobState.from_bytes(run_picky("plain").snapshot().to_bytes())

    assert state.error is not None
    assert (state.error.routine, state.error.slot, state.error.attempt) == ("picky", "plain", 1)
    assert (state.error.type, state.error.message) == ("ValueError", "3 is odd")
    assert "take" in state.error.traceback


def test_missing_field_fails_the_call_with_a_type_error() -> None:
    """R19: as an ordinary call would."""
    flow = sl.Flow("f")
    do, sink = flow.add(Do(lambda do: do.out(other=1)), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)

    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run("do.input")

    assert isinstance(caught.value.__cause__, TypeError)
    assert "value" in str(caught.value.__cause__)


def test_failing_handler_does_not_take_another_routine_with_it() -> None:
    """R21."""
    flow = sl.Flow("f", on_error="continue")
    do = flow.add(Do(lambda do: do.out(value=1)), "do")
    picky, sink = flow.add(Picky(), "picky"), flow.add(Sink(), "sink")
    flow.connect(do.out, picky.plain)
    flow.connect(do.out, sink.input)

    final = flow.run("do.input")

    assert (sink.got, final.failed_deliveries) == ([1], 1)


def test_failing_job_does_not_take_another_job_with_it() -> None:
    """R13 R21."""
    flow = sl.Flow("f")
    flow.add(Picky(), "picky")
    bad, good = (flow.start("picky.plain", {"value": value}) for value in (1, 2))

    assert bad.wait(PATIENCE) is sl.JobStatus.FAILED
    assert good.wait(PATIENCE) is sl.JobStatus.COMPLETED


def test_emit_of_an_unknown_event_names_what_there_is() -> None:
    """R19, section 5."""
    job = flow_of(lambda do: do.emit("outt")).start("do.input", executor="sequential")
    job.wait()

    assert job.error is not None
    assert isinstance(job.error.__cause__, sl.UnknownEventError)
    assert "out" in str(job.error.__cause__)


TREE: dict[type[sl.StoplogError], Any] = {
    sl.ExecutionError: sl.StoplogError,
    sl.SlotHandlerError: sl.ExecutionError,
    sl.JobTimeoutError: (sl.ExecutionError, TimeoutError),
    sl.DeadlockError: sl.ExecutionError,
    sl.JobCancelledError: sl.ExecutionError,
    sl.BackpressureError: sl.StoplogError,
    sl.ConfigurationError: (sl.StoplogError, ValueError),
    sl.TypeMismatchError: (sl.ConfigurationError, TypeError),
    sl.DefinitionMismatchError: sl.ConfigurationError,
    sl.StateError: (sl.StoplogError, RuntimeError),
    sl.NotFinishedError: sl.StateError,
    sl.SerializationError: (sl.StoplogError, ValueError),
    sl.NotFoundError: (sl.StoplogError, KeyError),
    sl.UnknownRoutineError: sl.NotFoundError,
    sl.UnknownSlotError: sl.NotFoundError,
    sl.UnknownEventError: sl.NotFoundError,
}


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_errors_are_one_tree(error: type[sl.StoplogError]) -> None:
    """R19."""
    above = TREE[error]
    parents = above if isinstance(above, tuple) else (above,)

    assert all(issubclass(error, parent) for parent in parents)


def test_message_of_a_not_found_error_is_not_quoted() -> None:
    """R19: a `KeyError` shows the repr of its argument; ours reads as a sentence."""
    with pytest.raises(sl.UnknownRoutineError) as caught:
        sl.Flow("f").connect("a.out", "b.input")

    assert not str(caught.value).startswith(("'flow", '"flow'))
