"""The hop: one delivery from a Python handler to the next, in a ring and in a fan-out.

Sequential, with everything on that is on by default: history, bounded mailboxes, commit.
"""

from __future__ import annotations

from floor import floor
from harness import Bar, Measure, Options, Report, Suite, main, timed_run
from pure_engine import PureEngine, PureRoutine

import stoplog as sl

RING = 10
FAN = 100
HOPS = 100_000
PURE_HOPS = 20_000

FLOOR = "FLOOR"
BY_EMIT = "ring of 10, self.emit('word', x=x)"
BY_EVENT = "ring of 10, self.word(x=x)"
FAN_OUT = "fan-out 1 to 100, a receiver"
PURE_RING = "pure Python, ring of 10"
PURE_FAN_OUT = "pure Python, fan-out 1 to 100, a receiver"


class Relay(sl.Routine):
    @sl.event
    def word(self, x: int) -> None:
        """The number that came in."""

    @sl.slot
    def input(self, x: int) -> None:
        self.emit("word", x=x)


class RelayByEvent(sl.Routine):
    @sl.event
    def word(self, x: int) -> None:
        """The number that came in."""

    @sl.slot
    def input(self, x: int) -> None:
        self.word(x=x)


class Sink(sl.Routine):
    @sl.slot
    def input(self, x: int) -> None:
        pass


class PureRelay(PureRoutine):
    __slots__ = ()

    def input(self, x: int) -> None:
        self.emit("word", x=x)

    def sink(self, x: int) -> None:
        pass


def ring(kind: type[Relay] | type[RelayByEvent], hops: int) -> Measure:
    """One token that goes round ten routines for ever."""
    flow = sl.Flow("ring")
    relays = [flow.add(kind(), f"relay{index}") for index in range(RING)]
    for index, relay in enumerate(relays):
        flow.connect(relay.word, relays[(index + 1) % RING].input)
    job = flow.start(relays[0].input.of(x=1), executor="sequential")
    return timed_run(job.step, hops)


def fan_out(rounds: int) -> Measure:
    """One emission to a hundred sinks, and to the source itself, which keeps it going."""
    flow = sl.Flow("fan")
    source = flow.add(Relay(), "source")
    for index in range(FAN):
        flow.connect(source.word, flow.add(Sink(), f"sink{index}").input)
    flow.connect(source.word, source.input)
    job = flow.start(source.input.of(x=1), executor="sequential")
    return timed_run(job.step, rounds * (FAN + 1))


def pure_ring(hops: int) -> Measure:
    engine = PureEngine()
    relays = [PureRelay(engine) for _ in range(RING)]
    for index, relay in enumerate(relays):
        relay.connections["word"].append(relays[(index + 1) % RING].input)
    relays[-1].emit("word", x=1)
    return timed_run(engine.run, hops)


def pure_fan_out(rounds: int) -> Measure:
    engine = PureEngine()
    source = PureRelay(engine)
    sinks = [PureRelay(engine).sink for _ in range(FAN)]
    source.connections["word"] = [*sinks, source.input]
    source.emit("word", x=1)
    engine.run(FAN)
    return timed_run(engine.run, rounds * (FAN + 1))


def bench(options: Options) -> Report:
    suite = Suite(options)
    hops, pure_hops = options.scaled(HOPS), options.scaled(PURE_HOPS)
    suite.case(FLOOR, floor(hops))
    suite.case(BY_EMIT, ring(Relay, hops))
    suite.case(BY_EVENT, ring(RelayByEvent, hops))
    suite.case(FAN_OUT, fan_out(hops // FAN))
    suite.case(PURE_RING, pure_ring(pure_hops))
    suite.case(PURE_FAN_OUT, pure_fan_out(pure_hops // FAN))
    samples = suite.run()
    ahead = samples.ratio(PURE_RING, BY_EMIT)
    bars = [
        Bar("hop by self.emit / FLOOR", samples.ratio(BY_EMIT, FLOOR), 2.0),
        Bar("hop by self.word(...) / FLOOR", samples.ratio(BY_EVENT, FLOOR), 2.3),
        Bar("pure engine / hop by self.emit", ahead, 5.0, at_least=True),
        Bar("fan-out 1 to 100, a receiver / FLOOR", samples.ratio(FAN_OUT, FLOOR), 1.3),
    ]
    return Report("Hop and fan-out", samples.figures(), bars)


if __name__ == "__main__":
    main(bench, __doc__)
