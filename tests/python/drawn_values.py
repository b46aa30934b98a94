# Values of every type that is stored, as hypothesis draws them, and how two are compared exactly.
from __future__ import annotations

import struct
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID, SafeUUID

from hypothesis import strategies as st


def spelt(value: Any) -> Any:
    """The value with its types and orders, so that what `==` does not see is compared as well."""
    name = type(value).__name__
    if isinstance(value, dict):
        return name, [(spelt(key), spelt(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return name, [spelt(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return name, sorted(map(repr, map(spelt, value)))
    if isinstance(value, float):
        return name, struct.pack("<d", value)
    if isinstance(value, (datetime, time)):
        return name, repr(value), value.fold, repr(value.tzinfo)
    if isinstance(value, complex):
        return name, spelt(value.real), spelt(value.imag)
    if isinstance(value, UUID):
        return name, value, value.is_safe
    if isinstance(value, (Decimal, Fraction, range)):
        return name, repr(value)
    return name, value


def is_its_text(path: PureWindowsPath) -> bool:
    """Tell whether a path is still itself when its text is read again: some shares are not."""
    return PureWindowsPath(str(path)) == path


OFFSETS = st.timedeltas(timedelta(hours=-23), timedelta(hours=23))
ZONES = (
    st.none()
    | st.builds(timezone, OFFSETS)
    | st.builds(timezone, OFFSETS, st.text(max_size=5))
    | st.just(timezone.utc)
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | st.text(st.characters(), max_size=8)
    | st.binary(max_size=8)
    | st.datetimes(timezones=ZONES)
    | st.builds(datetime.replace, st.datetimes(), fold=st.sampled_from([0, 1]))
    | st.dates()
    | st.times(timezones=ZONES)
    | st.timedeltas()
    | st.builds(PurePosixPath, st.text("ab/. ", max_size=8))
    | st.builds(PureWindowsPath, st.text("ab\\:. ", max_size=8)).filter(is_its_text)
    | st.builds(Path, st.text("ab/. ", max_size=8))
    | st.complex_numbers(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.uuids()
    | st.builds(UUID, int=st.integers(0, 2**128 - 1), is_safe=st.sampled_from(SafeUUID))
    | st.builds(range, st.integers(), st.integers(), st.integers().filter(bool))
)


# Functions, so that the description of what is built of them stays short.
@st.composite
def leaves(draw: st.DrawFn) -> Any:
    return draw(LEAVES)


NESTED_KEYS = st.recursive(
    leaves(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
)


@st.composite
def keys(draw: st.DrawFn) -> Any:
    return draw(NESTED_KEYS)


VALUES = st.recursive(
    keys()
    | st.floats()
    | st.complex_numbers()
    | st.decimals()
    | st.binary(max_size=8).map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys(), inner, max_size=4)
        | st.sets(leaves(), max_size=4)
    ),
    max_leaves=12,
)
IN_STATE = st.recursive(
    keys(), lambda inner: st.dictionaries(keys(), inner, max_size=4), max_leaves=12
)
