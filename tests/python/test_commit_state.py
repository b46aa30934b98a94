# Call and commit, whole or not at all; declared state and its dicts (row d).
# mypy: disable-error-code="func-returns-value"
# (handlers are short functions whose value nobody takes)
from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest

import stoplog as sl
from python.parts import Do, Sink, failure_of, flow_of, outcomes

pytestmark = pytest.mark.usefixtures("each_executor")


def run_with_failure(before: Any, failing: Any, policy: Any = "continue") -> sl.JobState:
    """Run one handler that succeeds and one that fails after its changes."""
    acts = iter((before, failing))

    def handle(do: Do) -> None:
        act = next(acts)
        act(do)
        if act is failing:
            raise ValueError("after its changes")

    flow = sl.Flow("f", on_error=policy)
    do, sink = flow.add(Do(handle), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)
    return flow.run(do.input.of(), do.input.of())


def nested(do: Do) -> dict[Any, Any]:
    inner: dict[Any, Any] = do.table["inner"]
    return inner


CHANGES: dict[str, Any] = {
    "set": lambda do: do.table.__setitem__("a", 9),
    "new key": lambda do: do.table.__setitem__("z", 9),
    "delete": lambda do: do.table.__delitem__("a"),
    "pop": lambda do: do.table.pop("a"),
    "popitem": lambda do: do.table.popitem(),
    "clear": lambda do: do.table.clear(),
    "update": lambda do: do.table.update(a=7, y=8),
    "setdefault": lambda do: do.table.setdefault("w", 1),
    "in place or": lambda do: setattr(do, "table", do.table | {"a": 0}),
    "nested": lambda do: nested(do).__setitem__("x", 5),
    "nested cleared": lambda do: nested(do).clear(),
    "assigned anew": lambda do: setattr(do, "table", {"other": 1}),
    "number": lambda do: setattr(do, "number", 99),
    "delete and add again": lambda do: do.table.update(a=do.table.pop("a")),
}


def fill(do: Do) -> None:
    do.number = 5
    do.table = {"a": 1, "b": 2, "inner": {"x": 1}}


@pytest.mark.parametrize("change", CHANGES)
def test_failed_call_leaves_no_trace_in_the_state(change: str) -> None:
    """R4 S3: changes to declared state are undone, inside containers too."""
    final = run_with_failure(fill, CHANGES[change])

    assert final["do"].to_dict() == {"number": 5, "table": {"a": 1, "b": 2, "inner": {"x": 1}}}


@pytest.mark.parametrize("change", CHANGES)
def test_failed_call_leaves_the_order_of_keys(change: str) -> None:
    """R4 S1: the order of insertion comes back too."""
    final = run_with_failure(fill, CHANGES[change])

    assert list(final["do"].table) == ["a", "b", "inner"]


def test_failed_call_emits_nothing() -> None:
    """R4: its emissions are discarded."""
    final = run_with_failure(lambda do: do.out(value=1), lambda do: do.out(value=2))

    assert [record.slot for record in final.history if record.routine == "sink"] == ["input"]


def test_failed_call_leaves_its_record() -> None:
    """R4: no trace but its record."""
    final = run_with_failure(lambda _: None, lambda _: None)

    assert outcomes(final) == ["finished", "failed"]


def test_failed_call_expects_nothing() -> None:
    """R4 R9: an expectation is noted in the call and undone with it."""
    final = run_with_failure(lambda _: None, lambda do: do.expect("do.again"))

    assert (final.status, list(final.awaited)) == (sl.JobStatus.COMPLETED, [])


def test_failed_call_does_not_undo_ordinary_attributes() -> None:
    """S4: ordinary attributes belong to the routine object."""
    calls: list[int] = []

    run_with_failure(lambda _: calls.append(1), lambda _: calls.append(2))

    assert calls == [1, 2]


def final_state_of(function: Any) -> sl.RoutineState:
    return flow_of(function).run("do.input")["do"]


def test_state_starts_with_the_value_of_its_kind() -> None:
    """S1."""
    assert final_state_of(lambda _: None).to_dict() == {"number": 0, "table": {}}


def test_state_starts_with_its_default() -> None:
    """S1."""

    class Limited(sl.Routine):
        limit: sl.State[int] = sl.State(default=10)

        @sl.slot
        def input(self) -> None:
            self.limit += 1

    flow = sl.Flow("f")
    limited = flow.add(Limited(), "limited")

    assert flow.run(limited.input.of())[limited].limit == 11


def test_default_of_one_job_is_not_changed_by_another() -> None:
    """S1 R13: one per (job, routine)."""

    class Table(sl.Routine):
        table: sl.State[dict[str, int]] = sl.State(default={"a": 1})

        @sl.slot
        def input(self) -> None:
            self.table["a"] += 1

    flow = sl.Flow("f")
    table = flow.add(Table(), "table")

    assert [flow.run(table.input.of())[table].table for _ in range(2)] == [{"a": 2}] * 2


