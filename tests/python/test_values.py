# Values in a saved job: every type comes back exactly, everything else is refused with its path.
from __future__ import annotations

import enum
import math
import struct
import sys
import zoneinfo
from collections import OrderedDict
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stoplog as sl
from python.drawn_values import IN_STATE, VALUES, spelt
from python.parts import Do, Sink

MOST_NESTED = 200


def state_with(value: Any) -> sl.JobState:
    """Make a state whose queue holds one payload with the value."""
    flow = sl.Flow("values")
    sink = flow.add(Sink(), "sink")
    return flow.start(sink.input.of(value=value), executor="sequential").snapshot()


def again(value: Any) -> Any:
    """The value, saved in a payload and loaded."""
    return sl.JobState.from_bytes(state_with(value).to_bytes()).queued[0].payload["value"]


def kept(value: Any) -> sl.JobState:
    """Make a state whose declared dict holds the value."""

    def keep(do: Do) -> None:
        do.table["value"] = value

    flow = sl.Flow("values")
    flow.add(Do(keep), "do")
    return flow.run("do.input")


def refusal(value: Any) -> str:
    with pytest.raises(sl.SerializationError) as caught:
        state_with(value).to_bytes()
    return str(caught.value)


PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(VALUES)
def test_every_value_comes_back_exactly(value: Any) -> None:
    """R16: types survive exactly."""
    assert spelt(again(value)) == spelt(value)


@PATIENT
@given(IN_STATE)
def test_every_value_of_declared_state_comes_back_exactly(value: Any) -> None:
    """R16 S1: nested dicts too, as plain values."""
    loaded = sl.JobState.from_bytes(kept(value).to_bytes())

    assert spelt(loaded["do"].table["value"]) == spelt(value)


@PATIENT
@given(VALUES)
def test_loaded_state_is_equal_and_is_saved_in_the_same_bytes(value: Any) -> None:
    """R16."""
    saved = state_with(value).to_bytes()

    loaded = sl.JobState.from_bytes(saved)

    assert loaded == sl.JobState.from_bytes(saved)
    assert loaded.to_bytes() == saved


@PATIENT
@given(VALUES, st.data())
def test_damaged_bytes_are_refused(value: Any, data: st.DataObject) -> None:
    """R17: nothing crashes, nothing half-loads."""
    saved = bytearray(state_with(value).to_bytes())
    at = data.draw(st.integers(0, len(saved) - 1))
    saved[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(sl.SerializationError):
        sl.JobState.from_bytes(saved)


@pytest.mark.parametrize("number", [-17, -16, 111, 112, -(2**63), 2**63 - 1, 2**63, -(2**63) - 1])
def test_integer_at_a_border_comes_back(number: int) -> None:
    """R16: there are three ways to write an int."""
    assert spelt(again([number])) == spelt([number])


def test_integer_of_many_digits_comes_back() -> None:
    """R16: any size; the limit on digits is one of text."""
    assert again(7**20_000) == 7**20_000


@pytest.mark.parametrize("bits", [0x7FF8_0000_0000_0001, 0xFFF8_0000_0000_0000, 1])
def test_float_comes_back_bit_for_bit(bits: int) -> None:
    """R16."""
    value = struct.unpack("<d", struct.pack("<Q", bits))[0]

    assert struct.pack("<d", again(value)) == struct.pack("<Q", bits)


def test_lone_surrogates_come_back() -> None:
    """R16: as a value, a key and a member."""
    lone = "a\ud800b"

    assert again({lone: [lone], "in": {lone}}) == {lone: [lone], "in": {lone}}


def test_name_that_is_no_identifier_is_a_field() -> None:
    """R16: the fields of a payload are any texts."""
    flow = sl.Flow("values")

    class Rest(sl.Routine):
        @sl.slot
        def input(self, **fields: Any) -> None:
            """Take anything."""

    rest = flow.add(Rest(), "rest")
    message = rest.input.of(**{"two words": 1, "größe": 2})

    state = flow.start(message, executor="sequential").snapshot()

    loaded = sl.JobState.from_bytes(state.to_bytes())
    assert dict(loaded.queued[0].payload) == {"two words": 1, "größe": 2}


@pytest.mark.parametrize("size", [0, 64, 65, 1000])
def test_dict_of_any_size_keeps_its_order(size: int) -> None:
    """R16: the keys of small ones are written otherwise than those of large ones."""
    value = {str(i): i for i in reversed(range(size))}

    assert list(again(value).items()) == list(value.items())


def test_equal_sets_are_saved_alike() -> None:
    """R16: whatever the order of insertion was."""
    first = state_with({8, 0, "b", "a"})
    other = sl.JobState.from_bytes(first.to_bytes())

    assert other.to_bytes() == first.to_bytes()


def test_zone_with_a_name_of_its_own_comes_back() -> None:
    """R16: equality of time zones does not look at the name, so it is asked for."""
    value = datetime(2024, 5, 1, tzinfo=timezone(timedelta(hours=2), "here"))

    assert again(value).tzname() == "here"


def test_utc_comes_back_as_utc() -> None:
    """R16."""
    assert again(datetime(2024, 5, 1, tzinfo=timezone.utc)).tzinfo is timezone.utc


def test_zone_by_key_comes_back() -> None:
    """R16: a place's rules are not data; its key is."""
    try:
        berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:  # a machine without a time zone database
        berlin = None
    value = datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=1)

    loaded = again(value)

    assert (loaded, loaded.fold, loaded.tzinfo) == (value, 1, berlin)


