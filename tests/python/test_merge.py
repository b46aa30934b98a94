# Merging slots: each delivery is a call with what came so far; the buffer is declared state.
from __future__ import annotations

import copy
import gc
import json
import pickle
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, outcomes
from stoplog.testing import call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

pytestmark = pytest.mark.usefixtures("each_executor")

FORMATS: tuple[Any, ...] = ("binary", "json", "xml", "text")


def add_up(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {"value": old["value"] + new["value"]}


class Gather(sl.Routine):
    """Keeps in its state, as plain values, what each of its calls was given."""

    seen: sl.State[list[Any]] = sl.State(list)

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.acting: Callable[[Any], Any] = lambda _: None

    def take(self, given: Any) -> None:
        self.seen.append(given)
        self.kept.append(given)
        self.acting(given)

    @sl.slot(merge="append")
    def append(self, value: Any = None) -> None:
        self.take(value)

    @sl.slot(merge=sl.Append(limit=2))
    def recent(self, value: Any) -> None:
        self.take(value)

    @sl.slot(merge=add_up)
    def folded(self, value: Any) -> None:
        self.take(value)

    @sl.slot
    def plain(self, value: Any) -> None:
        self.take(value)

    @sl.slot(merge="append", on_error="skip")
    def careful(self, value: Any) -> None:
        self.take(value)

    @sl.slot(merge=add_up, on_error="skip")
    def careful_fold(self, value: Any) -> None:
        self.take(value)


def gathering() -> tuple[sl.Flow, Gather]:
    flow = sl.Flow("gathering")
    return flow, flow.add(Gather(), "all")


def send_all(slot: str, *values: Any) -> list[Any]:
    flow, routine = gathering()
    entry = getattr(routine, slot)
    return list(flow.run(*[entry.of(value=value) for value in values])["all"].seen)


def cause_of(flow: sl.Flow, *entries: sl.Message) -> BaseException:
    job = flow.start(*entries, executor="sequential")
    job.wait()
    assert job.error is not None
    assert job.error.__cause__ is not None
    return job.error.__cause__


# ---- what the handler gets


def test_append_gives_all_values_so_far() -> None:
    """R8: each delivery is one call."""
    assert send_all("append", 1, "b", None) == [[1], [1, "b"], [1, "b", None]]


def test_limit_keeps_the_last() -> None:
    """R8."""
    assert send_all("recent", 1, 2, 3, 4) == [[1], [1, 2], [2, 3], [3, 4]]


def test_callable_folds() -> None:
    """R8: the first payload is the buffer."""
    assert send_all("folded", 1, 2, 3) == [1, 3, 6]


def test_override_is_the_payload_itself() -> None:
    class Load(sl.Routine):
        seen: sl.State[list[Any]] = sl.State(list)

        @sl.slot(merge="override")
        def input(self, value: int) -> None:
            self.seen.append(value)

    flow = sl.Flow("f")
    load = flow.add(Load(), "load")

    assert flow.run(load.input.of(value=1), load.input.of(value=2))["load"].seen == [1, 2]


def test_each_slot_has_its_own_buffer() -> None:
    flow, routine = gathering()

    final = flow.run(*[slot.of(value=1) for slot in (routine.append, routine.recent)])

    assert final["all"].seen == [[1], [1]]


def test_each_job_and_each_routine_has_its_own_buffer() -> None:
    """R13."""
    flow, routine = gathering()
    other = flow.add(Gather(), "other")

    runs = [flow.run(routine.append.of(value=1), other.append.of(value=2)) for _ in range(2)]

    assert [(run["all"].seen, run["other"].seen) for run in runs] == [([[1]], [[2]])] * 2


def test_fields_are_appended_one_by_one() -> None:
    """A field that did not come keeps what it had; one that never came has its default."""

    class Two(sl.Routine):
        seen: sl.State[list[Any]] = sl.State(list)

        @sl.slot(merge="append")
        def input(self, a: Any = "none", b: Any = "none") -> None:
            self.seen.append([a, b])

    flow = sl.Flow("f")
    two = flow.add(Two(), "two")

    final = flow.run(two.input.of(a=1), two.input.of(b=2), two.input.of(b=3, a=4))

    assert final["two"].seen == [[[1], "none"], [[1], [2]], [[1, 4], [2, 3]]]


@pytest.mark.parametrize("merge", ["append", sl.Append(limit=1), lambda old, new: {**old, **new}])
def test_fields_that_the_slot_does_not_take_are_not_kept(merge: Any) -> None:
    class Few(sl.Routine):
        @sl.slot(merge=merge)
        def input(self, a: Any) -> None: ...

    flow = sl.Flow("f")
    source = flow.add(sl.Routine(), "source")
    out = source.define_event("out")
    source.define_slot("go", lambda: [out(a=i, huge=object()) for i in range(3)])
    few = flow.add(Few(), "few")
    flow.connect(out, few.input)
    job = flow.start("source.go", executor="sequential", retention=sl.Retention(max_history_size=0))
    job.wait()

    assert job.status is sl.JobStatus.COMPLETED
    assert b"huge" not in job.snapshot().to_bytes("json").split(b'"cells"')[1]


def test_rest_is_merged() -> None:
    class Rest(sl.Routine):
        seen: sl.State[list[Any]] = sl.State(list)

        @sl.slot(merge="append")
        def input(self, a: Any = (), **rest: Any) -> None:
            self.seen.append([a, rest])

    flow = sl.Flow("f")
    rest = flow.add(Rest(), "rest")

    final = flow.run(rest.input.of(a=1, b=2), rest.input.of(c=3))

    assert final["rest"].seen == [[[1], {"b": [2]}], [[1], {"b": [2], "c": [3]}]]


def test_whole_is_merged() -> None:
    wholes: list[sl.Payload] = []

    class Whole(sl.Routine):
        @sl.slot(merge="append")
        def input(self, record: sl.Payload) -> None:
            wholes.append(record)

        @sl.slot(merge=add_up)
        def folded(self, record: sl.Payload) -> None:
            wholes.append(record)

    flow = sl.Flow("f")
    whole = flow.add(Whole(), "whole")
    flow.run(whole.input.of(a=1), whole.input.of(a=2), whole.folded.of(value=1))

    assert [dict(record) for record in wholes] == [{"a": [1]}, {"a": [1, 2]}, {"value": 1}]
    assert isinstance(wholes[1].a, sl.Appended)
    with pytest.raises(AttributeError):
        wholes[1].a = 1


def test_names_are_those_of_the_slot() -> None:
    """A connection's rename comes first."""
    flow, routine = gathering()
    source = flow.add(sl.Routine(), "source")
    out = source.define_event("out", "number")
    source.define_slot("go", lambda: [out(number=i) for i in range(2)])
    flow.connect(out, routine.append, rename={"number": "value"})

    assert flow.run("source.go")["all"].seen == [[0], [0, 1]]


def test_plain_function_may_merge() -> None:
    flow = sl.Flow("f")

    @flow.routine(emits="total", merge="append")
    def total(value: Any) -> dict[str, Any]:
        return {"value": sum(value)}

    flow.add(Gather(), "all")
    flow.connect(total.total, "all.plain")

    assert flow.run(*[total.of(value=i) for i in (1, 2, 3)])["all"].seen == [1, 3, 6]


def test_own_slot_may_merge() -> None:
    flow, routine = gathering()
    slot = routine.define_slot("own", routine.take, merge="append")
    other = routine.define_slot("other", routine.take, merge="append")

    final = flow.run(slot.of(given=1), other.of(given=2), slot.of(given=3), routine.append.of())

    assert final["all"].seen == [[1], [2], [1, 3], None]


def test_direct_call_merges_nothing() -> None:
    """An ordinary call: of what it is given."""
    routine = Gather()
    handled: list[Any] = []
    routine.take = handled.append  # type: ignore[method-assign]

    routine.append(1)
    routine.append([2])

    assert handled == [1, [2]]


def test_call_for_a_test_merges_as_a_job_does() -> None:
    routine = Gather()

    first = call(routine.append.of(value=2))
    second = call(routine.append.of(value=2), after=[routine.append.of(value=1)])

    assert (first[1], second[1]) == ({"seen": [[2]]}, {"seen": [[1], [1, 2]]})


# ---- the read-only sequence


@pytest.fixture
def appended() -> Any:
    """What the third delivery of 'append' was given: 1, 'b', [3]."""
    flow, routine = gathering()
    flow.run(*[routine.append.of(value=value) for value in (1, "b", [3])])
    return routine.kept[-1]


def test_appended_reads_as_a_list(appended: Any) -> None:
    assert isinstance(appended, Sequence)
    assert (len(appended), appended[0], appended[-1], appended[1:]) == (3, 1, [3], ["b", [3]])
    assert appended[::-2] == [[3], 1]
    assert (list(appended), list(reversed(appended))) == ([1, "b", [3]], [[3], "b", 1])
    assert ("b" in appended, "c" in appended, appended.count(1), appended.index([3])) == (
        True,
        False,
        1,
        2,
    )
    assert (repr(appended), appended.to_plain()) == ("[1, 'b', [3]]", [1, "b", [3]])
    match appended:
        case [1, *rest]:
            assert rest == ["b", [3]]
        case _:
            pytest.fail("it is no sequence to a match")


@pytest.mark.parametrize("other", [[1, "b", [3]], (1, "b", [3])])
def test_appended_is_equal_to_the_like(appended: Any, other: Any) -> None:
    assert appended == other
    assert other == appended
    assert not appended != other
    assert appended == copy.copy(appended)


@pytest.mark.parametrize("other", [[1, "b"], [1, "b", [4]], "1b3", {1, 2}, None])
def test_appended_is_not_equal_to_anything_else(appended: Any, other: Any) -> None:
    assert appended != other
    assert not appended == other


@pytest.mark.parametrize(
    "act",
    [
        hash,
        lambda it: it.__setitem__(0, 1),
        lambda it: it.__delitem__(0),
        lambda it: it.append(1),
        lambda it: it.clear(),
        lambda it: it.__iadd__([1]),
        lambda it: setattr(it, "x", 1),
        lambda it: type(it)(),
        lambda it: it["0"],
        lambda it: it[3],
        lambda it: it[-4],
        lambda it: it.index("c"),
        lambda it: it < [1],
        lambda it: setattr(type(it), "append", 1),
    ],
)
def test_appended_cannot_be_written(appended: Any, act: Callable[[Any], Any]) -> None:
    with pytest.raises((TypeError, AttributeError, IndexError, ValueError)):
        act(appended)
    assert appended == [1, "b", [3]]


def test_items_are_fresh(appended: Any) -> None:
    appended[2].append(4)
    next(iter(appended[2:])).append(4)

    assert appended == [1, "b", [3]]


def test_index_takes_bounds_as_that_of_a_list() -> None:
    flow, routine = gathering()
    flow.run(*[routine.append.of(value=value) for value in (1, 2, 1)])
    appended = routine.kept[-1]

    assert (appended.index(1, 1), appended.index(1, -1), appended.index(2, -9, 9)) == (2, 2, 1)
    with pytest.raises(ValueError, match="not in"):
        appended.index(2, 2)


def test_appended_stays_as_it_was() -> None:
    """R8: also when the handler keeps it, and the job is gone."""
    flow, routine = gathering()
    flow.run(*[routine.append.of(value=value) for value in range(300)])
    flow.run(*[routine.recent.of(value=value) for value in range(300)])
    gc.collect()

    assert all(routine.kept[i] == list(range(i + 1)) for i in range(300))
    assert all(routine.kept[300 + i] == list(range(max(0, i - 1), i + 1)) for i in range(300))


def test_appended_that_a_failed_call_was_given_stays_as_it_was() -> None:
    flow, routine = gathering()

    def fail(given: Any) -> None:
        if len(given) > 2:
            raise ValueError

    routine.acting = fail
    flow.run(*[routine.careful.of(value=value) for value in range(5)])

    assert [list(given) for given in routine.kept] == [[0], [0, 1], *[[0, 1, i] for i in (2, 3, 4)]]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_copy_of_an_appended_is_a_plain_list(appended: Any, copied: Callable[[Any], Any]) -> None:
    assert type(copied(appended)) is list
    assert copied(appended) == appended


def test_appended_that_is_emitted_travels_as_a_list() -> None:
    """P1: and can be saved."""
    flow = sl.Flow("f")

    @flow.routine(emits="out", merge="append")
    def gather(value: Any) -> dict[str, Any]:
        return {"value": value, "pair": (value, 1)}

    flow.add(Gather(), "all")
    flow.connect("gather.out", "all.plain")
    final = flow.run(*[gather.of(value=[i]) for i in (1, 2)])
    state = sl.JobState.from_bytes(final.to_bytes())

    payloads = [record.payload for record in state.history if record.payload and record.fed_by]
    assert [payload["value"] for payload in payloads] == [[[1]], [[1], [2]]]
    assert payloads[1]["pair"] == ([[1], [2]], 1)
    assert type(payloads[1]["value"]) is list


def test_appended_that_is_put_into_the_state_becomes_a_list() -> None:
    """S1."""
    flow, routine = gathering()
    state = flow.run(*[routine.append.of(value=[value]) for value in (1, 2)])

    assert state["all"].seen == [[[1]], [[1], [2]]]
    assert type(state["all"].seen[0]) is list


# ---- a callable


def test_callable_is_given_plain_dicts_of_the_fields() -> None:
    given: list[Any] = []

    def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        given.append((type(old), type(new), copy.deepcopy(old), copy.deepcopy(new)))
        old["value"].append("mine alone")
        new["value"].append("mine alone")
        return {"value": ["merged"]}

    class Fold(sl.Routine):
        @sl.slot(merge=merge)
        def input(self, value: Any) -> None: ...

    flow = sl.Flow("f")
    fold = flow.add(Fold(), "fold")
    flow.run(*[fold.input.of(value=[i]) for i in (1, 2, 3)])

    assert given == [
        (dict, dict, {"value": [1]}, {"value": [2]}),
        (dict, dict, {"value": ["merged"]}, {"value": [3]}),
    ]


def test_result_of_the_callable_is_nobody_elses() -> None:
    """P1 S2: what it keeps, and what the handler changes, is not the buffer."""
    kept: list[Any] = []

    def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        for known in kept:
            known["value"].append("later")
        kept.append({"value": old["value"] + new["value"]})
        return kept[-1]

    got: list[Any] = []

    class Fold(sl.Routine):
        @sl.slot(merge=merge)
        def input(self, value: Any) -> None:
            got.append(list(value))
            value.append("by the handler")

    flow = sl.Flow("f")
    fold = flow.add(Fold(), "fold")
    flow.run(*[fold.input.of(value=[i]) for i in (1, 2, 3)])

    assert got == [[1], [1, 2], [1, 2, 3]]


def folding(merge: Any) -> tuple[sl.Flow, list[sl.Message]]:
    class Fold(sl.Routine):
        seen: sl.State[list[Any]] = sl.State(list)

        @sl.slot(merge=merge)
        def input(self, value: Any, more: Any = None) -> None:
            self.seen.append(value)

    flow = sl.Flow("f")
    fold = flow.add(Fold(), "fold")
    return flow, [fold.input.of(value=1), fold.input.of(value=2)]


class OneField(dict[str, Any]):
    """A mapping that is a dict, and more."""


@pytest.mark.parametrize(
    "result", [{"value": 3}, OneField(value=3), sl.Payload({"value": 3}), {"value": 3, "more": 4}]
)
def test_callable_may_return_any_mapping(result: Mapping[str, Any]) -> None:
    flow, entries = folding(lambda old, new: result)

    assert flow.run(*entries)["fold"].seen == [1, 3]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "slot 'fold.input': its merge must return a mapping of fields; found NoneType"),
        ([("value", 1)], "must return a mapping of fields; found list"),
        ({1: 2}, "must return fields by their names; found 1"),
        ({"valu": 1}, "slot 'fold.input': no field 'valu' (did you mean 'value'?)"),
        ({}, "slot 'fold.input': field 'value' is missing; its fields are 'value', 'more'"),
        ({"value": 1, "less": 2}, "slot 'fold.input': no field 'less'"),
    ],
)
def test_wrong_result_of_a_callable_fails_the_call(result: Any, said: str) -> None:
    """Section 5 R19."""
    flow, entries = folding(lambda old, new: result)

    job = flow.start(*entries, executor="sequential")
    job.wait()

    assert job.error is not None
    assert isinstance(job.error.__cause__, sl.TypeMismatchError)
    assert said in str(job.error.__cause__)
    assert "routine 'fold', slot 'input'" in str(job.error)
    assert "TypeMismatchError: in merge: " in str(job.error)
    assert job.snapshot()["fold"].seen == [1]


