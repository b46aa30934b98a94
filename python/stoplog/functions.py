"""Plain functions as routines: what they are given, and what becomes of what they return."""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType, GeneratorType

from stoplog import _core
from stoplog.errors import ConfigurationError, StoplogError, TypeMismatchError
from stoplog.routine import Routine, takes_routine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Generic, ParamSpec, TypeVar

    from stoplog._core import BoundEvent, BoundSlot, Message

    A = ParamSpec("A")  # of the function
    P = ParamSpec("P")  # the fields
    T = TypeVar("T")

    class FunctionRoutine(Routine, Generic[A, P, T]):
        """What a checker knows of the class below; an event is an attribute of its name."""

        input: BoundSlot[P]
        __wrapped__: Callable[A, T]

        def __call__(self, *args: A.args, **fields: A.kwargs) -> T:
            """Call the plain function."""

        def of(self, *args: P.args, **fields: P.kwargs) -> Message:
            """Return a message to its slot ``input``."""

        def __getattr__(self, event: str) -> BoundEvent[...]: ...

else:

    class FunctionRoutine(Routine):
        """A plain function as a routine, made by `Flow.routine`.

        Its slot is ``input``, each event that it emits is an attribute. Called, it is the plain
        function: nothing is emitted.
        """

        def __call__(self, /, *args: Any, **fields: Any) -> Any:
            """Call the plain function."""
            return self.__wrapped__(*args, **fields)

        def of(self, /, *args: Any, **fields: Any) -> Message:
            """Return a message to its slot ``input``."""
            return self.input.of(*args, **fields)


__all__ = ["FunctionRoutine", "routine_of"]

_OWN_NAMES = ("input", "of")


def routine_of(
    function: Any,
    name: str | None,
    emits: str | Sequence[str],
    state: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> FunctionRoutine[..., ..., Any]:
    """Return a plain function as a routine.

    Parameters
    ----------
    function : function
        Its parameters are the fields of slot ``input``.
    name : str, optional
        By default the function's own.
    emits : str or sequence of str
        Names of its events.
    state : mapping, optional
        Name of a state field -> its type, a `State`, or its first value.
    options : mapping
        As for `slot`.

    Raises
    ------
    ConfigurationError
        If it is no plain function, or a name or an option is wrong.
    """
    if not isinstance(function, FunctionType):
        is_class = isinstance(function, type) and issubclass(function, _core.Routine)
        hint = f": a class is added by flow.add({function.__name__}())" if is_class else ""
        raise ConfigurationError(
            f"@flow.routine takes a plain function, and all else by name, as "
            f"@flow.routine(name='...'); found {function!r}{hint}"
        )
    called = f"function '{name or function.__name__}'"
    events = _names_of_events(called, emits)
    if not events and function.__code__.co_flags & _GENERATOR:
        raise ConfigurationError(f"{called} yields and emits nothing: say emits='...'")
    is_given_routine = takes_routine(function)
    callee = _callee(called, function, events, is_given_routine=is_given_routine)
    what = f"@flow.routine: {called}"
    first = int(is_given_routine)
    parts: dict[str, Any] = {
        "input": _core.make_slot(what, function, callee, first, True, True, dict(options))
    }
    fields = {} if state is None else state
    if not isinstance(fields, Mapping) or not all(map(_is_name, fields)):
        raise ConfigurationError(
            f"{called}: state=... maps names, which are identifiers, to types or first values, as "
            f"{{'totals': dict}}; found {state!r}"
        )
    for kind, names in (("event", events), ("state field", tuple(fields))):
        for part in names:
            if part in parts or part in _OWN_NAMES:
                raise ConfigurationError(
                    f"{called}: {kind} {part!r}: this name is taken; choose another"
                )
            parts[part] = _core.Event() if kind == "event" else _state_of(fields[part])
    made: FunctionRoutine[..., ..., Any] = _class_of(function, parts)()
    made.__wrapped__ = function
    return made


_GENERATOR = 0x20  # inspect.CO_GENERATOR, without the import


def _class_of(function: FunctionType, parts: Mapping[str, Any]) -> Any:
    names = {
        "__doc__": function.__doc__,
        "__module__": function.__module__,
        "__qualname__": function.__qualname__,
    }
    try:
        return type(function.__name__, (FunctionRoutine,), {**names, **parts})
    except RuntimeError as error:  # before Python 3.12: what __set_name__ raised stands behind it
        if isinstance(error.__cause__, StoplogError):
            raise error.__cause__ from None
        raise


def _names_of_events(called: str, emits: str | Sequence[str]) -> tuple[str, ...]:
    names = (emits,) if isinstance(emits, str) else emits
    if isinstance(names, (tuple, list)) and all(map(_is_name, names)):
        return tuple(names)
    raise ConfigurationError(
        f"{called}: emits=... is the name of an event, an identifier, or a list of them; "
        f"found {emits!r}"
    )


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier()


def _state_of(declared: Any) -> Any:
    if isinstance(declared, _core.State):
        return declared
    return _core.State(declared) if isinstance(declared, type) else _core.State(default=declared)


def _callee(
    called: str, function: Callable[..., Any], events: tuple[str, ...], *, is_given_routine: bool
) -> Callable[..., None]:
    """Return what the slot calls: the function, and behind it the emissions."""

    def call(routine: Routine, /, *args: Any, **fields: Any) -> None:
        if is_given_routine:
            result = function(routine, *args, **fields)
        else:
            result = function(*args, **fields)
        _emit_result(called, routine, events, result)

    return call


def _emit_result(called: str, routine: Routine, events: tuple[str, ...], result: Any) -> None:
    if isinstance(result, GeneratorType):
        while True:
            try:
                item = next(result)
            except StopIteration as last:
                result = last.value
                break
            _emit_item(called, routine, events, item)
    _emit_item(called, routine, events, result)


def _emit_item(called: str, routine: Routine, events: tuple[str, ...], item: Any) -> None:
    if item is None:
        return
    if hasattr(item, "__await__"):
        if hasattr(item, "close"):
            item.close()
        raise TypeMismatchError(f"{called} returned {item!r}, which nobody awaits; return a value")
    if not events:
        raise TypeMismatchError(
            f"{called} returned {item!r} and emits nothing: say emits='...', or return None"
        )
    event, payload = events[0], item
    if len(events) > 1:
        event, payload = _pair_of(called, events, item)
    if not isinstance(payload, Mapping):
        payload = {"value": payload}
    wrong = [field for field in payload if not isinstance(field, str)]
    if wrong:
        raise TypeMismatchError(
            f"{called}: event '{event}': fields are named by a str; found {wrong[0]!r}"
        )
    routine.emit(event, **payload)


def _pair_of(called: str, events: tuple[str, ...], item: Any) -> tuple[str, Any]:
    is_pair = isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str)
    if is_pair and item[1] is not None:
        return item[0], item[1]
    wanted = f"(event, payload), with an event of {', '.join(map(repr, events))}"
    if is_pair:
        raise TypeMismatchError(
            f"{called} returned {item!r}: the payload of {wanted} is a dict, {{}} where there are "
            f"no fields"
        )
    raise TypeMismatchError(f"{called} returned {item!r}; with several events return {wanted}")
