"""Python handlers on many runners: what a hop costs beside one lane, what runs truly in parallel,
how many jobs an executor carries, and what an idle one of them weighs.

A hop has a sequential run of its own beside it; handlers that sleep or compute in numpy have one
runner beside many.
"""

from __future__ import annotations

import ctypes
import time
from functools import partial
from typing import TYPE_CHECKING

from harness import Bar, Figure, Options, Report, Suite, main
from relay import Relay

import stoplog as sl

if TYPE_CHECKING:
    from collections.abc import Callable

RING = 10
TOKENS = 10
HOPS = 50_000
WORKERS = (1, 2, 4, 8)
JOBS = 1000
JOB_HOPS = 50
SLEEPERS = 32
NAPS = 320
NAP_SECONDS = 0.001
ROWS = 400
IDLE_JOBS = 2000

SEQUENTIAL = "hop, sequential"
NAP_ALONE = f"{NAPS} handlers that sleep 1 ms, one runner"
NAP_TOGETHER = f"the same, {SLEEPERS} runners"
NUMPY_ALONE = "two handlers in numpy, one runner"
NUMPY_TOGETHER = "the same, two runners"
THOUSAND = f"{JOBS} jobs of {JOB_HOPS} hops on four runners, a hop"


def on_runners(workers: int) -> str:
    return f"hop, {workers} workers"


class Napper(sl.Routine):
    @sl.slot
    def input(self) -> None:
        time.sleep(NAP_SECONDS)


class Cruncher(sl.Routine):
    """Multiplies matrices, which numpy does without the GIL."""

    def __init__(self) -> None:
        import numpy as np

        self.matrix = np.random.default_rng(1).random((ROWS, ROWS))

    @sl.slot
    def input(self) -> None:
        matrix = self.matrix
        for _ in range(12):
            matrix = matrix @ self.matrix
            matrix /= matrix.max()


def ring_flow() -> sl.Flow:
    flow = sl.Flow("ring")
    relays = [flow.add(Relay(), f"relay{index}") for index in range(RING)]
    for index, relay in enumerate(relays):
        flow.connect(relay.word, relays[(index + 1) % RING].input)
    return flow


def timed_job(start: Callable[[], sl.Job], operations: int) -> Callable[[], float]:
    """Return the measure of a job from its start to its end, an operation."""

    def measure() -> float:
        began = time.perf_counter_ns()
        job = start()
        if job.wait() is not sl.JobStatus.COMPLETED:
            raise RuntimeError(f"the job is {job.status}: {job.error}")
        return (time.perf_counter_ns() - began) / operations

    return measure


def ring(executor: sl.Executor | str, hops: int) -> Callable[[], float]:
    """Ten tokens in a ring of ten."""
    flow = ring_flow()
    entries = [flow.routines[f"relay{index}"].input.of(x=hops // TOKENS) for index in range(TOKENS)]
    return timed_job(lambda: flow.start(*entries, executor=executor), hops)


def sleeping(workers: int) -> Callable[[], float]:
    flow = sl.Flow("naps")
    entries = [flow.add(Napper(), f"napper{index}").input.of() for index in range(SLEEPERS)]
    executor = sl.Concurrent(workers)
    return timed_job(lambda: flow.start(*entries * (NAPS // SLEEPERS), executor=executor), NAPS)


def crunching(workers: int) -> Callable[[], float]:
    flow = sl.Flow("numbers")
    entries = [flow.add(Cruncher(), f"cruncher{index}").input.of() for index in range(2)]
    executor = sl.Concurrent(workers)
    return timed_job(lambda: flow.start(*entries * 4, executor=executor), 8)


def thousand_jobs(hops: int) -> Callable[[], float]:
    flow = ring_flow()
    entry = flow.routines["relay0"].input.of(x=hops)
    executor = sl.Concurrent(4)

    def measure() -> float:
        jobs = [flow.start(entry, executor=executor, paused=True) for _ in range(JOBS)]
        began = time.perf_counter_ns()
        for job in jobs:
            job.resume()
        for job in jobs:
            if job.wait() is not sl.JobStatus.COMPLETED:
                raise RuntimeError(f"a job is {job.status}: {job.error}")
        return (time.perf_counter_ns() - began) / (JOBS * (hops + 1))

    return measure


def bytes_handed_out() -> int | None:
    """What the C library has handed out, where it says so."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        return None
    fields = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    kind = type(
        "mallinfo2",
        (ctypes.Structure,),
        {"_fields_": [(f, ctypes.c_size_t) for f in fields.split()]},
    )
    library.mallinfo2.restype = kind
    found = library.mallinfo2()
    return int(found.uordblks + found.hblkhd)


def idle_job_bytes(jobs: int) -> float | None:
    """Return what an open job of ten routines, each used once, takes when it is idle."""
    flow = ring_flow()
    executor = sl.Concurrent(2)
    entry = flow.routines["relay0"].input.of(x=RING - 1)

    def start() -> sl.Job:
        job = flow.start(entry, executor=executor, keep_alive=True)
        job.wait()
        return job

    kept = [start() for _ in range(10)]
    before = bytes_handed_out()
    kept += [start() for _ in range(jobs)]
    after = bytes_handed_out()
    return None if before is None or after is None else (after - before) / jobs


def numpy_is_here() -> bool:
    try:
        import numpy as np  # noqa: F401
    except ImportError:
        return False
    return True


def bench(options: Options) -> Report:
    idle = idle_job_bytes(options.scaled(IDLE_JOBS))
    suite = Suite(options)
    hops = options.scaled(HOPS)
    suite.case(SEQUENTIAL, ring("sequential", hops))
    for workers in WORKERS:
        suite.case(on_runners(workers), ring(sl.Concurrent(workers), hops))
    suite.case(NAP_ALONE, sleeping(1))
    suite.case(NAP_TOGETHER, sleeping(SLEEPERS))
    suite.case(THOUSAND, thousand_jobs(options.scaled(JOB_HOPS)))
    if numpy_is_here():
        suite.case(NUMPY_ALONE, crunching(1))
        suite.case(NUMPY_TOGETHER, crunching(2))
    samples = suite.run()

    ratio = partial(samples.ratio, base=SEQUENTIAL)
    medians = [samples.median(on_runners(workers)) for workers in WORKERS]
    flat = max(medians) / min(medians)
    numpy = samples.ratio(NUMPY_ALONE, NUMPY_TOGETHER) if NUMPY_ALONE in samples else None
    bars = [
        *(Bar(f"Python hop, {w} workers / sequential", ratio(on_runners(w)), 1.5) for w in WORKERS),
        Bar("the dearest of these / the cheapest", flat, 1.3),
        Bar("32 runners that sleep", samples.ratio(NAP_ALONE, NAP_TOGETHER), 20.0, at_least=True),
        Bar("two handlers in numpy, two runners", numpy, 1.8, at_least=True),
        Bar(
            "Python deliveries a second in 1000 jobs",
            1e3 / samples.median(THOUSAND),
            0.5,
            "M",
            True,
        ),
    ]
    figures = samples.figures()
    if idle is not None:
        figures.append(Figure("an idle job of ten routines, native", idle, idle, idle, "B"))
    return Report("Many runners", figures, bars)


if __name__ == "__main__":
    main(bench, __doc__)
