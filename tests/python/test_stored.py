# Values that this process cannot make, and files that mean harm with values of every tag.
from __future__ import annotations

import copy
import pickle
import sys
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stoplog as sl
from python import forge
from python.coded import Colour, Money, Point, Rights, Slotted, again, kept, state_with
from python.parts import Sink
from python.test_codecs import VALUES

COMPLEX, DECIMAL, FRACTION, UUID_TAG, RANGE = b"\x16", b"\x17", b"\x18", b"\x19", b"\x1a"
ARRAY, SCALAR, CODED = b"\x1b", b"\x1c", b"\x1d"
STR, BYTES, TUPLE, LIST, DICT, BIG_INT = b"\x06", b"\x08", b"\x0b", b"\x0a", b"\x0c", b"\x04"
NONE, SMALL = b"\x00", 0x80 + 16  # the byte of the integer 0


def unknown(value: Any, name: str = "codecs.point") -> sl.JobState:
    """A state with the value, as a process loads it that has not registered the name."""
    return sl.JobState.from_bytes(forge.with_name(state_with(value).to_bytes(), name, name.upper()))


def known_again(state: sl.JobState, name: str = "codecs.point") -> sl.JobState:
    return sl.JobState.from_bytes(forge.with_name(state.to_bytes(), name.upper(), name))


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Point(1, "a"), "codecs.point"),
        ([0, (Point(Point(1)), {"a": Point([Money(1)])})], "codecs.point"),
        ({Point(1): 2, "a": {Point(3), Point(4)}}, "codecs.point"),
        ({"deep": Money(1, ["x"])}, "codecs.money"),
        (Point({Money(2): Colour.RED}, Slotted([Money(3)])), "codecs.money"),
        ([Colour.RED, {Colour.BLUE}], "codecs.colour"),
    ],
    ids=repr,
)
def test_value_of_an_unknown_name_is_carried_unchanged(value: Any, name: str) -> None:
    """R16: opaque, saved again byte for byte, and itself where the name is known again."""
    saved = state_with(value).to_bytes()

    carried = sl.JobState.from_bytes(forge.with_name(saved, name, name.upper()))
    back = known_again(carried, name)

    assert carried.to_bytes() == forge.with_name(saved, name, name.upper())
    assert back.to_bytes() == saved
    assert back.queued[0].payload["value"] == value


@settings(deadline=None)
@given(VALUES)
def test_whatever_is_in_an_unknown_value_is_carried_unchanged(value: Any) -> None:
    """R16."""
    saved = state_with([Point(value), {"a": Point(Point(value))}]).to_bytes()

    carried = sl.JobState.from_bytes(forge.with_name(saved, "codecs.point", "CODECS.POINT"))

    assert forge.with_name(carried.to_bytes(), "CODECS.POINT", "codecs.point") == saved


def stored() -> Any:
    return unknown(Point(1)).queued[0].payload["value"]


@pytest.mark.parametrize(
    "look",
    [
        lambda value: value.x,
        lambda value: value[0],
        lambda value: value(),
        list,
        len,
        bool,
        lambda value: 1 in value,
    ],
)
def test_who_looks_into_it_is_told_what_is_missing(look: Any) -> None:
    """R16 R18b: never a value that it is not."""
    with pytest.raises(sl.SerializationError, match=r"named 'CODECS.POINT' is registered here"):
        look(stored())


def test_stored_value_is_shown_compared_and_copied() -> None:
    """R16: what tools do with any value."""
    value = stored()

    assert type(value) is sl.Stored
    assert repr(value).startswith("<Stored 'CODECS.POINT', ")
    assert value == stored()
    assert value != unknown(Point(2)).queued[0].payload["value"]
    assert {value: 1}[stored()] == 1
    assert copy.deepcopy([value])[0] is copy.copy(value) is value
    assert getattr(value, "__array__", None) is None
    with pytest.raises(TypeError):
        pickle.dumps(value)
    with pytest.raises(TypeError):
        sl.Stored()


