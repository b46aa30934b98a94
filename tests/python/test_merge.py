# Merging slots: each delivery is a call with what came so far, as the slot says.
from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.gathering import Gather, add_up, gathering, send_all
from stoplog.testing import call

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.usefixtures("each_executor")


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
    ear = routine.define_slot("ear", lambda n: heard.extend([n]))
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

    assert "merge must be 'override', 'append', Append(limit=...) or a callable" in str(
        caught.value
    )
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
