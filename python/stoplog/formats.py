"""The formats of a saved job, and what one that is loaded may ask for."""

from __future__ import annotations

import os

from stoplog._naming import choices
from stoplog.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Format: TypeAlias = Literal["binary", "json", "xml", "text"]

__all__ = ["FORMATS", "Limits", "checked_format", "format_of"]

FORMATS = ("binary", "json", "xml", "text")
_SUFFIXES = {".json": "json", ".xml": "xml", ".txt": "text"}
_MOST = {"max_bytes": 2**62, "max_depth": 200, "max_items": 2**62}


class Limits:
    """What a saved job that is loaded may ask for; more is a `SerializationError`.

    Parameters
    ----------
    max_bytes : int, bytes
        Size of the file.
    max_depth : int
        Containers in containers of one value, at most 200.
    max_items : int
        Rows, and items of containers, in all.

    Raises
    ------
    ConfigurationError
        If one is no whole number from 1 on, or ``max_depth`` is more than 200.

    Examples
    --------
    >>> Limits(max_bytes=10_000_000)
    Limits(max_bytes=10000000, max_depth=200, max_items=100000000)
    """

    __slots__ = ("_max_bytes", "_max_depth", "_max_items")

    def __init__(
        self, *, max_bytes: int = 2**32, max_depth: int = 200, max_items: int = 100_000_000
    ) -> None:
        self._max_bytes = _whole("max_bytes", max_bytes)
        self._max_depth = _whole("max_depth", max_depth)
        self._max_items = _whole("max_items", max_items)

    @property
    def max_bytes(self) -> int:
        """Size of the file."""
        return self._max_bytes

    @property
    def max_depth(self) -> int:
        """Containers in containers of one value."""
        return self._max_depth

    @property
    def max_items(self) -> int:
        """Rows, and items of containers, in all."""
        return self._max_items

    @property
    def _all(self) -> tuple[int, int, int]:
        return self._max_bytes, self._max_depth, self._max_items

    def __eq__(self, other: object) -> bool:
        return self._all == other._all if isinstance(other, Limits) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return (
            f"Limits(max_bytes={self._max_bytes}, max_depth={self._max_depth}, "
            f"max_items={self._max_items})"
        )


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST[name]:
        raise ConfigurationError(
            f"{name} must be a whole number from 1 to {_MOST[name]}; found {value!r}"
        )
    return int(value)


def checked_format(name: object) -> str:
    """Return the name of a format that there is."""
    if not isinstance(name, str) or name not in FORMATS:
        raise ConfigurationError(f"no format {name!r}; the formats are {choices(name, FORMATS)}")
    return name


def format_of(path: str) -> str:
    """Return the format that the suffix of a path asks for; any other suffix means binary."""
    return _SUFFIXES.get(os.path.splitext(path)[1].lower(), "binary")  # noqa: PTH122 - import time
