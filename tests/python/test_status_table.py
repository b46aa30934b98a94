# The status table of R9, row by row: what each act does to a job in each status (row e).
# mypy: disable-error-code="func-returns-value"
# (handlers are short functions whose value nobody takes)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do

if TYPE_CHECKING:
    from collections.abc import Callable

Made = tuple[sl.Flow, sl.Job]


def fail(_: Do) -> None:
    raise ValueError("on purpose")


def act_of(name: str) -> Callable[[Do], Any]:
    """What the first handler does on the way to that status."""
    if name == "FAILED":
        return fail
    if name == "WAITING":
        return lambda do: do.expect("do.again")
    return lambda _: None


def job_in(name: str, executor: sl.Run = "sequential") -> Made:
    """Bring a job into the status; by the sequential executor nothing moves unasked."""
    flow = sl.Flow("table")
    flow.add(Do(act_of(name)), "do")
    if name == "IDLE":
        job = flow.start(executor=executor)
    else:
        do = flow.routines["do"]
        assert isinstance(do, Do)
        entries = [do.input.of()] * (2 if name == "RUNNING" else 1)
        is_held = executor != "sequential" and name in {"PAUSED", "CANCELLED"}
        job = flow.start(*entries, executor=executor, paused=is_held)
    if name in ACTS_TO:
        ACTS_TO[name](job)
    assert job.status.name == name
    return flow, job


ACTS_TO: dict[str, Callable[[sl.Job], Any]] = {
    "RUNNING": lambda job: job.step(1),
    "WAITING": lambda job: job.wait(),
    "IDLE": lambda job: job.wait(),
    "PAUSED": lambda job: job.pause(),
    "COMPLETED": lambda job: job.wait(),
    "FAILED": lambda job: job.wait(),
    "CANCELLED": lambda job: job.cancel(),
}

OPERATIONS: dict[str, Callable[[sl.Flow, sl.Job], Any]] = {
    "wait": lambda _, job: job.wait(PATIENCE).name,
    "result": lambda _, job: job.result(PATIENCE).status.name,
    "send": lambda _, job: (job.send("do.again"), len(job.queued))[1],
    "pause": lambda _, job: (job.pause(), job.status.name)[1],
    "resume": lambda flow, job: flow.resume(job.snapshot(), executor="sequential").wait().name,
    "cancel": lambda _, job: (job.cancel(), job.status.name)[1],
    "job.resume": lambda _, job: (job.resume(), job.status.name)[1],
    "snapshot": lambda _, job: job.snapshot().status.name,
    "done": lambda _, job: job.done,
}

STATE_ERROR = sl.StateError
# status: what comes out of each operation, a value or an exception
TABLE: dict[str, dict[str, Any]] = {
    "PENDING": {
        "wait": "COMPLETED",
        "result": "COMPLETED",
        "send": 2,
        "pause": "PAUSED",
        "resume": "COMPLETED",
        "cancel": "CANCELLED",
        "snapshot": "PENDING",
        "done": False,
    },
    "RUNNING": {
        "wait": "COMPLETED",
        "result": "COMPLETED",
        "send": 2,
        "pause": "PAUSED",
        "resume": "COMPLETED",
        "cancel": "CANCELLED",
        "snapshot": "RUNNING",
        "done": False,
    },
    "WAITING": {
        "wait": "WAITING",
        "result": sl.NotFinishedError,
        "send": 1,
        "pause": "PAUSED",
        "resume": "WAITING",
        "cancel": "CANCELLED",
        "snapshot": "WAITING",
        "done": False,
    },
    "IDLE": {
        "wait": "IDLE",
        "result": sl.NotFinishedError,
        "send": 1,
        "pause": "PAUSED",
        "resume": "IDLE",
        "cancel": "CANCELLED",
        "snapshot": "IDLE",
        "done": False,
    },
    "PAUSED": {
        "wait": "PAUSED",
        "result": sl.NotFinishedError,
        "send": 2,
        "pause": "PAUSED",
        "resume": "COMPLETED",
        "cancel": "CANCELLED",
        "snapshot": "PAUSED",
        "done": False,
    },
    "COMPLETED": {
        "wait": "COMPLETED",
        "result": "COMPLETED",
        "send": STATE_ERROR,
        "pause": STATE_ERROR,
        "resume": STATE_ERROR,
        "job.resume": STATE_ERROR,
        "snapshot": "COMPLETED",
        "done": True,
    },
    "FAILED": {
        "wait": "FAILED",
        "result": sl.SlotHandlerError,
        "send": STATE_ERROR,
        "pause": STATE_ERROR,
        "resume": "FAILED",
        "job.resume": STATE_ERROR,
        "snapshot": "FAILED",
        "done": True,
    },
    "CANCELLED": {
        "wait": "CANCELLED",
        "result": sl.JobCancelledError,
        "send": STATE_ERROR,
        "pause": STATE_ERROR,
        "resume": STATE_ERROR,
        "job.resume": STATE_ERROR,
        "snapshot": "CANCELLED",
        "done": True,
    },
}
CELLS = [(status, act, out) for status, row in TABLE.items() for act, out in row.items()]


def outcome_of(act: Callable[[], Any]) -> Any:
    """The value of the act, or the class of what it raised."""
    try:
        return act()
    except sl.StoplogError as error:
        return type(error)


@pytest.mark.parametrize(("status", "operation", "expected"), CELLS)
def test_operation_on_a_job_in_a_status(status: str, operation: str, expected: Any) -> None:
    """R9 R12: the table of statuses, one cell a case."""
    flow, job = job_in(status)

    assert outcome_of(lambda: OPERATIONS[operation](flow, job)) == expected


# What stands still does so under each executor; PENDING and RUNNING pass by where others run it.
STILL = [cell for cell in CELLS if cell[0] not in {"PENDING", "RUNNING"}]


@pytest.mark.parametrize("executor", ["background", "concurrent"])
@pytest.mark.parametrize(("status", "operation", "expected"), STILL)
def test_operation_on_a_job_that_others_run(
    status: str, operation: str, expected: Any, executor: sl.Run
) -> None:
    """R9 R12: the same table. What is sent may be settled before one can count it."""
    flow, job = job_in(status, executor)

    came = outcome_of(lambda: OPERATIONS[operation](flow, job))

    is_taken = operation == "send" and isinstance(came, int) and isinstance(expected, int)
    assert came == expected or is_taken


def test_resume_of_a_paused_job_lets_it_go_on() -> None:
    """R12."""
    _, job = job_in("PAUSED")

    job.resume()

    assert job.wait(PATIENCE) is sl.JobStatus.COMPLETED


def test_table_speaks_of_every_status() -> None:
    """R9."""
    assert set(TABLE) == {status.name for status in sl.JobStatus}
