"""Emit to one slot, against libraries that call one callback for one signal.

Ours does more in that time: queue, room, commit and record. A peer that cannot be imported is
reported as missing.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness import Bar, Measure, Options, Report, Suite, main, timed_run

import stoplog as sl

if TYPE_CHECKING:
    from collections.abc import Callable

EMISSIONS = 100
CALLS = 200

BY_EMIT = "stoplog, self.emit('word', x=1)"
BY_EVENT = "stoplog, self.word(x=1)"


class Source(sl.Routine):
    """Emits a hundred words in one call, then asks itself for the next hundred."""

    again = sl.Event()

    @sl.event
    def word(self, x: int) -> None:
        """One number."""

    @sl.slot
    def input(self) -> None:
        for _ in range(EMISSIONS):
            self.emit("word", x=1)
        self.again()


class SourceByEvent(sl.Routine):
    again = sl.Event()

    @sl.event
    def word(self, x: int) -> None:
        """One number."""

    @sl.slot
    def input(self) -> None:
        for _ in range(EMISSIONS):
            self.word(x=1)
        self.again()


class Sink(sl.Routine):
    @sl.slot
    def input(self, x: int) -> None:
        pass


class Receiver:
    """What a peer calls: a method that does nothing, as in Sink."""

    def handle(self, x: int) -> None:
        pass

    def handle_from(self, sender: object, x: int) -> None:
        pass


def ours(kind: type[Source] | type[SourceByEvent], calls: int) -> Measure:
    """Both halves: the emissions, and the deliveries that they lead to."""
    flow = sl.Flow("emit")
    source = flow.add(kind(), "source")
    sink = flow.add(Sink(), "sink")
    flow.connect(source.word, sink.input)
    flow.connect(source.again, source.input)
    job = flow.start(source.input.of(), executor="sequential")
    return timed_run(job.step, calls * (EMISSIONS + 1), operations=calls * EMISSIONS)


def positional(emit: Callable[[int], object], calls: int) -> Measure:
    """A peer whose bound emit takes the value alone; its look-up is not counted."""

    def measure() -> float:
        emissions = range(calls * EMISSIONS)
        start = time.perf_counter_ns()
        for _ in emissions:
            emit(1)
        return (time.perf_counter_ns() - start) / len(emissions)

    return measure


# ── peers, each spelled in the way that is fastest for it ─────────────────────────────────────────


def pyqt6(calls: int) -> Measure:
    core = import_module("PyQt6.QtCore")
    base: Any = core.QObject

    class Sender(base):  # type: ignore[misc]  # the base is known at run time only
        word = core.pyqtSignal(int)

        @core.pyqtSlot(int)  # type: ignore[untyped-decorator]
        def handle(self, x: int) -> None:
            pass

    sender, receiver = Sender(), Sender()
    sender.word.connect(receiver.handle)
    _kept.append((sender, receiver))
    return positional(sender.word.emit, calls)


def reactivex(calls: int) -> Measure:
    subject = import_module("reactivex").Subject()
    subject.subscribe(Receiver().handle)
    return positional(subject.on_next, calls)


def pyee(calls: int) -> Measure:
    emitter = import_module("pyee").EventEmitter()
    emitter.on("word", Receiver().handle)
    emit = emitter.emit

    def measure() -> float:
        emissions = range(calls * EMISSIONS)
        start = time.perf_counter_ns()
        for _ in emissions:
            emit("word", 1)
        return (time.perf_counter_ns() - start) / len(emissions)

    return measure


def psygnal(calls: int) -> Measure:
    instance = import_module("psygnal").SignalInstance((int,))
    receiver = Receiver()
    instance.connect(receiver.handle)
    _kept.append(receiver)
    return positional(instance.emit, calls)


def blinker(calls: int) -> Measure:
    word = import_module("blinker").Signal()
    receiver = Receiver()
    word.connect(receiver.handle_from)
    _kept.append(receiver)
    send = word.send

    def measure() -> float:
        emissions = range(calls * EMISSIONS)
        start = time.perf_counter_ns()
        for _ in emissions:
            send(None, x=1)
        return (time.perf_counter_ns() - start) / len(emissions)

    return measure


_kept: list[object] = []
"""Receivers that a peer holds by weak reference."""

PEERS: dict[str, Callable[[int], Measure]] = {
    "PyQt6": pyqt6,
    "reactivex": reactivex,
    "pyee": pyee,
    "psygnal": psygnal,
    "blinker": blinker,
}


def add_peer(suite: Suite, name: str, peer: Callable[[int], Measure], calls: int) -> str | None:
    """Add the case of a peer, or return why it cannot be imported."""
    try:
        suite.case(name, peer(calls))
    except ImportError as error:
        return str(error)
    return None


def bench(options: Options) -> Report:
    calls = options.scaled(CALLS)
    suite = Suite(options)
    suite.case(BY_EMIT, ours(Source, calls))
    suite.case(BY_EVENT, ours(SourceByEvent, calls))
    notes = []
    for name, peer in PEERS.items():
        if problem := add_peer(suite, name, peer, calls):
            notes.append(f"{name}: missing ({problem})")
    samples = suite.run()
    bars = [
        Bar(f"emit to one slot / {name}", _ratio(samples.ratio, name, name in samples), 1.0)
        for name in PEERS
    ]
    return Report("Emit to one slot", samples.figures(), bars, notes)


def _ratio(ratio: Callable[[str, str], float], peer: str, found: bool) -> float | None:
    """Return the ratio of the slower of our two ways to a peer."""
    return max(ratio(BY_EMIT, peer), ratio(BY_EVENT, peer)) if found else None


if __name__ == "__main__":
    main(bench, __doc__)
