"""Choices that a user makes: status, error policies, executors."""

from __future__ import annotations

from enum import Enum

from stoplog.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Literal, TypeAlias

    from stoplog.retry import Retry

    Fold: TypeAlias = Callable[[dict[str, Any], dict[str, Any]], Mapping[str, Any]]
    Merge: TypeAlias = "Literal['override', 'append'] | Append | Fold"
    ErrorPolicy: TypeAlias = Literal["stop", "continue", "skip"] | Retry
    Overflow: TypeAlias = Literal["block", "reject", "drop_newest", "drop_oldest"]
    Run: TypeAlias = Literal["sequential", "background", "concurrent"]

__all__ = ["Append", "JobStatus"]

EXECUTORS = ("sequential", "background", "concurrent")


class JobStatus(Enum):
    """Where a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    IDLE = "idle"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Append:
    """``slot(merge=Append(limit=n))``: the handler gets all values so far, or the last `limit`.

    Parameters
    ----------
    limit : int, optional
        How many values of each field are kept; None: all.

    Raises
    ------
    ConfigurationError
        If the limit is no whole number from 1 to 2**32 - 1.

    Examples
    --------
    >>> import stoplog as sl
    >>> class Recent(sl.Routine):
    ...     @sl.slot(merge=sl.Append(limit=2))
    ...     def reading(self, value):
    ...         print(value)
    >>> flow = sl.Flow("recent")
    >>> recent = flow.add(Recent(), "recent")
    >>> final = flow.run(*[recent.reading.of(value=value) for value in (1, 2, 3)])
    [1]
    [1, 2]
    [2, 3]
    """

    __slots__ = ("_limit",)

    def __init__(self, *, limit: int | None = None) -> None:
        is_whole = isinstance(limit, int) and not isinstance(limit, bool)
        if limit is not None and not (is_whole and 0 < limit < 2**32):
            raise ConfigurationError(
                f"Append(limit=...) must be a whole number from 1 to 2**32 - 1, or None; "
                f"found {limit!r}"
            )
        self._limit = limit

    @property
    def limit(self) -> int | None:
        """How many values are kept; None: all."""
        return self._limit

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Append):
            return NotImplemented
        return self._limit == other._limit

    def __hash__(self) -> int:
        return hash(self._limit)

    def __repr__(self) -> str:
        return f"Append(limit={self._limit})"
