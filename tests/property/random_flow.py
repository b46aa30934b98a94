# Random flows as data, what their handlers do, and how hypothesis draws them.
#
# The engine and the oracle run the same `behave`: it depends on payload and declared state alone.
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableSequence, Sequence
    from random import Random

Fields = dict[str, int]
Policy = Literal["stop", "continue", "skip"]
Overflow = Literal["block", "reject", "drop_newest", "drop_oldest"]
EVENTS = ("x", "y")
SLOTS = ("s", "t")
ANSWER: Fields = {"value": 5, "hops": 1}
TRAIL = 5  # values that a routine keeps in a list


class HandlerError(Exception):
    """What a failing handler of a random flow raises."""


@dataclass(frozen=True)
class SlotSpec:
    name: str
    capacity: int
    policy: Policy
    emits: tuple[str, ...]
    fails_when: tuple[int, int] | None  # (modulus, remainder) of the value
    expects: str | None  # "routine.slot", asked for by values that are even
    fails_for: int = 99  # so many attempts
    attempts: int = 1  # more: the policy is what follows the last of them
    priority: int = 0
    overflow: Overflow = "block"
    merges: bool = False  # its handler is given the sum of all values so far


@dataclass(frozen=True)
class DrainedSpec:
    name: str
    emits: tuple[str, ...]
    policy: Policy = "stop"
    attempts: int = 1
    priority: int = 0


@dataclass(frozen=True)
class RoutineSpec:
    name: str
    slots: tuple[SlotSpec, ...]
    drained: tuple[DrainedSpec, ...]


@dataclass(frozen=True)
class Edge:
    source: str
    event: str
    target: str
    slot: str
    group: int = 0  # those of the same number take turns

    @property
    def place(self) -> tuple[str, str]:
        return self.target, self.slot


@dataclass(frozen=True)
class Entry:
    place: str
    value: int
    hops: int


@dataclass(frozen=True)
class FlowSpec:
    routines: tuple[RoutineSpec, ...]
    edges: tuple[Edge, ...]
    entries: tuple[Entry, ...]

    def targets(self, routine: str, event: str) -> list[tuple[int, list[tuple[str, str]]]]:
        """Name the slots that an event reaches, in the order of connection.

        Each comes with 0, or they come together with the number of their group.
        """
        reached: list[tuple[int, list[tuple[str, str]]]] = []
        for edge in self.edges:
            if (edge.source, edge.event) == (routine, event):
                if edge.group and reached and reached[-1][0] == edge.group:
                    reached[-1][1].append(edge.place)
                else:
                    reached.append((edge.group, [edge.place]))
        return reached

    def slot(self, routine: str, slot: str) -> SlotSpec | DrainedSpec:
        spec = next(r for r in self.routines if r.name == routine)
        slots: list[SlotSpec | DrainedSpec] = [*spec.slots, *spec.drained]
        return next(s for s in slots if s.name == slot)

    def drained_in_order(self) -> list[tuple[str, str]]:
        """Name the drained slots in topological order: cycles are one, ties by declaration."""
        names = [routine.name for routine in self.routines]
        reach = {name: self._reachable(name) for name in names}
        group = {
            n: {m for m in names if m == n or (m in reach[n] and n in reach[m])} for n in names
        }
        left, order = list(names), list[str]()
        while left:
            # A group goes out whole, at the place of its member that was declared first.
            free = next(n for n in left if not self._is_fed_by(group[n], left))
            order += [n for n in left if n in group[free]]
            left = [n for n in left if n not in group[free]]
        by_name = {routine.name: routine for routine in self.routines}
        return [(name, slot.name) for name in order for slot in by_name[name].drained]

    def _is_fed_by(self, group: set[str], left: list[str]) -> bool:
        """Tell whether a routine of `left` outside the group sends into it."""
        others = set(left) - group
        return any(e.target in group and e.source in others for e in self.edges)

    def _reachable(self, start: str) -> set[str]:
        found: set[str] = set()
        ahead = [start]
        while ahead:
            here = ahead.pop()
            new = {e.target for e in self.edges if e.source == here} - found
            found |= new
            ahead += new
        return found


class Node(Protocol):
    """What a handler sees: a routine of the engine, or a call of the oracle."""

    last: int

    @property
    def trail(self) -> MutableSequence[int]: ...
    @property
    def seen(self) -> Mapping[str, dict[str, int]]: ...

    def emit(self, event: str, /, **fields: int) -> None: ...
    def expect(self, slot: str) -> None: ...
    def reach(self, point: str) -> None: ...


