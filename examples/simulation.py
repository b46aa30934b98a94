"""A long simulation that saves itself now and then, and goes on from its last save.

`python examples/simulation.py FILE [steps]`: kill it when you like and start it again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import stoplog as sl

CELLS = 64
EVERY = 500  # steps between two saves


class Rod(sl.Routine):
    """Heat that spreads along a rod, with a spark at a random place now and then.

    All that the next step depends on is declared state, the random numbers too: so a run that was
    killed ends as one that was not.
    """

    heat: sl.State[list[float]] = sl.State(list)
    seed: sl.State[int] = sl.State(default=20)
    done: sl.State[int] = sl.State(int)
    again = sl.Event("left")

    @sl.slot
    def step(self, left: int) -> None:
        """Let the heat spread for one step."""
        heat = self.heat.to_plain() or [0.0] * CELLS
        ends = [heat[0], *heat, heat[-1]]
        heat = [
            here + 0.2 * (before - 2 * here + after)
            for before, here, after in zip(ends, heat, ends[2:], strict=False)
        ]
        self.seed = (self.seed * 1103515245 + 12345) % 2**31
        if self.seed % 10 == 0:
            heat[self.seed // 10 % CELLS] += 1.0
        self.heat = heat
        self.done += 1
        if left > 1:
            self.again(left=left - 1)


def build_flow() -> sl.Flow:
    """Draw a routine that feeds itself."""
    flow = sl.Flow("rod")
    rod = flow.add(Rod(), "rod")
    flow.connect(rod.again, rod.step)
    return flow


def main() -> None:
    """Begin, or go on from the file."""
    file = Path(sys.argv[1])
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    flow = build_flow()
    if file.exists():
        job = flow.resume(sl.JobState.load(file), executor="sequential")
        print(f"going on at step {job.snapshot()['rod'].done}", flush=True)
    else:
        job = flow.start("rod.step", {"left": steps}, executor="sequential")
    while job.step(EVERY):
        job.snapshot().save(file)  # aside first, then renamed: a kill leaves the last one whole
        print(f"saved at step {job.snapshot()['rod'].done}", flush=True)
    final = job.result()["rod"]
    print(f"after {final.done} steps the heat is {sum(final.heat):.6f}")


if __name__ == "__main__":
    main()