def test_path_comes_back_as_path_of_this_machine() -> None:
    """R16."""
    assert spelt(again(Path("a/b"))) == spelt(Path("a/b"))
    assert spelt(again(PurePath("a/b"))) == spelt(PurePath("a/b"))


def test_payload_that_two_deliveries_share_is_stored_once() -> None:
    """R18: compact."""
    text = "x" * 1000
    flow = sl.Flow("values")
    do = flow.add(Do(lambda do: do.out(value=text)), "do")
    for name in ("one", "two", "three"):
        flow.connect(do.out, flow.add(Sink(), name).input)
    job = flow.start("do.input", executor="sequential")

    job.step(1)

    saved = job.snapshot()
    assert len(saved.queued) == 3
    assert len(saved.to_bytes()) < 3000


def test_loading_imports_nothing() -> None:
    """R16: modules that the data names are not even looked for."""
    saved = state_with([Path("os"), {"json.tool": "wave"}, "antigravity"]).to_bytes()
    before = set(sys.modules)

    sl.JobState.from_bytes(saved)

    assert set(sys.modules) == before


class Colour(enum.IntEnum):
    RED = 1


class Odd(tzinfo):
    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, _: datetime | None) -> str:
        return "odd"


class Label(str):
    __slots__ = ()


def generator() -> Any:
    yield


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (generator, "field 'value': function cannot be stored"),
        ({"items": [0, 1, 2, {"callback": generator}]}, "'value'.items[3].callback: function"),
        ({"two words": {3: (generator,)}}, "'value'['two words'][3][0]: function"),
        ({generator: 1}, "function cannot be stored, it is a key"),
        ({generator}, "'value'{...}: function"),
        (generator(), "generator cannot be stored"),
        (Colour.RED, "Colour cannot be stored; give its class a name with stoplog.storable"),
        ([Label("a")], "'value'[0]: Label cannot be stored"),
        (OrderedDict(a=1), "OrderedDict cannot be stored"),
        (datetime(2024, 5, 1, tzinfo=Odd()), "'value'.tzinfo: Odd cannot be stored"),
        (time(1, tzinfo=Odd()), "'value'.tzinfo: Odd cannot be stored"),
        (Odd(), "Odd cannot be stored"),
        (int, "type cannot be stored"),
        (lambda: 0, "function cannot be stored"),
    ],
    ids=repr,
)
def test_value_that_cannot_be_stored_is_refused_with_its_path(value: Any, said: str) -> None:
    """R17 R18b: never by its `str()`, never left out."""
    told = refusal(value)

    assert told.startswith("queued delivery to 'sink.input': field 'value'")
    assert said in told


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_value_nested_as_deep_as_may_be_comes_back() -> None:
    """R17."""
    deep = nested(MOST_NESTED - 1)

    assert again(deep) == deep


def test_state_with_what_cannot_be_stored_is_compared_all_the_same() -> None:
    """R18b: an opaque value is equal to itself only."""
    thing = object()
    state = state_with(thing)

    assert not state.same_outcome(state_with(object()))
    assert state.same_outcome(state_with(thing))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (1, 1 + 0j),
        (1, Decimal(1)),
        (1, Fraction(1)),
        ((1,), [1]),
        ({1}, frozenset({1})),
        (b"a", bytearray(b"a")),
        ("", None),
    ],
    ids=repr,
)
def test_values_of_two_types_make_two_outcomes(one: Any, other: Any) -> None:
    """R16: `True` is not `1`, a tuple is not a list."""
    assert not state_with(one).same_outcome(state_with(other))
    assert state_with(one).same_outcome(state_with(one))


def test_order_of_a_dict_makes_no_other_outcome() -> None:
    """S1: equality is that of a dict, in a payload and in the state."""
    one, other = {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}

    assert state_with(one).same_outcome(state_with(other))
    assert kept(one).same_outcome(kept(other))
    assert not kept(one).same_outcome(kept({"a": 1}))


def test_nan_makes_no_other_outcome() -> None:
    """R18b: a state equals itself."""
    assert state_with(math.nan).same_outcome(state_with(math.nan))


def test_loaded_state_cannot_be_changed_through_what_it_hands_out() -> None:
    """S1: plain copies."""
    loaded = sl.JobState.from_bytes(kept({"a": {"b": 1}}).to_bytes())

    loaded["do"].table["value"]["a"]["b"] = 2

    assert loaded["do"].table == {"value": {"a": {"b": 1}}}


def test_day_of_a_date_comes_back() -> None:
    """R16: a date is no datetime."""
    assert type(again(date(9999, 12, 31))) is date
