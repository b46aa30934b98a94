"""Types of a user's own that can be stored: by a name and a version, never by where they are."""

from __future__ import annotations

from stoplog import _core
from stoplog.errors import ConfigurationError, TypeMismatchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["register_codec", "storable"]

# As the extension numbers them.
_ENUM, _FLAG, _DATACLASS, _CODEC = range(4)
_MOST_VERSIONS = 2**32 - 1
_LONGEST_NAME = 200
_PATHS = ["Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"]
_STORED_ANYWAY = {
    "builtins": [
        *("NoneType", "bool", "int", "float", "complex", "str", "bytes", "bytearray"),
        *("list", "tuple", "dict", "set", "frozenset", "range"),
    ],
    "datetime": ["date", "datetime", "time", "timedelta", "timezone"],
    "zoneinfo": ["ZoneInfo"],
    "decimal": ["Decimal"],
    "fractions": ["Fraction"],
    "uuid": ["UUID"],
    "pathlib": _PATHS,
    "stoplog": ["Stored", "StateDict"],
}


def storable(name: str, *, version: int = 1, replace: bool = False) -> Callable[[type[T]], type[T]]:
    """Let values of an enum or a frozen dataclass be stored, under a name of their own.

    Stored are the name, the version, and of an enum the member's name, of a dataclass its fields.
    They are made again without a call of ``__init__`` or ``__post_init__``. The class may move to
    another module, be renamed, or come from a notebook cell.

    Parameters
    ----------
    name : str
        What the class is called in files; never reused for something else.
    version : int
        From 1 on; a class whose fields have changed takes another one. A file with another version
        is refused, unless a codec of that name reads it (`register_codec`).
    replace : bool
        Take over a name or class that is registered already: for a notebook cell that runs again.

    Returns
    -------
    callable
        A class decorator that returns the class as it is.

    Raises
    ------
    ConfigurationError
        If the class is neither an enum nor a frozen dataclass, or the name or class is taken.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @storable("docs.point")
    ... @dataclass(frozen=True)
    ... class Point:
    ...     x: int
    ...     y: int
    """
    _check(name, version, replace)

    def register(cls: type[T]) -> type[T]:
        kind, parts = _parts_of(cls, name)
        _core.register_type(kind, name, version, cls, parts, None, None, replace)
        return cls

    return register


def register_codec(  # noqa: PLR0913 - all but two are given by name
    name: str,
    type: type[T],
    *,
    encode: Callable[[T], Any],
    decode: Callable[[Any, int], T],
    version: int = 1,
    replace: bool = False,
) -> None:
    """Let values of a type be stored, as what `encode` makes of them, under a name of their own.

    A value is encoded when it is emitted or put into declared state, and made anew for whoever
    looks: nobody can change what travels or is kept. Subclasses need codecs of their own.

    Parameters
    ----------
    name : str
        What the type is called in files; never reused for something else.
    type : type
        Values of exactly this type.
    encode : callable
        Takes a value, returns what can be stored: plain values, also such with other codecs.
    decode : callable
        Takes what `encode` returned and the version that it was stored in; returns the value.
    version : int
        From 1 on; `decode` is given all versions up to this one.
    replace : bool
        Take over a name or type that is registered already: for a notebook cell that runs again.

    Raises
    ------
    ConfigurationError
        If the name or type is taken, or values of the type are stored without a codec.

    Examples
    --------
    >>> class Money:
    ...     def __init__(self, cents: int) -> None:
    ...         self.cents = cents
    >>> def make_money(cents: int, version: int) -> Money:
    ...     return Money(cents)
    >>> register_codec("docs.money", Money, encode=lambda m: m.cents, decode=make_money)
    """
    _check(name, version, replace)
    if not _is_class(type):
        raise TypeMismatchError(f"register_codec() takes a class; found {type!r}")
    for function in (encode, decode):
        if not callable(function):
            raise TypeMismatchError(f"a codec's encode and decode are called; found {function!r}")
    if _is_stored_anyway(type):
        raise ConfigurationError(f"{type!r} is stored without a codec")
    _core.register_type(_CODEC, name, version, type, None, encode, decode, replace)


def _is_class(found: object) -> bool:
    return isinstance(found, type)


def _is_stored_anyway(cls: type) -> bool:
    module = cls.__module__.partition(".")[0]
    if module == "numpy":
        is_scalar = any(base.__name__ == "generic" for base in cls.__mro__)
        return cls.__name__ == "ndarray" or (is_scalar and cls.__name__ != "record")
    return cls.__qualname__ in _STORED_ANYWAY.get(module, ())


def _check(name: str, version: int, replace: bool) -> None:
    if not isinstance(name, str):
        raise TypeMismatchError(f"a type is stored under a name; found {name!r}")
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise ConfigurationError(
            f"a stored type's name has 1 to {_LONGEST_NAME} printable characters; found {name!r}"
        )
    if not isinstance(version, int) or isinstance(version, bool):
        raise TypeMismatchError(f"'{name}': a version is a whole number; found {version!r}")
    if not 0 < version <= _MOST_VERSIONS:
        raise ConfigurationError(
            f"'{name}': a version is a number from 1 to {_MOST_VERSIONS}; found {version}"
        )
    if not isinstance(replace, bool):
        raise TypeMismatchError(f"'{name}': replace is True or False; found {replace!r}")


def _parts_of(cls: Any, name: str) -> tuple[int, object]:
    """Return what kind of class it is, and its members by name or the names of its fields."""
    import dataclasses
    import enum

    if not _is_class(cls):
        raise TypeMismatchError(f"storable('{name}') decorates a class; found {cls!r}")
    if issubclass(cls, enum.Enum):
        return _FLAG if issubclass(cls, enum.Flag) else _ENUM, dict(cls.__members__)
    if "__dataclass_fields__" not in vars(cls):
        raise ConfigurationError(
            f"storable('{name}'): {cls!r} is neither an enum nor a dataclass; "
            f"stoplog.register_codec stores any type"
        )
    if not vars(cls)["__dataclass_params__"].frozen:
        raise ConfigurationError(
            f"storable('{name}'): {cls!r} can change; use @dataclass(frozen=True)"
        )
    try:
        object.__new__(cls)
    except TypeError as error:
        raise ConfigurationError(
            f"storable('{name}'): {cls!r} is not made of its fields alone: {error}"
        ) from None
    return _DATACLASS, tuple(field.name for field in dataclasses.fields(cls))