def test_container_in_the_state_behaves_as_a_dict() -> None:
    """S1: order of insertion, equality, `collections.abc`, `|`."""
    seen: list[Any] = []

    def handle(do: Do) -> None:
        do.table.update({"b": 1}, a=2)
        seen.extend(
            [
                list(do.table),
                do.table == {"a": 2, "b": 1},
                isinstance(do.table, MutableMapping),
                do.table | {"c": 3},
                list(reversed(do.table)),
                list(do.table.items()),
                do.table.get("z", 7),
                "a" in do.table,
                len(do.table),
                bool(do.table),
                do.table.to_plain(),
            ]
        )

    final_state_of(handle)

    assert seen == [
        ["b", "a"],
        True,
        True,
        {"b": 1, "a": 2, "c": 3},
        ["a", "b"],
        [("b", 1), ("a", 2)],
        7,
        True,
        2,
        True,
        {"b": 1, "a": 2},
    ]


def test_in_place_or_changes_the_container() -> None:
    """S1."""

    def handle(do: Do) -> None:
        do.table |= {"a": 1}

    assert final_state_of(handle).table == {"a": 1}


def test_plain_dict_put_into_the_state_becomes_tracked() -> None:
    """S1: nested ones too."""
    kinds: list[type] = []

    def handle(do: Do) -> None:
        do.table["outer"] = {"inner": {}}
        kinds.append(type(do.table["outer"]["inner"]))

    final_state_of(handle)

    assert kinds == [sl.StateDict]


def test_state_hands_out_plain_values_after_the_run() -> None:
    """S1: `final["count"].totals` hands out plain Python values."""
    final = final_state_of(lambda do: do.table.update(a={"b": 1}))

    assert (type(final.table), type(final.table["a"])) == (dict, dict)


def test_change_of_what_was_assigned_does_not_reach_the_state() -> None:
    """S2: nothing in the state can change behind our back."""
    mine = {"a": 1}

    def handle(do: Do) -> None:
        do.table = mine
        mine["a"] = 99

    assert final_state_of(handle).table == {"a": 1}


def test_value_that_cannot_be_tracked_is_refused_with_its_path() -> None:
    """S2 R17: refused at assignment, naming the path."""
    error = failure_of(lambda do: setattr(do, "table", {"orders": {3: object()}}))

    assert all(part in str(error) for part in ("table", "orders", "3", "object"))


def test_refused_assignment_changes_nothing() -> None:
    """S2 R18b: no half assignment."""

    def handle(do: Do) -> None:
        do.table["a"] = 1
        with pytest.raises(sl.StoplogError):
            do.table.update({"b": 2, "c": object()})
        with pytest.raises(sl.StoplogError):
            do.table["d"] = {"ok": 1, "bad": [object()]}

    assert "d" not in final_state_of(handle).table


def test_scalar_state_is_an_immutable_value() -> None:
    """S1: tuples, frozensets and the like are leaves."""
    final = final_state_of(lambda do: do.table.update(a=(1, (2,)), b=frozenset({1}), c=None))

    assert final.table == {"a": (1, (2,)), "b": frozenset({1}), "c": None}


def test_tuple_that_holds_a_list_is_refused_with_its_path() -> None:
    """S2: what is inside an immutable value counts too."""
    error = failure_of(lambda do: do.table.__setitem__("a", (1, [2])))

    assert all(part in str(error) for part in ("table", "a", "list"))


def test_container_that_has_a_place_is_copied() -> None:
    """S6: a container has one place."""

    def handle(do: Do) -> None:
        do.table["a"] = {"n": 1}
        do.table["b"] = do.table["a"]
        do.table["a"]["n"] = 2

    assert final_state_of(handle).table == {"a": {"n": 2}, "b": {"n": 1}}


def test_cycle_is_refused_with_its_path() -> None:
    """S6: cycles are refused with the path."""
    loop: dict[str, Any] = {}
    loop["again"] = loop

    error = failure_of(lambda do: do.table.__setitem__("a", loop))

    assert all(part in str(error) for part in ("table", "a", "again"))


def test_container_put_into_itself_is_refused_with_its_path() -> None:
    """S6: cycles are refused."""
    error = failure_of(lambda do: do.table.__setitem__("self", do.table))

    assert isinstance(error, sl.StoplogError)
    assert "do.table['self']" in str(error)
    assert "cycle" in str(error)


def test_state_cannot_be_read_outside_a_call() -> None:
    """Section 4: outside a call `self.totals` raises `StateError`."""
    flow = flow_of(lambda _: None)
    do = flow.routines["do"]
    assert isinstance(do, Do)

    with pytest.raises(sl.StateError, match="number"):
        do.number


