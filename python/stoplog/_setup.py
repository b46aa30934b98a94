"""What is done once, at import: registrations, and the way down at exit."""

from __future__ import annotations

import atexit
import os
from collections.abc import (
    ItemsView,
    KeysView,
    MutableMapping,
    MutableSequence,
    MutableSet,
    Sequence,
    ValuesView,
)

from stoplog import _core

__all__ = ["set_up"]


def set_up() -> None:
    """Register the containers of the state; pause background jobs before the interpreter goes."""
    MutableMapping.register(_core.StateDict)
    MutableSequence.register(_core.StateList)
    MutableSet.register(_core.StateSet)
    Sequence.register(_core.Appended)
    KeysView.register(_core.StateDictKeys)
    ValuesView.register(_core.StateDictValues)
    ItemsView.register(_core.StateDictItems)
    atexit.register(_core.stop_background)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_core.forget_background)
