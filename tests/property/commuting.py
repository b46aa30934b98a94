# Random flows whose end does not depend on order, and what every cut of one must hold.
#
# A handler's emissions follow from its payload alone and its state adds up, so each order of calls
# comes to one end, which `foretell` knows without an engine.
from __future__ import annotations

import os
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import stoplog as sl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

EVENTS = ("x", "y")
MODULUS = 1009
Token = tuple[int, int]  # (number, hops left)


@dataclass(frozen=True)
class Part:
    name: str
    capacity: int
    emits: tuple[tuple[str, ...], ...]  # by number, in turn
    fails_on: int | None  # a remainder of the number, of 11
    policy: Literal["continue", "skip"]
    lets_others_in: bool
    has_end: bool  # a drained slot, which emits one more token

    def emissions(self, token: Token) -> Iterator[tuple[str, Token]]:
        """Name what one call emits, in order."""
        number, hops = token
        for place, event in enumerate(self.emits[number % len(self.emits)] if hops else ()):
            yield event, ((number * 7 + place + len(self.name)) % MODULUS, hops - 1)

    def fails(self, token: Token) -> bool:
        return self.fails_on is not None and token[0] % 11 == self.fails_on


@dataclass(frozen=True)
class Spec:
    parts: tuple[Part, ...]
    edges: tuple[tuple[str, str, str], ...]  # (source, event, target)
    entries: tuple[tuple[str, Token], ...]

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)

    def targets(self, source: str, event: str) -> list[str]:
        return [edge[2] for edge in self.edges if edge[:2] == (source, event)]

    def fan_out(self, name: str, token: Token) -> list[tuple[str, Token]]:
        """Name the deliveries that a call which does not fail makes."""
        return [
            (target, made)
            for event, made in self.part(name).emissions(token)
            for target in self.targets(name, event)
        ]


# ---- what must come out


@dataclass
class Ended:
    """The end of a routine: how often each number came, and what was given up."""

    seen: Counter[int]
    ends: int = 0


END_TOKEN: Token = (5, 0)


def foretell(spec: Spec, *, most: int = 10**6) -> dict[str, Ended] | None:
    """Say how every run of it ends; None: it makes more than `most` deliveries."""
    ended = {part.name: Ended(Counter()) for part in spec.parts}
    waiting = deque(spec.entries)
    made = len(waiting)
    ends = [part.name for part in spec.parts if part.has_end]
    while waiting or ends:
        if not waiting:
            name = ends.pop(0)
            ended[name].ends += 1
            waiting.extend((target, END_TOKEN) for target in spec.targets(name, "x"))
            continue
        name, token = waiting.popleft()
        if spec.part(name).fails(token):
            continue
        ended[name].seen[token[0]] += 1
        more = spec.fan_out(name, token)
        made += len(more)
        if made > most:
            return None
        waiting.extend(more)
    return ended


# ---- the same for the engine


class HandlerError(Exception):
    """What a handler raises after it has written and emitted."""


class Commuting(sl.Routine):
    calls: sl.State[int] = sl.State(int)
    ends: sl.State[int] = sl.State(int)
    seen: sl.State[dict[int, int]] = sl.State(dict)
    x = sl.Event("number", "hops")
    y = sl.Event("number", "hops")
    part: Part
    on_call: Callable[[sl.Job], None]

    def take(self, number: int, hops: int) -> None:
        self.calls += 1
        self.seen[number] = self.seen.get(number, 0) + 1
        if self.part.lets_others_in:
            Path(os.devnull).stat()  # without the GIL
        for event, made in self.part.emissions((number, hops)):
            self.emit(event, number=made[0], hops=made[1])
        self.on_call(self.job)
        if self.part.fails((number, hops)):
            raise HandlerError(number)

    def tell_end(self) -> None:
        self.ends += 1
        self.x(number=END_TOKEN[0], hops=END_TOKEN[1])


def routine_of(part: Part, on_call: Callable[[sl.Job], None]) -> Commuting:
    def take(self: Commuting, number: int, hops: int) -> None:
        self.take(number, hops)

    def end(self: Commuting) -> None:
        self.tell_end()

    names: dict[str, Any] = {
        "input": sl.slot(capacity=part.capacity, on_error=part.policy, name="input")(take)
    }
    if part.has_end:
        names["end"] = sl.slot(when="drained", name="end")(end)
    made: Commuting = type(f"Commuting{part.name.upper()}", (Commuting,), names)()
    made.part, made.on_call = part, on_call
    return made


def flow_of(spec: Spec, on_call: Callable[[sl.Job], None] = lambda _: None) -> sl.Flow:
    flow = sl.Flow("commuting", retention=sl.Retention(max_history_size=None))
    for part in spec.parts:
        flow.add(routine_of(part, on_call), part.name)
    for source, event, target in spec.edges:
        flow.connect(f"{source}.{event}", f"{target}.input")
    return flow


def entries_of(spec: Spec, flow: sl.Flow) -> list[sl.Message]:
    slots: dict[str, Any] = dict(flow.routines)
    return [slots[name].input.of(number=number, hops=hops) for name, (number, hops) in spec.entries]


