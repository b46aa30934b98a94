"""The drawing board: routines are added to it and joined, event to slot."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stoplog import _core
from stoplog._drawing import Drawing
from stoplog.connection import Connection, OneOf
from stoplog.errors import ConfigurationError
from stoplog.functions import FunctionRoutine, routine_of
from stoplog.retention import Retention, retention_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar, overload

    from typing_extensions import Self

    from stoplog._core import BoundEvent, BoundSlot
    from stoplog.policies import ErrorPolicy, Overflow
    from stoplog.routine import Routine

    P = ParamSpec("P")
    R = TypeVar("R", bound=Routine)
    T = TypeVar("T")

    class MakesRoutine(Protocol):
        @overload
        def __call__(
            self, function: Callable[Concatenate[Routine, P], T], /
        ) -> FunctionRoutine[Concatenate[Routine, P], P, T]: ...
        @overload
        def __call__(self, function: Callable[P, T], /) -> FunctionRoutine[P, P, T]: ...


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
        self._core = _core.Flow(name, version, on_error)
        self._retention = retention_of(retention) or Retention()

    @classmethod
    def from_drawing(
        cls,
        drawing: Drawing | str,
        routines: Mapping[str, Routine],
        *,
        on_error: ErrorPolicy = "stop",
        retention: Retention | None = None,
    ) -> Self:
        """Return the flow of a drawing, made of the routines that you bring; nothing is imported.

        Parameters
        ----------
        drawing : Drawing or str
            A drawing, or its JSON.
        routines : mapping
            An instance for each name in it, in the order in which they are to be declared.
        on_error, retention
            As for a new flow: a drawing does not hold them.

        Raises
        ------
        ConfigurationError
            If a routine of the drawing is not among them, or one is that it does not have.
        DefinitionMismatchError
            If they differ from the drawing in something that matters; the message lists it.
        SerializationError
            If the JSON is no drawing.

        Notes
        -----
        Connections are made in the order of the drawing, which is sorted.

        Examples
        --------
        >>> import stoplog as sl
        >>> class Show(sl.Routine):
        ...     @sl.slot
        ...     def text(self, text: str) -> None: ...
        >>> flow = sl.Flow("shown")
        >>> show = flow.add(Show(), "show")
        >>> again = sl.Flow.from_drawing(flow.drawing.to_json(), {"show": Show()})
        >>> again.fingerprint == flow.fingerprint
        True
        """
        from stoplog._redraw import draw_again, drawing_of  # rarely needed: import time

        wanted = drawing_of(drawing)
        data = wanted.to_plain()
        flow = cls(data["flow"], version=data["version"], on_error=on_error, retention=retention)
        draw_again(flow, wanted, routines)
        return flow

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
        return tuple(Connection(*row) for row in self._core.connections())

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
        on_error : {"stop", "continue", "skip"} or Retry, optional
            What a failed handler means, where its slot does not say.

        Returns
        -------
        Routine
            The routine itself.

        Raises
        ------
        ConfigurationError
            If the name is taken or no identifier, or the routine's class is wrong.
        GraphError
            If it replaces another one, and connections would lose an end or no longer fit; the
            message lists them.
        """
        if name is None:
            cls = routine if isinstance(routine, type) else type(routine)
            name = cls.__name__.lower()
        elif not isinstance(name, str):
            raise ConfigurationError(
                f"flow '{self.name}': a routine's name must be a str; found {name!r}"
            )
        self._core.add(routine, name, on_error, bool(replace))
        return routine

    if TYPE_CHECKING:

        @overload
        def routine(
            self, function: Callable[Concatenate[Routine, P], T], /
        ) -> FunctionRoutine[Concatenate[Routine, P], P, T]: ...
        @overload
        def routine(self, function: Callable[P, T], /) -> FunctionRoutine[P, P, T]: ...
        @overload
        def routine(
            self,
            *,
            name: str | None = None,
            emits: str | Sequence[str] = (),
            state: Mapping[str, Any] | None = None,
            when: Literal["drained"] | None = None,
            capacity: int = 1000,
            overflow: Overflow = "block",
            priority: int = 0,
            on_error: ErrorPolicy | None = None,
        ) -> MakesRoutine: ...

    def routine(  # type: ignore[misc]  # mypy does not see that **slot_options takes the rest
        self,
        function: Any = None,
        /,
        *,
        name: str | None = None,
        emits: str | Sequence[str] = (),
        state: Mapping[str, Any] | None = None,
        **slot_options: Any,
    ) -> Any:
        """Make a routine of a plain function, and add it: ``@flow.routine(emits="word")``.

        It takes the place of a function that was added under its name before, for future jobs.

        Parameters
        ----------
        function : function
            Its parameters are the fields of slot ``input``. A first parameter that is annotated
            `Routine` is the routine itself: its declared state, `emit`, `job`.
        name : str, optional
            In the flow; by default the function's own.
        emits : str or sequence of str
            Its events. With one, a returned or yielded dict is its payload, another value its field
            ``value``; None emits nothing. With several, an ``(event, payload)`` pair is returned or
            yielded.
        state : mapping, optional
            Declared state: name -> a type, as in ``{"totals": dict}``, or a first value.
        **slot_options
            As for `slot`.

        Returns
        -------
        FunctionRoutine
            The routine; called, it is the plain function.

        Raises
        ------
        ConfigurationError
            If it is no plain function; if the name is that of a routine which is no function; if a
            name or an option is wrong.
        GraphError
            If it replaces a function, and connections would lose an end; the message lists them.

        Examples
        --------
        >>> import stoplog as sl
        >>> flow = sl.Flow("words")
        >>> @flow.routine(emits="word")
        ... def split(text):
        ...     for word in text.split():
        ...         yield {"text": word}
        >>> @flow.routine(state={"totals": dict})
        ... def count(routine: sl.Routine, text):
        ...     routine.totals[text] = routine.totals.get(text, 0) + 1
        >>> connection = flow.connect(split, count)
        >>> flow.run(split.of(text="to be or not to be"))["count"].totals
        {'to': 2, 'be': 2, 'or': 1, 'not': 1}
        """

        def add(function: Any) -> FunctionRoutine[..., ..., Any]:
            made = routine_of(function, name, emits, state, slot_options)
            called = name or function.__name__
            known = self._core.find(called)
            if known is not None and not isinstance(known, FunctionRoutine):
                raise ConfigurationError(
                    f"flow '{self.name}': routine '{called}' is no function, so none takes its "
                    f"place; give the function another name, or remove('{called}') first"
                )
            return self.add(made, called, replace=known is not None)

        return add if function is None else add(function)

    def connect(
        self,
        source: str | BoundEvent[...] | Routine,
        target: str | BoundSlot[...] | Routine | OneOf,
        *,
        rename: Mapping[str, str] | None = None,
    ) -> Connection:
        """Join an event to a slot; the same connection again changes nothing.

        Parameters
        ----------
        source : BoundEvent, Routine or str
            ``routine.event`` or ``"routine.event"``; a routine, or its name, where it has one
            event.
        target : BoundSlot, Routine or str
            ``routine.slot`` or ``"routine.slot"``; a routine, or its name, where it has one slot
            (beside drained ones). `one_of` of several: they take turns.
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
        renamed = dict(rename or {})
        if isinstance(target, OneOf):
            index = self._core.connect_one_of(source, target.targets, renamed)
        else:
            index = self._core.connect(source, target, renamed)
        return Connection(*self._core.connection(index))

    def chain(self, *routines: str | Routine) -> None:
        """Join each routine's only event to the next one's only slot; all of them or none.

        Parameters
        ----------
        *routines : Routine or str
            Two or more, in their order. Drained slots do not count.

        Raises
        ------
        ConfigurationError
            If one has several, or none.
        UnknownRoutineError, TypeMismatchError
            As `connect`.

        Examples
        --------
        >>> import stoplog as sl
        >>> flow = sl.Flow("shout")
        >>> @flow.routine(emits="loud")
        ... def upper(text: str) -> dict[str, str]:
        ...     return {"text": text.upper()}
        >>> @flow.routine
        ... def show(text: str) -> None:
        ...     print(text)
        >>> flow.chain(upper, show)
        >>> flow.run(upper.input, text="to be").status.name
        TO BE
        'COMPLETED'
        """
        if len(routines) < 2:
            raise ConfigurationError(
                f"flow '{self.name}': chain() joins two routines or more; found {len(routines)}"
            )
        for routine in routines:
            if not isinstance(routine, (str, _core.Routine)):
                raise ConfigurationError(
                    f"flow '{self.name}': chain() takes routines or their names; found {routine!r}"
                )
        self._core.chain(list(routines))

    def disconnect(self, connection: Connection) -> None:
        """Take a connection away, for future jobs.

        Parameters
        ----------
        connection : Connection
            One of `connections`, or what `connect` returned.

        Raises
        ------
        NotFoundError
            If there is no such connection; the message lists what there is.
        """
        if not isinstance(connection, Connection):
            raise ConfigurationError(
                f"flow '{self.name}': disconnect() takes a Connection, as connect() returns; "
                f"found {connection!r}"
            )
        self._core.disconnect(connection.source, list(connection.targets), dict(connection.rename))

    def remove(self, name: str) -> None:
        """Take a routine away with its connections, for future jobs.

        Parameters
        ----------
        name : str
            Its name in this flow.

        Raises
        ------
        UnknownRoutineError
            If there is none of that name.
        """
        if not isinstance(name, str):
            raise ConfigurationError(
                f"flow '{self.name}': remove() takes a routine's name; found {name!r}"
            )
        self._core.remove(name)

    def validate(self) -> list[str]:
        """Look the whole drawing over.

        Returns
        -------
        list of str
            Warnings: events that no slot hears, slots that no event feeds. Ways in and out of the
            flow are among them.

        Raises
        ------
        GraphError
            If something could never run; the message lists it.
        """
        return self._core.validate()

    def __repr__(self) -> str:
        return (
            f"<Flow '{self.name}' version {self.version!r}: {len(self._core.routines())} "
            f"routines, {len(self._core.connections())} connections>"
        )
