"""Choices that a user makes: status, error policies, executors, retention."""

from __future__ import annotations

from enum import Enum

from stoplog.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from stoplog.retry import Retry

    ErrorPolicy: TypeAlias = Literal["stop", "continue", "skip"] | Retry
    Overflow: TypeAlias = Literal["block", "reject", "drop_newest", "drop_oldest"]
    Run: TypeAlias = Literal["sequential", "background", "concurrent"]

__all__ = ["JobStatus", "Retention"]

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