def test_states_with_stored_values_are_compared() -> None:
    """R18b: the order of a dict in it is none."""
    one, other = Point({"a": 1, "b": {2, 3}}), Point({"b": {3, 2}, "a": 1})

    assert unknown(one).same_outcome(unknown(other))
    assert not unknown(one).same_outcome(unknown(Point(1)))
    assert not unknown(one).same_outcome(state_with(one))


def test_job_goes_on_past_a_stored_value() -> None:
    """R16: emitted again, kept in the state, saved again."""
    got: list[Any] = []

    class Pass(sl.Routine):
        last: sl.State[Any] = sl.State(default=None)
        table: sl.State[dict[Any, Any]] = sl.State(dict)
        out = sl.Event()

        @sl.slot
        def input(self, value: Any) -> None:
            self.last = (value, 1)
            self.table[value] = {"a": value}
            self.out(value=[value])

    flow = sl.Flow("codecs")
    sink = flow.add(Pass(), "sink")
    end = flow.add(Sink(), "end")
    end.got = got
    flow.connect(sink.out, end.input)
    fresh = flow.start(sink.input.of(value=Point(Money(5))), executor="sequential").snapshot()
    loaded = sl.JobState.from_bytes(
        forge.with_name(fresh.to_bytes(), "codecs.point", "CODECS.POINT")
    )
    final = flow.resume(loaded, executor="sequential").result()

    assert got == [[unknown(Point(Money(5))).queued[0].payload["value"]]]
    back = known_again(final)["sink"]
    assert back.last == (Point(Money(5)), 1)
    assert back.table == {Point(Money(5)): {"a": Point(Money(5))}}


# ---- files that mean harm


def small(number: int) -> bytes:
    return bytes([SMALL + number])


def text(of: str) -> bytes:
    return forge.varint(len(of.encode())) + of.encode()


HOSTILE = [
    DECIMAL + text("1_0"),
    DECIMAL + text(" 1"),
    DECIMAL + text("1e5"),
    DECIMAL + text("one"),
    DECIMAL + text("٣"),
    DECIMAL + text("1E+9999999999999999999999"),
    DECIMAL + forge.varint(2**40) + b"1",
    FRACTION + small(1) + small(0),
    FRACTION + small(1) + small(-2),
    FRACTION + small(2) + small(4),
    FRACTION + small(1) + b"\x02",
    FRACTION + small(1) + STR + text("a"),
    FRACTION * 100_000,
    FRACTION + BIG_INT + forge.varint(2**50) + b"1",
    UUID_TAG + b"\x00" + forge.varint(15) + bytes(15),
    UUID_TAG + b"\x03" + forge.varint(16) + bytes(16),
    RANGE + small(1) + small(2) + small(0),
    RANGE + small(1) + small(2) + b"\x05" + bytes(8),
    COMPLEX + bytes(15),
    b"\x1e",
    b"\x7f" + bytes(8),
    b"\x7e",
    ARRAY * 100_000,
    SCALAR * 100_000,
    (CODED + b"\x00\x01") * 100_000,
    (LIST + b"\x01") * 100_000,
    CODED + b"\xff\xff\x03\x01" + NONE,
    CODED + b"\x00" + forge.varint(2**40) + NONE,
    CODED + b"\x00\x01" + LIST + forge.varint(2**40),
    CODED + b"\x00\x01" + b"\x7f" + bytes(8),
    CODED + b"\x00\x01" + FRACTION * 100_000,
    CODED + b"\x00\x01" + b"\x0f" + bytes(8) + (b"\x13" + bytes(3)) * 100_000,
    b"\x0f" + bytes(8) + STR + text("zone"),
    b"\x13" + bytes(3) + LIST + b"\x00",
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:12].hex())
def test_forged_value_is_refused_at_once(value: bytes) -> None:
    """R17: in bounded time and memory, and nothing crashes."""
    forged = forge.with_only_value(state_with(0).to_bytes(), value)
    start = time.monotonic()

    with pytest.raises(sl.SerializationError):
        sl.JobState.from_bytes(forged)

    assert time.monotonic() - start < 5


