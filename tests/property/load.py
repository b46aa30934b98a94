# A random flow under many runners, with cuts taken meanwhile: each is looked at, some are resumed.
from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import stoplog as sl
from property.commuting import Spec, draw, entries_of, fault_at_end, fault_of_cut, flow_of

if TYPE_CHECKING:
    from random import Random

PATIENCE = 60.0
MOST_CUTS = 40  # of one flow


@dataclass
class Tally:
    flows: int = 0
    cuts: int = 0
    from_inside: int = 0
    unsettled: int = 0  # cuts that something was queued in
    in_call: int = 0  # cuts that somebody was working in
    resumed: int = 0
    findings: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.flows += other.flows
        self.cuts += other.cuts
        self.from_inside += other.from_inside
        self.unsettled += other.unsettled
        self.in_call += other.in_call
        self.resumed += other.resumed
        self.findings += other.findings

    def __str__(self) -> str:
        return (
            f"{self.flows} flows, {self.cuts} cuts ({self.from_inside} from inside handlers, "
            f"{self.unsettled} with work left, {self.in_call} with handlers running), "
            f"{self.resumed} of them saved and resumed, {len(self.findings)} findings"
        )


class Camera:
    """Takes cuts: from the thread that asks, and in every n-th call."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.cuts: list[sl.JobState] = []
        self._calls = 0

    def on_call(self, job: sl.Job) -> None:
        self._calls += 1
        if self._calls % self.every == 0:
            self.cuts.append(job.snapshot())

    def watch(self, job: sl.Job, until: threading.Event) -> list[sl.JobState]:
        """Take cuts until the event is set."""
        taken = [job.snapshot()]
        while not until.is_set() and len(taken) < MOST_CUTS:
            taken.append(job.snapshot())
            until.wait(0.0002)
        return taken


def run_under_load(seed: int, random: Random, executor: sl.Executor, resumed_share: float) -> Tally:
    """Run one random flow to its end while a second thread takes cuts; look at all of them."""
    spec = draw(random)
    camera = Camera(random.randint(20, 200))
    flow = flow_of(spec, camera.on_call)
    job = flow.start(*entries_of(spec, flow), executor=executor, paused=True)
    is_over = threading.Event()
    taken: list[sl.JobState] = []
    watcher = threading.Thread(target=lambda: taken.extend(camera.watch(job, is_over)))
    watcher.start()
    tally = Tally(flows=1)
    try:
        job.resume()
        status = job.wait(PATIENCE)
    finally:
        is_over.set()
        watcher.join(PATIENCE)
    if not job.done:
        tally.findings.append(f"seed {seed}: the job is {status.name} after {PATIENCE} s")
        job.cancel()
        return tally
    found = [fault_at_end(spec, job.snapshot())]
    for cut in [*taken, *camera.cuts]:
        found.append(fault_of_cut(spec, cut))
        tally.cuts += 1
        tally.unsettled += bool(cut.queued)
        tally.in_call += any(delivery.in_call for delivery in cut.queued)
        if cut.queued and random.random() < resumed_share:
            tally.resumed += 1
            found.append(fault_when_resumed(spec, cut))
    tally.from_inside = len(camera.cuts)
    tally.findings += [f"seed {seed}: {fault}" for fault in found if fault is not None]
    return tally


def fault_when_resumed(spec: Spec, cut: sl.JobState) -> str | None:
    """Save, load, go on under sequential; say what is not as an uninterrupted run ends."""
    loaded = sl.JobState.from_bytes(cut.to_bytes())
    if loaded != cut:
        return "what was loaded is not what was saved"
    job = flow_of(spec).resume(loaded, executor="sequential")
    job.wait()
    fault = fault_at_end(spec, job.snapshot())
    return fault and f"resumed from a cut with {len(cut.queued)} queued: {fault}"
