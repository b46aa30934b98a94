"""What one event of a job emits, one payload after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from stoplog import _core
from stoplog._naming import choices
from stoplog.errors import (
    ConfigurationError,
    StateError,
    UnknownEventError,
    UnknownRoutineError,
)
from stoplog.policies import JobStatus
from stoplog.records import Payload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stoplog.job import Job

__all__ = ["Stream", "event_path"]


class Stream(Iterator[Payload]):
    """Made by `Job.stream`; hears until it is dropped or exhausted."""

    __slots__ = ("_began", "_heard", "_job", "_number", "_path")

    def __init__(self, job: Job, path: str) -> None:
        self._job = job
        self._path = path
        self._heard: deque[Payload] = deque()
        self._began = job._told
        # What is called is written in C, so no Ctrl-C comes in between and loses a payload.
        self._number = job._hear(self._heard.append, path)

    def __next__(self) -> Payload:
        while True:
            try:
                return self._heard.popleft()
            except IndexError:
                pass
            if not self._job._guarded(self._job._wait_for_item, self._heard):
                self._end()

    def _end(self) -> None:
        if self._job._told == self._began and self._job.status is JobStatus.PAUSED:
            raise StateError(
                f"job {self._job.id} is PAUSED, and has not run since the stream of "
                f"'{self._path}' was made: resume() it before you iterate"
            )
        self._job._stop_hearing(self._number)
        raise StopIteration

    def __del__(self) -> None:
        if hasattr(self, "_number"):
            self._job._stop_hearing(self._number)

    def __repr__(self) -> str:
        return f"<stream of '{self._path}' of job {self._job.id}>"


def event_path(job: Job, event: Any) -> str:
    """Return ``"routine.event"``, in the plan that the job runs.

    Parameters
    ----------
    job : Job
        Whose event.
    event : str, BoundEvent or Routine
        As `Flow.connect` takes it.

    Raises
    ------
    UnknownRoutineError, UnknownEventError
        If there is none of that name.
    ConfigurationError
        If it is something else; or a routine's name alone, which has not one event.
    """
    if isinstance(event, _core.BoundEvent):
        routine, part = job.flow._core.name_of(event.routine), event.name
    elif isinstance(event, _core.Routine):
        routine, part = job.flow._core.name_of(event), ""
    elif isinstance(event, str):
        routine, _, part = event.partition(".")
    else:
        raise ConfigurationError(
            f"job {job.id}: stream() takes an event, as routine.event or 'routine.event'; "
            f"found {event!r}"
        )
    where = f"job {job.id}: "
    by_routine = job._events()
    if routine not in by_routine:
        raise UnknownRoutineError(
            f"{where}no routine {routine!r}; its routines are {choices(routine, by_routine)}"
        )
    events = by_routine[routine]
    if not part and len(events) == 1:
        return f"{routine}.{events[0]}"
    if not part:
        raise ConfigurationError(
            f"{where}routine '{routine}' has {len(events)} events: say which one; they are "
            f"{choices(part, events)}"
        )
    if part not in events:
        raise UnknownEventError(
            f"{where}no event {part!r} on routine '{routine}'; its events are "
            f"{choices(part, events)}"
        )
    return f"{routine}.{part}"
