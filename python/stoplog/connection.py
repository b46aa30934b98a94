"""An event joined to a slot, as data."""

from __future__ import annotations

from types import MappingProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Connection"]


class Connection:
    """An event joined to a slot.

    Attributes
    ----------
    source : str
        ``"routine.event"``.
    target : str
        ``"routine.slot"``.
    rename : mapping
        Field of the event -> field of the slot; other fields pass as they are.
    """

    __slots__ = ("rename", "source", "target")
    source: str
    target: str
    rename: Mapping[str, str]

    def __init__(self, source: str, target: str, rename: Mapping[str, str]) -> None:
        self.source = source
        self.target = target
        self.rename = MappingProxyType(dict(rename))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Connection):
            return NotImplemented
        mine, theirs = dict(self.rename), dict(other.rename)
        return (self.source, self.target, mine) == (other.source, other.target, theirs)

    def __hash__(self) -> int:
        return hash((self.source, self.target))

    def __repr__(self) -> str:
        renamed = f", rename={dict(self.rename)}" if self.rename else ""
        return f"<connection {self.source} -> {self.target}{renamed}>"

    def __reduce__(self) -> tuple[object, ...]:
        return Connection, (self.source, self.target, dict(self.rename))