def test_error_of_a_callable_is_the_cause() -> None:
    """R19: with the part of the call that failed; the delivery stays."""
    flow, entries = folding(lambda old, new: 1 / 0)
    job = flow.start(*entries, executor="sequential")
    job.wait()

    assert job.error is not None
    assert isinstance(job.error.__cause__, ZeroDivisionError)
    assert "ZeroDivisionError: in merge: division by zero" in str(job.error)
    assert len(job.queued) == 1


def test_callable_runs_inside_the_call() -> None:
    """R4: what it emits is undone with the call."""
    flow = sl.Flow("f", on_error="skip")
    routine = sl.Routine()
    heard: list[int] = []
    told = routine.define_event("told", "n")
    ear = routine.define_slot("ear", lambda n: heard.append(n))
    calls: list[int] = []

    def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        told(n=new["n"])
        calls.append(routine.delivery.id.number)
        return new

    def handle(n: int) -> None:
        if n == 2:
            raise ValueError

    slot = routine.define_slot("input", handle, merge=merge)
    flow.add(routine, "r")
    flow.connect(told, ear)

    flow.run(*[slot.of(n=n) for n in (1, 2, 3)])

    assert (calls, heard) == ([2, 3], [3])


# ---- undone, cut, saved


def test_failed_call_leaves_the_buffer_as_it_was() -> None:
    """R4 R8."""
    flow, routine = gathering()

    def fail(given: Any) -> None:
        if isinstance(given, int) and given % 10 == 3:
            raise ValueError
        if isinstance(given, sl.Appended) and given[-1] == 3:
            raise ValueError

    routine.acting = fail
    appended = flow.run(*[routine.careful.of(value=i) for i in (1, 3, 4)])
    folded = flow.run(*[routine.careful_fold.of(value=i) for i in (1, 2, 5)])

    assert appended["all"].seen == [[1], [1, 4]]
    assert folded["all"].seen == [1, 6]
    assert outcomes(folded) == ["finished", "skipped", "finished"]


