"""``d[k] = d.get(k, 0) + 1`` on declared state, against the same on a plain dict; and so for lists:
``append`` and ``pop`` of 1000 items, ``l[i] += 1`` over 1000 items.

Both sides run in the same handler of the same job, commit included: once a thousand times in one
call, once with one increment a call, where the bare hop is subtracted.
"""

from __future__ import annotations

import statistics

from harness import Bar, Measure, Options, Report, Samples, Suite, figure, main, timed_run

import stoplog as sl

KEYS = 100
INCREMENTS = 1000
CALLS = 20
HOPS = 20_000

MANY_DICT = "1000 increments in one call, 100 keys, dict"
MANY_STATE = "1000 increments in one call, 100 keys, declared state"
WIDE_DICT = "1000 increments in one call, 1000 keys, dict"
WIDE_STATE = "1000 increments in one call, 1000 keys, declared state"
STACK_LIST = "1000 appended and popped in one call, list"
STACK_STATE = "1000 appended and popped in one call, declared state"
ITEMS_LIST = "1000 items increased in one call, list"
ITEMS_STATE = "1000 items increased in one call, declared state"
HOP = "hop alone"
HOP_DICT = "hop and one increment, dict"
HOP_STATE = "hop and one increment, declared state"
ONE_DICT = "one increment a call, dict (hop subtracted)"
ONE_STATE = "one increment a call, declared state (hop subtracted)"


class Loop(sl.Routine):
    """Sends itself the next key; the other classes do the same and count."""

    totals: sl.State[dict[int, int]] = sl.State(dict)

    @sl.event
    def again(self, key: int) -> None:
        """The key to count next."""

    @sl.slot
    def input(self, key: int) -> None:
        self.again(key=(key + 1) % KEYS)


class LoopWithDict(Loop):
    def __init__(self) -> None:
        self.plain: dict[int, int] = {}

    @sl.slot
    def input(self, key: int) -> None:
        d = self.plain
        d[key] = d.get(key, 0) + 1
        self.again(key=(key + 1) % KEYS)


class LoopWithState(Loop):
    @sl.slot
    def input(self, key: int) -> None:
        d = self.totals
        d[key] = d.get(key, 0) + 1
        self.again(key=(key + 1) % KEYS)


class Batch(Loop):
    """Counts a thousand words a call; the words are an ordinary attribute."""

    words: list[str]
    counts: sl.State[dict[str, int]] = sl.State(dict)

    def __init__(self, keys: int) -> None:
        self.words = [f"key{index % keys}" for index in range(INCREMENTS)]
        self.plain: dict[str, int] = {}


class BatchWithDict(Batch):
    @sl.slot
    def input(self, key: int) -> None:
        d = self.plain
        for k in self.words:
            d[k] = d.get(k, 0) + 1
        self.again(key=key)


class BatchWithState(Batch):
    @sl.slot
    def input(self, key: int) -> None:
        d = self.counts
        for k in self.words:
            d[k] = d.get(k, 0) + 1
        self.again(key=key)


class Stack(Loop):
    """Appends a thousand items and pops them again."""

    items: sl.State[list[int]] = sl.State(list)

    def __init__(self) -> None:
        self.plain = list(range(INCREMENTS))


class StackOfList(Stack):
    @sl.slot
    def input(self, key: int) -> None:
        items = self.plain
        for k in range(INCREMENTS):
            items.append(k)
        for _ in range(INCREMENTS):
            items.pop()
        self.again(key=key)


class StackOfState(Stack):
    @sl.slot
    def input(self, key: int) -> None:
        items = self.items
        for k in range(INCREMENTS):
            items.append(k)
        for _ in range(INCREMENTS):
            items.pop()
        self.again(key=key)


class ItemsOfList(Stack):
    @sl.slot
    def input(self, key: int) -> None:
        items = self.plain
        for k in range(INCREMENTS):
            items[k] += 1
        self.again(key=key)


class ItemsOfState(Stack):
    @sl.slot
    def input(self, key: int) -> None:
        items = self.items or self.filled()
        for k in range(INCREMENTS):
            items[k] += 1
        self.again(key=key)

    def filled(self) -> sl.StateList[int]:
        self.items.extend(range(INCREMENTS))
        return self.items


def loop(routine: Loop, deliveries: int, operations: int) -> Measure:
    flow = sl.Flow("count")
    flow.add(routine, "loop")
    flow.connect(routine.again, routine.input)
    job = flow.start(routine.input.of(key=0), executor="sequential")
    return timed_run(job.step, deliveries, operations)


def subtract(samples: Samples, name: str, base: str) -> list[float]:
    return [one - other for one, other in zip(samples[name], samples[base], strict=True)]


def bench(options: Options) -> Report:
    calls, hops = options.scaled(CALLS), options.scaled(HOPS)
    suite = Suite(options)
    for name, routine in {
        MANY_DICT: BatchWithDict(KEYS),
        MANY_STATE: BatchWithState(KEYS),
        WIDE_DICT: BatchWithDict(INCREMENTS),
        WIDE_STATE: BatchWithState(INCREMENTS),
        STACK_LIST: StackOfList(),
        STACK_STATE: StackOfState(),
        ITEMS_LIST: ItemsOfList(),
        ITEMS_STATE: ItemsOfState(),
    }.items():
        suite.case(name, loop(routine, calls, calls * INCREMENTS))
    for name, single in {
        HOP: Loop(),
        HOP_DICT: LoopWithDict(),
        HOP_STATE: LoopWithState(),
    }.items():
        suite.case(name, loop(single, hops, hops))
    samples = suite.run()

    with_dict, with_state = subtract(samples, HOP_DICT, HOP), subtract(samples, HOP_STATE, HOP)
    one_ratio = statistics.median(with_state) / statistics.median(with_dict)
    figures = [*samples.figures(), figure(ONE_DICT, with_dict), figure(ONE_STATE, with_state)]
    bars = [
        Bar("state increment / dict, many in a call", samples.ratio(MANY_STATE, MANY_DICT), 2.0),
        Bar("state increment / dict, each key once", samples.ratio(WIDE_STATE, WIDE_DICT), 2.0),
        Bar("state increment / dict, one a call", one_ratio, 2.0),
        Bar("state append and pop / list", samples.ratio(STACK_STATE, STACK_LIST), 2.0),
        Bar("state item increment / list", samples.ratio(ITEMS_STATE, ITEMS_LIST), 2.0),
    ]
    return Report("Increment of declared state", figures, bars)


if __name__ == "__main__":
    main(bench, __doc__)
