# A user's program without a mistake: a strict type checker has nothing to say about it.
from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import stoplog as sl
from stoplog import Event, Flow, JobState, Payload, Routine, State, event, slot
from stoplog.testing import ManualClock, call

if TYPE_CHECKING:
    from pathlib import Path


class Tokenize(Routine):
    @event
    def word(self, text: str, weight: int = 1) -> None:
        """One word, in lower case."""

    @slot
    def line(self, text: str) -> None:
        for part in text.split():
            self.word(text=part.lower())
            self.word(text=part, weight=2)
            self.emit("word", text=part)


class Count(Routine):
    totals: State[dict[str, int]] = State(dict)
    seen: State[int] = State(int)
    limit: State[int] = State(default=10)
    done = Event("totals")

    @slot
    def word(self, text: str, weight: int = 1) -> None:
        self.totals[text] = self.totals.get(text, 0) + weight
        self.seen += 1
        self.totals |= {"all": self.seen}
        if self.seen == self.limit:
            self.totals = {}
            self.expect("count.word")

    @slot(when="drained")
    def finish(self) -> None:
        self.done(totals=self.totals)

    @slot(name="careless", capacity=10, on_error="continue")
    def lenient(self, text: str) -> None:
        plain: dict[str, int] = self.totals.to_plain()
        self.word(text=max(plain, default=text))


class Keep(Routine):
    words: State[list[str]] = State(list)
    rows: State[list[dict[str, list[int]]]] = State(default=[])
    seen: State[set[str]] = State(set, doc="Each word once.")

    @slot
    def word(self, text: str) -> None:
        self.words.append(text)
        self.words += [text]
        self.words *= 2
        self.words.sort(key=len, reverse=True)
        self.words.sort()
        self.words[0:1] = {text: 1}
        first: str = self.words[0]
        some: list[str] = self.words[1:]
        more: list[str] = self.words + some + [first] * 2
        self.words = reversed(more)
        self.words = self.words.to_plain() if self.words == ["a"] else more
        self.rows.append({text: [1]})
        self.rows[0][text].append(2)
        self.seen.add(text)
        self.seen |= {"a"}
        self.seen -= {1}
        self.seen.update(more, self.seen)
        both: set[str] = self.seen | {text}
        mixed: set[str | int] = self.seen.union([1])
        self.seen = both if "a" in self.seen else ["b"]
        print(len(mixed), self.seen <= both, *sorted(self.seen), self.words < more)


class CountAll(Count):
    per_line: State[dict[str, dict[str, int]]] = State(default={})
    last: State[Path | None] = State(default=None, doc="Where it came from.")
    anything = Event()

    @event
    def counted(self, text: str, **others: int) -> None:
        """A word, and what else was counted."""

    @slot
    def word(self, text: str, weight: int = 1) -> None:
        super().word(text, weight=weight)
        self.per_line.setdefault(text, {})["count"] = weight
        self.per_line.update([(text, {"count": weight})])
        self.per_line = {**self.per_line, **({} | self.per_line)}
        self.counted(text=text, **self.totals)
        self.anything(text=text, path=self.last)

    @slot
    def rest(self, **rest: int) -> None:
        self.totals.update(rest, all=len(rest))

    @slot(on_error="skip")
    def mixed(self, text: str, *, weight: int = 2, **rest: int) -> None:
        self.rest(weight=weight, **rest)

    @slot
    def whole(self, record: Payload) -> None:
        self.anything(**record)
        self.delivery.payload.text.strip()
        if self.job.cancelled:
            self.last = None


def build() -> tuple[Flow, Tokenize, Count]:
    flow = Flow("wordcount", version="2", on_error="skip")
    tokenize: Tokenize = flow.add(Tokenize(), "tokenize")
    count = flow.add(Count(), "count", on_error="stop")
    flow.connect(tokenize.word, count.word)
    flow.connect("tokenize.word", "count.careless", rename={"weight": "number"})
    flow.connect(count.done, tokenize.line, rename={"totals": "text"})
    return flow, tokenize, count


def compose() -> sl.Flow:
    flow = Flow("composed")

    @flow.routine(emits="word")
    def split(text: str) -> dict[str, str]:
        return {"text": text}

    @flow.routine(name="show", state={"shown": int}, capacity=10)
    def show_it(routine: Routine, text: str, times: int = 1) -> None:
        routine.emit("none")
        print(text * times)

    plain: dict[str, str] = split("to be")
    show_it(show_it, text=plain["text"])
    connection: sl.Connection = flow.connect(split.word, show_it.input)
    flow.disconnect(connection)
    flow.chain(split, show_it, "show")
    flow.remove("show")
    print(*flow.validate())
    flow.run(split.of(text="to be"), show_it.of("to", times=2))
    flow.run(split, text="to be")
    flow.run(show_it.input, text="to be")
    other = flow.add(Routine(), "other", replace=True)
    loud: sl.BoundEvent[...] = other.define_event("loud", "text")
    flow.connect(loud, other.define_slot("hear", print, capacity=1))
    other.set_config(limit=3)
    limit: int = other.get_config("limit", 5)
    emissions, changes = call(split.input, text="to" * limit)
    print(emissions[0][1].text, changes.keys())
    call(Count().word.of(text="to"), after=[Count().word.of(text="be")])
    drawing = sl.Drawing.from_json(flow.drawing.to_json())
    return Flow.from_drawing(drawing, {"split": split, "other": other}, on_error="skip")


