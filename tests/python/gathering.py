# A routine whose slots merge, which several tests share: it keeps what its calls were given.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import stoplog as sl

if TYPE_CHECKING:
    from collections.abc import Callable


def add_up(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {"value": old["value"] + new["value"]}


class Gather(sl.Routine):
    """Keeps in its state, as plain values, what each of its calls was given."""

    seen: sl.State[list[Any]] = sl.State(list)

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.acting: Callable[[Any], Any] = lambda _: None

    def take(self, given: Any) -> None:
        self.seen.append(given)
        self.kept.append(given)
        self.acting(given)

    @sl.slot(merge="append")
    def append(self, value: Any = None) -> None:
        self.take(value)

    @sl.slot(merge=sl.Append(limit=2))
    def recent(self, value: Any) -> None:
        self.take(value)

    @sl.slot(merge=add_up)
    def folded(self, value: Any) -> None:
        self.take(value)

    @sl.slot
    def plain(self, value: Any) -> None:
        self.take(value)

    @sl.slot(merge="append", on_error="skip")
    def careful(self, value: Any) -> None:
        self.take(value)

    @sl.slot(merge=add_up, on_error="skip")
    def careful_fold(self, value: Any) -> None:
        self.take(value)


def gathering() -> tuple[sl.Flow, Gather]:
    flow = sl.Flow("gathering")
    return flow, flow.add(Gather(), "all")


def send_all(slot: str, *values: Any) -> list[Any]:
    flow, routine = gathering()
    entry = getattr(routine, slot)
    return list(flow.run(*[entry.of(value=value) for value in values])["all"].seen)


def cause_of(flow: sl.Flow, *entries: sl.Message) -> BaseException:
    job = flow.start(*entries, executor="sequential")
    job.wait()
    assert job.error is not None
    assert job.error.__cause__ is not None
    return job.error.__cause__
