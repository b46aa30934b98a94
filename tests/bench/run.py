"""Run the benches, each in a process of its own, and print what they found beside the bars.

A missed bar is printed, not an error; the exit status is 1 when a bench could not run.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "python"))

from harness import Report, add_arguments, as_text, bars_table, machine, options_of  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

BENCHES = ("hop", "emit", "state", "cut", "build", "concurrent", "native")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_arguments(parser)
    parser.add_argument("--only", metavar="NAMES", help="of " + ",".join(BENCHES))
    parser.add_argument("--details", action="store_true", help="print every case, too")
    arguments = parser.parse_args()
    names = chosen(parser, arguments.only)
    options = options_of(arguments)

    passed_on = ["--json", "--rounds", str(options.rounds)]
    passed_on += ["--quick"] if options.quick else []
    passed_on += ["--patient"] if options.patient else []
    where = f"Python {platform.python_version()}, {machine()}; {options.rounds} rounds"
    reports: list[Report] = []
    failed: list[str] = []
    for name in names:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        report = run_one(name, passed_on)
        if report is None:
            failed.append(name)
        else:
            reports.append(report)

    if arguments.json:
        found = [report.to_dict() for report in reports]
        print(json.dumps({"where": where, "reports": found, "failed": failed}, indent=1))
    else:
        print_reports(where, reports, failed, details=arguments.details)
    return 1 if failed else 0


def chosen(parser: argparse.ArgumentParser, only: str | None) -> Sequence[str]:
    """Return the benches asked for, or all."""
    names = only.split(",") if only else BENCHES
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench {unknown[0]!r}; there are {', '.join(BENCHES)}")
    return names


def run_one(name: str, arguments: Sequence[str]) -> Report | None:
    """Run a bench in a process of its own: the memory of one must not slow the next."""
    command = [sys.executable, str(HERE / "python" / f"bench_{name}.py"), *arguments]
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return Report.from_dict(json.loads(process.stdout)) if process.returncode == 0 else None


def print_reports(
    where: str, reports: Sequence[Report], failed: Sequence[str], *, details: bool
) -> None:
    print(where, end="\n\n")
    if details:
        print("\n\n".join(as_text(report) for report in reports), end="\n\n## All bars\n\n")
    bars = [bar for report in reports for bar in report.bars]
    notes = [note for report in reports for note in report.notes]
    print(bars_table(bars))
    missed = sum(bar.verdict == "MISSED" for bar in bars)
    print(f"\n{len(bars)} bars, {missed} missed")
    for line in [*notes, *(f"{name}: FAILED, no figures" for name in failed)]:
        print(line)


if __name__ == "__main__":
    sys.exit(main())
