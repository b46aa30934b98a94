# Routines with hooks that several tests share: they note what is called, and do what a test says.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import stoplog as sl
from python.parts import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable


class Watched(sl.Routine):
    """Notes in its state and by its event what is called, in order; fails where a test says."""

    seen: sl.State[list[str]] = sl.State(list)
    told = sl.Event("what")

    def __init__(self, fails_in: str = "", error: BaseException | None = None) -> None:
        self.fails_in = fails_in
        self.error = ValueError("boom") if error is None else error
        self.answers: Any = None
        self.asked: list[tuple[str, sl.Payload, BaseException]] = []

    def note(self, what: str) -> None:
        self.seen.append(what)
        self.told(what=what)
        if self.fails_in == what:
            raise self.error

    def before_handle(self, slot: str, payload: sl.Payload) -> None:
        self.note(f"before {slot} {dict(payload)}")

    @sl.slot
    def input(self, value: int = 0) -> None:
        self.note(f"handler {value}")

    @sl.slot(on_error="continue")
    def careless(self, value: int = 0) -> None:
        self.note(f"handler {value}")

    @sl.slot(when="drained")
    def last(self) -> None:
        self.note("drained")

    def after_handle(self, slot: str, payload: sl.Payload) -> None:
        self.note(f"after {slot} {dict(payload)}")


class Asked(Watched):
    """Is asked what becomes of a failure."""

    def on_error(self, slot: str, payload: sl.Payload, error: BaseException) -> Any:
        self.asked.append((slot, payload, error))
        if isinstance(self.answers, BaseException):
            raise self.answers
        return self.answers() if callable(self.answers) else self.answers


class Ear(sl.Routine):
    heard: sl.State[list[str]] = sl.State(list)

    @sl.slot
    def input(self, what: str) -> None:
        self.heard.append(what)


def watched(routine: sl.Routine) -> sl.Flow:
    flow = sl.Flow("watched")
    flow.add(routine, "load")
    flow.add(Ear(), "ear")
    flow.connect("load.told", "ear.input")
    return flow


def failed(flow: sl.Flow, *entry: Any, executor: str = "sequential", **fields: Any) -> sl.Job:
    job = flow.start(*entry, **fields, executor=executor)
    assert job.wait(PATIENCE) is sl.JobStatus.FAILED
    return job


class Lasting(sl.Routine):
    """Counts its starts and stops."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.fails = 0
        self.starting: Callable[[], Any] = lambda: None
        self.stopping: Callable[[], Any] = lambda: None
        self.handling: Callable[[], Any] = lambda: None

    n: sl.State[int] = sl.State(int)
    out = sl.Event("n")

    def on_start(self) -> None:
        self.log.append("start")
        if self.fails:
            self.fails -= 1
            raise OSError("no line")
        self.starting()

    def on_stop(self) -> None:
        self.log.append("stop")
        self.stopping()

    @sl.slot
    def input(self) -> None:
        self.n += 1
        self.log.append("call")
        self.handling()


def lasting() -> tuple[sl.Flow, Lasting]:
    flow = sl.Flow("lasting")
    return flow, flow.add(Lasting(), "load")