def test_state_cannot_be_written_outside_a_call() -> None:
    """S6: it is written only in a call of its own (job, routine)."""
    flow = flow_of(lambda _: None)
    do = flow.routines["do"]
    assert isinstance(do, Do)

    with pytest.raises(sl.StateError, match="number"):
        do.number = 1


def test_container_kept_from_a_call_cannot_be_written_later() -> None:
    """S6."""
    kept: list[sl.StateDict[Any, Any]] = []
    flow_of(lambda do: kept.append(do.table)).run("do.input")

    with pytest.raises(sl.StateError):
        kept[0]["a"] = 1


def test_container_of_another_job_of_the_same_routine_cannot_be_written() -> None:
    """S6: also in another job of the same routine object."""
    kept: list[sl.StateDict[Any, Any]] = []

    def handle(do: Do) -> None:
        kept.append(do.table)
        if len(kept) == 2:
            kept[0]["a"] = 1

    flow = flow_of(handle)
    flow.run("do.input")

    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run("do.input")

    assert isinstance(caught.value.__cause__, sl.StateError)


def test_container_of_another_routine_cannot_be_written() -> None:
    """S6."""
    kept: list[sl.StateDict[Any, Any]] = []
    flow = sl.Flow("f")
    first = flow.add(Do(lambda do: (kept.append(do.table), do.out())), "first")
    second = flow.add(Do(lambda _: kept[0].update(a=1)), "second")
    flow.connect(first.out, second.input)

    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run("first.input")

    assert isinstance(caught.value.__cause__, sl.StateError)


class Odd:
    """A key whose comparison fails."""

    def __init__(self, error: str) -> None:
        self.error = error

    def __hash__(self) -> int:
        if self.error == "hash":
            raise ValueError("no hash today")
        return hash("a")

    def __eq__(self, other: object) -> bool:
        raise ValueError("no equality today")


@pytest.mark.parametrize("error", ["hash", "eq"])
def test_errors_of_eq_and_hash_propagate(error: str) -> None:
    """S6."""

    def handle(do: Do) -> None:
        do.table["a"] = 1
        do.table.get(Odd(error))

    caught = failure_of(handle)

    assert isinstance(caught, ValueError)
    assert "today" in str(caught)


def test_missing_key_is_a_key_error() -> None:
    """S1: as in a dict."""
    assert isinstance(failure_of(lambda do: do.table["missing"]), KeyError)


def test_change_while_iterating_is_told() -> None:
    """S1: as in a dict."""

    def handle(do: Do) -> None:
        do.table.update(a=1, b=2)
        for key in do.table:
            do.table[key + "!"] = 1

    assert isinstance(failure_of(handle), RuntimeError)


def test_snapshot_is_not_changed_by_later_calls() -> None:
    """S3 R11: a frozen version stays as it was."""

    def handle(do: Do) -> None:
        do.table["n"] = do.table.get("n", 0) + 1
        do.table.setdefault("inner", {})["n"] = do.table["n"]

    flow = flow_of(handle)
    do = flow.routines["do"]
    assert isinstance(do, Do)
    job = flow.start(*(do.input.of() for _ in range(3)), executor="sequential")
    job.step(1)
    state = job.snapshot()

    job.result()

    assert state["do"].table == {"n": 1, "inner": {"n": 1}}


def test_ordinary_attributes_are_shared_by_jobs() -> None:
    """S4."""
    flow = sl.Flow("f")
    sink = flow.add(Sink(), "sink")

    flow.run(sink.input.of(value=1))
    flow.run(sink.input.of(value=2))

    assert sink.got == [1, 2]


def test_ordinary_attributes_are_not_saved() -> None:
    """S4."""
    flow = sl.Flow("f")
    sink = flow.add(Sink(), "sink")

    final = flow.run(sink.input.of(value="shared by jobs"))

    assert list(final["sink"]) == []


def test_declared_state_belongs_to_the_job() -> None:
    """R13 S1: one per job, never to the routine object."""
    flow = flow_of(lambda do: setattr(do, "number", do.number + 1))

    assert [flow.run("do.input")["do"].number for _ in range(2)] == [1, 1]


def test_state_emitted_is_a_plain_copy() -> None:
    """P1: a state container is copied at `emit`."""

    def handle(do: Do) -> None:
        do.table["a"] = {"b": 1}
        do.out(value=do.table)
        do.table["a"]["b"] = 2

    flow = sl.Flow("f")
    do, sink = flow.add(Do(handle), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)
    flow.run("do.input")

    assert (sink.got, type(sink.got[0]["a"])) == ([{"a": {"b": 1}}], dict)


def test_undeclared_routine_state_is_no_attribute_of_the_result() -> None:
    with pytest.raises(AttributeError, match="nmber"):
        final_state_of(lambda _: None).nmber
