"""One execution as a value: made by a snapshot, saved, loaded, compared, forked, resumed."""

from __future__ import annotations

import os

from stoplog import _core
from stoplog._drawing import Drawing
from stoplog._naming import choices
from stoplog.errors import (
    ConfigurationError,
    NotFoundError,
    SerializationError,
    TypeMismatchError,
    UnknownRoutineError,
)
from stoplog.formats import Limits, checked_format, format_of
from stoplog.policies import JobStatus
from stoplog.records import utc_time
from stoplog.retention import retention_of
from stoplog.state_diff import StateDiff, compare_states

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from os import PathLike
    from typing import Any, ClassVar, TypeVar, overload

    from stoplog._core import JobState as Cut
    from stoplog._core import Routine, State
    from stoplog.formats import Format
    from stoplog.records import Delivery, JobError, Record
    from stoplog.retention import Retention

    T = TypeVar("T")

__all__ = ["JobState", "RoutineState"]

_DEFAULT_LIMITS = Limits()


class RoutineState:
    """Declared state of one routine, as plain values.

    By item, by attribute or by declaration: ``final["count"]["totals"]``, ``.totals``,
    ``[Count.totals]``. Each look gives fresh containers: changing them changes no state.
    """

    __slots__ = ("_fields", "_routine")

    def __init__(self, routine: str, fields: dict[str, Any]) -> None:
        self._routine = routine
        self._fields = fields

    if TYPE_CHECKING:

        @overload
        def __getitem__(self, key: State[T], /) -> T: ...
        @overload
        def __getitem__(self, key: str, /) -> Any: ...

    def __getitem__(self, key: Any, /) -> Any:
        """Return a field's value; KeyError lists the fields there are."""
        name = key.name if isinstance(key, _core.State) else key
        if name not in self._fields:
            raise KeyError(self._missing(name))
        return _core.copy_value(self._fields[name])

    def __getattr__(self, name: str, /) -> Any:
        """Return a field's value."""
        if name.startswith("__") or name in RoutineState.__slots__ or name not in self._fields:
            raise AttributeError(self._missing(name))
        return _core.copy_value(self._fields[name])

    def _missing(self, name: object) -> str:
        return (
            f"routine '{self._routine}' declares no state {name!r}; "
            f"it declares {choices(name, self._fields)}"
        )

    def __contains__(self, key: object, /) -> bool:
        return (key.name if isinstance(key, _core.State) else key) in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RoutineState):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<state of '{self._routine}': {self.to_dict()!r}>"

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as a dict of plain values."""
        fields: dict[str, Any] = _core.copy_value(self._fields)
        return fields


class JobState:
    """Everything that one execution is, at one consistent cut.

    Immutable. Made by `Job.snapshot`, `Job.result`, `load` or `from_bytes`, and of another one by
    `fork`, `edit` or `retain`. Pickle and copy use the bytes of `to_bytes`.
    """

    __slots__ = ("_core",)
    _core: Cut

    def __init__(self) -> None:
        raise TypeError(
            "a JobState is made by job.snapshot(), JobState.load() or JobState.from_bytes()"
        )

    @classmethod
    def _of(cls, core: Cut) -> JobState:
        state = object.__new__(cls)
        object.__setattr__(state, "_core", core)
        return state

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a JobState cannot change: {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a JobState cannot change: {name!r}")

    # ---- what it is

    @property
    def id(self) -> str:
        """The job's id; a resumed job keeps it, a fork has a new one."""
        return self._core.id

    @property
    def parent_id(self) -> str | None:
        """Of a fork: the id of the job that it was forked from."""
        return self._core.parent_id or None

    @property
    def flow_name(self) -> str:
        """Name of the flow that it was started on."""
        return self._core.flow_name

    @property
    def flow_version(self) -> str:
        """Version of that flow."""
        return self._core.flow_version

    @property
    def fingerprint(self) -> str:
        """Fingerprint of that flow's drawing."""
        return self._core.fingerprint

    @property
    def drawing(self) -> Drawing:
        """That flow, as data."""
        return Drawing(self._core.drawing, self._core.fingerprint)

    @property
    def status(self) -> JobStatus:
        """Where the job stood at the cut."""
        return JobStatus[self._core.status]

    @property
    def created_at(self) -> datetime:
        """When the job was started, in UTC."""
        return utc_time(self._core.created_at)

    @property
    def taken_at(self) -> datetime:
        """When the cut was taken, in UTC."""
        return utc_time(self._core.taken_at)

    @property
    def error(self) -> JobError | None:
        """Why the job failed."""
        return self._core.error

    @property
    def queued(self) -> Sequence[Delivery]:
        """What was unsettled, routine by routine, oldest first."""
        return self._core.queued

    @property
    def awaited(self) -> Sequence[str]:
        """Slots (``"routine.slot"``) that expect a delivery from outside."""
        return tuple(self._core.awaited)

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many deliveries full slots dropped, by ``"routine.slot"``."""
        return self._core.dropped

    @property
    def failed_deliveries(self) -> int:
        """How many deliveries were given up by policy ``continue``."""
        return self._core.failed_deliveries

    @property
    def history(self) -> Sequence[Record]:
        """The newest records, oldest first."""
        return self._core.history

    def __getitem__(self, routine: str | Routine, /) -> RoutineState:
        """Return the declared state of a routine, by its name or the routine itself."""
        name = routine.name if isinstance(routine, _core.Routine) else routine
        names = self._core.routines()
        if name not in names:
            raise UnknownRoutineError(
                f"job {self.id}: no routine {name!r}; its routines are {choices(name, names)}"
            )
        return RoutineState(name, self._core.fields(names.index(name)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.routines())

    def __len__(self) -> int:
        return len(self._core.routines())

    def __contains__(self, routine: object, /) -> bool:
        name = routine.name if isinstance(routine, _core.Routine) else routine
        return name in self._core.routines()

    def __eq__(self, other: object, /) -> bool:
        """Compare everything."""
        if not isinstance(other, JobState):
            return NotImplemented
        return self._core.is_same(other._core, False)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def same_outcome(self, other: JobState) -> bool:
        """Compare status, declared state and what is queued; not times, ids or history."""
        if not isinstance(other, JobState):
            raise TypeMismatchError(f"same_outcome() takes a JobState; found {other!r}")
        return self._core.is_same(other._core, True)

    def __repr__(self) -> str:
        return (
            f"<JobState of '{self.flow_name}', {self.status.name}, "
            f"{len(self.queued)} queued, taken {self.taken_at:%Y-%m-%d %H:%M:%S}>"
        )

    # ---- saving and loading

    def to_bytes(self, format: Format = "binary") -> bytes:
        """Return the state as bytes.

        Parameters
        ----------
        format : str
            ``"binary"``, small and fast; ``"json"`` and ``"xml"``, for people to read; ``"text"``.

        Raises
        ------
        SerializationError
            If a value cannot be stored; the message has its path.
        ConfigurationError
            If there is no such format.
        """
        return self._core.to_bytes(checked_format(format))

    @classmethod
    def from_bytes(
        cls,
        data: bytes | bytearray | memoryview,
        *,
        limits: Limits | None = None,
        accept_edited: bool = False,
    ) -> JobState:
        """Return the state that `to_bytes` made these bytes of, in whichever format.

        Nothing is imported and nothing runs.

        Parameters
        ----------
        data : bytes, bytearray or memoryview
            All of it; the format is known by its beginning.
        limits : Limits, optional
            What it may ask for.
        accept_edited : bool
            A text format was changed by a person: its checksum need not fit, but a field that
            nobody knows is refused. Binary is never accepted so.

        Raises
        ------
        SerializationError
            If they are damaged, cut short or something else; the message says where.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeMismatchError(f"from_bytes() takes bytes; found {type(data).__name__}")
        return cls._of(
            _core.JobState.from_bytes(data, *_checked_limits(limits)._all, bool(accept_edited))
        )

    def save(
        self,
        path: str | PathLike[str],
        *,
        format: Format | None = None,
    ) -> None:
        """Write the state to a file; the file is whole or, on an error, as it was before.

        Parameters
        ----------
        path : path
            Written aside, synced, then renamed.
        format : str, optional
            One of those of `to_bytes`. By default the suffix chooses: ``.json``, ``.xml`` or
            ``.txt``; any other, by custom ``.stoplog``, is binary.

        Raises
        ------
        SerializationError
            If a value cannot be stored.
        ConfigurationError
            If there is no such format.
        OSError
            If the file cannot be written.
        """
        target = os.path.realpath(os.fsdecode(path))
        chosen = format_of(os.fsdecode(path)) if format is None else checked_format(format)
        _write_whole(target, self._core.to_bytes(chosen))

    @classmethod
    def load(
        cls,
        path: str | PathLike[str],
        *,
        limits: Limits | None = None,
        accept_edited: bool = False,
    ) -> JobState:
        """Read a state that `save` wrote, in whichever format, whatever the file is called.

        Parameters
        ----------
        path : path
            The file.
        limits, accept_edited
            As of `from_bytes`.

        Raises
        ------
        SerializationError
            If the file is damaged, cut short or something else; the message says where.
        OSError
            If it cannot be read.
        """
        with open(path, "rb") as file:  # noqa: PTH123 - import time
            size, most = os.fstat(file.fileno()).st_size, _checked_limits(limits).max_bytes
            if size > most:
                raise SerializationError(
                    f"{os.fspath(path)}: it has {size} bytes, at most {most} are loaded; "
                    f"Limits(max_bytes=...) allows more"
                )
            data = file.read()
        try:
            return cls.from_bytes(data, limits=limits, accept_edited=accept_edited)
        except SerializationError as error:
            raise SerializationError(f"{os.fspath(path)}: {error}") from error.__cause__

    def fork(self) -> JobState:
        """Return the same state under a new id; both can be resumed."""
        return JobState._of(self._core.fork())

    def edit(self, routine: str | Routine, /, **values: Any) -> JobState:
        """Return the same state with declared state replaced; this one stays as it is.

        The id stays, so that the new state is resumed instead of this one. A routine that the job
        never used gets its state all the same. The state of a job that has ended may be edited;
        it is resumed, or refused, as before.

        Parameters
        ----------
        routine : str or Routine
            Whose state.
        **values
            New values by field; the other fields stay. Checked like an assignment in a handler:
            containers are copied, a field that is declared as a list or a set takes any
            collection.

        Raises
        ------
        UnknownRoutineError, NotFoundError
            If there is no such routine, or it declares no such state.
        SerializationError
            If a value cannot be kept in the state; the message has its path.

        Examples
        --------
        >>> import stoplog as sl
        >>> class Limit(sl.Routine):
        ...     most = sl.State(default=10)
        >>> flow = sl.Flow("limits")
        >>> limit = flow.add(Limit(), "limit")
        >>> state = flow.start(paused=True).snapshot()
        >>> state.edit("limit", most=20)["limit"].most, state["limit"].most
        (20, 10)
        """
        known = self[routine]
        name = known._routine
        for field in values:
            if field not in known:
                raise NotFoundError(f"job {self.id}: {known._missing(field)}")
        if not values:
            return self
        kinds = self.drawing.to_plain()["routines"].get(name, {}).get("state", {})
        given = {field: _as_declared(kinds.get(field), value) for field, value in values.items()}
        return JobState._of(self._core.edit(list(self).index(name), given))

    def diff(self, other: JobState) -> StateDiff:
        """Return what differs from this state to another one.

        Parameters
        ----------
        other : JobState
            Perhaps a later cut of the same job.
        """
        if not isinstance(other, JobState):
            raise TypeMismatchError(f"diff() takes a JobState; found {other!r}")
        return compare_states(self, other)

    def retain(self, retention: Retention) -> JobState:
        """Return the same state with its history thinned; this one stays as it is.

        A job that is resumed with it goes on with this retention.

        Parameters
        ----------
        retention : Retention
            Ages count up to the moment at which the state was taken.
        """
        kept = retention_of(retention)
        if kept is None:
            raise ConfigurationError("retain() takes a Retention(...); found None")
        return JobState._of(self._core.retain(kept._values))

    def __reduce__(self) -> tuple[Any, ...]:
        return JobState.from_bytes, (self.to_bytes(),)


