"""One handler called for a test: in a real job of a flow that has nothing else in it."""

from __future__ import annotations

from stoplog import _core
from stoplog.errors import ConfigurationError, SlotHandlerError, StateError
from stoplog.flow import Flow
from stoplog.routine import Routine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ParamSpec, overload

    from stoplog._core import BoundSlot, Message
    from stoplog.records import Payload

    P = ParamSpec("P")
    Called = tuple[list[tuple[str, Payload]], dict[str, Any]]

__all__ = ["call"]

if TYPE_CHECKING:

    @overload
    def call(entry: BoundSlot[P], /, *args: P.args, **fields: P.kwargs) -> Called: ...
    @overload
    def call(entry: Message, /, *, after: Iterable[Message] = ()) -> Called: ...


def call(entry: Any, /, *args: Any, **keywords: Any) -> Called:
    """Call one handler as a job would, and return what it did.

    Parameters
    ----------
    entry : BoundSlot or Message
        ``routine.slot`` with the fields behind it, or ``routine.slot.of(...)``. The routine may be
        in a flow already, or in none.
    after : iterable of Message, optional
        With a message: what the routine has handled before, so that its state is not empty. What
        these emit is left out.
    **keywords
        The payload's fields.

    Returns
    -------
    emissions : list of (str, Payload)
        Event and payload, in the order in which they were emitted.
    changes : dict
        The declared state that is another than before the call: field -> plain value.

    Raises
    ------
    SlotHandlerError
        If the handler raises, whatever its policy says; its exception is the ``__cause__``, where
        the policy is ``"stop"``.
    TypeMismatchError
        If the fields do not fit the slot.

    Notes
    -----
    Runs in this thread, in a job of its own: payloads are copied, a failed call is undone. A
    drained slot is called when the job is drained, after those of the routine that are declared
    before it. Hooks are called, `on_start` and `on_stop` among them; a slot that merges does so,
    with what `after` brought.

    Examples
    --------
    >>> import stoplog as sl
    >>> from stoplog.testing import call
    >>> class Count(sl.Routine):
    ...     totals = sl.State(dict)
    ...     seen = sl.Event("text", "n")
    ...     @sl.slot
    ...     def word(self, text: str) -> None:
    ...         self.totals[text] = self.totals.get(text, 0) + 1
    ...         self.seen(text=text, n=self.totals[text])
    >>> count = Count()
    >>> emissions, changes = call(count.word, text="to")
    >>> emissions
    [('seen', Payload({'text': 'to', 'n': 1}))]
    >>> changes
    {'totals': {'to': 1}}
    >>> call(count.word.of(text="to"), after=[count.word.of(text="to")])[1]
    {'totals': {'to': 2}}
    """
    before: list[Message] = []
    if isinstance(entry, _core.Message):
        before = _messages_before(entry, args, keywords)
    elif isinstance(entry, _core.BoundSlot):
        entry = entry.of(*args, **keywords)
    else:
        raise ConfigurationError(
            f"call() takes a slot, as call(routine.slot, field=...), or its message, as "
            f"call(routine.slot.of(field=...)); found {entry!r}"
        )
    stage = _Stage(entry.routine)
    try:
        stage.run_all(before)
        return stage.run_one(entry)
    finally:
        stage.end()


def _messages_before(entry: Message, args: tuple[Any, ...], keywords: dict[str, Any]) -> list[Any]:
    before = list(keywords.pop("after", ()))
    if args or keywords:
        raise ConfigurationError(
            f"call(): a message brings its own fields, and the only option is after=[...]; found "
            f"{', '.join([*map(repr, args), *keywords])}"
        )
    for message in before:
        if not isinstance(message, _core.Message) or message.routine is not entry.routine:
            raise ConfigurationError(
                f"call(after=...) takes messages to the same routine; found {message!r}"
            )
    return before


class _Listener(Routine):
    """Hears all that is emitted; nobody looks at what it has handled."""

    @_core.slot
    def hear(self, record: Payload) -> None: ...


class _Stage:
    """A job of one routine, beside one that hears what it emits."""

    def __init__(self, routine: Routine) -> None:
        flow = Flow("call")
        try:
            self._name = routine.name
        except StateError:  # it is in no flow
            self._name = type(routine).__name__.lower()
        self._listener = f"{self._name}_listener"
        flow.add(routine, self._name)
        flow.add(_Listener(), self._listener)
        self._drawn: dict[str, Any] = flow.drawing.to_plain()["routines"][self._name]
        for event in self._drawn["events"]:
            flow.connect(f"{self._name}.{event}", self._listener)
        self._job = flow.start(executor="sequential", keep_alive=True)

    def run_all(self, messages: list[Message]) -> None:
        """Run what comes before, to its end."""
        for message in messages:
            self._job.send(message)
            while self._job.step():
                self._check()

    def run_one(self, message: Message) -> Called:
        """Run one handler, and nothing behind it."""
        if self._drawn["slots"][message.slot].get("when") == "drained":
            self._job.finish()
        else:
            self._job.send(message)
        before = self._state()
        while self._job.step():
            self._check()
            after = self._job.snapshot()
            record = after.history[-1]
            if (record.routine, record.slot) == (self._name, message.slot):
                break
            before = self._state()
        emissions = [
            ((delivery.fed_by or "").rpartition(".")[2], delivery.payload)
            for delivery in self._job.queued
            if delivery.routine == self._listener
        ]
        changes = {
            name: value
            for name, value in self._state().items()
            if name not in before or _is_another(before[name], value)
        }
        return emissions, changes

    def end(self) -> None:
        """Leave no job behind."""
        if not self._job.done:
            self._job.cancel()

    def _state(self) -> dict[str, Any]:
        return self._job.snapshot()[self._name].to_dict()

    def _check(self) -> None:
        """Raise where the last handler failed, whatever its policy made of that."""
        if self._job.error is not None:
            raise self._job.error
        record = self._job.snapshot().history[-1]
        if record.error is not None:
            raise SlotHandlerError(
                f"routine '{record.routine}', slot '{record.slot}': {record.error}", self._job
            )


def _is_another(old: Any, new: Any) -> bool:
    if old is new:
        return False
    try:
        return type(old) is not type(new) or bool(old != new)
    except ValueError:  # arrays: equal ones are the same object
        return True
