# A random flow built for the engine, and the camera that takes cuts inside its handlers.
#
# Handlers do not know the camera: it hangs on the routine object as an ordinary attribute (S4).
from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

import stoplog as sl
from property.oracle import FACTOR, FIRST_WAIT, Fact, RoutineState
from property.random_flow import (
    ANSWER,
    EVENTS,
    DrainedSpec,
    FlowSpec,
    Node,
    Policy,
    RoutineSpec,
    SlotSpec,
    behave,
    merged,
)
from stoplog.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


START = datetime(2030, 1, 1, tzinfo=timezone.utc)


class Camera:
    """Takes one cut: at a point of the n-th handler call."""

    def __init__(self, point: str = "", call: int = 0) -> None:
        self.point, self.call = point, call
        self.calls = 0
        self.taken: bytes | None = None

    def reach(self, point: str, job: sl.Job) -> None:
        self.calls += point == "start"
        if point == self.point and self.calls == self.call:
            self.taken = job.snapshot().to_bytes()


class RandomRoutine(sl.Routine):
    last: sl.State[int] = sl.State(int)
    seen: sl.State[dict[str, dict[str, int]]] = sl.State(dict)
    trail: sl.State[list[int]] = sl.State(list)
    x = sl.Event("value", "hops")
    y = sl.Event("value", "hops")
    camera: Camera
    repaired: bool

    def reach(self, point: str) -> None:
        self.camera.reach(point, self.job)

    def follow(self, spec: SlotSpec | DrainedSpec, fields: Mapping[str, int]) -> None:
        attempt = self.delivery.attempt
        behave(cast("Node", self), spec, fields, attempt, repaired=self.repaired)


def handler(spec: SlotSpec) -> Callable[..., None]:
    def handle(self: RandomRoutine, value: int, hops: int) -> None:
        self.follow(spec, {"value": value, "hops": hops})

    def handle_merged(self: RandomRoutine, value: sl.Appended[int], hops: sl.Appended[int]) -> None:
        self.follow(spec, merged(value, hops))

    chosen: Callable[..., None] = handle_merged if spec.merges else handle
    chosen.__name__ = spec.name
    return chosen


def policy_of(spec: SlotSpec) -> sl.Retry | Policy:
    if spec.attempts == 1:
        return spec.policy
    return sl.Retry(spec.attempts, initial=FIRST_WAIT, factor=FACTOR, then=spec.policy)


def drained_handler(spec: DrainedSpec) -> Callable[..., None]:
    def handle(self: RandomRoutine) -> None:
        self.follow(spec, {})

    handle.__name__ = spec.name
    return handle


def routine_of(spec: RoutineSpec, camera: Camera, *, repaired: bool) -> RandomRoutine:
    """Make a class with the slots of the spec, and one routine of it."""
    names: dict[str, Any] = {
        slot.name: sl.slot(
            capacity=slot.capacity,
            overflow=slot.overflow,
            priority=slot.priority,
            merge="append" if slot.merges else "override",
            on_error=policy_of(slot),
        )(handler(slot))
        for slot in spec.slots
    }
    for drained in spec.drained:
        names[drained.name] = sl.slot(when="drained")(drained_handler(drained))
    made: RandomRoutine = type(f"Random{spec.name.upper()}", (RandomRoutine,), names)()
    made.camera, made.repaired = camera, repaired
    return made


def flow_of(spec: FlowSpec, camera: Camera, *, repaired: bool = False) -> sl.Flow:
    flow = sl.Flow("random")
    for routine in spec.routines:
        flow.add(routine_of(routine, camera, repaired=repaired), routine.name)
    for routine in spec.routines:
        for event in EVENTS:
            for _, members in spec.targets(routine.name, event):
                places = [".".join(place) for place in members]
                target = sl.one_of(*places) if len(places) > 1 else places[0]
                flow.connect(f"{routine.name}.{event}", target)
    return flow


def start(spec: FlowSpec, camera: Camera) -> sl.Job:
    """Start a job that hands out nothing until it is stepped or waited for."""
    flow = flow_of(spec, camera)
    entries = [entry.place.split(".") for entry in spec.entries]
    messages = [
        getattr(flow.routines[routine], slot).of(value=entry.value, hops=entry.hops)
        for (routine, slot), entry in zip(entries, spec.entries, strict=True)
    ]
    return flow.start(*messages, executor="sequential")


def drive(job: sl.Job) -> sl.JobState:
    """Run to the end; whenever the job waits, send what it awaits."""
    while job.wait() is sl.JobStatus.WAITING:
        answer(job)
    return job.snapshot()


def answer(job: sl.Job) -> None:
    job.pause()
    for place in sorted(job.snapshot().awaited):
        job.send(place, **ANSWER)
    job.resume()


def facts_of(state: sl.JobState) -> list[Fact]:
    return [
        Fact(
            (record.delivery.routine, record.delivery.number),
            record.routine,
            record.slot,
            record.outcome,  # type: ignore[arg-type]
            record.attempt,
            record.fed_by,
        )
        for record in state.history
    ]


def declared_state_of(state: sl.JobState, routine: str) -> RoutineState:
    return RoutineState(state[routine].last, state[routine].seen, state[routine].trail)


def queue_of(state: sl.JobState) -> list[tuple[str, str, tuple[str, int], int]]:
    return sorted((d.routine, d.slot, (d.id.routine, d.id.number), d.attempt) for d in state.queued)


def stopped_clock(at: datetime = START) -> ManualClock:
    """Nothing is due before somebody waits for it."""
    return ManualClock(at)
