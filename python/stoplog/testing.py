"""For tests of your own flows: one handler by itself; order and interleavings in your hand."""

from __future__ import annotations

from stoplog._calling import call
from stoplog._clock import ManualClock
from stoplog._manual import ManualExecutor, explore

__all__ = ["ManualClock", "ManualExecutor", "call", "explore"]
