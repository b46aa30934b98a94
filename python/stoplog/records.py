"""What a job is made of, as one sees it: payloads, deliveries, records, errors as data."""

from __future__ import annotations

from collections.abc import Mapping

from stoplog._core import copy_value, keep_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from typing import Any, ClassVar, Literal

__all__ = ["Commit", "Delivery", "DeliveryId", "JobError", "Payload", "Record"]


def utc_time(nanoseconds: int) -> datetime:
    """Return a moment, nanoseconds since 1970, as an aware datetime in UTC."""
    from datetime import datetime, timedelta, timezone

    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    return epoch + timedelta(microseconds=nanoseconds // 1000)


_SHOWN_AS = {"_due": "due", "_began": "started_at", "_took": "duration"}


class _Frozen:
    """A record of named values that are set once; equal by content."""

    __slots__: tuple[str, ...] = ()

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Frozen) or type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        names = (_SHOWN_AS.get(name, name) for name in self.__slots__)
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__name__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()


class Payload(Mapping[str, "Any"]):
    """The immutable record of named fields that travels.

    Read a field by item or by attribute. What could be changed comes as a fresh copy each time, so
    nobody can change the payload. Equal by content; unhashable.

    Examples
    --------
    >>> payload = Payload({"text": "to be", "tags": ["a"]})
    >>> payload.text, payload["tags"]
    ('to be', ['a'])
    >>> payload.tags.append("b")
    >>> payload.tags
    ['a']
    """

    __slots__ = ("_fields",)
    _fields: dict[str, Any]

    def __init__(self, fields: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_fields", keep_value(dict(fields)))

    def __getitem__(self, field: str, /) -> Any:
        return copy_value(self._fields[field])

    def __getattr__(self, field: str, /) -> Any:
        if not field.startswith("__") and field in self._fields:
            return copy_value(self._fields[field])
        raise AttributeError(
            f"the payload has no field {field!r}; its fields are {', '.join(self._fields)}"
        )

    def __setattr__(self, field: str, value: object) -> None:
        raise AttributeError(f"a payload cannot change: field {field!r}")

    def __delattr__(self, field: str) -> None:
        raise AttributeError(f"a payload cannot change: field {field!r}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return f"Payload({copy_value(self._fields)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Payload, (copy_value(self._fields),)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]


class DeliveryId(_Frozen):
    """Who emitted a delivery, and its number among that routine's: the same in every re-run.

    Attributes
    ----------
    routine : str
        The emitting routine; empty: it came from outside.
    number : int
        Counted from 1.
    """

    __slots__ = ("number", "routine")
    routine: str
    number: int

    def __init__(self, routine: str, number: int) -> None:
        object.__setattr__(self, "routine", routine)
        object.__setattr__(self, "number", number)

    def __reduce__(self) -> tuple[Any, ...]:
        return DeliveryId, (self.routine, self.number)

    def __repr__(self) -> str:
        return f"DeliveryId({self.routine!r}, {self.number})"


class Delivery(_Frozen):
    """One payload on its way to one slot.

    Attributes
    ----------
    id : DeliveryId
    root : DeliveryId
        The send from outside that it descends from.
    routine, slot : str
        Where it goes.
    payload : Payload
        With the names that the slot knows.
    attempt : int
        The attempt that runs or comes next, counted from 1.
    priority : int
        That of its slot.
    due : datetime or None
        When it is tried again, in UTC; None: it waits for nothing but its turn.
    fed_by : str or None
        ``"routine.event"`` that emitted it; None: from outside.
    in_call : bool
        Its handler is running.
    """

    __slots__ = (
        "_due",
        "attempt",
        "fed_by",
        "id",
        "in_call",
        "payload",
        "priority",
        "root",
        "routine",
        "slot",
    )
    id: DeliveryId
    root: DeliveryId
    routine: str
    slot: str
    payload: Payload
    attempt: int
    priority: int
    fed_by: str | None
    in_call: bool
    _due: int | None

    def __init__(  # noqa: PLR0913, PLR0917 - a record
        self,
        id: DeliveryId,
        root: DeliveryId,
        routine: str,
        slot: str,
        payload: Payload,
        attempt: int,
        priority: int,
        due: int | None,
        fed_by: str | None,
        in_call: bool,
    ) -> None:
        put = object.__setattr__
        put(self, "id", id)
        put(self, "root", root)
        put(self, "routine", routine)
        put(self, "slot", slot)
        put(self, "payload", payload)
        put(self, "attempt", attempt)
        put(self, "priority", priority)
        put(self, "_due", due)
        put(self, "fed_by", fed_by)
        put(self, "in_call", in_call)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    @property
    def due(self) -> datetime | None:
        """When it is tried again, in UTC; None: it waits for nothing but its turn."""
        return None if self._due is None else utc_time(self._due)

    def __reduce__(self) -> tuple[Any, ...]:
        return Delivery, (
            self.id,
            self.root,
            self.routine,
            self.slot,
            self.payload,
            self.attempt,
            self.priority,
            self._due,
            self.fed_by,
            self.in_call,
        )


class Record(_Frozen):
    """What became of one attempt.

    Attributes
    ----------
    delivery : DeliveryId
    routine, slot : str
    outcome : {"finished", "failed", "skipped", "cancelled", "dropped"}
    attempt : int
        Counted from 1.
    payload : Payload or None
        None: the job's retention keeps none.
    error : str or None
        Of a failed attempt: ``"ValueError: ..."``.
    fed_by : str or None
        ``"routine.event"``; None: from outside.
    """

    __slots__ = (
        "_began",
        "_took",
        "attempt",
        "delivery",
        "error",
        "fed_by",
        "outcome",
        "payload",
        "routine",
        "slot",
    )
    delivery: DeliveryId
    routine: str
    slot: str
    outcome: Literal["finished", "failed", "skipped", "cancelled", "dropped"]
    attempt: int
    payload: Payload | None
    error: str | None
    fed_by: str | None
    _began: int
    _took: int

    def __init__(  # noqa: PLR0913, PLR0917 - a record
        self,
        delivery: DeliveryId,
        routine: str,
        slot: str,
        outcome: Literal["finished", "failed", "skipped", "cancelled", "dropped"],
        attempt: int,
        began: int,
        took: int,
        payload: Payload | None,
        error: str | None,
        fed_by: str | None,
    ) -> None:
        put = object.__setattr__
        put(self, "delivery", delivery)
        put(self, "routine", routine)
        put(self, "slot", slot)
        put(self, "outcome", outcome)
        put(self, "attempt", attempt)
        put(self, "_began", began)
        put(self, "_took", took)
        put(self, "payload", payload)
        put(self, "error", error)
        put(self, "fed_by", fed_by)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    @property
    def started_at(self) -> datetime:
        """When the attempt began, in UTC."""
        return utc_time(self._began)

    @property
    def duration(self) -> timedelta:
        """How long the handler ran."""
        from datetime import timedelta

        return timedelta(microseconds=self._took / 1000)

    def __reduce__(self) -> tuple[Any, ...]:
        return Record, (
            self.delivery,
            self.routine,
            self.slot,
            self.outcome,
            self.attempt,
            self._began,
            self._took,
            self.payload,
            self.error,
            self.fed_by,
        )


class Commit(_Frozen):
    """What one call came to, as `Job.on_commit` tells it.

    Attributes
    ----------
    job_id : str
    record : Record
        As it stands in the history; with its payload, also where the history keeps none.
    emitted : tuple of (str, Payload)
        ``"routine.event"`` and what it emitted, in order; events that nobody hears included. Empty
        for a failed attempt.
    """

    __slots__ = ("emitted", "job_id", "record")
    job_id: str
    record: Record
    emitted: tuple[tuple[str, Payload], ...]

    def __init__(
        self, job_id: str, record: Record, emitted: tuple[tuple[str, Payload], ...]
    ) -> None:
        put = object.__setattr__
        put(self, "job_id", job_id)
        put(self, "record", record)
        put(self, "emitted", emitted)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Commit, (self.job_id, self.record, self.emitted)


class JobError(_Frozen):
    """Why a job failed, as data.

    Attributes
    ----------
    routine, slot : str
    attempt : int
    type, message, traceback : str
        Of the exception that the handler raised.
    """

    __slots__ = ("attempt", "message", "routine", "slot", "traceback", "type")
    routine: str
    slot: str
    attempt: int
    type: str
    message: str
    traceback: str

    def __init__(  # noqa: PLR0913, PLR0917 - a record
        self, routine: str, slot: str, attempt: int, type: str, message: str, traceback: str
    ) -> None:
        put = object.__setattr__
        put(self, "routine", routine)
        put(self, "slot", slot)
        put(self, "attempt", attempt)
        put(self, "type", type)
        put(self, "message", message)
        put(self, "traceback", traceback)

    def __reduce__(self) -> tuple[Any, ...]:
        return JobError, (
            self.routine,
            self.slot,
            self.attempt,
            self.type,
            self.message,
            self.traceback,
        )
