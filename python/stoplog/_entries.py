"""What a job begins with, and what it is sent: a slot and its fields, however they are spelt."""

from __future__ import annotations

from collections.abc import Mapping

from stoplog import _core
from stoplog._naming import choices
from stoplog._options import split_options
from stoplog.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from stoplog.flow import Flow

__all__ = ["entries_of", "entry_of"]


def entry_of(
    flow: Flow, slot: object, payload: Mapping[str, Any] | None, fields: Mapping[str, Any]
) -> Any:
    """Return what the core takes for one entry: a Message, or (slot, fields).

    Parameters
    ----------
    flow : Flow
        For messages.
    slot : Message, BoundSlot, Routine or str
        Where to.
    payload, fields : mapping
        The fields; one of the two.

    Raises
    ------
    ConfigurationError
        If the fields are given twice, or as something else than a mapping.
    """
    if isinstance(slot, _core.Message):
        if payload is not None or fields:
            raise ConfigurationError(
                f"flow '{flow.name}': a message brings its own fields; found more of them: "
                f"{', '.join(fields) or repr(payload)}"
            )
        return slot
    if payload is not None and not isinstance(payload, Mapping):
        raise ConfigurationError(
            f"flow '{flow.name}': the payload must be a mapping of fields; found {payload!r}"
        )
    if payload is not None and fields:
        raise ConfigurationError(
            f"flow '{flow.name}': give the fields as a mapping or as keywords, not both; "
            f"unknown keywords: {', '.join(fields)}"
        )
    return slot, dict(fields if payload is None else payload)


def entries_of(
    flow: Flow, entries: tuple[Any, ...], keywords: Mapping[str, Any], names: Sequence[str]
) -> tuple[list[Any], dict[str, Any]]:
    """Part what `Flow.run` or `Flow.start` was given into (entries, options).

    Parameters
    ----------
    flow : Flow
        Whose slots they are.
    entries : tuple
        One slot, its name (or its routine) and perhaps a mapping, or messages.
    keywords : mapping
        Fields and options, as the user wrote them.
    names : sequence of str
        The options there are.

    Raises
    ------
    ConfigurationError
        If they are something else; or a keyword could be an option or a field.
    """
    first = entries[0] if entries else None
    if isinstance(first, _core.BoundSlot):
        _options, fields = split_options(flow, first, keywords, names)
        return [first.of(*entries[1:], **fields)], {}
    if isinstance(first, (str, _core.Routine)):
        if len(entries) > 2:
            raise ConfigurationError(
                f"flow '{flow.name}': an entry by name takes one mapping of fields; several "
                f"entries are messages: routine.slot.of(...)"
            )
        payload = entries[1] if len(entries) == 2 else None
        if payload is not None:
            options = {n: v for n, v in keywords.items() if n in names}
            fields = {n: v for n, v in keywords.items() if n not in names}
        else:
            options, fields = split_options(flow, first, keywords, names)
        return [entry_of(flow, first, payload, fields)], options
    unknown = [name for name in keywords if name not in names]
    if unknown:
        raise ConfigurationError(
            f"flow '{flow.name}': unknown option {unknown[0]!r}; the options are "
            f"{choices(unknown[0], names)}"
        )
    for entry in entries:
        if not isinstance(entry, _core.Message):
            raise ConfigurationError(
                f"flow '{flow.name}': an entry is a slot, its name 'routine.slot', or "
                f"routine.slot.of(...); found {entry!r}"
            )
    return list(entries), dict(keywords)
