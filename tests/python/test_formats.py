# R16 R17 R18: one state in every format, and what each of them refuses.
from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import stoplog as sl
from python.coded import Colour, Money, Point
from python.drawn_values import IN_STATE, VALUES, spelt
from python.parts import Do, source_and_adder
from python.text_forge import (
    FORMATS,
    TEXTS,
    again,
    declared,
    queued,
    refusal,
    with_value,
)

if TYPE_CHECKING:
    from pathlib import Path

    from stoplog.formats import Format

SUFFIXES = {"binary": ".stoplog", "json": ".json", "xml": ".xml", "text": ".TXT"}
each_format = pytest.mark.parametrize("name", FORMATS)
each_text = pytest.mark.parametrize("name", TEXTS)
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture
def state() -> sl.JobState:
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [1, 2, 3]}, executor="sequential")
    job.step(2)
    return job.snapshot()


@each_text
@patient
@given(value=VALUES)
def test_every_value_comes_back_exactly(name: Format, value: Any) -> None:
    """R16: types survive exactly."""
    assert spelt(again(value, name)) == spelt(value)


@each_text
@patient
@given(value=IN_STATE)
def test_every_value_of_declared_state_comes_back_exactly(name: Format, value: Any) -> None:
    """R16 S1."""
    loaded = sl.JobState.from_bytes(declared(value).to_bytes(name))

    assert spelt(loaded["do"].table["value"]) == spelt(value)


@each_text
@patient
@given(value=VALUES)
def test_all_formats_of_a_state_are_equal(name: Format, value: Any) -> None:
    """R18: saved in one, loaded, saved in another."""
    state = sl.JobState.from_bytes(queued(value).to_bytes())

    loaded = sl.JobState.from_bytes(state.to_bytes(name))

    assert loaded == state
    assert loaded.to_bytes() == state.to_bytes()
    assert loaded.to_bytes(name) == state.to_bytes(name)


@each_format
@pytest.mark.parametrize(
    "bits", [0x7FF8 << 48, 0xFFF8 << 48, 0x7FF0 << 48, 0xFFF0 << 48, 1 << 63, (0x7FF0 << 48) + 5, 1]
)
def test_float_comes_back_bit_for_bit(name: Format, bits: int) -> None:
    """R16: nan, inf, -0.0, the smallest there is."""
    value = struct.unpack("<d", bits.to_bytes(8, "little"))[0]

    assert struct.pack("<d", again(value, name)) == bits.to_bytes(8, "little")


@each_format
@pytest.mark.parametrize(
    "value",
    [
        2**53,
        2**53 + 1,
        -(2**63) - 1,
        10**4000,
        -(256**40),
        "\ud800",
        "\x00\x1f\x7f",
        "\ufffe\uffff",
        "]]>&<\"'",
        {"$tuple": 1},
        {"$dict": 1, "a": 2},
        {"": 1},
        {"a\0b": 1, "c": 2},
        {"\udc00": 1},
        {1: 2, "1": 3, (): 4},
        (),
        ((),),
        True,
        [1, True, 1.0],
        {"a": {"$x": {}}},
        b"",
        complex(math.inf, -0.0),
        list(range(1000)),
    ],
    ids=repr,
)
def test_odd_value_comes_back(name: Format, value: Any) -> None:
    """R16."""
    assert spelt(again(value, name)) == spelt(value)


@each_format
@pytest.mark.parametrize("value", [Colour.RED, Point(1, (2,)), Money(5, ["a"])], ids=repr)
def test_registered_value_comes_back(name: Format, value: Any) -> None:
    """R16."""
    assert again(value, name) == value


@each_format
def test_array_comes_back(name: Format) -> None:
    """R16: non-contiguous, big-endian, structured."""
    array = np.zeros((3, 4), dtype=[("a", ">i4"), ("b", "<M8[us]")])[::2, ::-1]
    array["a"] = np.arange(8).reshape(2, 4)

    loaded = again(array, name)

    assert (loaded.dtype, loaded.tolist()) == (array.dtype, array.tolist())


@each_format
def test_value_of_an_unknown_name_is_carried(name: Format) -> None:
    """R16: it stays `Stored`, and is saved again unchanged."""
    known = queued(Point(1, 2)).to_bytes("json").replace(b"codecs.point", b"codecs.other")
    state = sl.JobState.from_bytes(known, accept_edited=True)

    loaded = sl.JobState.from_bytes(state.to_bytes(name))

    assert isinstance(loaded.queued[0].payload["value"], sl.Stored)
    assert loaded == state


