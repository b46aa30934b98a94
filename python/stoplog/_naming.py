"""Names in messages: what there is, and what was probably meant."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["choices"]


def choices(wrong: object, names: Iterable[str]) -> str:
    """Return ``'a', 'b' (did you mean 'a'?)`` for the end of a message.

    Parameters
    ----------
    wrong : object
        What was found.
    names : iterable of str
        What there is.
    """
    known = list(names)
    listed = ", ".join(repr(name) for name in known) or "none"
    if isinstance(wrong, str):
        import difflib

        near = difflib.get_close_matches(wrong, known, 1)
        if near:
            return f"{listed} (did you mean {near[0]!r}?)"
    return listed
