"""The cut of a job with 1000 queued deliveries and 1000 records, and its bytes.

The bytes are compared with ``pickle.dumps`` of the same data as plain dicts, written as sparingly
as one would by hand: flat, numbers for times, each payload once. The text formats are compared with
``json.dumps`` of those.
"""

from __future__ import annotations

import json
import pickle
import time
from typing import TYPE_CHECKING, Any

from harness import Bar, Figure, Measure, Options, Report, Suite, main

import stoplog as sl

if TYPE_CHECKING:
    from collections.abc import Callable

RING = 10
QUEUED = 1000
MANY_QUEUED = 10_000
RECORDS = 1000
SHORT_RUN = 2_000
LONG_RUN = 200_000
CUTS = 50
DUMPS = 5
STEPS_BETWEEN = 7

CUT = "snapshot(), 1000 queued"
CUT_MANY = "snapshot(), 10 000 queued"
BYTES = "snapshot().to_bytes()"
BYTES_LATE = "snapshot().to_bytes(), a hundred times later in the run"
PICKLE = "pickle.dumps of the same as plain dicts"
JSON = 'snapshot().to_bytes("json")'
XML = 'snapshot().to_bytes("xml")'
TEXT = 'snapshot().to_bytes("text")'
DUMPED = "json.dumps of the same as plain dicts"


class Station(sl.Routine):
    """Keeps a count and passes on what came, with a text of its own for each token."""

    seen: sl.State[int] = sl.State(int)

    @sl.event
    def word(self, x: int, text: str) -> None:
        """What came in."""

    @sl.slot(capacity=MANY_QUEUED)
    def input(self, x: int, text: str) -> None:
        self.seen += 1
        self.word(x=x, text=text)


def ring(tokens: int, steps: int) -> sl.Job:
    """A ring of ten stations with so many tokens, after so many deliveries."""
    flow = sl.Flow("ring")
    stations = [flow.add(Station(), f"station{index}") for index in range(RING)]
    for index, station in enumerate(stations):
        flow.connect(station.word, stations[(index + 1) % RING].input)
    entries = [stations[x % RING].input.of(x=x, text=f"word {x}") for x in range(tokens)]
    job = flow.start(*entries, executor="sequential")
    done = job.step(steps)
    cut = job.snapshot()
    if (done, len(cut.queued), len(cut.history)) != (steps, tokens, RECORDS):
        found = f"{len(cut.queued)} queued, {len(cut.history)} records"
        raise RuntimeError(f"{done} steps left {found}; expected {steps}, {tokens}, {RECORDS}")
    return job


def each_after_some_steps(job: sl.Job, operation: Callable[[], object], repeat: int) -> Measure:
    """Return the measure of an operation on a job that moves on between two of them.

    What the operation returns is dropped outside the measured time.
    """

    def measure() -> float:
        clock, elapsed = time.perf_counter_ns, 0
        for _ in range(repeat):
            job.step(STEPS_BETWEEN)
            start = clock()
            result = operation()
            elapsed += clock() - start
            del result
        return elapsed / repeat

    return measure


def as_plain(state: sl.JobState) -> dict[str, Any]:
    """Return what a cut holds as dicts, lists, strings and numbers."""
    return {
        "id": state.id,
        "flow": (state.flow_name, state.flow_version, state.fingerprint),
        "status": state.status.value,
        "created_at": state.created_at.timestamp(),
        "taken_at": state.taken_at.timestamp(),
        "routines": {name: state[name].to_dict() for name in state},
        "queued": [
            {
                "id": _plain_id(delivery.id),
                "root": _plain_id(delivery.root),
                "routine": delivery.routine,
                "slot": delivery.slot,
                "payload": dict(delivery.payload),
                "attempt": delivery.attempt,
                "fed_by": delivery.fed_by,
            }
            for delivery in state.queued
        ],
        "history": [
            {
                "delivery": _plain_id(record.delivery),
                "routine": record.routine,
                "slot": record.slot,
                "payload": dict(record.payload or {}),
                "attempt": record.attempt,
                "fed_by": record.fed_by,
                "outcome": record.outcome,
                "started_at": record.started_at.timestamp(),
                "duration": record.duration.total_seconds(),
                "error": record.error,
            }
            for record in state.history
        ],
    }


def _plain_id(delivery: sl.DeliveryId) -> tuple[str, int]:
    return (delivery.routine, delivery.number)


def bench(options: Options) -> Report:
    cuts, dumps = options.scaled(CUTS), options.scaled(DUMPS)
    # The two that are compared come first, one behind the other: what is made after something
    # large lies scattered in memory, and reading it is slower by a sixth, however long it ran.
    job, late = ring(QUEUED, SHORT_RUN), ring(QUEUED, LONG_RUN)
    many = ring(MANY_QUEUED, SHORT_RUN)
    plain = as_plain(job.snapshot())
    sizes = {
        BYTES: len(job.snapshot().to_bytes()),
        BYTES_LATE: len(late.snapshot().to_bytes()),
        PICKLE: len(pickle.dumps(plain, pickle.HIGHEST_PROTOCOL)),
        JSON: len(job.snapshot().to_bytes("json")),
        XML: len(job.snapshot().to_bytes("xml")),
        TEXT: len(job.snapshot().to_bytes("text")),
        DUMPED: len(json.dumps(plain)),
    }

    suite = Suite(options)
    suite.case(CUT, each_after_some_steps(job, job.snapshot, cuts))
    suite.case(CUT_MANY, each_after_some_steps(many, many.snapshot, cuts))
    suite.case(BYTES, each_after_some_steps(job, lambda: job.snapshot().to_bytes(), dumps))
    suite.case(BYTES_LATE, each_after_some_steps(late, lambda: late.snapshot().to_bytes(), dumps))
    suite.case(
        PICKLE,
        each_after_some_steps(job, lambda: pickle.dumps(plain, pickle.HIGHEST_PROTOCOL), dumps),
    )
    suite.case(JSON, each_after_some_steps(job, lambda: job.snapshot().to_bytes("json"), dumps))
    suite.case(XML, each_after_some_steps(job, lambda: job.snapshot().to_bytes("xml"), dumps))
    suite.case(TEXT, each_after_some_steps(job, lambda: job.snapshot().to_bytes("text"), dumps))
    suite.case(DUMPED, each_after_some_steps(job, lambda: json.dumps(plain), dumps))
    samples = suite.run()

    further = (samples.median(CUT_MANY) - samples.median(CUT)) / (MANY_QUEUED - QUEUED)
    figures = samples.figures("us")
    figures += [Figure(f"size: {name}", size, size, size, "B") for name, size in sizes.items()]
    figures.append(Figure("cut, each further queued delivery", further, further, further))
    bars = [
        Bar("cut, 1000 queued and 1000 records", samples.median(CUT) / 1e3, 10, "us"),
        Bar("to bytes / pickle, time", samples.ratio(BYTES, PICKLE), 0.3),
        Bar("to bytes / pickle, size", sizes[BYTES] / sizes[PICKLE], 0.5),
        Bar("to JSON / json.dumps, time", samples.ratio(JSON, DUMPED), 1.5),
        Bar("to bytes late / early in the run, time", samples.ratio(BYTES_LATE, BYTES), 1.2),
        Bar("to bytes late / early in the run, size", sizes[BYTES_LATE] / sizes[BYTES], 1.1),
    ]
    return Report("Cut and bytes", figures, bars)


if __name__ == "__main__":
    main(bench, __doc__)