def test_first_call_that_fails_leaves_no_buffer() -> None:
    flow, routine = gathering()
    routine.acting = lambda given: routine.job.cancelled or 1 // (len(routine.kept) - 1)

    final = flow.run(*[routine.careful_fold.of(value=i) for i in (1, 2, 3)])

    assert final["all"].seen == [2, 5]


def test_call_that_is_tried_again_is_merged_once() -> None:
    """R8: a resumed job tries the failed delivery again."""
    flow, routine = gathering()
    routine.acting = lambda given: 1 // (3 - len(routine.kept))
    job = flow.start(*[routine.append.of(value=i) for i in (1, 2, 3)], executor="sequential")
    job.wait()
    routine.acting = lambda given: None

    final = flow.resume(job.snapshot(), executor="sequential").result()

    assert final["all"].seen == [[1], [1, 2], [1, 2, 3]]


@pytest.mark.parametrize("slot", ["append", "recent", "folded"])
def test_cut_during_a_call_has_the_buffer_from_before(slot: str) -> None:
    """R11: resumed, it is merged once."""
    flow, routine = gathering()
    cuts: list[sl.JobState] = []
    routine.acting = lambda given: cuts.append(routine.job.snapshot())
    entries = [getattr(routine, slot).of(value=i) for i in (1, 2, 3)]
    job = flow.start(*entries, executor="sequential")
    job.wait()
    routine.acting = lambda given: None

    finals = [flow.resume(cut.fork(), executor="sequential").result() for cut in cuts]

    assert [final["all"].seen for final in finals] == [job.snapshot()["all"].seen] * 3


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("slot", ["append", "recent", "folded"])
def test_buffer_is_saved_and_resumed(format: Any, slot: str) -> None:
    """R8 R18: after every number of deliveries, and equal (==) when it comes back."""
    flow, routine = gathering()
    entries = [getattr(routine, slot).of(value=i) for i in (1, 2, 3)]
    whole = flow.run(*entries)
    finals = []
    for steps in range(4):
        job = flow.start(*entries, executor="sequential", keep_alive=True)
        job.step(steps)
        state = job.snapshot()
        loaded = sl.JobState.from_bytes(state.to_bytes(format))
        assert loaded == state
        resumed = flow.resume(loaded, executor="sequential")
        resumed.finish()
        finals.append(resumed.result()["all"].seen)

    assert finals == [whole["all"].seen] * 4


