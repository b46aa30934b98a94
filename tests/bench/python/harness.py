"""How every figure here is taken: all cases once in each round, in shuffled order, and ratios taken
round by round, so that a slow moment of the machine falls on both sides.

A bench is a function from Options to Report; ``main`` makes a program of it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Measure = Callable[[], float]
"""One measurement of a case: nanoseconds an operation."""

ROUNDS = 21
QUICK_ROUNDS = 5
QUICK_DIVISOR = 10
IDLE_SHARE = 0.12
IDLE_WINDOW = 0.12
IDLE_PATIENCE = 10.0
SCALES = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how carefully to measure."""

    rounds: int = ROUNDS
    quick: bool = False
    patient: bool = False

    def scaled(self, count: int) -> int:
        """Return the repetitions of a measurement: a tenth of them when it must be quick."""
        return max(1, count // QUICK_DIVISOR) if self.quick else count


@dataclass(frozen=True, slots=True)
class Figure:
    """What one case took: the median and the 10th and 90th percentile of its rounds."""

    name: str
    median: float
    low: float
    high: float
    unit: str = "ns"


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise and what was found; ``measured`` is None where there was nothing to measure."""

    claim: str
    measured: float | None
    limit: float
    unit: str = "x"
    at_least: bool = False

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "missing"
        holds = self.measured >= self.limit if self.at_least else self.measured <= self.limit
        return "ok" if holds else "MISSED"


@dataclass(slots=True)
class Report:
    """All that one bench found."""

    title: str
    figures: list[Figure] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        figures = [Figure(**figure) for figure in data["figures"]]
        bars = [Bar(**bar) for bar in data["bars"]]
        return cls(data["title"], figures, bars, list(data["notes"]))


class Samples:
    """The measurements of a suite: for each case one a round, in the same order of rounds."""

    def __init__(self, rounds: Mapping[str, Sequence[float]]) -> None:
        self._rounds = rounds

    def __contains__(self, name: str) -> bool:
        return name in self._rounds

    def __getitem__(self, name: str) -> Sequence[float]:
        return self._rounds[name]

    def median(self, name: str) -> float:
        return statistics.median(self._rounds[name])

    def ratio(self, name: str, base: str) -> float:
        """Return the median over the rounds of what ``name`` took, divided by ``base``."""
        pairs = zip(self._rounds[name], self._rounds[base], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def figures(self, unit: str = "ns") -> list[Figure]:
        return [figure(name, samples, unit) for name, samples in self._rounds.items()]


class Suite:
    """Cases that are measured side by side."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._cases: dict[str, Measure] = {}

    def case(self, name: str, measure: Measure) -> None:
        self._cases[name] = measure

    def run(self) -> Samples:
        """Measure every case once a round, after one round that is thrown away."""
        park_a_thread()
        for measure in self._cases.values():
            measure()
        rounds: dict[str, list[float]] = {name: [] for name in self._cases}
        order = list(self._cases.items())
        for _ in range(self._options.rounds):
            random.shuffle(order)
            if self._options.patient:
                wait_until_idle()
            for name, measure in order:
                rounds[name].append(measure())
        return Samples(rounds)


def figure(name: str, samples: Sequence[float], unit: str = "ns") -> Figure:
    """Sum up samples in nanoseconds as a figure in ``unit``."""
    scale = SCALES[unit]
    ordered = sorted(sample / scale for sample in samples)
    tenth = len(ordered) // 10
    return Figure(name, statistics.median(ordered), ordered[tenth], ordered[-1 - tenth], unit)


def timed(operation: Callable[[], object], repeat: int = 1) -> Measure:
    """Return the measure of an operation that is called ``repeat`` times."""

    def measure() -> float:
        clock = time.perf_counter_ns
        repeats = range(repeat)
        start = clock()
        for _ in repeats:
            operation()
        return (clock() - start) / repeat

    return measure


def timed_run(run: Callable[[int], int], deliveries: int, operations: int | None = None) -> Measure:
    """Return the measure of an engine that runs exactly so many deliveries, an operation each.

    ``operations`` says how many were done in them, where that is not the same.
    """
    divisor = deliveries if operations is None else operations

    def measure() -> float:
        start = time.perf_counter_ns()
        done = run(deliveries)
        elapsed = time.perf_counter_ns() - start
        if done != deliveries:
            raise RuntimeError(f"the engine ran {done} deliveries, expected {deliveries}")
        return elapsed / divisor

    return measure


_parked: list[threading.Thread] = []


def park_a_thread() -> None:
    """Keep a second thread waiting: with one thread only, the C library elides locks and atomics,
    and every figure is too good.
    """
    if not _parked:
        thread = threading.Thread(target=threading.Event().wait, daemon=True, name="parked")
        thread.start()
        _parked.append(thread)


def wait_until_idle() -> None:
    """Wait, but not for ever, until the machine does little else (Linux; elsewhere at once)."""
    if not Path("/proc/stat").exists():
        return
    give_up = time.monotonic() + IDLE_PATIENCE
    while time.monotonic() < give_up:
        busy, total = _processor_ticks()
        time.sleep(IDLE_WINDOW)
        busy_then, total_then = _processor_ticks()
        if busy_then - busy < IDLE_SHARE * max(1, total_then - total):
            return


def _processor_ticks() -> tuple[int, int]:
    first_line = Path("/proc/stat").read_text().splitlines()[0]
    ticks = [int(number) for number in first_line.split()[1:]]
    idle = ticks[3] + ticks[4]
    return sum(ticks) - idle, sum(ticks)


# ── printing ──────────────────────────────────────────────────────────────────────────────────────


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns line up in a terminal, too."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "| " + " | ".join([first, *rest]) + " |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(header), line(rule), *(line(row) for row in rows)])


def quantity(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def bars_table(bars: Sequence[Bar]) -> str:
    rows = []
    for bar in bars:
        measured = "-" if bar.measured is None else quantity(bar.measured, bar.unit)
        sense = "at least" if bar.at_least else "at most"
        rows.append([bar.claim, measured, f"{sense} {bar.limit:g} {bar.unit}", bar.verdict])
    return table(["path", "measured", "bar", "verdict"], rows)


def figures_table(figures: Sequence[Figure]) -> str:
    rows = [
        [
            one.name,
            quantity(one.median, one.unit),
            quantity(one.low, one.unit),
            quantity(one.high, one.unit),
        ]
        for one in figures
    ]
    return table(["case", "median", "10 %", "90 %"], rows)


def as_text(report: Report) -> str:
    parts = [f"## {report.title}", figures_table(report.figures)]
    if report.bars:
        parts.append(bars_table(report.bars))
    return "\n\n".join([*parts, *report.notes])


# ── programs ──────────────────────────────────────────────────────────────────────────────────────


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quick", action="store_true", help="few rounds of few repetitions")
    parser.add_argument("--rounds", type=int, help=f"rounds to take (default {ROUNDS})")
    parser.add_argument("--patient", action="store_true", help="before a round, let others finish")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def options_of(arguments: argparse.Namespace) -> Options:
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    return Options(rounds, arguments.quick, arguments.patient)


def main(bench: Callable[[Options], Report], description: str | None) -> None:
    """Run one bench as a program."""
    summary = (description or "").partition("\n")[0]
    parser = argparse.ArgumentParser(description=summary)
    add_arguments(parser)
    arguments = parser.parse_args()
    report = bench(options_of(arguments))
    print(json.dumps(report.to_dict()) if arguments.json else as_text(report))


def machine() -> str:
    """Name what the figures were taken on, in one line."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, load {load:.1f} at the start"
