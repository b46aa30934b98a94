"""The one tree of errors.

::

    StoplogError
    ├── ExecutionError (.job)
    │   ├── SlotHandlerError
    │   ├── JobTimeoutError (TimeoutError)
    │   ├── DeadlockError
    │   └── JobCancelledError
    ├── BackpressureError
    ├── ConfigurationError (ValueError)
    │   ├── GraphError
    │   ├── TypeMismatchError (TypeError)
    │   └── DefinitionMismatchError
    ├── StateError (RuntimeError)
    │   └── NotFinishedError (.job, .awaited)
    ├── SerializationError (ValueError)
    └── NotFoundError (KeyError)
        ├── UnknownRoutineError
        ├── UnknownSlotError
        └── UnknownEventError
    Interrupted (KeyboardInterrupt, .job)
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from stoplog.job import Job

__all__ = [
    "BackpressureError",
    "ConfigurationError",
    "DeadlockError",
    "DefinitionMismatchError",
    "ExecutionError",
    "GraphError",
    "Interrupted",
    "JobCancelledError",
    "JobTimeoutError",
    "NotFinishedError",
    "NotFoundError",
    "SerializationError",
    "SlotHandlerError",
    "StateError",
    "StoplogError",
    "TypeMismatchError",
    "UnknownEventError",
    "UnknownRoutineError",
    "UnknownSlotError",
]


class StoplogError(Exception):
    """Everything that stoplog raises by itself is one of these."""


class ExecutionError(StoplogError):
    """A job did not come to its end.

    Parameters
    ----------
    message : str
        What happened, where.
    job : Job, optional
        The job that it happened to.
    """

    job: Job

    def __init__(self, message: str, job: Job | None = None) -> None:
        super().__init__(message)
        if job is not None:
            self.job = job


class SlotHandlerError(ExecutionError):
    """A handler raised, and the policy of its slot said stop; its exception is ``__cause__``."""


class JobTimeoutError(ExecutionError, TimeoutError):
    """Time ran out before the job, or a pause, was through."""


class DeadlockError(ExecutionError):
    """Routines wait for room in each other, in a circle; the message names it."""


class JobCancelledError(ExecutionError):
    """The job was cancelled, so it has no result."""


class BackpressureError(StoplogError):
    """A send from outside met a full slot."""


class ConfigurationError(StoplogError, ValueError):
    """A flow, a routine or an option is wrong; found before anything runs."""


class GraphError(ConfigurationError):
    """What is connected cannot run."""


class TypeMismatchError(ConfigurationError, TypeError):
    """Fields do not fit: a missing, unknown or doubled one."""


class DefinitionMismatchError(ConfigurationError):
    """A saved job and the flow that should continue it differ in something that matters."""


class StateError(StoplogError, RuntimeError):
    """The right thing at the wrong moment, or in the wrong place."""


class NotFinishedError(StateError):
    """A result was asked of a job that stands still.

    Parameters
    ----------
    message : str
        Where it stands and what it waits for.
    job : Job, optional
        The job.
    awaited : sequence of str, optional
        Slots that expect a delivery from outside.
    """

    job: Job

    def __init__(self, message: str, job: Job | None = None, awaited: Sequence[str] = ()) -> None:
        super().__init__(message)
        if job is not None:
            self.job = job
        self.awaited: tuple[str, ...] = tuple(awaited)


class SerializationError(StoplogError, ValueError):
    """Something cannot be stored, or a file is not what it should be."""


class NotFoundError(StoplogError, KeyError):
    """There is no such thing; the message lists what there is."""

    def __str__(self) -> str:
        """Return the message itself, where KeyError would quote it."""
        return str(self.args[0]) if self.args else ""


class UnknownRoutineError(NotFoundError):
    """No routine of that name."""


class UnknownSlotError(NotFoundError):
    """No slot of that name."""


class UnknownEventError(NotFoundError):
    """No event of that name."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C came while waiting for a job; the job is paused, not lost.

    Parameters
    ----------
    message : str
        Which job.
    job : Job, optional
        The job: snapshot it, or resume it.
    """

    job: Job

    def __init__(self, message: str = "", job: Job | None = None) -> None:
        super().__init__(message)
        if job is not None:
            self.job = job
