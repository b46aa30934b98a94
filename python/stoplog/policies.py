"""Choices that a user makes: status, error policies, executors, retention."""

from __future__ import annotations

from enum import Enum

from stoplog.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Literal, TypeAlias

    Fold: TypeAlias = Callable[[dict[str, Any], dict[str, Any]], Mapping[str, Any]]
    Merge: TypeAlias = "Literal['override', 'append'] | Append | Fold"
    ErrorPolicy: TypeAlias = Literal["stop", "continue", "skip"]
    Run: TypeAlias = Literal["sequential", "background", "concurrent"]

__all__ = ["Append", "JobStatus", "Retention"]

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


class Retention:
    """How much history a job keeps; history is never needed to resume.

    Parameters
    ----------
    max_history_size : int or None
        Records kept, the newest; 0 keeps none, None keeps all.

    Raises
    ------
    ConfigurationError
        If it is negative or no whole number.
    """

    __slots__ = ("_max_history_size",)

    def __init__(self, *, max_history_size: int | None = 1000) -> None:
        is_whole = isinstance(max_history_size, int) and not isinstance(max_history_size, bool)
        if max_history_size is not None and not (is_whole and 0 <= max_history_size < 2**62):
            raise ConfigurationError(
                f"max_history_size must be a whole number from 0 on, or None; "
                f"found {max_history_size!r}"
            )
        self._max_history_size = max_history_size

    @property
    def max_history_size(self) -> int | None:
        """Records kept; None: all."""
        return self._max_history_size

    @property
    def _limit(self) -> int:
        return -1 if self._max_history_size is None else self._max_history_size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Retention):
            return NotImplemented
        return self._max_history_size == other._max_history_size

    def __hash__(self) -> int:
        return hash(self._max_history_size)

    def __repr__(self) -> str:
        return f"Retention(max_history_size={self._max_history_size})"


def policy_text(policy: object) -> str:
    """Return an error policy as the engine takes it.

    Raises
    ------
    ConfigurationError
        If it is no text.
    """
    if not isinstance(policy, str):
        raise ConfigurationError(f"on_error must be 'stop', 'continue' or 'skip'; found {policy!r}")
    return policy


def retention_of(retention: object) -> Retention | None:
    """Return a retention, or None for none.

    Raises
    ------
    ConfigurationError
        If it is something else.
    """
    if retention is not None and not isinstance(retention, Retention):
        raise ConfigurationError(
            f"retention must be a Retention(max_history_size=...); found {retention!r}"
        )
    return retention
