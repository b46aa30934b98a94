# The rules of the sequential executor in plain Python: what a run of a random flow must do.
#
# Written to be read: no engine is imported, nothing is fast, each rule stands at its place.
from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from property.random_flow import (
    DrainedSpec,
    Fields,
    FlowSpec,
    HandlerError,
    SlotSpec,
    behave,
    merged,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Outcome = Literal["finished", "failed", "skipped", "dropped"]
Place = tuple[str, str]  # (routine, slot)
LONGEST_STREAK = 64  # deliveries in a row from higher lanes (R1)
FIRST_WAIT, FACTOR = 1, 2  # seconds until the next attempt


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
    forgiven: int = 0  # attempts from before the job was resumed as failed


@dataclass
class RoutineState:
    """The declared state of one routine: what `random_flow.Node` declares."""

    last: int = 0
    seen: dict[str, dict[str, int]] = field(default_factory=dict)
    trail: list[int] = field(default_factory=list)
    buffers: dict[str, list[Fields]] = field(default_factory=dict, compare=False)  # of no one's


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

    @property
    def trail(self) -> list[int]:
        return self.state.trail

    def merge(self, slot: str, fields: Fields) -> Fields:
        """Change the buffer, which is state, and say what the handler is given (R8)."""
        buffer = self.state.buffers.setdefault(slot, [])
        buffer.append(fields)
        return merged([one["value"] for one in buffer], [one["hops"] for one in buffer])

    def emit(self, event: str, /, **fields: int) -> None:
        self.emitted.append((event, fields))

    def expect(self, slot: str) -> None:
        self.expected.append(slot)

    def reach(self, point: str) -> None:
        self.points.append(point)


@dataclass
class Cell:
    """One routine in one job: a single mailbox over all its slots (R1)."""

    mailbox: deque[Delivery] = field(default_factory=deque)  # the first was begun, or is as others
    begun: bool = False
    streak: int = 0
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
        self.dropped: dict[str, int] = {}
        self.next_turn: dict[int, int] = {}  # by number of the group
        self.now = 0
        self.due: list[tuple[int, Delivery]] = []  # by time, then by when they failed
        self.history: list[Fact] = []
        self.deadlock: list[str] | None = None
        self.failed = False
        self.calls = 0
        # By number of the call: is another one parked meanwhile, and which points are reached?
        self.parked_in_call: list[bool] = []
        self.points_in_call: list[list[str]] = []
        self.due_in_call: list[bool] = []
        self.dropped_in_call: list[bool] = []
        self.turned_in_call: list[bool] = []
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
            elif self.due:
                self._fall_due()
            elif self.awaited or not self._fire_drained():
                return
            yield self.calls

    @property
    def status(self) -> str:
        if self.failed:
            return "failed"
        if self.ready:
            return "running"
        return "waiting" if self.awaited or self.due else "completed"

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
        for cell in again.cells.values():
            if cell.begun:
                cell.mailbox[0].forgiven = cell.mailbox[0].attempt - 1
        return again

    # ── one turn: one delivery of the routine in front (R7) ──────────────────────────────────

    def _turn(self) -> None:
        name = self.ready[0]
        cell = self.cells[name]
        if not cell.begun:
            self._begin_next(cell)
        delivery = cell.mailbox[0]
        call = cell.outbox
        if call is None:
            re_run = cell.parked_on is not None
            call = Call(cell.state)
            if not re_run:
                self.parked_in_call.append(any(c.parked_on for c in self.cells.values()))
                self.points_in_call.append(call.points)
                self.due_in_call.append(bool(self.due))
                self.dropped_in_call.append(bool(self.dropped))
                self.turned_in_call.append(any(self.next_turn.values()))
                self.calls += 1
            slot, fields = self._slot(delivery), delivery.fields
            if isinstance(slot, SlotSpec) and slot.merges:
                fields = call.merge(slot.name, fields)
            try:
                behave(
                    call,
                    slot,
                    fields,
                    delivery.attempt,
                    repaired=self.repaired,
                )
            except HandlerError:
                self._fail(cell, delivery)
                return
        self._commit(name, cell, delivery, call)

    def _commit(self, name: str, cell: Cell, delivery: Delivery, call: Call) -> None:
        """Settle, admit, keep, write down: all of it or nothing (R4, R5)."""
        place = (name, delivery.slot)
        self._give_back(place)
        turns, receivers = self._receivers(name, call)
        full = next((to for _, _, to in receivers if self._blocks(to)), None)
        if full is not None:
            self._take(place)
            self._park(name, cell, call, full)
            return
        if self._is_refused(receivers):
            self._take(place)
            cell.outbox, cell.parked_on = None, None
            self._fail(cell, delivery)
            return
        self._leave_mailbox(cell)
        cell.outbox, cell.parked_on = None, None
        cell.state = call.state
        self.next_turn = turns
        for event, fields, target in receivers:
            cell.emissions += 1
            self._admit(Delivery((name, cell.emissions), *target, fields, f"{name}.{event}"))
        for place_name in call.expected:
            if not self._has_early_signal(place_name):
                self.awaited.add(place_name)
        self._write(delivery, "finished")
        self._end_turn(cell, place)

    def _fail(self, cell: Cell, delivery: Delivery) -> None:
        """Drop what the call noted; the policy of the slot says what becomes of the delivery."""
        slot = self._slot(delivery)
        if delivery.attempt - delivery.forgiven < slot.attempts:
            self._postpone(cell, delivery)
            return
        policy = slot.policy
        self._write(delivery, "skipped" if policy == "skip" else "failed")
        if policy == "stop":
            delivery.attempt += 1
            self.failed = True
            return
        self.failed_deliveries += policy == "continue"
        place = (delivery.routine, delivery.slot)
        self._give_back(place)
        self._leave_mailbox(cell)
        self._end_turn(cell, place)

    def _postpone(self, cell: Cell, delivery: Delivery) -> None:
        """It is due later, and holds its room until then (R20)."""
        self._write(delivery, "failed")
        wait = FIRST_WAIT * FACTOR ** (delivery.attempt - delivery.forgiven - 1)
        delivery.attempt += 1
        self._leave_mailbox(cell)
        self.due.append((self.now + wait, delivery))
        self.due.sort(key=lambda item: item[0])
        self._leave_turn(cell)

    def _fall_due(self) -> None:
        """Nothing else is left to do: time goes on to the next moment (R7, R9)."""
        self.now = self.due[0][0]
        fallen = [delivery for at, delivery in self.due if at == self.now]
        self.due = [item for item in self.due if item[0] != self.now]
        for delivery in reversed(fallen):
            cell = self.cells[delivery.routine]
            cell.mailbox.insert(1 if cell.begun else 0, delivery)
        for delivery in fallen:
            self._schedule(delivery.routine)

    # ── lanes (R1) ───────────────────────────────────────────────────────────────────────────

    def _begin_next(self, cell: Cell) -> None:
        """Bring the one whose turn it is to the front; from now on it stays there."""
        highest = max(self._slot(d).priority for d in cell.mailbox)
        lower = [d for d in cell.mailbox if self._slot(d).priority < highest]
        if lower and cell.streak == LONGEST_STREAK:
            chosen, cell.streak = lower[0], 0
        else:
            chosen = next(d for d in cell.mailbox if self._slot(d).priority == highest)
            cell.streak = cell.streak + 1 if lower else 0
        cell.mailbox.remove(chosen)
        cell.mailbox.appendleft(chosen)
        cell.begun = True

    def _leave_mailbox(self, cell: Cell) -> None:
        cell.mailbox.popleft()
        cell.begun = False

    def _end_turn(self, cell: Cell, settled: Place) -> None:
        """Those whom the commit made ready come first, then the woken, then the one that ran."""
        if self.used.get(settled, 0) < self.capacity.get(settled, 1):
            self.ready.extend(self.waiting.pop(settled, ()))
        self._leave_turn(cell)

    def _leave_turn(self, cell: Cell) -> None:
        name = self.ready.popleft()
        cell.scheduled = bool(cell.mailbox)
        if cell.scheduled:
            self.ready.append(name)

    # ── room (R5, R6) ────────────────────────────────────────────────────────────────────────

    def _receivers(
        self, name: str, call: Call
    ) -> tuple[dict[int, int], list[tuple[str, Fields, Place]]]:
        """Say where each emission goes, and who has the turns after that."""
        turns = dict(self.next_turn)
        receivers: list[tuple[str, Fields, Place]] = []
        for event, fields in call.emitted:
            for group, members in self.spec.targets(name, event):
                mine = turns.get(group, 0) if group else 0
                receivers.append((event, fields, members[mine]))
                if group:
                    turns[group] = (mine + 1) % len(members)
        return turns, receivers

    def _is_full(self, place: Place) -> bool:
        return self.used[place] >= self.capacity[place]

    def _blocks(self, place: Place) -> bool:
        return self._overflow(place) == "block" and self._is_full(place)

    def _is_refused(self, receivers: list[tuple[str, Fields, Place]]) -> bool:
        """Tell whether a slot that refuses would get more than it has room for."""
        asked: dict[Place, int] = {}
        for _, _, place in receivers:
            asked[place] = asked.get(place, 0) + 1
        return any(
            self._overflow(place) == "reject" and self.used[place] + count > self.capacity[place]
            for place, count in asked.items()
        )

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
        cell, place = self.cells[delivery.routine], (delivery.routine, delivery.slot)
        self.admitted += 1
        if self._overflow(place) == "drop_newest" and self._is_full(place):
            self._drop(delivery)
            return
        cell.mailbox.append(delivery)
        self._take(place)
        self._schedule(delivery.routine)
        if self._overflow(place) == "drop_oldest":
            lying = [d for d in cell.mailbox if d.slot == delivery.slot]
            waiting = lying[1:] if cell.begun and cell.mailbox[0] is lying[0] else lying
            if len(waiting) > self.capacity[place]:
                cell.mailbox.remove(waiting[0])
                self._give_back(place)
                self._drop(waiting[0])

    def _drop(self, delivery: Delivery) -> None:
        place = f"{delivery.routine}.{delivery.slot}"
        self.dropped[place] = self.dropped.get(place, 0) + 1
        self._write(delivery, "dropped", 1)

    def _schedule(self, routine: str) -> None:
        if not self.cells[routine].scheduled:
            self.cells[routine].scheduled = True
            self.ready.append(routine)

    def _take(self, place: Place) -> None:
        if place in self.used:
            self.used[place] += 1

    def _give_back(self, place: Place) -> None:
        if place in self.used:
            self.used[place] -= 1

    # ── expectations and drained slots (R8b, R9) ─────────────────────────────────────────────

    def _has_early_signal(self, place: str) -> bool:
        """An outside delivery that is queued already counts, one that is parked or due too."""
        return any(f"{d.routine}.{d.slot}" == place and d.id[0] == "" for d in self.unsettled())

    def _fire_drained(self) -> bool:
        for place in self.spec.drained_in_order():
            if place not in self.fired:
                self.fired.append(place)
                self._admit(self._outside(*place, {}))
                return True
        return False

    def unsettled(self) -> list[Delivery]:
        """Name all that waits, is in call, or is due."""
        queued = [delivery for cell in self.cells.values() for delivery in cell.mailbox]
        return queued + [delivery for _, delivery in self.due]

    # ── small help ───────────────────────────────────────────────────────────────────────────

    def _outside(self, routine: str, slot: str, fields: Fields) -> Delivery:
        self.from_outside += 1
        return Delivery(("", self.from_outside), routine, slot, fields, None)

    def _overflow(self, place: Place) -> str:
        slot = self.spec.slot(*place)
        return slot.overflow if isinstance(slot, SlotSpec) else "block"

    def _slot(self, delivery: Delivery) -> SlotSpec | DrainedSpec:
        return self.spec.slot(delivery.routine, delivery.slot)

    def _write(self, delivery: Delivery, outcome: Outcome, attempt: int = 0) -> None:
        fact = Fact(
            delivery.id,
            delivery.routine,
            delivery.slot,
            outcome,
            attempt or delivery.attempt,
            delivery.fed_by,
        )
        self.history.append(fact)
