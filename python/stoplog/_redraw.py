"""A flow made anew of its drawing, with routines that somebody brings."""

from __future__ import annotations

from collections.abc import Mapping

from stoplog._drawing import Drawing, compare
from stoplog._naming import choices
from stoplog.connection import one_of
from stoplog.errors import ConfigurationError, DefinitionMismatchError, NotFoundError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from stoplog._board import Board
    from stoplog.routine import Routine

__all__ = ["draw_again", "drawing_of"]


def drawing_of(given: object) -> Drawing:
    """Return a drawing that is given as one, or as its JSON.

    Raises
    ------
    ConfigurationError
        If it is something else.
    SerializationError
        If the JSON is no drawing.
    """
    drawing = Drawing.from_json(given) if isinstance(given, str) else given
    if not isinstance(drawing, Drawing):
        raise ConfigurationError(f"from_drawing() takes a Drawing, or its JSON; found {drawing!r}")
    return drawing


def draw_again(flow: Board, drawing: Drawing, routines: Mapping[str, Routine]) -> None:
    """Add routines to an empty flow and join them as the drawing does.

    Parameters
    ----------
    flow : Board
        Of the drawing's name and version.
    drawing : Drawing
        What it is to become.
    routines : mapping
        An instance for each name in the drawing.

    Raises
    ------
    ConfigurationError
        If one is missing or too many.
    DefinitionMismatchError
        If they differ from the drawing in something that matters.
    """
    data = drawing.to_plain()
    _check_names(flow, data["routines"], routines)
    for name, routine in routines.items():
        flow.add(routine, name)
    for row in data["connections"]:
        if len(row) == 3 or row[1] == row[3][0]:  # of those that take turns, once
            _connect(flow, row)
    difference = compare(drawing.to_json(), flow.drawing.to_json(), (), ())
    if difference:
        raise DefinitionMismatchError(
            f"flow '{flow.name}': the routines are not those of the drawing:\n{difference}"
        )


def _connect(flow: Board, row: Sequence[Any]) -> None:
    source, target, rename, *turns = row
    try:
        flow.connect(source, one_of(*turns[0]) if turns else target, rename=rename)
    except (ConfigurationError, NotFoundError):
        return  # the comparison tells of it, with all else that differs


def _check_names(flow: Board, drawn: Collection[str], routines: Mapping[str, Routine]) -> None:
    if not isinstance(routines, Mapping):
        raise ConfigurationError(
            f"flow '{flow.name}': from_drawing() takes routines by their names, as "
            f"{{'name': Routine()}}; found {routines!r}"
        )
    missing = [name for name in drawn if name not in routines]
    if missing:
        raise ConfigurationError(
            f"flow '{flow.name}': the drawing has routines that were not given: "
            f"{', '.join(map(repr, missing))}"
        )
    for name in routines:
        if name not in drawn:
            raise ConfigurationError(
                f"flow '{flow.name}': the drawing has no routine {name!r}; its routines are "
                f"{choices(name, drawn)}"
            )
