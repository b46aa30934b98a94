"""An event joined to a slot, as data."""

from __future__ import annotations

from types import MappingProxyType

from stoplog.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from stoplog._core import BoundSlot
    from stoplog.routine import Routine

__all__ = ["Connection", "OneOf", "one_of"]


class Connection:
    """An event joined to a slot, or to several of which one has each delivery.

    Attributes
    ----------
    source : str
        ``"routine.event"``.
    targets : tuple of str
        ``"routine.slot"``; several take turns, in this order.
    rename : mapping
        Field of the event -> field of the slot; other fields pass as they are.
    """

    __slots__ = ("rename", "source", "targets")
    source: str
    targets: tuple[str, ...]
    rename: Mapping[str, str]

    def __init__(self, source: str, targets: tuple[str, ...], rename: Mapping[str, str]) -> None:
        self.source = source
        self.targets = targets
        self.rename = MappingProxyType(dict(rename))

    @property
    def target(self) -> str:
        """``"routine.slot"``; where several take turns: ``"one_of(a.in, b.in)"``."""
        return self.targets[0] if len(self.targets) == 1 else f"one_of({', '.join(self.targets)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Connection):
            return NotImplemented
        mine, theirs = dict(self.rename), dict(other.rename)
        return (self.source, self.targets, mine) == (other.source, other.targets, theirs)

    def __hash__(self) -> int:
        return hash((self.source, self.targets))

    def __repr__(self) -> str:
        renamed = f", rename={dict(self.rename)}" if self.rename else ""
        return f"<connection {self.source} -> {self.target}{renamed}>"

    def __reduce__(self) -> tuple[object, ...]:
        return Connection, (self.source, self.targets, dict(self.rename))


class OneOf:
    """Slots that take turns: made by `one_of`."""

    __slots__ = ("targets",)
    targets: tuple[str | BoundSlot[...] | Routine, ...]

    def __init__(self, targets: tuple[str | BoundSlot[...] | Routine, ...]) -> None:
        self.targets = targets

    def __repr__(self) -> str:
        names = (t if isinstance(t, str) else repr(t) for t in self.targets)
        return f"one_of({', '.join(names)})"


def one_of(*targets: str | BoundSlot[...] | Routine) -> OneOf:
    """Say that only one of these slots has each delivery: they take turns.

    A turn is taken when the call that emits takes effect; a full slot whose turn it is makes that
    call wait, or does what its `overflow` says.

    Parameters
    ----------
    *targets : BoundSlot, Routine or str
        Two or more, each as for `Flow.connect`.

    Returns
    -------
    OneOf
        For `Flow.connect`.

    Raises
    ------
    ConfigurationError
        If there are fewer than two.

    Examples
    --------
    >>> import stoplog as sl
    >>> flow = sl.Flow("counter")
    >>> @flow.routine(emits="number")
    ... def count(to: int):
    ...     yield from range(to)
    >>> for name in ("left", "right"):
    ...     made = flow.routine(lambda value, name=name: print(name, value), name=name)
    >>> connection = flow.connect(count, sl.one_of("left", "right"))
    >>> final = flow.run(count.of(to=3))
    left 0
    right 1
    left 2
    """
    if len(targets) < 2:
        raise ConfigurationError(f"one_of() takes two slots or more; found {len(targets)}")
    return OneOf(targets)
