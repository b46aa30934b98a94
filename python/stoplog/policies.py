"""Choices that a user makes: status, error policies, executors."""

from __future__ import annotations

from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from stoplog.retry import Retry

    ErrorPolicy: TypeAlias = Literal["stop", "continue", "skip"] | Retry
    Overflow: TypeAlias = Literal["block", "reject", "drop_newest", "drop_oldest"]
    Run: TypeAlias = Literal["sequential", "background", "concurrent"]

__all__ = ["JobStatus"]

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
