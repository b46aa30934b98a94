"""The core alone, without Python: a native hop, beside a node of oneTBB's flow graph.

Builds ``../cpp/native_hop.cpp`` in ``build/bench/native`` and asks it for one measurement at a
time, so that the cases of a round stand side by side.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Bar, Report, Suite, main

if TYPE_CHECKING:
    from harness import Measure, Options

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build" / "bench" / "native"

HOPS = 1_000_000
CASES = {
    "one_lane": ("native hop, one lane", HOPS),
    "one_runner": ("native hop, many lanes, one runner, one token", HOPS),
    "two_runners": ("native hop, two runners, ten tokens", HOPS),
    "uncut": ("native hop, one runner, ten tokens", 4 * HOPS),
    "cut": ("the same, cut 100 times a second", 4 * HOPS),
    "jobs": ("native hop, 1000 jobs of three tokens, four runners", HOPS),
    "hand_over": ("from submit to its run, on an idle crew", 200),
    "flow_graph": ("oneTBB function_node in a ring", HOPS // 2),
    "flow_graph_edges": ("oneTBB multifunction_node in a ring of edges", HOPS // 2),
}


class Program:
    """The running bench: one line asks, one line answers."""

    def __init__(self) -> None:
        _build()
        self._process = subprocess.Popen(
            [BUILD / "tests" / "bench" / "cpp" / "native_hop"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, case: str, count: int) -> Measure:
        """Return the measure of a case: nanoseconds, as the program takes them."""

        def ask() -> float:
            streams = self._process.stdin, self._process.stdout
            if streams[0] is None or streams[1] is None:
                raise RuntimeError("native_hop has no streams")
            print(case, count, file=streams[0], flush=True)
            answer = streams[1].readline()
            if not answer:
                raise RuntimeError(f"native_hop ended in case {case!r}")
            return float(answer)

        return ask

    def close(self) -> None:
        self._process.communicate()


def _build() -> None:
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DSTOPLOG_BENCH=ON", "-DSTOPLOG_PYTHON=OFF"]
    for command in (
        ["cmake", "-S", ROOT, "-B", BUILD, *options],
        ["cmake", "--build", BUILD, "--target", "native_hop"],
    ):
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"the native bench cannot be built:\n{done.stdout}")


def bench(options: Options) -> Report:
    program = Program()
    suite = Suite(options)
    for case, (name, count) in CASES.items():
        suite.case(name, program.measure(case, options.scaled(count)))
    samples = suite.run()
    program.close()
    names = {case: name for case, (name, _) in CASES.items()}
    hop = names["one_runner"]
    bars = [
        Bar("native hops a second, one runner", 1e3 / samples.median(hop), 20.0, "M", True),
        Bar(
            "oneTBB function_node / native hop",
            samples.ratio(names["flow_graph"], hop),
            1.0,
            "x",
            True,
        ),
        Bar("hop cut 100 times a second / uncut", samples.ratio(names["cut"], names["uncut"]), 1.1),
        Bar("hand-over to an idle crew", samples.median(names["hand_over"]) / 1e3, 30.0, "us"),
        Bar(
            "deliveries a second in 1000 jobs", 1e3 / samples.median(names["jobs"]), 0.5, "M", True
        ),
    ]
    return Report("The core alone", samples.figures(), bars, ["CAF: not measured"])


if __name__ == "__main__":
    main(bench, __doc__)
