# The rules of the sequential executor in plain Python: what a run of a random flow must do.
#
# Written to be read: no engine is imported, nothing is fast, each rule stands at its place.
from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from property.random_flow import DrainedSpec, Fields, FlowSpec, HandlerError, SlotSpec, behave

if TYPE_CHECKING:
    from collections.abc import Iterator

Outcome = Literal["finished", "failed", "skipped"]
Place = tuple[str, str]  # (routine, slot)


class Fact(NamedTuple):
    """One record of the history, as far as the rules foretell it."""

    delivery: tuple[str, int]
    routine: str
    slot: str
    outcome: Outcome
    attempt: int
    fed_by: str | None


@dataclass
class Delivery:
    id: tuple[str, int]
    routine: str
    slot: str
    fields: Fields
    fed_by: str | None
    attempt: int = 1


@dataclass
class RoutineState:
    """The declared state of one routine: what `random_flow.Node` declares."""

    last: int = 0
    seen: dict[str, dict[str, int]] = field(default_factory=dict)


class Call:
    """One run of a handler: what it emits, expects and writes is noted here, nothing more (R3)."""

    def __init__(self, state: RoutineState) -> None:
        self.state = copy.deepcopy(state)
        self.emitted: list[tuple[str, Fields]] = []
        self.expected: list[str] = []
        self.points: list[str] = []

    @property
    def last(self) -> int:
        return self.state.last

    @last.setter
    def last(self, value: int) -> None:
        self.state.last = value

    @property
    def seen(self) -> dict[str, dict[str, int]]:
        return self.state.seen

    def emit(self, event: str, /, **fields: int) -> None:
        self.emitted.append((event, fields))

    def expect(self, slot: str) -> None:
        self.expected.append(slot)

    def reach(self, point: str) -> None:
        self.points.append(point)


@dataclass
class Cell:
    """One routine in one job: a single mailbox over all its slots (R1)."""

    mailbox: deque[Delivery] = field(default_factory=deque)
    state: RoutineState = field(default_factory=RoutineState)
    emissions: int = 0
    scheduled: bool = False
    parked_on: Place | None = None
    outbox: Call | None = None


