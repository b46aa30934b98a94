# Routines and helpers that several tests share: small parts, and a point where a handler stands.
from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import stoplog as sl

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 20.0  # seconds after which a test that waits gives up


class Hold:
    """A point in a handler: it stands there until the test lets it go on."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._released = threading.Event()

    def here(self) -> None:
        self._reached.set()
        if not self._released.wait(PATIENCE):
            raise AssertionError("nobody let the handler go on")

    def wait_until_reached(self) -> None:
        assert self._reached.wait(PATIENCE), "the handler never came to its hold"

    def release(self) -> None:
        self._released.set()


class Source(sl.Routine):
    """Emits each item of a list."""

    @sl.event
    def item(self, value: int) -> None:
        """Tell of one item."""

    @sl.slot
    def items(self, values: list[int]) -> None:
        for value in values:
            self.item(value=value)


class Adder(sl.Routine):
    """Adds up what comes, in declared state, and tells the total so far."""

    total: sl.State[int] = sl.State(int)
    by_value: sl.State[dict[int, int]] = sl.State(dict)

    @sl.event
    def added(self, total: int) -> None:
        """Tell the total so far."""

    @sl.slot
    def input(self, value: int) -> None:
        self.total += value
        self.by_value[value] = self.by_value.get(value, 0) + 1
        self.added(total=self.total)


class Sink(sl.Routine):
    """Keeps what comes in an ordinary list, shared by all jobs (S4)."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    @sl.slot
    def input(self, value: Any) -> None:
        self.got.append(value)


class Do(sl.Routine):
    """Runs the function that a test hangs on it, as its handler."""

    out = sl.Event()
    other = sl.Event()
    number: sl.State[int] = sl.State(int)
    table: sl.State[dict[Any, Any]] = sl.State(dict)

    def __init__(self, function: Callable[[Do], Any] = lambda _: None) -> None:
        self.function = function

    @sl.slot
    def input(self) -> None:
        self.function(self)

    @sl.slot
    def again(self) -> None:
        self.number += 1


def flow_of(function: Callable[[Do], Any]) -> sl.Flow:
    """A flow whose only routine, 'do', runs the function in its slot 'input'."""
    flow = sl.Flow("test")
    flow.add(Do(function), "do")
    return flow


def failure_of(function: Callable[[Do], Any]) -> BaseException:
    """The exception that a handler with this body fails with."""
    job = flow_of(function).start("do.input", executor="sequential")
    job.wait()
    assert isinstance(job.error, sl.SlotHandlerError)
    assert job.error.__cause__ is not None
    return job.error.__cause__


def source_and_adder() -> sl.Flow:
    flow = sl.Flow("adding")
    source = flow.add(Source(), "source")
    adder = flow.add(Adder(), "adder")
    flow.connect(source.item, adder.input)
    return flow


def outcomes(state: sl.JobState) -> list[str]:
    return [record.outcome for record in state.history]