def behave(
    node: Node,
    slot: SlotSpec | DrainedSpec,
    fields: Mapping[str, int],
    attempt: int,
    *,
    repaired: bool,
) -> None:
    """Do what a handler of this slot does: write, emit, write again, perhaps fail."""
    node.reach("start")
    value, hops = fields.get("value", 3), fields.get("hops", 2)
    before = node.last
    node.last = (before * 31 + value + 1) % 9973
    for number, event in enumerate(slot.emits if hops > 0 else ()):
        node.emit(event, value=(value * 7 + before + number) % 101, hops=hops - 1)
        if number == 0:
            node.reach("emit")
    if isinstance(slot, SlotSpec) and slot.expects and hops >= 2 and value % 2 == 0:
        node.expect(slot.expects)
    remember(node, slot.name, value)
    node.trail.append(value)
    if len(node.trail) > TRAIL:
        node.trail[:2] = [sum(node.trail[:2]) % 101]
    node.reach("write")
    if isinstance(slot, SlotSpec) and slot.fails_when and not repaired:
        modulus, remainder = slot.fails_when
        if value % modulus == remainder and attempt <= slot.fails_for:
            raise HandlerError(f"value {value} in slot '{slot.name}'")


def merged(values: Iterable[int], hops: Sequence[int]) -> Fields:
    """Say what a slot that merges makes of all payloads so far."""
    return {"value": sum(values) % 101, "hops": hops[-1]}


def remember(node: Node, slot: str, value: int) -> None:
    """Change a nested container of the declared state in place."""
    seen: dict[str, dict[str, int]] = node.seen  # type: ignore[assignment]
    if slot not in seen:
        seen[slot] = {"calls": 0, "sum": 0}
    seen[slot]["calls"] += 1
    seen[slot]["sum"] += value


EMITS = ((), ("x",), ("y",), ("x", "y"), ("y", "x"), ("x", "x"), ("y", "x", "y"))


@st.composite
def flow_specs(draw: st.DrawFn) -> FlowSpec:
    """Draw a flow with fan-out, fan-in, cycles, small capacities and failing handlers."""
    random = draw(st.randoms(use_true_random=False))
    names = [chr(ord("a") + number) for number in range(random.randint(1, 6))]
    slots = {name: SLOTS[: random.randint(1, 2)] for name in names}
    places = [f"{name}.{slot}" for name in names for slot in slots[name]]
    routines = tuple(
        RoutineSpec(
            name,
            tuple(random_slot(random, slot, places) for slot in slots[name]),
            (DrainedSpec("end", random.choice(EMITS)),) if random.random() < 0.25 else (),
        )
        for name in names
    )
    edges = [random_edge(random, names, places) for _ in range(random.randint(2, 5 * len(names)))]
    edges += random_groups(random, names, places)
    entries = random.sample(places, random.randint(1, min(4, len(places))))
    return FlowSpec(
        routines,
        tuple(dict.fromkeys(edge for edge in edges if edge is not None)),
        tuple(Entry(p, random.randint(0, 40), random.randint(3, 6)) for p in entries),
    )


def random_slot(random: Random, name: str, places: list[str]) -> SlotSpec:
    fails = random.random() < 0.2
    return SlotSpec(
        name,
        capacity=random.choice((1, 1, 2, 3)),
        policy=random.choice(("stop", "continue", "skip")),
        emits=random.choice(EMITS),
        fails_when=(random.randint(3, 9), random.randint(0, 2)) if fails else None,
        expects=random.choice(places) if random.random() < 0.2 else None,
        fails_for=random.choice((1, 2, 99)),
        attempts=random.choice((1, 2, 3)),
        priority=random.choice((0, 0, 0, 1, -1)),
        overflow=random.choice(("block", "block", "block", "reject", "drop_newest", "drop_oldest")),
        merges=random.random() < 0.25,
    )


def random_groups(random: Random, names: list[str], places: list[str]) -> list[Edge]:
    """Draw slots that take turns: one group for some of the events."""
    edges: list[Edge] = []
    for number, name in enumerate(names, start=1):
        ahead = [place for place in places if place.split(".")[0] > name]
        if len(ahead) >= 2 and random.random() < 0.4:
            event = random.choice(EVENTS)
            members = random.sample(ahead, random.randint(2, min(3, len(ahead))))
            edges += [Edge(name, event, *place.split("."), group=number) for place in members]
    return edges


def random_edge(random: Random, names: list[str], places: list[str]) -> Edge | None:
    """Draw a connection; few of them lead back, since a call that waits for itself ends the job."""
    source, event, place = random.choice(names), random.choice(EVENTS), random.choice(places)
    leads_back = place.split(".")[0] <= source
    if leads_back and random.random() < 0.8:
        return None
    return Edge(source, event, *place.split("."))
