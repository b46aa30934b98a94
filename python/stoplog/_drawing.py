"""A flow as data, and what differs between the one a job was saved with and the one of today."""

from __future__ import annotations

from stoplog import _core
from stoplog.errors import SerializationError, TypeMismatchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

__all__ = ["Difference", "Drawing", "compare"]


class Drawing:
    """The canonical picture of a flow: routines, slots, events, state, connections.

    Attributes
    ----------
    fingerprint : str
        Sixteen hexadecimal digits; the same for the same flow, in whatever order it was drawn.
    """

    __slots__ = ("_text", "fingerprint")
    fingerprint: str

    def __init__(self, text: str, fingerprint: str) -> None:
        self._text = text
        self.fingerprint = fingerprint

    def to_json(self) -> str:
        """Return the picture as JSON, keys sorted, no spaces."""
        return self._text

    @classmethod
    def from_json(cls, text: str) -> Drawing:
        """Return the picture that is written there, however it is laid out.

        Parameters
        ----------
        text : str
            As `to_json` gives it; keys, connections and spaces may stand in any order.

        Raises
        ------
        SerializationError
            If it is no drawing; the message says where.

        Examples
        --------
        >>> import stoplog as sl
        >>> drawing = sl.Flow("empty").drawing
        >>> sl.Drawing.from_json(drawing.to_json()) == drawing
        True
        """
        if not isinstance(text, str):
            raise TypeMismatchError(f"from_json() takes a str; found {type(text).__name__}")
        from stoplog._canonical import canonical_text  # rarely needed: import time

        canonical = canonical_text(text)
        return cls(canonical, _core.fingerprint_of(canonical))

    def to_plain(self) -> dict[str, Any]:
        """Return the picture as plain dicts, lists and values."""
        return _parse(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Drawing):
            return NotImplemented
        return self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return f"<drawing {self.fingerprint}>"


class Difference:
    """What differs between a saved job and a flow.

    Falsy when nothing that matters differs; iterating gives one line for each difference that
    matters; ``notes`` has those that never block a resume. Prints as a readable list.
    """

    __slots__ = ("_lines", "notes")
    notes: tuple[str, ...]

    def __init__(self, lines: Sequence[str], notes: Sequence[str] = ()) -> None:
        self._lines = tuple(lines)
        self.notes = tuple(notes)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def __str__(self) -> str:
        if not self._lines:
            return "nothing that matters differs"
        return "\n".join(f"- {line}" for line in self._lines)

    def __repr__(self) -> str:
        return f"<difference: {len(self._lines)} that matter, {len(self.notes)} that do not>"


def _parse(text: str) -> dict[str, Any]:
    import json

    try:
        drawing = json.loads(text)
        for name, kinds in (("flow", str), ("version", str), ("routines", dict)):
            if not isinstance(drawing[name], kinds):
                raise TypeError(name)
        for routine in drawing["routines"].values():
            for part in ("slots", "events", "state"):
                if not isinstance(routine[part], dict):
                    raise TypeError(part)
        for source, target, rename, *turns in drawing["connections"]:
            names = [source, target, *rename.keys(), *rename.values(), *(turns[0] if turns else ())]
            if not all(isinstance(name, str) for name in names):
                raise TypeError("connections")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SerializationError(f"the state's drawing cannot be read: {error!r}") from error
    else:
        return dict(drawing)


def _line(row: Sequence[Any]) -> str:
    source, target, rename, *turns = row
    said = [f"{old} as {new}" for old, new in sorted(dict(rename).items())]
    if turns:
        said.append(f"in turn with {', '.join(name for name in turns[0] if name != target)}")
    return f"{source} -> {target}" + (f" ({', '.join(said)})" if said else "")


def _parts(
    routine: str, kind: str, saved: dict[str, Any], today: dict[str, Any], heard: set[str]
) -> Iterator[tuple[bool, str]]:
    """Yield (matters, line) for the slots, events or state fields of one routine."""
    for name in saved.keys() - today.keys():
        yield True, f"{kind} '{routine}.{name}' was removed"
    for name in today.keys() - saved.keys():
        matters = kind == "state field" or f"{routine}.{name}" in heard
        yield matters, f"{kind} '{routine}.{name}' was added"
    for name in saved.keys() & today.keys():
        if saved[name] != today[name]:
            line = f"{kind} '{routine}.{name}' was retyped: "
            yield True, line + f"{_shown(saved[name])} became {_shown(today[name])}"


def _shown(part: Any) -> str:
    if not isinstance(part, dict):
        return str(part)
    fields = part.get("fields")
    names = [
        name if required else f"{name}=..."
        for name, required in (fields.items() if isinstance(fields, dict) else ())
    ]
    if part.get("any"):
        names.append("**")
    drained = " when drained" if part.get("when") == "drained" else ""
    return f"({', '.join(names)}){drained}"


def compare(
    saved_text: str, today_text: str, orphans: Sequence[str], unused: Sequence[str]
) -> Difference:
    """Compare the drawing of a saved job with today's.

    Parameters
    ----------
    saved_text, today_text : str
        Drawings as JSON.
    orphans : sequence of str
        Lines that name queued deliveries without a place.
    unused : sequence of str
        Routines of the saved flow that the job never used.
    """
    saved, today = _parse(saved_text), _parse(today_text)
    lines: list[str] = []
    notes: list[str] = []
    if saved["flow"] != today["flow"]:
        lines.append(f"the flow was named {saved['flow']!r}, it is {today['flow']!r}")
    if saved["version"] != today["version"]:
        lines.append(f"the flow was of version {saved['version']!r}, it is {today['version']!r}")
    before = {_line(row) for row in saved["connections"]}
    after = {_line(row) for row in today["connections"]}
    heard = {end for row in today["connections"] for end in row[:2]}
    connected = {end.partition(".")[0] for end in heard}
    for name in sorted(saved["routines"].keys() - today["routines"].keys()):
        was_apart = name in unused and not any(
            end.partition(".")[0] == name for row in saved["connections"] for end in row[:2]
        )
        (notes if was_apart else lines).append(f"routine '{name}' was removed")
    for name in sorted(today["routines"].keys() - saved["routines"].keys()):
        (lines if name in connected else notes).append(f"routine '{name}' was added")
    for name in sorted(saved["routines"].keys() & today["routines"].keys()):
        for key, kind in (("slots", "slot"), ("events", "event"), ("state", "state field")):
            then, now = saved["routines"][name][key], today["routines"][name][key]
            for matters, line in sorted(_parts(name, kind, then, now, heard), key=lambda p: p[1]):
                (lines if matters else notes).append(line)
    lines += [f"connection {line} was removed" for line in sorted(before - after)]
    lines += [f"connection {line} was added" for line in sorted(after - before)]
    lines += orphans
    return Difference(lines, notes)
