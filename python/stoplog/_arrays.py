"""What numpy is asked about its arrays and scalars; the extension calls it, nobody else.

A dtype is described in plain values that any version of numpy reads: the text of a simple one, a
tuple for one of fields or of a shape. What numpy would not make again exactly is not taken.
"""

from __future__ import annotations

import importlib
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "can_import",
    "describe_array",
    "describe_scalar",
    "kind_of",
    "make_array",
    "make_scalar",
    "unwritable",
]

NONE, ARRAY, SCALAR, RECORD = range(4)
_SIMPLE = re.compile(
    r"[<>|](?:[biufcSUV][0-9]{1,10}|[mM]8(?:\[[0-9]{0,10}[a-zA-Z]{1,7}\])?|[lLqQ])"
)
_TEXTS: dict[str, Any] = {"str_": str, "bytes_": bytes}
# Elements without a size take no byte of a file, so their number is not bounded by it.
_MOST_SIZELESS = 1 << 20


def can_import(_: object) -> bool:
    """Tell whether numpy is here, importing it where it is."""
    try:
        _numpy()
    except ImportError:
        return False
    return True


def _numpy() -> Any:
    # Not a plain import: type checkers need no numpy then.
    return importlib.import_module("numpy")


def kind_of(value: Any) -> int:
    """Tell what a value is: one of the kinds that the extension knows by number."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return NONE
    kind = type(value)
    if kind is numpy.ndarray:
        is_sized = value.dtype.itemsize != 0 or value.size <= _MOST_SIZELESS
        return ARRAY if is_sized and _describe(value.dtype) is not None else NONE
    if not issubclass(kind, numpy.generic):
        return NONE
    dtype = value.dtype
    if dtype.type is not kind or (kind.__name__ not in _TEXTS and _describe(dtype) is None):
        return NONE
    return RECORD if kind is numpy.void else SCALAR


def unwritable(array: Any) -> Any:
    """Return the array itself where nobody can write it, else a view of a copy that nobody can."""
    kind = type(array)
    at = array
    while type(at) is kind and not at.flags.writeable:
        if type(at.base) is bytes or (at.base is None and at.flags.owndata):
            return array
        at = at.base
    copied = array.copy(order="K")
    copied.flags.writeable = False
    return copied.view()


# ---- in plain values


def describe_array(array: Any) -> tuple[Any, ...]:
    """Return dtype, shape, order of the bytes, and the bytes."""
    is_fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    order = "F" if is_fortran else "C"
    return _describe(array.dtype), array.shape, order, _bytes_of(array, order)


def describe_scalar(scalar: Any) -> tuple[Any, ...]:
    """Return dtype and bytes; of a text the text, since an array would cut its last zeros."""
    plain = _TEXTS.get(type(scalar).__name__)
    if plain is not None:
        return type(scalar).__name__, plain.__add__(scalar, plain())
    return _describe(scalar.dtype), _bytes_of(scalar, "C")


def _bytes_of(value: Any, order: str) -> bytes:
    """Return the bytes; what lies between fields is zero, whatever was there."""
    dtype = value.dtype
    if not _has_holes(dtype):
        return bytes(value.tobytes(order))
    source = value if order == "C" else value.T
    clean = _numpy().zeros(source.shape, dtype)
    _fill(clean, source)
    return bytes(clean.view(f"V{dtype.itemsize}").tobytes())


def _has_holes(dtype: Any) -> bool:
    if dtype.subdtype is not None:
        return _has_holes(dtype.subdtype[0])
    if dtype.names is None:
        return False
    inner = [dtype.fields[name][0] for name in dtype.names]
    return dtype.itemsize != sum(each.itemsize for each in inner) or any(map(_has_holes, inner))


def _fill(target: Any, source: Any) -> None:
    for name in target.dtype.names:
        part = target[name]
        if part.dtype.names is None:
            part[...] = source[name]
        else:
            _fill(part, source[name])


def make_array(described: Any) -> Any:
    """Return the array that `describe_array` described; nobody can write it."""
    dtype, shape, order, data = _parts(described, (object, tuple, str, bytes))
    made = _make_dtype(dtype)
    if order not in ("C", "F"):
        raise ValueError(f"the order {order!r} of an array's bytes is none")
    _check_size(made, shape, data)
    return _numpy().ndarray(shape, made, data, order=order)


def make_scalar(described: Any) -> Any:
    """Return the scalar that `describe_scalar` described."""
    numpy = _numpy()
    dtype, data = _parts(described, (object, object))
    plain = _TEXTS.get(dtype) if type(dtype) is str else None
    if plain is not None:
        if type(data) is not plain:
            raise ValueError(f"a {dtype} was stored as {type(data).__name__}")
        return getattr(numpy, dtype)(data)
    if type(data) is not bytes:
        raise ValueError(f"the bytes of a scalar were stored as {type(data).__name__}")
    made = _make_dtype(dtype)
    _check_size(made, (), data)
    scalar = numpy.ndarray((), made, data)[()]
    return scalar.copy() if type(scalar) is numpy.void else scalar


def _parts(described: Any, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    if type(described) is not tuple or len(described) != len(kinds):
        raise ValueError("an array or scalar is not described as one")
    for part, kind in zip(described, kinds, strict=True):
        if kind is not object and type(part) is not kind:
            raise ValueError(f"a {kind.__name__} was expected, found {type(part).__name__}")
    return described


def _check_shape(shape: Any) -> int:
    count = 1
    if type(shape) is not tuple or len(shape) > 64:
        raise ValueError("a shape that is none")
    for length in shape:
        if type(length) is not int or not 0 <= length < 1 << 63:
            raise ValueError(f"a shape with {length!r} in it")
        count *= length
    return count


def _check_size(dtype: Any, shape: Any, data: bytes) -> None:
    count = _check_shape(shape)
    if count * dtype.itemsize != len(data):
        raise ValueError(f"an array of {count} times {dtype.itemsize} bytes has {len(data)} bytes")
    if dtype.itemsize == 0 and count > _MOST_SIZELESS:
        raise ValueError(f"an array of {count} elements without a size")


# ---- dtypes


def _describe(dtype: Any) -> Any:
    """Return a dtype in plain values; None where numpy would not make it again from them."""
    try:
        described = _words(dtype)
        made = None if described is None else _make_dtype(described)
    except (TypeError, ValueError):
        return None
    return described if made is not None and _is_same(made, dtype) else None


def _words(dtype: Any) -> Any:
    if dtype.hasobject or dtype.metadata:
        return None
    if dtype.subdtype is not None:
        return ("shaped", _words(dtype.subdtype[0]), dtype.subdtype[1])
    if dtype.names is None:
        return _simple(dtype)
    fields = []
    for name in dtype.names:
        inner, offset, *title = dtype.fields[name]
        fields.append((name, title[0] if title else None, offset, _words(inner)))
    return ("fields", dtype.itemsize, dtype.isalignedstruct, tuple(fields))


def _simple(dtype: Any) -> str:
    text: str = dtype.str
    # Two types of one size: only the letter tells them apart.
    return text if _numpy().dtype(text).char == dtype.char else text[0] + dtype.char


def _is_same(one: Any, other: Any) -> bool:
    """Compare also what `==` of two dtypes does not see."""
    if one != other or one.type is not other.type or one.char != other.char:
        return False
    if one.isalignedstruct != other.isalignedstruct or one.names is None:
        return bool(one.isalignedstruct == other.isalignedstruct)
    return all(_is_same(one.fields[name][0], other.fields[name][0]) for name in one.names)


def _make_dtype(described: Any) -> Any:
    make = _numpy().dtype
    if type(described) is str:
        if _SIMPLE.fullmatch(described) is None:
            raise ValueError(f"the dtype {described[:40]!r} is none that is stored")
        return make(described)
    if type(described) is tuple and described[:1] == ("shaped",):
        _, inner, shape = _parts(described, (str, object, tuple))
        _check_shape(shape)
        return make((_make_dtype(inner), shape))
    _, size, is_aligned, fields = _parts(described, (str, int, bool, tuple))
    if described[0] != "fields":
        raise ValueError("a dtype that is neither simple nor shaped nor of fields")
    each = [_parts(field, (str, object, int, object)) for field in fields]
    if any(type(title) not in (str, type(None)) for _, title, _, _ in each):
        raise ValueError("a field's title that is no text")
    return make(
        {
            "names": [name for name, _, _, _ in each],
            "formats": [_make_dtype(inner) for _, _, _, inner in each],
            "offsets": [offset for _, _, offset, _ in each],
            "titles": [title for _, title, _, _ in each],
            "itemsize": size,
            "aligned": is_aligned,
        }
    )
