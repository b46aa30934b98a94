"""What must be quick although it is cold: building a large flow, a short run, the import, the size.

Memory is what the C library has handed out; objects of Python up to 512 bytes are not in it.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Bar, Figure, Options, Report, Suite, figure, main, park_a_thread, timed
from relay import Relay

import stoplog as sl

if TYPE_CHECKING:
    from collections.abc import Callable

ROUTINES = 10_000
CONNECTIONS_EACH = 10
BUILDS = 5
RUNS = 500
MEGABYTE = 1_000_000

RUN = "run of a one-routine flow"


class Sink(sl.Routine):
    @sl.slot
    def input(self, x: int) -> None:
        pass


# ── building ──────────────────────────────────────────────────────────────────────────────────────


def build_times(routines: int) -> list[float]:
    """Return nanoseconds to add the routines, to connect them, and to start the first job."""
    clock = time.perf_counter_ns
    start = clock()
    flow = sl.Flow("large")
    relays = [flow.add(Relay(), f"relay{index}") for index in range(routines)]
    added = clock()
    for index, relay in enumerate(relays):
        for distance in range(1, CONNECTIONS_EACH + 1):
            flow.connect(relay.word, relays[(index + distance) % routines].input)
    connected = clock()
    job = flow.start(relays[0].input.of(x=0), executor="sequential")
    job.step(1)
    return [added - start, connected - added, clock() - connected]


def building(options: Options) -> tuple[list[Figure], list[Bar]]:
    routines = options.scaled(ROUTINES)
    builds = [build_times(routines) for _ in range(options.scaled(BUILDS))]
    totals = [sum(build) for build in builds]
    size = f"{routines} routines, {routines * CONNECTIONS_EACH} connections"
    parts = ("add", "connect", "first start")
    figures = [
        figure(f"{part}, {size}", times, "ms")
        for part, times in zip(parts, zip(*builds, strict=True), strict=True)
    ]
    figures.append(figure(f"build, {size}", totals, "ms"))
    # A quick build is a tenth of the size; the bar is that of the full one.
    claim = f"build of {size}, and a first start"
    return figures, [Bar(claim, statistics.median(totals) / 1e9, 1.0, "s")]


# ── a short run ───────────────────────────────────────────────────────────────────────────────────


def short_runs(options: Options) -> tuple[list[Figure], list[Bar]]:
    flow = sl.Flow("one")
    sink = flow.add(Sink(), "sink")
    suite = Suite(options)
    suite.case(RUN, timed(lambda: flow.run(sink.input.of(x=1)), options.scaled(RUNS)))
    samples = suite.run()
    bar = Bar(f"{RUN}, from entry to JobState", samples.median(RUN) / 1e3, 20, "us")
    return samples.figures("us"), [bar]


# ── memory ────────────────────────────────────────────────────────────────────────────────────────


class AllocationCounts(ctypes.Structure):
    """The `struct mallinfo2` of the GNU C library."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")),
        *((name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks")),
        ("keepcost", ctypes.c_size_t),
    )


def allocation_counter() -> Callable[[], int] | None:
    """Return what tells the bytes that malloc has handed out, where the C library can say it."""
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):
        return None
    mallinfo2.restype = AllocationCounts

    def allocated() -> int:
        counts = mallinfo2()
        return int(counts.uordblks + counts.hblkhd)

    return allocated


def native_bytes(allocated: Callable[[], int], routines: int) -> tuple[int, int]:
    """Return the bytes of a flow whose first job ran, and of a second job of it."""
    before = allocated()
    flow = sl.Flow("idle")
    entry = flow.add(Sink(), "entry")
    idle = [flow.add(Relay(), f"idle{index}") for index in range(routines)]
    flow.run(entry.input.of(x=0))
    with_flow = allocated()
    job = flow.start(entry.input.of(x=0), executor="sequential")
    job.step(1)
    with_job = allocated()
    del idle, job
    return with_flow - before, with_job - with_flow


def memory(options: Options) -> tuple[list[Figure], list[Bar]]:
    routine_claim = "a routine, idle, native"
    job_claim = "a routine in a job that never used it (a pointer at most)"
    per_routine: float | None = None
    per_unused: float | None = None
    allocated = allocation_counter()
    if allocated is not None:
        # Few are many enough that no table is small: malloc counts small free blocks as handed out.
        few, many = 1000, 1000 + options.scaled(ROUTINES)
        native_bytes(allocated, few)
        small_flow, small_job = native_bytes(allocated, few)
        large_flow, large_job = native_bytes(allocated, many)
        per_routine = (large_flow - small_flow) / (many - few)
        per_unused = (large_job - small_job) / (many - few)
    return [], [
        Bar(routine_claim, per_routine, 1024, "B"),
        Bar(job_claim, per_unused, ctypes.sizeof(ctypes.c_void_p), "B"),
    ]


# ── import and size ───────────────────────────────────────────────────────────────────────────────


def importing(options: Options) -> tuple[list[Figure], list[Bar]]:
    suite = Suite(options)
    bare, imported = "a bare interpreter", "import stoplog"
    for name, program in {bare: "pass", imported: "import stoplog"}.items():
        start = partial(subprocess.run, [sys.executable, "-c", program], check=True)
        suite.case(name, timed(start))
    samples = suite.run()
    pairs = zip(samples[imported], samples[bare], strict=True)
    over = statistics.median(one - other for one, other in pairs)
    bar = Bar("import stoplog, over a bare interpreter", over / 1e6, 30, "ms")
    return samples.figures("ms"), [bar]


def installed_size() -> int:
    """Return the bytes of the distribution, bytecode not counted; also if it is editable."""
    distribution = importlib.metadata.distribution("stoplog")
    files = {Path(str(distribution.locate_file(path))) for path in distribution.files or ()}
    for folder in map(Path, sl.__path__):
        files.update(folder.rglob("*"))
    real = {path.resolve() for path in files if path.is_file() and path.suffix != ".pyc"}
    return sum(path.stat().st_size for path in real)


def bench(options: Options) -> Report:
    park_a_thread()
    report = Report("Build, short run, memory, import")
    # Memory first: the heap is still as the import left it.
    for part in (memory, building, short_runs, importing):
        figures, bars = part(options)
        report.figures += figures
        report.bars += bars
    report.bars.append(Bar("size of the distribution", installed_size() / MEGABYTE, 2.0, "MB"))
    return report


if __name__ == "__main__":
    main(bench, __doc__)