def _as_declared(kind: str | None, value: Any) -> Any:
    """Return what an assignment to a field of this kind keeps."""
    is_one = isinstance(value, (str, bytes, bytearray, dict, _core.StateDict))
    if is_one or not hasattr(type(value), "__iter__"):
        return value
    if kind == "list" and type(value) is not list:
        return list(value)
    if kind == "set" and type(value) not in {set, _core.StateSet}:
        return set(value)
    return value


def _checked_limits(limits: Limits | None) -> Limits:
    if limits is None:
        return _DEFAULT_LIMITS
    if not isinstance(limits, Limits):
        raise TypeMismatchError(f"limits must be Limits(...) or None; found {limits!r}")
    return limits


def _write_whole(path: str, data: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one, never a part."""
    folder = os.path.dirname(path) or "."  # noqa: PTH120 - import time
    aside = os.path.join(folder, f".stoplog-{os.getpid()}-{os.urandom(4).hex()}.tmp")  # noqa: PTH118
    try:
        with open(aside, "xb") as file:  # noqa: PTH123 - import time
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(path):  # noqa: PTH110 - import time
            os.chmod(aside, os.stat(path).st_mode & 0o7777)  # noqa: PTH101, PTH116
        os.replace(aside, path)  # noqa: PTH105 - import time
    except BaseException:
        if os.path.exists(aside):  # noqa: PTH110 - import time
            os.unlink(aside)  # noqa: PTH108 - import time
        raise
    try:
        opened = os.open(folder, os.O_RDONLY)
    except PermissionError:  # the file is in place; the folder cannot be synced by us
        return
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
