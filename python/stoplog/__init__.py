"""Stop a Python workflow at any moment, put it in a file, continue it in another process."""

from __future__ import annotations

# The layout: `_core` is the engine, the modules beside this one are its documented face, and every
# name that users say is found here.
from stoplog._core import (
    Appended,
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
from stoplog.connection import Connection
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
from stoplog.policies import Append, JobStatus, Retention
from stoplog.records import Delivery, DeliveryId, JobError, Payload, Record
from stoplog.routine import Routine
from stoplog.values import register_codec, storable

__all__ = [
    "Append",
    "Appended",
    "BackpressureError",
    "BoundEvent",
    "BoundSlot",
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
    "Payload",
    "Record",
    "Retention",
    "Routine",
    "RoutineState",
    "SerializationError",
    "Slot",
    "SlotHandlerError",
    "State",
    "StateDict",
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
    "register_codec",
    "slot",
    "storable",
]

set_up()