def head_of(saved: bytes) -> bytes:
    """The tag of the payload's coded value, the number of its name, and its version."""
    _, blobs = forge.split(saved)
    at = blobs[forge.VALUES].index(CODED)
    return blobs[forge.VALUES][at : at + 3]


@pytest.mark.parametrize(
    ("made", "name", "plain"),
    [
        (Point(1), "codecs.point", LIST + b"\x00"),
        (Point(1), "codecs.point", DICT + b"\x00"),
        (Point(1), "codecs.point", DICT + b"\x01" + STR + text("x") + small(1)),
        (
            Point(1),
            "codecs.point",
            DICT + b"\x02" + STR + text("x") + small(1) + STR + text("__class__") + small(1),
        ),
        (Colour.RED, "codecs.colour", STR + text("__class__")),
        (Colour.RED, "codecs.colour", small(1)),
        (Colour.RED, "codecs.colour", STR + text("\ufffe")),
    ],
)
def test_forged_value_of_a_registered_type_is_refused(made: Any, name: str, plain: bytes) -> None:
    """R16 R17: nothing of a class but its members and fields can be reached."""
    saved = state_with(made).to_bytes()

    with pytest.raises(sl.SerializationError, match=f"'{name}'"):
        sl.JobState.from_bytes(forge.with_only_value(saved, head_of(saved) + plain))


def test_flag_of_too_many_bits_is_refused() -> None:
    """R17: each combination makes a member for life."""
    saved = state_with(Rights.READ).to_bytes()
    head = head_of(saved)
    many = BIG_INT + forge.varint(4096) + b"\x01" * 4096

    for plain in (many, small(64)):
        with pytest.raises(sl.SerializationError, match=r"codecs\.rights"):
            sl.JobState.from_bytes(forge.with_only_value(saved, head + plain))


PLAIN_SAMPLES = [Point(1, [Money(2)]), {Money(1): Colour.RED}, [1j, range(3), Slotted([1])]]
SAMPLES = [state_with(value).to_bytes() for value in PLAIN_SAMPLES]


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SAMPLES), st.data())
def test_changed_values_are_refused_or_something_else_of_ours(
    saved: bytes, data: st.DataObject
) -> None:
    """R17: behind the checksum too, nothing crashes and nothing is imported."""
    _, blobs = forge.split(saved)
    changed = bytearray(blobs[forge.VALUES])
    at = data.draw(st.integers(0, len(changed) - 1))
    changed[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    before = set(sys.modules)

    try:
        loaded = sl.JobState.from_bytes(forge.with_blob(saved, forge.VALUES, bytes(changed)))
        repr(loaded.queued[0].payload)
        loaded.to_bytes()
    except sl.SerializationError:
        pass

    assert set(sys.modules) - before <= {"fractions", "decimal", "uuid", "pathlib", "zoneinfo"}


def test_fraction_of_many_digits_is_read_in_linear_time() -> None:
    """R17: its lowest terms are not asked for."""
    numerator, denominator = (
        BIG_INT + forge.varint(4_000_000) + bytes([last]) * 3_999_999 + b"\x01" for last in (3, 5)
    )
    forged = forge.with_only_value(state_with(0).to_bytes(), FRACTION + numerator + denominator)
    start = time.monotonic()

    loaded = sl.JobState.from_bytes(forged)

    assert loaded.queued[0].payload["value"].denominator > 0
    assert time.monotonic() - start < 5


def test_stored_value_is_kept_in_the_state() -> None:
    """S2: it cannot change."""
    value = stored()

    assert kept({"a": (value,)})["do"].table["value"] == {"a": (value,)}
    assert again([value]) == [value]