# ---- what must hold


def fault_at_end(spec: Spec, final: sl.JobState) -> str | None:
    """Say what of the end is not as foretold."""
    if final.status is not sl.JobStatus.COMPLETED:
        return f"it is {final.status.name}, with error {final.error}"
    foretold = foretell(spec)
    assert foretold is not None
    for name, ended in foretold.items():
        state = final[name]
        found = (Counter(state.seen), state.calls, state.ends)
        if found != (ended.seen, ended.seen.total(), ended.ends):
            return f"'{name}' ended with {found}, foretold: {ended}"
    return fault_of_cut(spec, final)


def fault_of_cut(spec: Spec, cut: sl.JobState) -> str | None:
    """Say which delivery of a cut is lost, doubled or half settled; its history must be whole."""
    finished: Counter[str] = Counter()
    seen: dict[str, Counter[int]] = {part.name: Counter() for part in spec.parts}
    emitted: Counter[str] = Counter({"": len(spec.entries)})
    places: Counter[tuple[str, int]] = Counter()
    for record in cut.history:
        places[record.delivery.routine, record.delivery.number] += 1
        if record.outcome != "finished":
            continue
        if record.slot == "end":
            emitted[record.routine] += len(spec.targets(record.routine, "x"))
            finished[f"{record.routine}.end"] += 1
            continue
        assert record.payload is not None
        token = (record.payload["number"], record.payload["hops"])
        emitted[record.routine] += len(spec.fan_out(record.routine, token))
        finished[record.routine] += 1
        seen[record.routine][token[0]] += 1
    for delivery in cut.queued:
        places[delivery.id.routine, delivery.id.number] += 1
    ends = sum(d.slot == "end" for d in cut.queued) + sum(r.slot == "end" for r in cut.history)
    emitted[""] += ends
    return (
        fault_of_places(emitted, places)
        or fault_of_state(cut, finished, seen)
        or fault_of_room(cut)
    )


def fault_of_places(emitted: Counter[str], places: Counter[tuple[str, int]]) -> str | None:
    """Every delivery that was made is at one place."""
    twice = [place for place, count in places.items() if count > 1]
    if twice:
        return f"at two places at once: {twice[:5]}"
    wanted = {(name, n) for name, count in emitted.items() for n in range(1, count + 1)}
    if wanted != set(places):
        lost, strange = sorted(wanted - set(places)), sorted(set(places) - wanted)
        return f"lost: {lost[:5]}, emitted by calls that are not settled: {strange[:5]}"
    return None


def fault_of_state(
    cut: sl.JobState, finished: Counter[str], seen: dict[str, Counter[int]]
) -> str | None:
    """The state of each routine holds the calls that are settled, and no other."""
    for name, counted in seen.items():
        state = cut[name]
        found = (state.calls, Counter(state.seen), state.ends)
        wanted = (finished[name], counted, finished[f"{name}.end"])
        if found != wanted:
            return f"the state of '{name}' is {found}, its records say {wanted}"
    return None


def fault_of_room(cut: sl.JobState) -> str | None:
    """At most one delivery of each routine is in call (R2)."""
    in_call = Counter(delivery.routine for delivery in cut.queued if delivery.in_call)
    return None if not in_call or max(in_call.values()) == 1 else f"in call at once: {in_call}"


# ---- how they are drawn

EMITS = ((), ("x",), ("y",), ("x", "y"), ("y", "x"), ("x", "x"), ("y", "x", "y"))


def draw(random: Random, *, least: int = 20, most: int = 400) -> Spec:
    """Draw a flow that makes from `least` to `most` deliveries."""
    while True:
        spec = _draw(random)
        ended = foretell(spec, most=most)
        if ended is not None and sum(one.seen.total() for one in ended.values()) >= least:
            return spec


def _draw(random: Random) -> Spec:
    names = [chr(ord("a") + i) * (1 + i % 3) for i in range(random.randint(2, 8))]
    # What leads back may wait for itself where there is little room; without it nobody does.
    leads_back = random.random() < 0.5
    parts = tuple(
        Part(
            name,
            capacity=1000 if leads_back else random.choice((1, 1, 2, 3, 1000)),
            emits=tuple(random.choice(EMITS) for _ in range(random.randint(1, 4))),
            fails_on=random.randint(0, 10) if random.random() < 0.3 else None,
            policy=random.choice(("continue", "skip")),
            lets_others_in=random.random() < 0.3,
            has_end=random.random() < 0.2,
        )
        for name in names
    )
    edges = {
        (names[i], random.choice(EVENTS), names[j])
        for i, j in (
            (random.randrange(len(names)), random.randrange(len(names)))
            for _ in range(random.randint(2, 4 * len(names)))
        )
        if leads_back or i < j
    }
    entries = tuple(
        (random.choice(names), (random.randrange(MODULUS), random.randint(2, 5)))
        for _ in range(random.randint(3, 30))
    )
    return Spec(parts, tuple(sorted(edges)), entries)
