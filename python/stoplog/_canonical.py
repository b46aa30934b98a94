"""The canonical text of a drawing: the one that the core writes, whoever wrote the drawing."""

from __future__ import annotations

import json

from stoplog.errors import SerializationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["canonical_text"]

_NAMES = ("connections", "flow", "routines", "version")


def canonical_text(text: str) -> str:
    """Return a drawing as the core would write it.

    Parameters
    ----------
    text : str
        JSON.

    Raises
    ------
    SerializationError
        If it is no JSON, or no drawing; the message says where.
    """
    try:
        drawing = json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise SerializationError(f"the drawing is no JSON: {error}") from error
    _check_keys("the drawing", drawing, _NAMES)
    for name in ("flow", "version"):
        _check_kind(name, drawing[name], str)
    _check_kind("routines", drawing["routines"], dict)
    for name, routine in drawing["routines"].items():
        _check_routine(f"routine '{name}'", routine)
    _check_kind("connections", drawing["connections"], list)
    for row in drawing["connections"]:
        _check_connection(row, drawing["routines"])
    connections = ",".join(sorted(map(_render, drawing.pop("connections"))))
    canonical = f'{{"connections":[{connections}],{_render(drawing)[1:]}'
    try:
        canonical.encode()
    except UnicodeEncodeError as error:
        raise SerializationError(f"this is no drawing: {error}") from error
    return canonical


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"{name!r} is said twice")
        made[name] = value
    return made


def _refuse(where: str, found: object, wanted: str) -> SerializationError:
    return SerializationError(f"this is no drawing: {where} must be {wanted}; found {found!r}")


def _check_kind(where: str, found: object, kind: type) -> None:
    if not isinstance(found, kind):
        raise _refuse(where, found, f"a {'JSON object' if kind is dict else kind.__name__}")


def _check_keys(where: str, found: Any, names: tuple[str, ...]) -> None:
    _check_kind(where, found, dict)
    for name in names:
        if name not in found:
            raise SerializationError(f"this is no drawing: {where} has no {name!r}")
    for name in found:
        if name not in names:
            raise SerializationError(f"this is no drawing: {where} has a {name!r}")


def _check_routine(where: str, routine: Any) -> None:
    _check_keys(where, routine, ("events", "slots", "state"))
    for kind in ("events", "slots"):
        _check_kind(f"{where}: {kind}", routine[kind], dict)
        for name, part in routine[kind].items():
            there = f"{where}: {kind[:-1]} '{name}'"
            _check_kind(there, part, dict)
            is_drained = kind == "slots" and part.get("when") == "drained"
            _check_keys(there, part, ("any", "fields", *(("when",) if is_drained else ())))
            _check_kind(f"{there}: any", part["any"], bool)
            _check_kind(f"{there}: fields", part["fields"], dict)
            for field, is_required in part["fields"].items():
                _check_kind(f"{there}: field '{field}'", is_required, bool)
    _check_kind(f"{where}: state", routine["state"], dict)
    for name, kind in routine["state"].items():
        _check_kind(f"{where}: state '{name}'", kind, str)


def _check_connection(row: Any, routines: dict[str, Any]) -> None:
    is_row = isinstance(row, list) and len(row) in {3, 4} and isinstance(row[2], dict)
    turns = row[3] if is_row and len(row) == 4 else []
    is_row = is_row and isinstance(turns, list) and len(turns) != 1
    names = (*row[:2], *row[2].values(), *turns) if is_row else (None,)
    if not all(isinstance(name, str) for name in names) or (turns and row[1] not in turns):
        raise _refuse(
            "a connection",
            row,
            "['routine.event', 'routine.slot', {old: new}], and the slots that take turns, if any",
        )
    row[3:] = [sorted(turns)] if turns else []
    for path, kind in ((row[0], "events"), *((slot, "slots") for slot in (row[1], *turns))):
        routine, _, part = path.partition(".")
        if part not in routines.get(routine, {kind: ()})[kind]:
            raise SerializationError(
                f"this is no drawing: connection {row[0]} -> {row[1]}: it has no "
                f"{kind[:-1]} '{path}'"
            )


def _render(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return f"[{','.join(map(_render, value))}]"
    parts = [f"{_quoted(name)}:{_render(part)}" for name, part in value.items()]
    return f"{{{','.join(sorted(parts))}}}"


def _quoted(text: str) -> str:
    shown = text.replace("\\", "\\\\").replace('"', '\\"')
    escaped = "".join(c if c >= " " else rf"\u{ord(c):04x}" for c in shown)
    return f'"{escaped}"'
