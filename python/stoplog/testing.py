"""For tests of your own flows: time, order and interleavings in your hand."""

from __future__ import annotations

from stoplog._manual import ManualExecutor, explore

__all__ = ["ManualExecutor", "explore"]