def test_buffer_counts_in_a_comparison() -> None:
    """R8: two states that differ in it alone are not equal."""

    class Mute(sl.Routine):
        @sl.slot(merge="append")
        def input(self, value: int) -> None: ...

    flow = sl.Flow("f")
    mute = flow.add(Mute(), "mute")
    finals = [flow.run(mute.input.of(value=value)) for value in (1, 2, 2)]

    assert not finals[0].same_outcome(finals[1])
    assert finals[1].same_outcome(finals[2])


def test_buffer_is_no_declared_field() -> None:
    """Nobody can name it."""
    flow, routine = gathering()
    final = flow.run(routine.append.of(value=1))

    assert (list(final["all"]), len(final["all"])) == (["seen"], 1)
    assert final["all"].to_dict() == {"seen": [[1]]}
    with pytest.raises((KeyError, sl.StoplogError)):
        final["all"]["append.merge"]
    assert list(flow.drawing.to_plain()["routines"]["all"]["state"]) == ["seen"]


def test_forked_jobs_go_on_apart() -> None:
    flow, routine = gathering()
    job = flow.start(routine.append.of(value=1), executor="sequential", keep_alive=True)
    job.wait()
    forks = [flow.resume(job.snapshot().fork(), executor="sequential") for _ in range(2)]
    for i, fork in enumerate(forks):
        fork.send(routine.append.of(value=10 + i))
        fork.finish()

    assert [fork.result()["all"].seen[-1] for fork in forks] == [[1, 10], [1, 11]]


