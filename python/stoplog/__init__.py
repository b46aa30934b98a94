"""Stop a Python workflow at any moment, put it in a file, continue it in another process."""

from __future__ import annotations

# The layout: `_core` is the engine, the modules beside this one are its documented face, and every
# name that users say is found here.
from stoplog._core import (
    BoundEvent,
    BoundSlot,
    Event,
    Message,
    Slot,
    State,
    StateDict,
    StateList,
    StateSet,
    Stored,
    __version__,
    event,
    slot,
)
from stoplog._drawing import Difference, Drawing
from stoplog._setup import set_up
from stoplog.connection import Connection, OneOf, one_of
from stoplog.errors import (
    BackpressureError,
    ConfigurationError,
    DeadlockError,
    DefinitionMismatchError,
    ExecutionError,
    GraphError,
    Interrupted,
    JobCancelledError,
    JobTimeoutError,
    NotFinishedError,
    NotFoundError,
    SerializationError,
    SlotHandlerError,
    StateError,
    StoplogError,
    TypeMismatchError,
    UnknownEventError,
    UnknownRoutineError,
    UnknownSlotError,
)
from stoplog.executors import Concurrent, Executor
from stoplog.flow import Flow
from stoplog.formats import Limits
from stoplog.functions import FunctionRoutine
from stoplog.job import Job
from stoplog.job_state import JobState, RoutineState
from stoplog.policies import JobStatus
from stoplog.records import Commit, Delivery, DeliveryId, JobError, Payload, Record
from stoplog.retention import Retention
from stoplog.retry import Retry
from stoplog.routine import Routine
from stoplog.state_diff import StateDiff
from stoplog.values import register_codec, storable

__all__ = [
    "BackpressureError",
    "BoundEvent",
    "BoundSlot",
    "Commit",
    "Concurrent",
    "ConfigurationError",
    "Connection",
    "DeadlockError",
    "DefinitionMismatchError",
    "Delivery",
    "DeliveryId",
    "Difference",
    "Drawing",
    "Event",
    "ExecutionError",
    "Executor",
    "Flow",
    "FunctionRoutine",
    "GraphError",
    "Interrupted",
    "Job",
    "JobCancelledError",
    "JobError",
    "JobState",
    "JobStatus",
    "JobTimeoutError",
    "Limits",
    "Message",
    "NotFinishedError",
    "NotFoundError",
    "OneOf",
    "Payload",
    "Record",
    "Retention",
    "Retry",
    "Routine",
    "RoutineState",
    "SerializationError",
    "Slot",
    "SlotHandlerError",
    "State",
    "StateDict",
    "StateDiff",
    "StateError",
    "StateList",
    "StateSet",
    "StoplogError",
    "Stored",
    "TypeMismatchError",
    "UnknownEventError",
    "UnknownRoutineError",
    "UnknownSlotError",
    "__version__",
    "event",
    "one_of",
    "register_codec",
    "slot",
    "storable",
]

set_up()
