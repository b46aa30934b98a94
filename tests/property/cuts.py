# Cuts of a random job by kind: where one can be taken, and how.
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import stoplog as sl
from property.engine_flow import Camera, answer, start
from property.oracle import Oracle
from property.random_flow import ANSWER, FlowSpec


@dataclass
class Foretold:
    """What the oracle says of an uninterrupted run."""

    end: Oracle
    standstills: int


def foretell(spec: FlowSpec) -> Foretold:
    oracle = Oracle(spec)
    for entry in spec.entries:
        oracle.send(entry.place, value=entry.value, hops=entry.hops)
    standstills = 0
    while oracle.run() == "waiting":
        standstills += 1
        oracle.answer(ANSWER)
    return Foretold(oracle, standstills)


# Each kind: the places where it can be taken, and the act that takes it at one of them.
Places = Callable[[Foretold], list[int]]
Act = Callable[[FlowSpec, int], bytes]


def where(flags: list[bool]) -> list[int]:
    return [number for number, is_so in enumerate(flags) if is_so]


def calls_that_reach(point: str) -> Places:
    def places(foretold: Foretold) -> list[int]:
        reached = enumerate(foretold.end.points_in_call, start=1)
        return [number for number, points in reached if point in points]

    return places


def inside_a_handler(point: str) -> Act:
    def take(spec: FlowSpec, call: int) -> bytes:
        camera = Camera(point, call)
        job = start(spec, camera)
        run_to_call(job, camera, call)
        assert camera.taken is not None
        return camera.taken

    return take


def between_deliveries(spec: FlowSpec, calls: int) -> bytes:
    camera = Camera()
    job = start(spec, camera)
    run_to_call(job, camera, calls)
    return job.snapshot().to_bytes()


def with_open_expectation(spec: FlowSpec, standstill: int) -> bytes:
    job = start(spec, Camera())
    for _ in range(standstill):
        assert job.wait() is sl.JobStatus.WAITING
        answer(job)
    assert job.wait() is sl.JobStatus.WAITING
    state = job.snapshot()
    assert state.awaited
    return state.to_bytes()


def after_a_failure(spec: FlowSpec, _: int) -> bytes:
    job = start(spec, Camera())
    while job.wait() is sl.JobStatus.WAITING:
        answer(job)
    assert job.status is sl.JobStatus.FAILED
    return job.snapshot().to_bytes()


def run_to_call(job: sl.Job, camera: Camera, call: int) -> None:
    """Step until so many handlers were called."""
    while camera.calls < call:
        if job.step() == 0:
            assert job.status is sl.JobStatus.WAITING, "the job stands before that call"
            answer(job)


KINDS: dict[str, tuple[Places, Act]] = {
    "between deliveries": (lambda f: list(range(f.end.calls)), between_deliveries),
    "after the first emit": (calls_that_reach("emit"), inside_a_handler("emit")),
    "after the last write": (calls_that_reach("write"), inside_a_handler("write")),
    "while a call is parked": (
        # What is parked during a call was parked when the call before it had returned.
        lambda f: where(f.end.parked_in_call),
        between_deliveries,
    ),
    "with something due": (lambda f: where(f.end.due_in_call), between_deliveries),
    "after a drop": (lambda f: where(f.end.dropped_in_call), between_deliveries),
    "between turns": (lambda f: where(f.end.turned_in_call), between_deliveries),
    "with an open expectation": (lambda f: list(range(f.standstills)), with_open_expectation),
    "after a failure": (
        lambda f: [0] if f.end.failed and f.end.deadlock is None else [],
        after_a_failure,
    ),
}