def test_parked_call_is_merged_once() -> None:
    """R5: it waits with what it has emitted, and is not run again."""
    flow = sl.Flow("f")

    @flow.routine(emits="out", merge="append")
    def gather(value: Any) -> dict[str, Any]:
        return {"value": len(value)}

    @flow.routine(capacity=1, state={"seen": list})
    def sink(routine: sl.Routine, value: int) -> None:
        routine.seen.append(value)  # type: ignore[attr-defined]

    flow.connect(gather.out, "sink.input")

    final = flow.run(*[gather.of(value=i) for i in range(5)])

    assert final["sink"].seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "value", [object(), bytearray(b"x"), [{"deep": object()}], lambda: None]
)
@pytest.mark.parametrize("slot", ["append", "folded"])
def test_value_that_the_state_cannot_keep_is_refused_with_its_path(value: Any, slot: str) -> None:
    """S2 R17."""
    flow, routine = gathering()

    error = cause_of(flow, getattr(routine, slot).of(value=value))

    assert isinstance(error, sl.SerializationError)
    assert f"all.{slot}.merge['value']" in str(error)


def test_path_has_the_number_of_the_delivery() -> None:
    flow, routine = gathering()
    entries = [routine.append.of(value=value) for value in (1, 2, object())]

    assert "all.append.merge['value'][2]" in str(cause_of(flow, *entries))


