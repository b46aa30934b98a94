# What the docs say of a saved .json is true of one: the guide that walks through it, the schema.
from __future__ import annotations

import json
import re
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from python.coded import Point
from python.drawn_values import VALUES
from python.parts import source_and_adder
from python.text_forge import again, queued

if TYPE_CHECKING:
    from collections.abc import Iterator

    import stoplog as sl

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "guides" / "read_a_saved_job.md").read_text("utf-8")
SCHEMA = json.loads((DOCS / "reference" / "saved_job.schema.json").read_text("utf-8"))
TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


def is_type(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))


def faults(value: Any, schema: dict[str, Any], at: str = "$") -> Iterator[str]:
    """What a schema finds wrong, as far as it uses the language of schemas."""
    known = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum"}
    known |= {"const", "pattern", "minimum", "propertyNames", "$ref"}
    assert schema.keys() <= known | {"description", "title", "$schema", "$defs"}, schema.keys()
    if "$ref" in schema:
        yield from faults(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]], at)
    if "anyOf" in schema and all(list(faults(value, one, at)) for one in schema["anyOf"]):
        yield f"{at}: {value!r} is none of those"
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{at}: {value!r} is another"
    names = schema.get("type", [])
    names = names if isinstance(names, list) else [names]
    if names and not any(is_type(value, name) for name in names):
        yield f"{at}: {value!r} is no {names}"
    elif isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{at}: {value!r} is not like {schema['pattern']}"
    elif isinstance(value, int) and value < schema.get("minimum", value):
        yield f"{at}: {value} is too small"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), f"{at}[{number}]")
    elif isinstance(value, dict):
        yield from faults_of_members(value, schema, at)


def faults_of_members(value: dict[str, Any], schema: dict[str, Any], at: str) -> Iterator[str]:
    declared = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{at}: {name} is missing"
    for name, item in value.items():
        further = schema.get("additionalProperties", {})
        if name not in declared and further is False:
            yield f"{at}: {name} is one too many"
        yield from faults(item, declared.get(name, further or {}), f"{at}.{name}")
        yield from faults(name, schema.get("propertyNames", {}), f"{at} name {name!r}")


def saved(state: sl.JobState) -> Any:
    return json.loads(state.to_bytes("json"))


def matches(part: Any, whole: Any) -> bool:
    """Tell whether all that a part shows is in the whole; an ellipsis stands for any text."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and matches(item, whole[name]) for name, item in part.items()
        )
    if isinstance(part, list):
        same_size = isinstance(whole, list) and len(part) == len(whole)
        return same_size and all(map(matches, part, whole))
    return part == whole or (part == "…" and isinstance(whole, str))


def objects(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            yield from objects(item)


def test_guide_runs_and_shows_what_is_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Section 7: documentation whose examples run."""
    monkeypatch.chdir(tmp_path)
    make, change = blocks("python")
    names: dict[str, Any] = {"__name__": __name__}

    exec(make, names)
    file = json.loads((tmp_path / "run.json").read_text("utf-8"))
    exec(change, names)

    shown = [json.loads(block) for block in blocks("json")]
    assert [part for part in shown if not any(matches(part, one) for one in objects(file))] == []
    assert capsys.readouterr().out.strip() == change.rpartition("# ")[2].strip()


def test_table_of_values_in_the_guide_is_true() -> None:
    from datetime import date

    rows = re.findall(r"^\| `(.*?)` \| `(.*?)` \|$", GUIDE, re.MULTILINE)
    names: dict[str, Any] = {
        "datetime": datetime,
        "timezone": timezone,
        "date": date,
        "timedelta": timedelta,
    }
    names |= {"Decimal": Decimal, "PurePosixPath": PurePosixPath}

    said = {
        value: json.loads(spelt)
        == saved(queued(eval(value, names)))["job"]["cells"][0]["mailbox"][0]["payload"]["value"]
        for value, spelt in rows
    }

    assert len(said) >= 10
    assert [value for value, is_true in said.items() if not is_true] == []


@pytest.mark.parametrize("steps", range(6))
def test_schema_fits_a_job_at_every_step(steps: int) -> None:
    job = source_and_adder().start("source.items", {"values": [1, 2]}, executor="sequential")
    job.step(steps) if steps else None

    assert list(faults(saved(job.snapshot()), SCHEMA)) == []


def test_schema_fits_a_failed_job_that_was_forked() -> None:
    flow = source_and_adder()
    job = flow.start("adder.input", {"value": "text"}, executor="sequential")
    job.wait()

    assert list(faults(saved(job.snapshot().fork()), SCHEMA)) == []


@pytest.mark.parametrize(
    "value",
    [
        ZoneInfo("Europe/Berlin"),
        timezone(timedelta(hours=1), "X"),
        datetime(2026, 3, 1, fold=1, tzinfo=ZoneInfo("UTC")),
        time(1, tzinfo=timezone.utc),
        uuid4(),
        Fraction(1, 3),
        range(5),
        PureWindowsPath("c:/a"),
        bytearray(b"a"),
        complex("nan"),
        "\ud800",
        2**70,
        np.arange(3),
        np.float32(1),
        Point(1, {2}),
        {"": 1, "$a": 2},
    ],
    ids=repr,
)
def test_schema_fits_every_type_of_value(value: Any) -> None:
    assert list(faults(saved(queued(value)), SCHEMA)) == []
    assert again(value, "json") is not None


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_schema_fits_every_value(value: Any) -> None:
    assert list(faults(saved(queued(value)), SCHEMA)) == []


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ('"RUNNING"', '"running"'),
        ('"is_open"', '"is_opened"'),
        ('"number": 2', '"number": "2"'),
        ('"took": "PT', '"took": "T'),
        ('"value": 2', '"value": {"$nothing": 2}'),
        ('"ready": [', '"ready": [5, '),
    ],
)
def test_schema_finds_what_is_wrong(what: str, instead: str) -> None:
    job = source_and_adder().start("source.items", {"values": [1, 2]}, executor="sequential")
    job.step(2)
    text = job.snapshot().to_bytes("json").decode()
    assert what in text

    assert list(faults(json.loads(text.replace(what, instead)), SCHEMA))