@each_format
def test_file_is_known_by_its_content(state: sl.JobState, tmp_path: Path, name: Format) -> None:
    """R18: the suffix only chooses when saving."""
    file = tmp_path / "run.anything"
    state.save(file, format=name)

    assert sl.JobState.load(file) == state
    assert file.read_bytes() == state.to_bytes(name)


@each_format
def test_suffix_chooses_the_format(state: sl.JobState, tmp_path: Path, name: Format) -> None:
    file = tmp_path / f"run{SUFFIXES[name]}"
    state.save(file)

    assert file.read_bytes() == state.to_bytes(name)


@each_format
def test_format_that_is_said_goes_before_the_suffix(
    state: sl.JobState, tmp_path: Path, name: Format
) -> None:
    file = tmp_path / "run.json"
    state.save(file, format=name)

    assert file.read_bytes() == state.to_bytes(name)


def test_unknown_format_names_those_there_are(state: sl.JobState, tmp_path: Path) -> None:
    with pytest.raises(sl.ConfigurationError, match="'jsn'.*did you mean 'json'"):
        state.save(tmp_path / "run", format="jsn")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@each_text
def test_loaded_state_goes_on(state: sl.JobState, name: Format) -> None:
    """R11: resumed, it ends as if it had never stopped."""
    loaded = sl.JobState.from_bytes(state.to_bytes(name))

    assert source_and_adder().resume(loaded).result()["adder"].total == 6


@each_text
def test_file_changed_by_hand_is_refused_unless_that_is_accepted(
    state: sl.JobState, tmp_path: Path, name: Format
) -> None:
    """R18: the checksum covers every byte."""
    file = tmp_path / "run"
    text = state.to_bytes(name).decode()
    file.write_text(text.replace("source.item -> adder.input", "source.item  -> adder.input"))
    file.write_text(text + " ")

    with pytest.raises(sl.SerializationError, match="accept_edited=True"):
        sl.JobState.load(file)
    assert sl.JobState.load(file, accept_edited=True) == state


@each_text
@pytest.mark.parametrize(
    ("what", "instead"),
    [("unsettled", "unsettelt"), ("has_begun", "has_begon")],
)
def test_field_that_a_person_misspelt_is_named(
    state: sl.JobState, name: Format, what: str, instead: str
) -> None:
    """R18b: no field left out."""
    text = state.to_bytes(name).decode()

    assert instead in refusal(text.replace(what, instead).encode())


@each_text
def test_state_changed_by_hand_is_checked_as_a_whole(state: sl.JobState, name: Format) -> None:
    """R17: what contradicts itself is refused."""
    text = state.to_bytes(name).decode()
    other = {
        "json": ('"unsettled": 2', '"unsettled": 3'),
        "xml": ("<unsettled>2<", "<unsettled>3<"),
        "text": ("1 1 1 2 1 0 1 0 1 0 1 0 4 1000", "1 1 1 3 1 0 1 0 1 0 1 0 4 1000"),
    }[name]
    assert text.count(other[0]) == 1

    assert "3 deliveries are unsettled, queued are 2" in refusal(text.replace(*other).encode())


def test_binary_file_is_never_accepted_as_edited(state: sl.JobState) -> None:
    damaged = bytearray(state.to_bytes())
    damaged[-1] ^= 1

    with pytest.raises(sl.SerializationError, match="checksum"):
        sl.JobState.from_bytes(damaged, accept_edited=True)


@each_text
def test_file_truncated_anywhere_is_refused(state: sl.JobState, name: Format) -> None:
    """R17: behind the checksum too."""
    data = state.to_bytes(name).rstrip()

    assert {refusal(data[:size]) for size in range(0, len(data), 3)}.isdisjoint({"loaded"})


@each_format
@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (sl.Limits(max_bytes=100), "max_bytes"),
        (sl.Limits(max_depth=3), "nested more than 3 deep"),
        (sl.Limits(max_items=5), "max_items"),
    ],
    ids=["bytes", "depth", "items"],
)
def test_limit_of_a_load_is_kept(
    tmp_path: Path, name: Format, limits: sl.Limits, said: str
) -> None:
    """R17: an oversized or too deeply nested file is refused."""
    file = tmp_path / "run"
    queued([[[[1, 2, 3]]]]).save(file, format=name)

    with pytest.raises(sl.SerializationError, match=said):
        sl.JobState.load(file, limits=limits)
    assert sl.JobState.load(file, limits=sl.Limits(max_depth=4)).queued