# ---- another merge than the job was saved with


def saved_by(merge: Any) -> tuple[sl.JobState, Callable[[Any], sl.Flow]]:
    def flow_with(merge: Any) -> sl.Flow:
        class Load(sl.Routine):
            seen: sl.State[list[Any]] = sl.State(list)

            @sl.slot(merge=merge)
            def input(self, value: Any) -> None:
                self.seen.append(value)

        flow = sl.Flow("f")
        flow.add(Load(), "load")
        return flow

    job = flow_with(merge).start(keep_alive=True, executor="sequential")
    for value in (1, 2, 3):
        job.send("load.input", value=value)
    job.wait()
    return job.snapshot(), flow_with


KINDS: list[Any] = ["override", "append", add_up]


@pytest.mark.parametrize("then", KINDS)
@pytest.mark.parametrize("now", KINDS)
def test_another_kind_of_merge_is_a_difference_that_matters(then: Any, now: Any) -> None:
    """R14: listed by check, refused by resume."""
    state, flow_with = saved_by(then)
    flow = flow_with(now)

    difference = flow.check(state)

    assert bool(difference) is (then is not now)
    assert ("slot 'load.input' was retyped" in str(difference)) is (then is not now)
    if difference:
        with pytest.raises(sl.DefinitionMismatchError, match="merged by"):
            flow.resume(state)


