"""Random flows on eight runners, cut all the while; every cut is looked at.

Each cut must hold every delivery once, wholly settled or wholly queued; some are saved, loaded and
resumed under the sequential executor, and must come to the end that the flow has. Prints numbers,
and the seed of each finding; leaves with 1 where there is one. Usage: stress.py [--seconds N].
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import stoplog as sl
from property.load import Tally, run_under_load

WORKERS = 8
DRIVERS = 3  # flows that share the runners at any time
SWITCH_INTERVAL = 5e-5
LEAST_RESUMED = 0.01  # of all cuts


def drive(first_seed: int, executor: sl.Executor, until: float, share: float) -> Tally:
    """Run flow after flow; each seed stands for one flow, not for the order of its calls."""
    tally = Tally()
    for seed in range(first_seed, sys.maxsize, DRIVERS):
        if time.monotonic() >= until or len(tally.findings) > 20:
            break
        tally.add(run_under_load(seed, random.Random(seed), executor, share))
    return tally


def stress(seconds: float, seed: int, share: float) -> Tally:
    """Let some threads drive flows at once, on one executor."""
    tallies: list[Tally] = []
    broken: list[str] = []

    def driver(number: int) -> None:
        try:
            tallies.append(drive(seed + number, executor, until, share))
        except BaseException as error:
            broken.append(f"driver {number}: {error!r}")
            raise

    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL)
    started = time.monotonic()
    until = started + seconds
    with sl.Concurrent(workers=WORKERS, name="stress") as executor:
        drivers = [threading.Thread(target=driver, args=(i,)) for i in range(DRIVERS)]
        for thread in drivers:
            thread.start()
        while any(thread.is_alive() for thread in drivers):
            drivers[0].join(30)
            for thread in drivers[1:]:
                thread.join(0)
            print(f"{time.monotonic() - started:6.0f} s: {threading.active_count()} threads alive")
        for thread in drivers:
            thread.join()
    sys.setswitchinterval(before)
    total = Tally(findings=broken)
    for tally in tallies:
        total.add(tally)
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long (600)")
    parser.add_argument("--seed", type=int, default=None, help="of the first flow; random")
    parser.add_argument("--share", type=float, default=0.1, help="of the cuts is resumed (0.1)")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**9) if options.seed is None else options.seed
    print(f"stress: {options.seconds:.0f} s, {WORKERS} runners, flows from seed {seed} on")

    total = stress(options.seconds, seed, options.share)

    print(total)
    for finding in total.findings:
        print(f"FOUND {finding}")
    if total.resumed < total.cuts * LEAST_RESUMED:
        print("fewer cuts were resumed than wanted")
        return 1
    return 1 if total.findings else 0


if __name__ == "__main__":
    sys.exit(main())
