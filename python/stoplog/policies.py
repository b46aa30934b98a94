"""Choices that a user makes: status, error policies, executors."""

from __future__ import annotations

from enum import Enum

from stoplog.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    ErrorPolicy: TypeAlias = Literal["stop", "continue", "skip"]
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