def test_another_limit_never_blocks_a_resume() -> None:
    """R14: the next delivery keeps as many as it says now."""
    state, flow_with = saved_by("append")
    job = flow_with(sl.Append(limit=2)).resume(state, executor="sequential")
    job.send("load.input", value=4)
    job.finish()

    assert job.result()["load"].seen[-1] == [3, 4]


@pytest.mark.parametrize("forged", [3, {"value": 3}, [1], {"value": [1], "2": "x"}])
def test_buffer_that_a_file_cannot_hold_is_refused(forged: Any) -> None:
    """R17: told at the resume."""
    state, flow_with = saved_by("append")
    text = json.loads(state.to_bytes("json"))

    def replace(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "input.merge":
                node[key] = forged
            elif isinstance(value, (dict, list)):
                replace(value)

    replace(text)
    loaded = sl.JobState.from_bytes(json.dumps(text).encode(), accept_edited=True)

    with pytest.raises(sl.SerializationError, match=r"merged for slot 'input'"):
        flow_with("append").resume(loaded)


def test_flow_is_drawn_with_its_merges() -> None:
    flow, _ = gathering()
    slots = flow.drawing.to_plain()["routines"]["all"]["slots"]

    drawn = {name: slot.get("merge") for name, slot in slots.items()}
    assert (drawn["append"], drawn["recent"], drawn["folded"], drawn["plain"]) == (
        "append",
        "append",
        "callable",
        None,
    )
    assert sl.Drawing.from_json(flow.drawing.to_json()) == flow.drawing


# ---- the option


@pytest.mark.parametrize(
    ("merge", "said"),
    [
        ("apend", "did you mean 'append'?"),
        ("", "found ''"),
        (None, "found None"),
        (3, "found 3"),
        ({"limit": 3}, "found {'limit': 3}"),
        (sl.Append, "did you mean Append()?"),
    ],
)
def test_unknown_merge_is_refused(merge: Any, said: str) -> None:
    """Section 5."""
    with pytest.raises(sl.ConfigurationError) as caught:
        sl.slot(merge=merge)

    assert "merge must be 'override', 'append', Append(limit=...) or a callable" in str(caught.value)
    assert said in str(caught.value)


def test_callable_that_would_run_nothing_is_refused() -> None:
    async def coroutine(old: Any, new: Any) -> Any: ...

    with pytest.raises(sl.ConfigurationError, match="async or a generator"):
        sl.slot(merge=coroutine)  # type: ignore[call-overload]


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "3", 2**32])
def test_wrong_limit_is_refused(limit: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match="whole number from 1"):
        sl.Append(limit=limit)


