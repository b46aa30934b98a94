# A user's program full of mistakes: each marked line is found by a strict type checker.
#
# The words after `expect:` are the codes of the errors that must be told on that line.
from __future__ import annotations

from stoplog import (
    Flow,
    JobState,
    Retention,
    Retry,
    Routine,
    State,
    event,
    one_of,
    register_codec,
    slot,
    storable,
)
from stoplog.testing import call


class Tokenize(Routine):
    @event
    def word(self, text: str, weight: int = 1) -> None:
        """One word, in lower case."""

    @slot
    def line(self, text: str) -> None:
        self.word(txet=text)  # expect: call-arg
        self.word()  # expect: call-arg
        self.word(weight=2)  # expect: call-arg
        self.word(text=1)  # expect: arg-type
        self.word(text=text, weight="2")  # expect: arg-type
        self.word(text=text, more=text)  # expect: call-arg
        self.wrod(text=text)  # expect: attr-defined


class Count(Routine):
    totals: State[dict[str, int]] = State(dict)
    seen: State[int] = State(int)
    raw: State[bytearray] = State(bytearray)  # expect: assignment
    words: State[list[str]] = State(list)
    marks: State[set[int]] = State(set)
    kinds: State[set[str]] = State(list)  # expect: assignment
    limit: State[int] = State(int, default=10)  # expect: call-overload
    first: State[int] = State(default="one")  # expect: arg-type

    @slot
    def word(self, text: str) -> None:
        length: str = self.totals[text]  # expect: assignment
        print(length)
        self.totals[text] = "one"  # expect: assignment
        self.totals[1] = 1  # expect: index
        self.totals = {1: 1}  # expect: dict-item
        self.totals = [text]  # expect: call-overload
        self.seen = "one"  # expect: assignment
        self.seen += text  # expect: operator
        self.words.append(1)  # expect: arg-type
        self.words[0] = 1  # expect: call-overload
        first: int = self.words[0]  # expect: assignment
        more = [text]
        print(first, more + self.words)  # expect: operator
        self.marks.add(text)  # expect: arg-type
        self.marks |= {text}  # expect: arg-type
        self.words = 1  # expect: call-overload

    @slot(capacity="many")  # expect: call-overload untyped-decorator
    def wide(self, text: str) -> None: ...

    @slot(when="empty")  # expect: call-overload untyped-decorator
    def late(self) -> None: ...

    @slot(prority=1)  # expect: call-overload untyped-decorator
    def soon(self) -> None: ...

    @slot(name="rest")
    def others(self, text: str, **rest: int) -> None:
        self.others.of(text=text, more=text)  # expect: arg-type
        self.others.of(more=1)  # expect: call-arg
        self.name = text  # expect: misc


flow = Flow("wordcount")
tokenize = flow.add(Tokenize(), "tokenize")
count = flow.add(Count(), "count")

flow.add(Tokenize, "other")  # expect: type-var
flow.connect(count.word, tokenize.word)  # expect: arg-type
flow.connect(tokenize.word, count.totals)  # expect: arg-type
flow.connect(tokenize.word, Count.word)  # expect: arg-type
tokenize.line.of(txet="to be")  # expect: call-arg
tokenize.line.of(text=1)  # expect: arg-type
flow.run(tokenize.line, text=1)  # expect: call-overload
flow.run("tokenize.line", executor="parallel")  # expect: call-overload
flow.resume("run.stoplog")  # expect: arg-type
flow.disconnect("tokenize.word")  # expect: arg-type
flow.remove(tokenize)  # expect: arg-type
flow.chain(tokenize, Count)  # expect: arg-type
flow.add(tokenize, "tokenize", replace=Count)  # expect: arg-type
tokenize.define_slot("again", handler=1)  # expect: arg-type
tokenize.define_event("again", 1)  # expect: arg-type
Flow.from_drawing(flow.drawing, {"count": Count})  # expect: dict-item
call(count.word, txet="to")  # expect: call-overload
call(count.word.of(text="to"), before=[])  # expect: call-overload


@flow.routine(emits="word", prority=1)  # expect: call-overload untyped-decorator
def late(text: str) -> dict[str, str]:
    return {"text": text}


@flow.routine(emits="word")
def split(text: str) -> dict[str, str]:
    return {"text": text}


split.of(txet="to be")  # expect: call-arg
split(1)  # expect: arg-type
final: JobState = flow.start("tokenize.line", text="")  # expect: assignment
number: str = final[count][Count.seen]  # expect: assignment


def encode_text(text: str) -> str:
    return text


def decode_number(plain: object, version: int) -> int:
    return version


storable(version=1)  # expect: call-arg
storable("rejected.point", 2)  # expect: call-arg
register_codec("text", int, encode=encode_text, decode=decode_number)  # expect: arg-type
register_codec("flow", Flow, encode=repr, decode=decode_number)  # expect: arg-type


class Fussy(Routine):
    @slot(overflow="drop")  # expect: call-overload untyped-decorator
    def full(self, text: str) -> None: ...

    @slot(priority="high")  # expect: call-overload untyped-decorator
    def soon(self, text: str) -> None: ...

    @slot(on_error=Retry(then="retry"))  # expect: arg-type
    def again(self, text: str) -> None: ...


Retry(3, 0.1)  # expect: call-arg
Retry(retry_on=OSError)  # expect: arg-type
flow.connect(tokenize.word, one_of(count.word, 3))  # expect: arg-type
due: str = final.queued[0].due  # expect: assignment
job = flow.start("tokenize.line", text="")
job.on_commit(lambda: None)  # expect: arg-type misc
job.stream(count.word)  # expect: arg-type
job.snapshot().edit()  # expect: call-arg
job.snapshot().diff(job)  # expect: arg-type
job.snapshot().retain(1000)  # expect: arg-type
job.snapshot().history[0].payload["text"]  # expect: index
Retention(max_history_size="all")  # expect: arg-type
Retention(keep_payload=False)  # expect: call-arg
