# Drawings as text, and flows made of them.
from __future__ import annotations

import json
from typing import Any

import pytest

import stoplog as sl
from python.parts import Adder, Do, Sink, Source, source_and_adder


def changed(*path: Any, to: Any) -> str:
    """The drawing of a small flow with something else at a place; None: taken away."""
    plain = source_and_adder().drawing.to_plain()
    place: Any = plain
    for step in path[:-1]:
        place = place[step]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return json.dumps(plain)


def test_drawing_is_plain_data() -> None:
    plain = source_and_adder().drawing.to_plain()

    assert plain["connections"] == [["source.item", "adder.input", {}]]
    assert plain["routines"]["adder"]["state"] == {"by_value": "dict", "total": "int"}


@pytest.mark.parametrize(
    ("path", "to", "said"),
    [
        (("flow",), None, "'flow'"),
        (("version",), 1, "version must be a str"),
        (("more",), 1, "'more'"),
        (("routines",), [], "routines"),
        (("routines", "adder"), None, "no slot 'adder.input'"),
        (("routines", "adder", "slots", "input", "any"), "yes", "input.*any"),
        (("routines", "adder", "slots", "input", "fields"), {"value": 1}, "field 'value'"),
        (("routines", "adder", "slots", "input", "when"), "later", "'when'"),
        (("routines", "adder", "slots", "input"), None, "no slot 'adder.input'"),
        (("routines", "source", "events", "item"), None, "no event 'source.item'"),
        (("routines", "adder", "state", "total"), ["int"], "state 'total'"),
        (("connections",), {}, "connections"),
        (("connections", 0), ["source.item", "adder.input"], "a connection"),
        (("connections", 0, 1), "adder", "no slot 'adder'"),
        (("connections", 0, 2), {"a": 1}, "a connection"),
    ],
)
def test_what_is_no_drawing_is_refused_with_its_place(path: Any, to: Any, said: str) -> None:
    with pytest.raises(sl.SerializationError, match=said):
        sl.Drawing.from_json(changed(*path, to=to))


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", "[" * 100_000, '{"flow": "a", "flow": "b"}', '"\\ud800"']
)
def test_what_is_no_drawing_at_all_is_refused(text: str) -> None:
    with pytest.raises(sl.SerializationError):
        sl.Drawing.from_json(text)


def test_text_without_bytes_is_refused() -> None:
    with pytest.raises(sl.SerializationError, match="surrogates"):
        sl.Drawing.from_json(changed("flow", to="\ud800"))


def test_drawing_from_bytes_asks_for_text() -> None:
    with pytest.raises(sl.TypeMismatchError, match="str"):
        sl.Drawing.from_json(b"{}")  # type: ignore[arg-type]


def test_flow_of_a_drawing_runs_with_the_routines_of_those_names() -> None:
    text = source_and_adder().drawing.to_json()

    flow = sl.Flow.from_drawing(text, {"adder": Adder(), "source": Source()})

    assert flow.run("source.items", values=[1, 2])["adder"].total == 3
    assert list(flow.routines) == ["adder", "source"]


def test_flow_of_a_drawing_resumes_its_jobs() -> None:
    """R14: nothing but names decides."""
    job = source_and_adder().start("source.items", values=[1, 2], executor="sequential")
    job.step()
    state = job.snapshot()

    flow = sl.Flow.from_drawing(state.drawing, {"source": Source(), "adder": Adder()})

    assert flow.resume(state).result()["adder"].total == 3


@pytest.mark.parametrize(
    ("routines", "said"),
    [
        ({"source": Source()}, "not given: 'adder'"),
        ({"source": Source(), "adder": Adder(), "sink": Sink()}, "no routine 'sink'"),
        ({"source": Source(), "adder": Adder}, r"Adder\(\)"),
        ([Source(), Adder()], "by their names"),
    ],
)
def test_other_routines_than_the_drawn_ones_are_refused(routines: Any, said: str) -> None:
    with pytest.raises(sl.ConfigurationError, match=said):
        sl.Flow.from_drawing(source_and_adder().drawing, routines)


def test_routines_of_another_cut_are_refused_with_the_list() -> None:
    with pytest.raises(sl.DefinitionMismatchError) as caught:
        sl.Flow.from_drawing(source_and_adder().drawing, {"source": Source(), "adder": Do()})

    said = str(caught.value)
    assert "slot 'adder.input' was retyped" in said
    assert "state field 'adder.total' was removed" in said
    assert "connection" not in said


def test_connection_that_cannot_be_made_is_in_the_list() -> None:
    with pytest.raises(sl.DefinitionMismatchError, match=r"source.item -> adder.input was removed"):
        sl.Flow.from_drawing(source_and_adder().drawing, {"source": Do(), "adder": Adder()})


def test_flow_of_something_else_than_a_drawing_is_refused() -> None:
    with pytest.raises(sl.ConfigurationError, match="Drawing"):
        sl.Flow.from_drawing({"flow": "f"}, {})  # type: ignore[arg-type]
