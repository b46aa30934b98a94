"""The drawing board: routines are added to it and joined, event to slot."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stoplog import _core
from stoplog._drawing import Drawing
from stoplog.connection import Connection
from stoplog.errors import ConfigurationError
from stoplog.policies import Retention, policy_text, retention_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    from stoplog._core import BoundEvent, BoundSlot, Routine
    from stoplog.policies import ErrorPolicy

    R = TypeVar("R", bound=Routine)

__all__ = ["Board"]


class Board:
    """The half of a `Flow` that draws; the other half runs."""

    def __init__(
        self,
        name: str = "flow",
        *,
        version: str = "1",
        on_error: ErrorPolicy = "stop",
        retention: Retention | None = None,
    ) -> None:
        for what, value in (("name", name), ("version", version)):
            if not isinstance(value, str):
                raise ConfigurationError(f"Flow({what}=...) must be a str; found {value!r}")
        self._core = _core.Flow(name, version, policy_text(on_error))
        self._retention = retention_of(retention) or Retention()

    # ---- drawing

    @property
    def name(self) -> str:
        """Its name."""
        return self._core.name

    @property
    def version(self) -> str:
        """Its version."""
        return self._core.version

    @property
    def routines(self) -> Mapping[str, Routine]:
        """Its routines by name, in the order in which they were added."""
        return MappingProxyType(self._core.routines())

    @property
    def connections(self) -> Sequence[Connection]:
        """Its connections, in the order in which they were made."""
        count = self._core.connection_count()
        return tuple(Connection(*self._core.connection(i)) for i in range(count))

    @property
    def drawing(self) -> Drawing:
        """It as data: canonical, the same in whatever order it was drawn."""
        return Drawing(self._core.drawing, self._core.fingerprint)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits of the drawing."""
        return self._core.fingerprint

    def add(
        self,
        routine: R,
        name: str | None = None,
        *,
        replace: bool = False,
        on_error: ErrorPolicy | None = None,
    ) -> R:
        """Add a routine.

        Parameters
        ----------
        routine : Routine
            An instance; the same one only once.
        name : str, optional
            An identifier; by default the class's name in lower case.
        replace : bool
            Put it in the place of the routine of that name, for future jobs; connections stay.
        on_error : {"stop", "continue", "skip"}, optional
            What a failed handler means, where its slot does not say.

        Returns
        -------
        Routine
            The routine itself.

        Raises
        ------
        ConfigurationError
            If the name is taken or no identifier, or the routine's class is wrong.
        UnknownEventError, UnknownSlotError, TypeMismatchError
            If it replaces another one, and a connection would lose its end or no longer fit.
        """
        if name is None:
            cls = routine if isinstance(routine, type) else type(routine)
            name = cls.__name__.lower()
        elif not isinstance(name, str):
            raise ConfigurationError(
                f"flow '{self.name}': a routine's name must be a str; found {name!r}"
            )
        policy = None if on_error is None else policy_text(on_error)
        self._core.add(routine, name, policy, bool(replace))
        return routine

    def connect(
        self,
        source: str | BoundEvent[...],
        target: str | BoundSlot[...],
        *,
        rename: Mapping[str, str] | None = None,
    ) -> Connection:
        """Join an event to a slot; the same connection again changes nothing.

        Parameters
        ----------
        source : BoundEvent or str
            ``routine.event`` or ``"routine.event"``; a routine's name alone where it has one event.
        target : BoundSlot or str
            ``routine.slot`` or ``"routine.slot"``; a routine's name alone where it has one slot.
        rename : mapping, optional
            Field of the event -> field of the slot; other fields pass as they are.

        Raises
        ------
        UnknownRoutineError, UnknownEventError, UnknownSlotError
            If there is no such end; the message lists what there is.
        TypeMismatchError
            If the slot needs a field that the event does not have.
        GraphError
            If the slot is delivered when drained.
        """
        if rename is not None and not (
            isinstance(rename, Mapping)
            and all(isinstance(n, str) for pair in rename.items() for n in pair)
        ):
            raise ConfigurationError(
                f"flow '{self.name}': rename maps fields of the event to fields of the slot, "
                f"as {{'old': 'new'}}; found {rename!r}"
            )
        mapped = None if rename is None else dict(rename)
        index = self._core.connect(source, target, mapped)
        return Connection(*self._core.connection(index))

    def __repr__(self) -> str:
        return (
            f"<Flow '{self.name}' version {self.version!r}: {len(self._core.routines())} "
            f"routines, {self._core.connection_count()} connections>"
        )
