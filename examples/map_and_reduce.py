"""Map a thousand items on four workers that take turns, and reduce when all are done."""

from __future__ import annotations

import sys

import stoplog as sl

WORKERS = 4


class Numbers(sl.Routine):
    """Emits the numbers below a limit."""

    @sl.event
    def number(self, value: int) -> None:
        """One number."""

    @sl.slot
    def below(self, limit: int) -> None:
        """Emit 1, 2, ... limit - 1."""
        for value in range(1, limit):
            self.number(value=value)


class Divisors(sl.Routine):
    """Counts the divisors of what comes."""

    @sl.event
    def counted(self, value: int, divisors: int) -> None:
        """A number and how many divide it."""

    @sl.slot(capacity=10_000)
    def number(self, value: int) -> None:
        """Count the divisors of one number."""
        self.counted(value=value, divisors=sum(value % d == 0 for d in range(1, value + 1)))


class Richest(sl.Routine):
    """Keeps who has most, and tells when nothing else is left to do."""

    handled: sl.State[int] = sl.State(int)
    most: sl.State[int] = sl.State(int)
    numbers: sl.State[list[int]] = sl.State(list)

    @sl.slot
    def counted(self, value: int, divisors: int) -> None:
        """Compare one number with the best so far."""
        self.handled += 1
        if divisors > self.most:
            self.most, self.numbers = divisors, [value]
        elif divisors == self.most:
            self.numbers.append(value)

    @sl.slot(when="drained")
    def report(self) -> None:
        """Put the numbers in order: they came as the workers were done."""
        self.numbers.sort()


def build_flow() -> sl.Flow:
    """Draw the flow: numbers → one of the workers → richest."""
    flow = sl.Flow("divisors")
    numbers = flow.add(Numbers(), "numbers")
    workers = [flow.add(Divisors(), f"worker{number}") for number in range(WORKERS)]
    richest = flow.add(Richest(), "richest")
    flow.connect(numbers.number, sl.one_of(*[worker.number for worker in workers]))
    for worker in workers:
        flow.connect(worker.counted, richest.counted)
    return flow


def main() -> None:
    """Find the numbers with most divisors below the limit on the command line."""
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else 1001
    with sl.Concurrent(WORKERS) as executor:
        final = build_flow().run("numbers.below", {"limit": limit}, executor=executor)
    found = final["richest"]
    print(f"of {found.handled} numbers these have most divisors, {found.most}: {found.numbers}")


if __name__ == "__main__":
    main()
