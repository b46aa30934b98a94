# R17: files of the text formats that were made with harm in mind, behind their checksum.
from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import stoplog as sl
from python.text_forge import TEXTS, load_within, queued, refusal, with_value

if TYPE_CHECKING:
    from stoplog.formats import Format

MEGABYTE = 2**20
XML = queued("PLACE").to_bytes("xml")
TEXT = queued("PLACE").to_bytes("text")
PAYLOAD = b'{"value": "PLACE"}'


def changed(data: bytes, what: bytes, instead: bytes) -> bytes:
    assert what in data
    return data.replace(what, instead, 1)


@pytest.mark.parametrize("name", TEXTS)
def test_file_with_any_bit_flipped_is_refused_or_whole(name: Format) -> None:
    """Behind the checksum: whatever loads is a state that can be saved again."""
    data = queued([1, "a", {"b": None}]).to_bytes(name)

    for at in range(0, len(data), 2):
        flipped = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        try:
            state = sl.JobState.from_bytes(flipped, accept_edited=True)
        except sl.SerializationError:
            continue
        assert sl.JobState.from_bytes(state.to_bytes()) == state


@pytest.mark.parametrize(
    "data",
    [
        changed(XML, b"<types>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><types>"),
        changed(XML, b"PLACE", b"&a;"),
        changed(XML, b"PLACE", b"&#65;"),
        changed(XML, b"PLACE", b"&#x110000;"),
        changed(XML, b"PLACE", b"<![CDATA[a]]>"),
        changed(XML, b"PLACE", b"<!-- a -->"),
        changed(XML, b"PLACE", b"<?php a ?>"),
        changed(XML, b"<types>", b'<types class_id="0" tracking_level="1">'),
        changed(XML, b"</types>", b"</typesandmuchmore>"),
        changed(XML, b"<types>", b"<type>"),
        changed(XML, b"PLACE", b"\xff"),
        changed(XML, b"PLACE", b"\xc0\x80"),
        changed(XML, b"PLACE", b"\x01"),
        changed(XML, b"<id>", b"<id>\\u0041"),
        changed(XML, b"<id>", b"<id>\\x"),
        changed(XML, b"<sent>1<", b"<sent>-1<"),
        changed(XML, b"<sent>1<", b"<sent>1e3<"),
        changed(XML, b"<is_open>false", b"<is_open>maybe"),
        changed(XML, b"<count>1</count>", b"<count>99999999999999999999</count>"),
        changed(XML, b"<count>1</count>", b"<count>4000000000</count>"),
        changed(XML, b"legend one Legend", b"legend one JobState"),
        changed(XML, b"cells rows Cell", b"cells rows Nothing"),
        changed(XML, b"sent number", b"sent nothing"),
        changed(XML, b"id text, parent_id", b"id text, id text, parent_id"),
        changed(XML, b"format='1'", b"format='2'"),
        XML + b"<job></job>",
        changed(TEXT, b"format 1", b"format 2"),
        changed(TEXT, b"18 " + PAYLOAD, b"3000000000 " + PAYLOAD),
        changed(TEXT, b"18 " + PAYLOAD, b"-1 " + PAYLOAD),
        changed(TEXT, b"18 " + PAYLOAD, b"99999999999999999999 " + PAYLOAD),
        changed(TEXT, b"18 " + PAYLOAD, b"x " + PAYLOAD),
        TEXT + b" 1 a",
    ],
    ids=lambda data: str(len(data)),
)
def test_forged_file_is_refused(data: bytes) -> None:
    assert refusal(data) not in ("loaded", "")


def nested_rows(times: int) -> bytes:
    """A description of rows that hold themselves, and so many levels of them."""
    head, tail = re.split(rb"<types>.*</job>", XML, flags=re.DOTALL)
    row = b"<a><count>1</count><item>" * times + b"<a><count>0</count></a>" + b"</item></a>" * times
    described = b"<count>1</count><item><name>A</name><fields>a one A</fields></item>"
    return head + b"<types>" + described + b"</types><job>" + row + b"</job>" + tail


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b'{"stoplog": ' + b"[" * 10**6,
        b'{"stoplog": ' + b'{"a":' * 10**6,
        with_value("json", "[" * 10**6 + "]" * 10**6),
        with_value("json", "1").replace(b'"number": 1', b'"number": ' + b"9" * 10**6),
        with_value("json", '{"$bytes": "' + "A" * (4 * 10**6 + 1) + '"}'),
        with_value("json", '{"$int": "' + "9" * 4 * 10**6 + '"}'),
        with_value("json", "9" * 4 * 10**6),
        with_value("json", "{" + ",".join(f'"{i}":1' for i in range(10**5)) + ',"5":1}'),
        b'{"stoplog": "' + b"a" * 4 * 10**6,
        b'{"stoplog": "job", "format": 1, "job": ' + b'{"cells": [' + b"{}," * 10**6 + b"{}]}}",
        nested_rows(10),
        nested_rows(17),
        nested_rows(10**5),
        changed(XML, PAYLOAD, b"[" * 10**6),
        changed(XML, b"PLACE", b"&amp;" * 10**6 + b"&"),
        changed(XML, b"<types>", b"<types>" * 10**6),
        changed(XML, b"id text", b"id text, " + b"a text, " * 10**5 + b"id text"),
        changed(TEXT, b"18 " + PAYLOAD, b"3000000000 " + b"a" * 10**6),
        changed(TEXT, b"18 " + PAYLOAD, b"1000000 " + b"[" * 10**6),
    ],
    ids=range(19),
)
def test_hostile_file_is_refused_in_bounded_time_and_memory(data: bytes) -> None:
    """R17: never a crash, a hang, or memory beyond some times the file."""
    said = load_within(data, 60 * len(data) + 64 * MEGABYTE)

    assert said.startswith("refused:"), said
    assert said.endswith("exit 0")


@pytest.mark.slow
def test_large_json_is_loaded_in_some_times_its_size() -> None:
    """R18: at most six times the file, and what the values themselves take."""
    data = queued(["some text of some length " * 40] * 20_000).to_bytes("json")

    assert load_within(data, 6 * len(data)).startswith("loaded")
