# One flow drawn in two orders is one drawing, and a drawing survives being written and read.
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import stoplog as sl

NAMES = st.sampled_from(["a", "a_b", "ab", "b", "äh", "Z", "z1"])  # near each other when sorted
PARTS = st.lists(st.sampled_from(["one", "two", "three"]), min_size=1, unique=True)
FIELDS = st.lists(st.sampled_from(["x", "y", "z"]), unique=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)

drawings = settings(max_examples=200, deadline=None, database=None, derandomize=True)


@dataclass(frozen=True)
class Plan:
    """What is to be drawn: each list may be followed in any order."""

    name: str
    version: str
    routines: dict[str, tuple[list[str], dict[str, list[str]]]]  # slots, events with their fields
    connections: list[tuple[str, str, dict[str, str]]]


@st.composite
def plans(draw: Any) -> Plan:
    described = st.tuples(PARTS, st.dictionaries(PARTS.map("".join), FIELDS, max_size=3))
    routines = draw(st.dictionaries(NAMES, described, min_size=1))
    sources = [(f"{n}.{e}", f) for n, (_, events) in routines.items() for e, f in events.items()]
    targets = [f"{n}.s_{slot}" for n, (slots, _) in routines.items() for slot in slots]
    connections = []
    for path, fields in draw(st.lists(st.sampled_from(sources), max_size=6)) if sources else []:
        renamed = draw(st.lists(st.sampled_from(fields), unique=True)) if fields else []
        rename = {field: f"new_{field}" for field in renamed}
        connections.append((path, draw(st.sampled_from(targets)), rename))
    return Plan(draw(TEXTS), draw(TEXTS), routines, connections)


def take_all(**rest: object) -> None:
    """Stand behind every slot."""


def parts_of(plan: Plan, name: str, order: Any) -> sl.Routine:
    slots, events = plan.routines[name]
    routine = sl.Routine()
    for slot in order(slots):
        routine.define_slot(f"s_{slot}", take_all)
    for event in order(list(events)):
        routine.define_event(event, *order(events[event]))
    return routine


def flow_of(plan: Plan, order: Any) -> sl.Flow:
    """The flow, drawn in an order: of routines, of their parts, of connections and renames."""
    flow = sl.Flow(plan.name, version=plan.version)
    for name in order(list(plan.routines)):
        flow.add(parts_of(plan, name, order), name)
    for source, target, rename in order(plan.connections):
        flow.connect(source, target, rename=dict(order(list(rename.items()))))
    return flow


@drawings
@given(plans(), st.randoms(use_true_random=False))
def test_same_flow_in_another_order_is_the_same_drawing(plan: Plan, random: Any) -> None:
    """Section 2: the drawing is canonical."""
    one = flow_of(plan, list)
    other = flow_of(plan, lambda items: random.sample(items, len(items)))

    assert one.drawing.to_json() == other.drawing.to_json()
    assert one.fingerprint == other.fingerprint


@drawings
@given(plans(), st.randoms(use_true_random=False))
def test_drawing_is_read_however_it_is_laid_out(plan: Plan, random: Any) -> None:
    drawing = flow_of(plan, list).drawing
    plain = json.loads(drawing.to_json())
    random.shuffle(plain["connections"])
    mixed = dict(random.sample(list(plain.items()), len(plain)))

    again = sl.Drawing.from_json(json.dumps(mixed, indent=2, ensure_ascii=random.random() < 0.5))

    assert (again.to_json(), again.fingerprint) == (drawing.to_json(), drawing.fingerprint)


@drawings
@given(plans(), st.randoms(use_true_random=False))
def test_flow_made_of_its_drawing_is_the_same(plan: Plan, random: Any) -> None:
    flow = flow_of(plan, list)
    names = random.sample(list(plan.routines), len(plan.routines))

    again = sl.Flow.from_drawing(flow.drawing, {n: parts_of(plan, n, list) for n in names})

    assert again.drawing == flow.drawing


@drawings
@given(plans(), plans())
def test_other_flows_have_other_fingerprints(one: Plan, other: Plan) -> None:
    first, second = flow_of(one, list), flow_of(other, list)

    is_same = first.drawing.to_plain() == second.drawing.to_plain()

    assert (first.fingerprint == second.fingerprint) == is_same
