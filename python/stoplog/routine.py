"""Routines: what is declared on the class, and what one object is given beside that."""

from __future__ import annotations

from types import FunctionType, MethodType

from stoplog import _core
from stoplog.errors import ConfigurationError, StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from stoplog._core import BoundEvent, BoundSlot
    from stoplog.policies import ErrorPolicy
    from stoplog.records import Payload

__all__ = ["Routine", "takes_routine"]

_CONFIG = "__stoplog_config__"


class Routine(_core.Routine):
    """One reusable part: slots in, events out, declared state.

    Subclass it; ``super().__init__()`` is not required. One object may run in many jobs at once:
    its ordinary attributes are shared by them and not saved, declared state (`State`) is each job's
    own.

    Examples
    --------
    What a class declares may as well be given to one object, here to a plain one:

    >>> import stoplog as sl
    >>> flow = sl.Flow("shout")
    >>> shout = flow.add(sl.Routine(), "shout")
    >>> loud = shout.define_event("loud", "text")
    >>> hear = shout.define_slot("hear", lambda text: shout.emit("loud", text=text.upper()))
    >>> flow.run(hear, text="hello").status.name
    'COMPLETED'
    """

    def define_slot(self, name: str, handler: Callable[..., Any], **options: Any) -> BoundSlot[...]:
        """Give this object a slot of its own.

        In a flow already, it counts for jobs that start from now on.

        Parameters
        ----------
        name : str
            An identifier that nothing of this routine has yet; a method may become the slot of its
            own name.
        handler : callable
            A function or a method; its parameters are the fields. A first parameter that is
            annotated `Routine` is the routine itself.
        **options
            As for `slot`.

        Returns
        -------
        BoundSlot
            What `Flow.connect` and ``of`` take; also ``routine.<name>`` from now on.

        Raises
        ------
        ConfigurationError
            If the name is taken, or the handler or an option is wrong.
        """
        function, is_given_routine, first = handler, False, 0
        if isinstance(handler, MethodType):
            function, first = handler.__func__, 1
        elif takes_routine(handler):
            is_given_routine, first = True, 1
        what = f"slot '{name}' of {type(self).__name__}: the handler"
        made = _core.make_slot(what, function, handler, first, is_given_routine, False, options)
        self._check_free(name, handler)
        self._define(name, made)
        bound: BoundSlot[...] = made.__get__(self, type(self))
        vars(self)[name] = bound
        return bound

    def define_event(self, name: str, *fields: str) -> BoundEvent[...]:
        """Give this object an event of its own.

        In a flow already, it counts for jobs that start from now on.

        Parameters
        ----------
        name : str
            An identifier that nothing of this routine has yet.
        *fields : str
            Names of its fields; without any it takes all.

        Returns
        -------
        BoundEvent
            What `Flow.connect` takes, and what a handler calls; also ``routine.<name>`` from now
            on.

        Raises
        ------
        ConfigurationError
            If the name is taken, or a field's name is no identifier.
        """
        made = _core.Event(*fields)
        self._check_free(name, None)
        self._define(name, made)
        bound: BoundEvent[...] = made.__get__(self, type(self))
        vars(self)[name] = bound
        return bound

    def set_config(self, /, **values: Any) -> None:
        """Set values that all jobs of this routine share; they are not saved.

        Raises
        ------
        StateError
            If a job has this routine and has not ended: it would change under its hands.
        """
        live = self._live_jobs()
        if live:
            raise StateError(
                f"{type(self).__name__}.set_config({', '.join(values)}): "
                f"{'job' if len(live) == 1 else 'jobs'} {', '.join(live)} with this routine "
                f"{'has' if len(live) == 1 else 'have'} not ended; what a job may change belongs "
                f"in its state"
            )
        vars(self)[_CONFIG] = {**vars(self).get(_CONFIG, {}), **values}

    def get_config(self, key: str, default: Any = None) -> Any:
        """Return a value that `set_config` has set, or `default`."""
        return vars(self).get(_CONFIG, {}).get(key, default)

    def on_start(self) -> None:
        """Prepare this object: open what its handlers need, as ``self.client = ...``.

        Called once per object and process, before its first call in any job. It belongs to no job:
        state cannot be written here, nothing emitted. Where it raises, that call fails, and the
        next one tries again.
        """

    def on_stop(self) -> None:
        """Give back what `on_start` has opened.

        Called after the last job that used this object has ended or is gone; a paused job has not
        ended. A job that uses the object later starts it again. Nobody is there to be told of an
        error: it goes to `sys.unraisablehook`.
        """

    def before_handle(self, slot: str, payload: Payload) -> None:
        """Do what comes before each handler, as a part of its call.

        What it emits and writes takes effect with the call, or not at all; where it raises, the
        call fails and the handler is not run.

        Parameters
        ----------
        slot : str
            The slot's name.
        payload : Payload
            What was delivered, as it came.
        """

    def after_handle(self, slot: str, payload: Payload) -> None:
        """Do what comes after each handler that did not raise, as a part of its call.

        Parameters
        ----------
        slot, payload
            As for `before_handle`.
        """

    def on_error(self, slot: str, payload: Payload, error: BaseException) -> ErrorPolicy | None:
        """Choose what becomes of a delivery whose call failed.

        The call is over and undone: state cannot be written here, nothing emitted. Where this
        raises, the job stops with that error. Not asked about Ctrl-C and `SystemExit`.

        Parameters
        ----------
        slot, payload
            As for `before_handle`.
        error : BaseException
            What was raised.

        Returns
        -------
        {"stop", "continue", "skip"}, Retry or None
            None: as declared.
        """

    def _check_free(self, name: object, handler: object) -> None:
        """Refuse a name under which something else stands; parts and reserved names are told apart.

        A method may make room for the slot that it is the handler of.
        """
        if not isinstance(name, str) or hasattr(Routine, name):
            return
        places = [vars(self), *map(vars, type(self).__mro__)]
        known = next((place[name] for place in places if name in place), self)
        if known is self or isinstance(known, _PARTS):
            return
        if known is not None and known is _method_of(self, handler):
            return
        raise ConfigurationError(
            f"{type(self).__name__}: there is an attribute '{name}' already; choose another name"
        )


_PARTS = (_core.Slot, _core.Event, _core.State, _core.BoundSlot, _core.BoundEvent)


def _method_of(routine: Routine, handler: Any) -> object:
    """Return the function behind a method of this very routine, or None."""
    is_own = isinstance(handler, MethodType) and handler.__self__ is routine
    return handler.__func__ if is_own else None


def takes_routine(function: object) -> bool:
    """Tell whether a function's first parameter is annotated `Routine`.

    Parameters
    ----------
    function : callable
        Its annotation may be the class, one below it, or a name for it.
    """
    if not isinstance(function, FunctionType) or not function.__code__.co_argcount:
        return False
    annotation = function.__annotations__.get(function.__code__.co_varnames[0])
    if isinstance(annotation, str):
        found = _named(annotation, function.__globals__)
        if found is None:
            return annotation.rpartition(".")[2] == "Routine"
        annotation = found
    return isinstance(annotation, type) and issubclass(annotation, _core.Routine)


def _named(path: str, names: dict[str, Any]) -> object:
    """Return what a dotted name means there, or None."""
    first, *rest = path.strip("'\" ").split(".")
    found: object = names.get(first)
    for name in rest:
        found = getattr(found, name, None)
    return found