class Oracle:
    """One job of a random flow under the sequential executor."""

    def __init__(self, spec: FlowSpec, *, repaired: bool = False) -> None:
        self.spec = spec
        self.repaired = repaired
        self.cells = {routine.name: Cell() for routine in spec.routines}
        self.capacity = {
            (routine.name, slot.name): slot.capacity
            for routine in spec.routines
            for slot in routine.slots
        }
        self.used: dict[Place, int] = dict.fromkeys(self.capacity, 0)
        self.waiting: dict[Place, list[str]] = {}
        self.ready: deque[str] = deque()
        self.awaited: set[str] = set()
        self.fired: list[Place] = []
        self.from_outside = 0
        self.failed_deliveries = 0
        self.history: list[Fact] = []
        self.deadlock: list[str] | None = None
        self.failed = False
        self.calls = 0
        # By number of the call: is another one parked meanwhile, and which points are reached?
        self.parked_in_call: list[bool] = []
        self.points_in_call: list[list[str]] = []
        self.admitted = 0

    # ── from outside ─────────────────────────────────────────────────────────────────────────

    def send(self, place: str, **fields: int) -> None:
        routine, slot = place.split(".")
        self.awaited.discard(place)
        self._admit(self._outside(routine, slot, fields))

    def run(self) -> str:
        """Run until the job has ended or stands still, and name its status."""
        for _ in self.turns():
            pass
        return self.status

    def turns(self) -> Iterator[int]:
        """Run turn by turn; between two of them the job can be cut."""
        while not self.failed:
            if self.ready:
                self._turn()
            elif self.awaited or not self._fire_drained():
                return
            yield self.calls

    @property
    def status(self) -> str:
        if self.failed:
            return "failed"
        if self.ready:
            return "running"
        return "waiting" if self.awaited else "completed"

    def answer(self, fields: Fields) -> None:
        """Send what is awaited, in the order of the names."""
        for place in sorted(self.awaited):
            self.send(place, **fields)

    def cut(self) -> Oracle:
        """Copy the job as a cut holds it: the outbox of a parked call is not in it (R11b)."""
        copied = copy.deepcopy(self)
        for cell in copied.cells.values():
            cell.outbox = None
        return copied

    def resume_failed(self) -> Oracle:
        """Try the failed delivery again, by repaired handlers: it is the head of the first."""
        again = self.cut()
        again.repaired, again.failed = True, False
        return again

    # ── one turn: one delivery of the routine in front (R7) ──────────────────────────────────

    def _turn(self) -> None:
        name = self.ready[0]
        cell = self.cells[name]
        delivery = cell.mailbox[0]
        call = cell.outbox
        if call is None:
            re_run = cell.parked_on is not None
            call = Call(cell.state)
            if not re_run:
                self.parked_in_call.append(any(c.parked_on for c in self.cells.values()))
                self.points_in_call.append(call.points)
                self.calls += 1
            try:
                behave(call, self._slot(delivery), delivery.fields, repaired=self.repaired)
            except HandlerError:
                self._fail(cell, delivery)
                return
        self._commit(name, cell, delivery, call)

    def _commit(self, name: str, cell: Cell, delivery: Delivery, call: Call) -> None:
        """Settle, admit, keep, write down: all of it or nothing (R4, R5)."""
        place = (name, delivery.slot)
        self._give_back(place)
        full = self._first_full(name, call)
        if full is not None:
            self._take(place)
            self._park(name, cell, call, full)
            return
        cell.mailbox.popleft()
        cell.outbox, cell.parked_on = None, None
        cell.state = call.state
        for event, fields in call.emitted:
            for target in self.spec.targets(name, event):
                cell.emissions += 1
                made = Delivery((name, cell.emissions), *target, fields, f"{name}.{event}")
                self._admit(made)
        for place_name in call.expected:
            if not self._has_early_signal(place_name):
                self.awaited.add(place_name)
        self._write(delivery, "finished")
        self._end_turn(cell, place)

    def _fail(self, cell: Cell, delivery: Delivery) -> None:
        """Drop what the call noted; the policy of the slot says what becomes of the delivery."""
        policy = self._slot(delivery).policy
        self._write(delivery, "skipped" if policy == "skip" else "failed")
        if policy == "stop":
            delivery.attempt += 1
            self.failed = True
            return
        self.failed_deliveries += policy == "continue"
        place = (delivery.routine, delivery.slot)
        self._give_back(place)
        cell.mailbox.popleft()
        self._end_turn(cell, place)

    def _end_turn(self, cell: Cell, settled: Place) -> None:
        """Those whom the commit made ready come first, then the woken, then the one that ran."""
        if self.used.get(settled, 0) < self.capacity.get(settled, 1):
            self.ready.extend(self.waiting.pop(settled, ()))
        name = self.ready.popleft()
        cell.scheduled = bool(cell.mailbox)
        if cell.scheduled:
            self.ready.append(name)

    # ── room (R5, R6) ────────────────────────────────────────────────────────────────────────

    def _first_full(self, name: str, call: Call) -> Place | None:
        for event, _ in call.emitted:
            for target in self.spec.targets(name, event):
                if self.used[target] >= self.capacity[target]:
                    return target
        return None

    def _park(self, name: str, cell: Cell, call: Call, full: Place) -> None:
        path = [name, full[0]]
        while path[-1] != name:
            waits_for = self.cells[path[-1]].parked_on
            if waits_for is None or path[-1] in self.ready:
                self.ready.popleft()
                self.waiting.setdefault(full, []).append(name)
                cell.parked_on, cell.outbox = full, call
                return
            path.append(waits_for[0])
        cell.parked_on, cell.outbox = None, None
        self.deadlock, self.failed = path, True

    def _admit(self, delivery: Delivery) -> None:
        cell = self.cells[delivery.routine]
        cell.mailbox.append(delivery)
        self._take((delivery.routine, delivery.slot))
        self.admitted += 1
        if not cell.scheduled:
            cell.scheduled = True
            self.ready.append(delivery.routine)

    def _take(self, place: Place) -> None:
        if place in self.used:
            self.used[place] += 1

    def _give_back(self, place: Place) -> None:
        if place in self.used:
            self.used[place] -= 1

    # ── expectations and drained slots (R8b, R9) ─────────────────────────────────────────────

    def _has_early_signal(self, place: str) -> bool:
        """An outside delivery that is queued already counts, a parked one too."""
        routine, slot = place.split(".")
        cell = self.cells[routine]
        return any(d.slot == slot and d.id[0] == "" for d in cell.mailbox)

    def _fire_drained(self) -> bool:
        for place in self.spec.drained_in_order():
            if place not in self.fired:
                self.fired.append(place)
                self._admit(self._outside(*place, {}))
                return True
        return False

    # ── small help ───────────────────────────────────────────────────────────────────────────

    def _outside(self, routine: str, slot: str, fields: Fields) -> Delivery:
        self.from_outside += 1
        return Delivery(("", self.from_outside), routine, slot, fields, None)

    def _slot(self, delivery: Delivery) -> SlotSpec | DrainedSpec:
        return self.spec.slot(delivery.routine, delivery.slot)

    def _write(self, delivery: Delivery, outcome: Outcome) -> None:
        fact = Fact(
            delivery.id,
            delivery.routine,
            delivery.slot,
            outcome,
            delivery.attempt,
            delivery.fed_by,
        )
        self.history.append(fact)