def run() -> int:
    flow, tokenize, count = build()
    final: JobState = flow.run(tokenize.line.of(text="to be"))
    flow.run(tokenize.line, text="or not")
    flow.run("tokenize.line", text="to be")
    flow.run("tokenize.line", {"text": "to be"}, executor="background", timeout=2.5)
    totals: dict[str, int] = final[count][Count.totals]
    more = CountAll()
    Flow("other").add(more)
    flow.run(more.rest, to=1, be=2)
    flow.run(more.mixed.of(text="to", question=1), more.rest.of())
    seen: int = final["count"][Count.seen]
    return seen + totals["to"]


def stop_and_go_on(path: Path) -> sl.JobStatus:
    flow, tokenize, _ = build()
    job: sl.Job = flow.start(tokenize.line.of(text="to be"), executor="sequential", keep_alive=True)
    steps: int = job.step(10)
    sent: sl.DeliveryId = job.send("tokenize.line", text="or")
    job.send(tokenize.line.of(text="not"))
    job.snapshot().save(path)
    state = JobState.load(path)
    difference: sl.Difference = flow.check(state)
    print(steps, sent.number, *difference, *(record.outcome for record in state.history))
    with flow.resume(state, executor="background", paused=True) as other:
        other.resume()
        return other.wait(timeout=1)


def follow(job: sl.Job, tokenize: Tokenize) -> list[object]:
    told: list[str] = []
    stop = job.on_commit(lambda commit: told.append(commit.record.outcome))
    stream = job.stream(tokenize.word)
    texts = [payload.text for payload in job.stream("tokenize.word")]
    stop()
    commits: list[sl.Commit] = []
    job.on_commit(commits.append)
    emitted: list[tuple[str, sl.Payload]] = [pair for one in commits for pair in one.emitted]
    return [*told, next(stream), *texts, *emitted]


def mend(state: JobState, count: Count) -> JobState:
    edited = state.edit(count, totals={"to": 2}).edit("count", totals={})
    for path, before, after in state.diff(edited):
        print(path, before, after is sl.StateDiff.ABSENT)
    retention = sl.Retention(
        max_history_size=None,
        history_ttl_seconds=0.5,
        max_history_bytes=1,
        keep_failures_seconds=60,
        keep_payloads=False,
    )
    thin = edited.retain(retention)
    print(str(state.diff(thin)), len(state.diff(thin)), bool(state.diff(thin)))
    fields: list[str] = [field for record in thin.history for field in record.payload or ()]
    print(fields, retention.history_ttl_seconds)
    return thin


def handle_errors() -> None:
    flow, tokenize, _ = build()
    try:
        flow.run(tokenize.line.of(text="to be"))
    except sl.NotFinishedError as error:
        print(error.job.id, *error.awaited)
    except sl.ExecutionError as error:
        print(error.job.status.name)
    except sl.Interrupted as stopped:
        stopped.job.snapshot().save("run.stoplog")


@sl.storable("accepted.colour")
class Colour(Enum):
    RED = 1


@sl.storable("accepted.point", version=2, replace=True)
@dataclass(frozen=True)
class Point:
    x: int
    y: int


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


def read_money(plain: Any, version: int) -> Money:
    return Money(plain if version > 1 else plain["cents"])


def encode_money(money: Money) -> int:
    return money.cents


sl.register_codec("accepted.money", Money, encode=encode_money, decode=read_money, version=2)


def look_at(state: JobState) -> int:
    value: object = state.queued[0].payload["value"]
    if isinstance(value, sl.Stored):
        print(hash(value), value == value)
    point: Point = Point(x=1, y=Colour.RED.value)
    return point.x


class Patient(sl.Routine):
    @sl.slot(capacity=10, overflow="drop_oldest", priority=5)
    def latest(self, text: str) -> None: ...

    @sl.slot(on_error=sl.Retry(5, initial=1.0, jitter=0.1, retry_on=(OSError,), then="skip"))
    def again(self, text: str) -> None:
        print(self.delivery.attempt, self.delivery.priority, self.delivery.due)


retrying = Flow("retrying", on_error=sl.Retry())
patient = retrying.add(Patient(), "patient", on_error=sl.Retry(2, then="continue"))
shared: sl.Connection = retrying.connect("source.out", sl.one_of(patient.latest, "other.in_"))
print(shared.targets, retrying.start(patient.latest.of(text="")).dropped["patient.latest"])
with ManualClock() as clock:
    clock.advance(60)
