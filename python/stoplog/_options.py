"""Keywords that are fields, and keywords that are options: a new option never steals a field."""

from __future__ import annotations

from stoplog import _core
from stoplog.errors import ConfigurationError, TypeMismatchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from stoplog.flow import Flow

__all__ = ["deadline_nanoseconds", "split_options"]


def split_options(
    flow: Flow, slot: object, keywords: Mapping[str, Any], names: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part keywords into (options, fields) for an entry at `slot`.

    Parameters
    ----------
    flow : Flow
        Whose slot it is.
    slot : str, BoundSlot, Routine or Message
        The entry; a Message brings its fields along, so that all keywords are options.
    keywords : mapping
        As the user wrote them.
    names : sequence of str
        The options there are.

    Raises
    ------
    ConfigurationError
        If a keyword is an option, and the slot would take it as a field too.
    """
    options = {name: value for name, value in keywords.items() if name in names}
    fields = {name: value for name, value in keywords.items() if name not in names}
    if isinstance(slot, (str, _core.BoundSlot, _core.Routine)):
        for name in options:
            if flow._core.takes_field(slot, name):
                where = slot if isinstance(slot, str) else slot.name
                raise ConfigurationError(
                    f"{name!r} is an option here, and slot '{where}' takes a field of that name: "
                    f"say which by slot.of({name}=...), or give the fields as a mapping"
                )
        if options and isinstance(slot, _core.BoundSlot):
            raise TypeMismatchError(
                f"slot '{slot.name}': no field {next(iter(options))!r}; with a slot all keywords "
                f"are fields: options need its of(...) or its name"
            )
    return options, fields


def deadline_nanoseconds(deadline: object, flow_name: str) -> int:
    """Return a moment in nanoseconds since 1970, or 0 for none.

    Parameters
    ----------
    deadline : datetime, timedelta or None
        A timedelta counts from now; a datetime without a zone is local time.
    flow_name : str
        For messages.

    Raises
    ------
    ConfigurationError
        If it is something else, or lies outside the years 1970 to 2262.
    """
    if deadline is None:
        return 0
    from datetime import datetime, timedelta, timezone

    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    microsecond = timedelta(microseconds=1)
    if isinstance(deadline, timedelta):
        moment = _core.now() + deadline // microsecond * 1000
    elif isinstance(deadline, datetime):
        moment = (deadline.astimezone(timezone.utc) - epoch) // microsecond * 1000
    else:
        raise ConfigurationError(
            f"flow '{flow_name}': deadline must be a datetime or a timedelta; found {deadline!r}"
        )
    if not 0 < moment < 2**63:
        raise ConfigurationError(
            f"flow '{flow_name}': deadline must lie in the years 1970 to 2262; found {deadline!r}"
        )
    return moment