@pytest.mark.parametrize("merge", ["append", sl.Append(), add_up])
def test_drained_slot_has_nothing_to_merge(merge: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match="when drained takes no fields"):
        sl.Routine().define_slot("last", lambda: None, when="drained", merge=merge)


def test_append_is_a_value() -> None:
    assert sl.Append(limit=3) == sl.Append(limit=3) != sl.Append()
    assert hash(sl.Append(limit=3)) == hash(sl.Append(limit=3))
    assert repr(sl.Append(limit=3)) == "Append(limit=3)"
    assert sl.Append(limit=3) != 3


# ---- linear


def run_many(count: int, slot: str = "append", *, is_cut: bool = False) -> tuple[float, int]:
    """Return the processor's seconds and the bytes of so many deliveries."""
    flow, routine = gathering()
    routine.take = lambda given: None  # type: ignore[method-assign]
    none = sl.Retention(max_history_size=0)
    job = flow.start(executor="sequential", keep_alive=True, retention=none)
    message = getattr(routine, slot).of(value=1)
    began = time.process_time()
    for _ in range(count):
        job.send(message)
        job.step()
        if is_cut:
            job.snapshot()
    return time.process_time() - began, len(job.snapshot().to_bytes())


@pytest.mark.slow
def test_many_deliveries_cost_linear_bytes() -> None:
    """R8: 10^5 of them."""
    assert 1.8 < run_many(100_000)[1] / run_many(50_000)[1] < 2.2


@pytest.mark.slow
@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize("slot", ["append", "recent"])
def test_many_deliveries_cost_linear_time(slot: str, is_cut: bool) -> None:
    """R8: with a cut after each, too. Four times as many would take sixteen times as long."""
    ratios = [
        run_many(40_000, slot, is_cut=is_cut)[0] / run_many(10_000, slot, is_cut=is_cut)[0]
        for _ in range(3)
    ]

    assert min(ratios) < 8


def test_delivery_looks_at_its_own_value_alone() -> None:
    """R8: counted by the values whose type is asked for: each is converted once."""
    looks = 0

    class Money:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    def encode(money: Money) -> int:
        nonlocal looks
        looks += 1
        return money.cents

    sl.register_codec(
        "test_merge.money",
        Money,
        encode=encode,
        decode=lambda plain, version: Money(plain),
        replace=True,
    )
    flow, routine = gathering()
    routine.take = lambda given: None  # type: ignore[method-assign]
    flow.run(*[routine.append.of(value=Money(i)) for i in range(500)])

    assert looks == 500


def test_jobs_do_not_wait_for_each_other(eight: sl.Concurrent) -> None:
    """R13: many jobs at once, each with its own buffer."""
    flow, routine = gathering()
    entries = [routine.append.of(value=i) for i in range(50)]
    jobs = [flow.start(*entries, executor=eight) for _ in range(20)]

    assert all(
        job.wait(PATIENCE) is sl.JobStatus.COMPLETED
        and job.snapshot()["all"].seen[-1] == list(range(50))
        for job in jobs
    )