@pytest.mark.parametrize("wrong", [{"max_depth": 201}, {"max_bytes": 0}, {"max_items": True}])
def test_limits_that_are_none_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(sl.ConfigurationError, match=next(iter(wrong))):
        sl.Limits(**wrong)


def test_json_is_what_others_read(state: sl.JobState) -> None:
    """R18: names, ISO 8601 times, payloads that look like payloads."""
    job = json.loads(state.to_bytes("json"))["job"]

    assert job["status"] == "RUNNING"
    assert job["cells"][1]["mailbox"][0] == {
        "payload": {"value": 2},
        "number": 2,
        "root": 1,
        "slot": "adder.input",
        "connection": "source.item -> adder.input",
    }
    assert job["cells"][1]["fields"] == {"total": 1, "by_value": {"$dict": [[1, 1]]}}
    assert job["history"][0]["began"].endswith("Z")


ODD_TEXT = "a\\u0001\\null <&> \x00\x1f\r\n\t\x7f\ufffe\uffff "


def failed_with(text: str) -> sl.JobState:
    def fail(_: Do) -> None:
        raise ValueError(text)

    flow = sl.Flow("f")
    flow.add(Do(fail), "do")
    job = flow.start("do.input", executor="sequential")
    job.wait()
    return job.snapshot()


@each_format
@pytest.mark.parametrize("text", [ODD_TEXT, "\\null", "null", ""])
def test_odd_text_of_an_error_comes_back(name: Format, text: str) -> None:
    """R18b: no text is replaced by another."""
    state = failed_with(text)

    loaded = sl.JobState.from_bytes(state.to_bytes(name))

    assert loaded.error is not None
    assert (loaded, loaded.error.message) == (state, text)


def test_xml_is_what_others_read() -> None:
    """R18: also where a text holds what no XML may hold."""
    job = ElementTree.fromstring(failed_with(ODD_TEXT).to_bytes("xml")).find("job")

    assert job is not None
    assert job.findtext("status") == "FAILED"
    assert job.findtext("error/item/message") == (
        "a\\\\u0001\\\\null <&> \\u0000\\u001f\\u000d\n\t\x7f\\ufffe\\uffff "
    )


def test_values_in_xml_are_json(state: sl.JobState) -> None:
    """R18: XML is readable by a person."""
    root = ElementTree.fromstring(state.to_bytes("xml"))

    payloads = root.iterfind("job/cells/item/mailbox/item/payload")
    assert [json.loads(payload.text or "") for payload in payloads] == [{"value": 2}, {"value": 3}]


@pytest.mark.parametrize(
    "spelt",
    [
        '"\\ud800"',
        "1e999",
        "99999999999999999999",
        "NaN",
        "Infinity",
        '{"a": 1, "a": 2}',
        '{"$pickle": "gASVBQAAAA=="}',
        '{"$set": [[1]]}',
        '{"$set": [1, 1]}',
        '{"$dict": [[1, 1], [1, 2]]}',
        '{"$dict": [[[1], 1]]}',
        '{"$datetime": "2026-02-30T00:00:00"}',
        '{"$datetime": "2026-02-03T00:00:00", "zone": 5}',
        '{"$datetime": "2026-02-03T00:00:00+99:99"}',
        '{"$timedelta": [99999999999, 0, 0]}',
        '{"$zoneinfo": "../../etc/passwd"}',
        '{"$decimal": "1_0"}',
        '{"$fraction": [1, 0]}',
        '{"$range": [0, 1, 0]}',
        '{"$array": {"$tuple": ["|O", {"$tuple": [1]}, "C", {"$bytes": ""}]}}',
        '{"$coded": "codecs.point", "version": 3, "value": {"x": 1}}',
        '{"$coded": "codecs.point", "version": 99999999999, "value": {"x": 1, "y": 2}}',
        "[" * 700 + "]" * 700,
        "[" * 300 + "]" * 300,
        '{"$tuple": [' * 250 + "]}" * 250,
    ],
    ids=lambda spelt: spelt[:40],
)
def test_spelling_that_is_no_value_is_refused(spelt: str) -> None:
    """R17: an exception, whatever was made of the file."""
    assert refusal(with_value("json", spelt)) not in ("loaded", "")
