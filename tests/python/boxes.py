# A routine with one field of each container, and ways to run a function in a call of it.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import stoplog as sl

if TYPE_CHECKING:
    from collections.abc import Callable


class Box(sl.Routine):
    """Runs the functions that a test hangs on it, one a call."""

    items: sl.State[list[Any]] = sl.State(list)
    members: sl.State[set[Any]] = sl.State(set)
    table: sl.State[dict[Any, Any]] = sl.State(dict)

    def __init__(self, *functions: Callable[[Box], Any]) -> None:
        self.functions = iter(functions)

    @sl.slot
    def input(self) -> None:
        next(self.functions)(self)


def started(*functions: Callable[[Box], Any], on_error: Any = "stop") -> sl.Job:
    """A job that stands before the first of these calls; a step makes one."""
    flow = sl.Flow("boxes", on_error=on_error)
    box = flow.add(Box(*functions), "box")
    return flow.start(*(box.input.of() for _ in functions), executor="sequential")


def after(*functions: Callable[[Box], Any], on_error: Any = "stop") -> sl.RoutineState:
    """The state of the box when these calls are made."""
    return started(*functions, on_error=on_error).result()["box"]


def in_call(function: Callable[[Box], Any]) -> Any:
    """What the function answers in a call of a box; its error is raised."""
    answers: list[Any] = []
    job = started(lambda box: answers.append(function(box)))
    job.wait()
    if isinstance(job.error, sl.SlotHandlerError) and job.error.__cause__ is not None:
        raise job.error.__cause__
    return answers[0]
