"""What differs between two job states."""

from __future__ import annotations

from stoplog import _core
from stoplog.retention import Retention

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any, Final, TypeAlias

    from stoplog.job_state import JobState
    from stoplog.records import Delivery, Record

    Change: TypeAlias = tuple[str, Any, Any]

__all__ = ["ABSENT", "StateDiff", "compare_states"]


class _Absent:
    """There is no such thing on this side."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
_IDENTITY = ("id", "parent_id", "flow_name", "flow_version", "fingerprint", "created_at")
_COUNTS = ("error", "awaited", "failed_deliveries")


class StateDiff:
    """What differs between two job states, as data and as text.

    Falsy when they are equal. Iterating gives ``(path, before, after)`` for each difference, where
    `before` or `after` may be `StateDiff.ABSENT`; ``str()`` gives a line for each.

    Paths are those of error messages: ``count.totals['to']`` in declared state; ``queued
    load.input: extract#3`` for the delivery to it that `extract` emitted as its third; ``awaited``,
    ``sent``, ``ready`` and others for the rest of a state. Of the history its length is told; where
    that is the same, the first record that is another.

    Not listed, though ``==`` looks at it: when a state was taken, when an attempt began, how long
    it took; and a delivery whose handler was running.

    Examples
    --------
    >>> import stoplog as sl
    >>> class Count(sl.Routine):
    ...     totals = sl.State(dict)
    ...     @sl.slot
    ...     def word(self, text: str) -> None:
    ...         self.totals[text] = self.totals.get(text, 0) + 1
    >>> flow = sl.Flow("wordcount")
    >>> count = flow.add(Count(), "count")
    >>> state = flow.run(count.word.of(text="to"))
    >>> print(state.diff(state.edit("count", totals={"to": 2, "be": 1})))
    count.totals['to']: 1 -> 2
    count.totals['be']: added 1
    """

    __slots__ = ("_changes",)
    ABSENT: Final = ABSENT

    def __init__(self, changes: Iterable[Change]) -> None:
        self._changes = tuple(changes)

    def __bool__(self) -> bool:
        return bool(self._changes)

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self._changes)

    def __str__(self) -> str:
        return "\n".join(map(_line, self._changes)) or "nothing differs"

    def __repr__(self) -> str:
        return f"<StateDiff: {len(self._changes)} differences>"


def _line(change: Change) -> str:
    path, before, after = change
    if before is ABSENT:
        return f"{path}: added {after!r}"
    if after is ABSENT:
        return f"{path}: removed {before!r}"
    return f"{path}: {before!r} -> {after!r}"


def compare_states(before: JobState, after: JobState) -> StateDiff:
    """Return what differs, in an order that does not depend on the states."""
    return StateDiff(_changes(before, after))


def _changes(before: JobState, after: JobState) -> Iterator[Change]:
    for name in _IDENTITY:
        yield from _other(name, getattr(before, name), getattr(after, name))
    yield from _other("status", before.status, after.status)
    for name in _COUNTS:
        yield from _other(name, getattr(before, name), getattr(after, name))
    yield from _named("", _standing(before), _standing(after), str)
    yield from _named("", _declared(before), _declared(after), str)
    yield from _deliveries(before, after)
    yield from _history(before, after)


def _other(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before != after:
        yield path, before, after


def _standing(state: JobState) -> dict[str, Any]:
    standing = state._core.standing()
    retention = Retention._of(standing.pop("retention"))
    standing |= {f"retention.{name}": value for name, value in retention._all.items()}
    return standing


# ---- values


def _declared(state: JobState) -> dict[str, Any]:
    """All declared state, under ``routine.field``; its values as they are kept."""
    return {
        f"{routine}.{field}": value
        for i, routine in enumerate(state)
        for field, value in state._core.fields(i).items()
    }


def _values(path: str, before: Any, after: Any) -> Iterator[Change]:
    """Compare two kept values: dicts key by key, lists by place, sets by member."""
    if before is after or _core.same_value(before, after):
        return
    kind = type(before)
    if kind is type(after) and kind in {dict, list, tuple, set, frozenset}:
        if kind is dict:
            yield from _named(path, before, after, lambda key: f"[{key!r}]")
        elif kind in {list, tuple}:
            yield from _places(path, before, after)
        else:
            yield from _members(path, before, after)
    else:
        yield path, _core.copy_value(before), _core.copy_value(after)


def _named(
    path: str, before: Mapping[Any, Any], after: Mapping[Any, Any], step: Callable[[Any], str]
) -> Iterator[Change]:
    for name, value in before.items():
        if name in after:
            yield from _values(path + step(name), value, after[name])
        else:
            yield path + step(name), _core.copy_value(value), ABSENT
    for name, value in after.items():
        if name not in before:
            yield path + step(name), ABSENT, _core.copy_value(value)


def _places(path: str, before: Any, after: Any) -> Iterator[Change]:
    """Place by place; what both begin and end with is passed over where the lengths differ."""
    first, end = 0, 0
    if len(before) != len(after):
        most = min(len(before), len(after))
        while first < most and _core.same_value(before[first], after[first]):
            first += 1
        while end < most - first and _core.same_value(before[-1 - end], after[-1 - end]):
            end += 1
    old, new = before[first : len(before) - end], after[first : len(after) - end]
    for i in range(max(len(old), len(new))):
        at = f"{path}[{first + i}]"
        if i >= len(old):
            yield at, ABSENT, _core.copy_value(new[i])
        elif i >= len(new):
            yield at, _core.copy_value(old[i]), ABSENT
        else:
            yield from _values(at, old[i], new[i])


def _members(path: str, before: Any, after: Any) -> Iterator[Change]:
    for member in sorted(before - after, key=repr):
        yield f"{path}{{{member!r}}}", member, ABSENT
    for member in sorted(after - before, key=repr):
        yield f"{path}{{{member!r}}}", ABSENT, member


# ---- deliveries and records


def _queue(state: JobState) -> dict[str, Delivery]:
    queue: dict[str, Delivery] = {}
    for one in state.queued:
        by = f"{one.id.routine}#{one.id.number}" if one.id.routine else f"send #{one.id.number}"
        queue[f"queued {one.routine}.{one.slot}: {by}"] = one
    return queue


def _deliveries(before: JobState, after: JobState) -> Iterator[Change]:
    old, new = _queue(before), _queue(after)
    for path, one in old.items():
        other = new.get(path)
        if other is None:
            yield path, one.payload, ABSENT
            continue
        yield from _values(f"{path}: payload", one.payload._fields, other.payload._fields)
        yield from _other(f"{path}: attempt", one.attempt, other.attempt)
    for path, one in new.items():
        if path not in old:
            yield path, ABSENT, one.payload
    both = [path for path in old if path in new]
    again = [path for path in new if path in old]
    yield from _other("order of what is queued", both, again)


def _history(before: JobState, after: JobState) -> Iterator[Change]:
    old, new = before.history, after.history
    if len(old) != len(new):
        yield "history length", len(old), len(new)
        return
    for i, (one, other) in enumerate(zip(old, new, strict=True)):
        if one is not other and not _is_same_record(one, other):
            yield f"history[{i}]", one, other
            return


def _is_same_record(one: Record, other: Record) -> bool:
    kept = [record.payload and record.payload._fields for record in (one, other)]
    rest = [
        (r.delivery, r.routine, r.slot, r.outcome, r.attempt, r.error, r.fed_by)
        for r in (one, other)
    ]
    return rest[0] == rest[1] and bool(_core.same_value(*kept))
