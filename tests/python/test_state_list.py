# A list in the state: the behaviour of a list, tracked, undone, frozen, saved.
from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import MutableSequence
from typing import Any

import pytest

import stoplog as sl
from python.boxes import Box, after, in_call, started


def fill(box: Box) -> None:
    box.items = [3, 1, 2, {"n": 1}, [4, 5]]


PLAIN: list[Any] = [3, 1, 2, {"n": 1}, [4, 5]]

CHANGES: dict[str, Any] = {
    "append": lambda items: items.append(9),
    "append a list": lambda items: items.append([1]),
    "extend": lambda items: items.extend([7, 8]),
    "insert": lambda items: items.insert(1, 7),
    "insert far behind": lambda items: items.insert(99, 7),
    "insert from the end": lambda items: items.insert(-1, 7),
    "pop": lambda items: items.pop(),
    "pop first": lambda items: items.pop(0),
    "remove": lambda items: items.remove(1),
    "clear": lambda items: items.clear(),
    "reverse": lambda items: items.reverse(),
    "sort": lambda items: items.sort(key=str),
    "sort backwards": lambda items: items.sort(key=str, reverse=True),
    "set": lambda items: items.__setitem__(0, 9),
    "set last": lambda items: items.__setitem__(-1, None),
    "delete": lambda items: items.__delitem__(1),
    "set slice": lambda items: items.__setitem__(slice(1, 3), [7, 8, 9]),
    "set empty slice": lambda items: items.__setitem__(slice(3, 1), [7]),
    "set every second": lambda items: items.__setitem__(slice(None, None, 2), [7, 8, 9]),
    "set backwards": lambda items: items.__setitem__(slice(None, None, -2), [7, 8, 9]),
    "delete slice": lambda items: items.__delitem__(slice(1, 4)),
    "delete every second": lambda items: items.__delitem__(slice(None, None, 2)),
    "delete backwards": lambda items: items.__delitem__(slice(None, 0, -1)),
    "in place add": lambda items: items.__iadd__((7, 8)),
    "in place add itself": lambda items: items.__iadd__(items),
    "in place multiply": lambda items: items.__imul__(3),
    "in place multiply by nothing": lambda items: items.__imul__(0),
    "nested dict": lambda items: items[3].update(n=2, m=3),
    "nested list": lambda items: items[4].insert(0, 3),
    "assign to itself": lambda items: items.__setitem__(slice(None), items[::-1]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_does_what_it_does_to_a_list(change: str) -> None:
    """S1."""
    plain = copy.deepcopy(PLAIN)
    CHANGES[change](plain)

    final = after(fill, lambda box: CHANGES[change](box.items))

    assert final.items == plain


@pytest.mark.parametrize("change", CHANGES)
def test_failed_call_leaves_the_list_as_it_was(change: str) -> None:
    """R4 S3: splices are undone, inside nested containers too."""

    def fail(box: Box) -> None:
        CHANGES[change](box.items)
        box.items.append(1)
        CHANGES[change](box.items)
        raise ValueError("after its changes")

    final = after(fill, fail, on_error="continue")

    assert final.items == PLAIN


@pytest.mark.parametrize("change", CHANGES)
def test_snapshot_keeps_the_list_of_its_moment(change: str) -> None:
    """S3 R11."""
    job = started(fill, lambda box: CHANGES[change](box.items))
    job.step(1)
    state = job.snapshot()

    job.result()

    assert state["box"].items == PLAIN


READINGS: dict[str, Any] = {
    "length": len,
    "truth": bool,
    "index": lambda items: items[1],
    "from the end": lambda items: items[-3],
    "slice": lambda items: items[1:3],
    "slice backwards": lambda items: items[::-1],
    "iteration": list,
    "backwards": lambda items: list(reversed(items)),
    "membership": lambda items: (1 in items, 99 in items, {"n": 1} in items),
    "index of": lambda items: (items.index(2), items.index(1, 1, 2)),
    "count": lambda items: items.count(1),
    "sum": lambda items: operator.add(items, [1]),
    "product": lambda items: 2 * items,
    "repr": repr,
    "equality": lambda items: (items == PLAIN, items != PLAIN, items == [1], items == tuple(PLAIN)),
    "order": lambda items: (items < [4], items <= PLAIN, items > [2], items >= [3, 2]),
    "order, turned round": lambda items: operator.gt([4], items),
    "unpacking": lambda items: [*items],
    "copy": lambda items: items.copy(),
    "shallow copy": copy.copy,
    "deep copy": copy.deepcopy,
    "pickle": lambda items: pickle.loads(pickle.dumps(items)),
}


@pytest.mark.parametrize("reading", READINGS)
def test_reading_tells_what_a_list_tells(reading: str) -> None:
    """S1."""

    def read(box: Box) -> Any:
        fill(box)
        return READINGS[reading](box.items)

    assert in_call(read) == READINGS[reading](PLAIN)


def test_list_is_a_sequence_of_collections_abc() -> None:
    """S1."""
    assert in_call(lambda box: isinstance(box.items, MutableSequence))


def test_list_matches_a_sequence_pattern() -> None:
    """S1."""

    def match(box: Box) -> Any:
        box.items = [1, 2, 3]
        match box.items:
            case [first, *rest]:
                return first, rest
        return None

    assert in_call(match) == (1, [2, 3])


def test_plain_containers_put_in_become_tracked() -> None:
    """S1: nested ones too."""

    def put(box: Box) -> list[type]:
        box.items.append([{"s": {1}}])
        row = box.items[0]
        return [type(row), type(row[0]), type(row[0]["s"])]

    assert in_call(put) == [sl.StateList, sl.StateDict, sl.StateSet]


def test_plain_values_are_handed_out_at_the_end() -> None:
    """S1."""
    final = after(lambda box: box.items.append([{"s": {1}}]))

    assert (type(final.items), type(final.items[0]), final.items) == (list, list, [[{"s": {1}}]])


def test_to_plain_is_a_copy() -> None:
    """S1."""

    def handle(box: Box) -> None:
        box.items.append([1])
        box.items.to_plain()[0].append(2)

    assert after(handle).items == [[1]]


@pytest.mark.parametrize("change", CHANGES)
def test_list_kept_from_a_call_cannot_be_written_later(change: str) -> None:
    """S6."""
    kept: list[Any] = []
    after(fill, lambda box: kept.extend([box.items, box.items[3], box.items[4]]))

    class Kept:
        def __getitem__(self, index: int) -> Any:
            return kept[index - 2]

    with pytest.raises(sl.StateError, match="a call of its own routine"):
        CHANGES[change](Kept() if change.startswith("nested") else kept[0])


def test_list_of_another_job_cannot_be_written() -> None:
    """S6: also in another job of the same routine object."""
    kept: list[Any] = []
    after(lambda box: kept.append(box.items))

    with pytest.raises(sl.StateError, match="a call of its own routine"):
        in_call(lambda _: kept[0].append(1))


@pytest.mark.parametrize(
    "act",
    [
        lambda items: items[0],
        lambda items: items.pop(),
        lambda items: items.__setitem__(0, 1),
        lambda items: items.__delitem__(-1),
    ],
    ids=["get", "pop", "set", "delete"],
)
def test_index_out_of_range_is_an_index_error(act: Any) -> None:
    """S1."""
    with pytest.raises(IndexError):
        in_call(lambda box: act(box.items))


def test_list_saved_and_loaded_goes_on() -> None:
    """S1 R16: lists of the state come back as such."""
    functions = (fill, lambda box: box.items[4].append(6), lambda box: box.items.sort(key=str))
    job = started(*functions)
    job.step(1)
    state = sl.JobState.from_bytes(job.snapshot().to_bytes())

    final = job.flow.resume(state).result()

    assert final["box"].items == [1, 2, 3, [4, 5, 6], {"n": 1}]


def test_long_list_is_saved_as_of_the_cut() -> None:
    """S3 R11: a cut in a running call holds the list from before it."""
    states: list[sl.JobState] = []

    def change(box: Box) -> None:
        del box.items[100:900]
        box.items[7] = "changed"
        states.append(box.job.snapshot())
        box.items.insert(0, "more")

    after(lambda box: box.items.extend(range(1000)), change)

    assert sl.JobState.from_bytes(states[0].to_bytes())["box"].items == list(range(1000))


def test_states_with_equal_lists_are_equal() -> None:
    """S1: comparison goes by value."""
    job = started(fill, lambda box: box.items.reverse(), lambda box: box.items.reverse())
    job.step(1)
    before = job.snapshot()["box"].to_dict()
    job.step(1)
    turned = job.snapshot()["box"].to_dict()
    job.step(1)

    assert (before == turned, before == job.snapshot()["box"].to_dict()) == (False, True)


def test_list_emitted_is_a_plain_copy() -> None:
    """P1."""
    got: list[Any] = []

    class Teller(sl.Routine):
        items: sl.State[list[Any]] = sl.State(list)
        out = sl.Event("value")

        @sl.slot
        def input(self) -> None:
            self.items.append([1])
            self.out(value=self.items)
            self.items[0].append(2)

        @sl.slot
        def hear(self, value: Any) -> None:
            got.extend([type(value), type(value[0]), value])

    flow = sl.Flow("f")
    teller = flow.add(Teller(), "teller")
    flow.connect(teller.out, teller.hear)
    flow.run(teller.input.of())

    assert got == [list, list, [[1]]]


def test_default_list_is_each_jobs_own() -> None:
    """S1 R13."""

    class Rows(sl.Routine):
        rows: sl.State[list[int]] = sl.State(default=[1])

        @sl.slot
        def input(self) -> None:
            self.rows.append(2)

    flow = sl.Flow("f")
    rows = flow.add(Rows(), "rows")

    assert [flow.run(rows.input.of())[rows].rows for _ in range(2)] == [[1, 2]] * 2


def test_list_cannot_be_made_by_hand() -> None:
    """S1."""
    make: Any = sl.StateList

    with pytest.raises(TypeError, match=r"State\(list\)"):
        make([1])


def test_kinds_stand_in_the_drawing() -> None:
    """R14: a field that becomes a list is another flow."""

    def flow_with(kind: Any) -> sl.Flow:
        flow = sl.Flow("f")
        parts = {"field": sl.State(kind), "on": sl.slot(lambda self: None)}
        keeper = type("Keeper", (sl.Routine,), parts)
        flow.add(keeper(), "keeper")
        return flow

    state = flow_with(list).start(executor="sequential").snapshot()

    assert any("list" in line and "set" in line for line in flow_with(set).check(state))


@pytest.mark.parametrize(
    "collection",
    [(1, 2), range(1, 3), {1: 0, 2: 0}.keys(), (number for number in (1, 2))],
    ids=["tuple", "range", "keys", "generator"],
)
def test_field_declared_as_a_list_stays_one(collection: Any) -> None:
    """S1: what is assigned to it is made one."""

    def handle(box: Box) -> type:
        box.items = collection
        box.items.append(3)
        return type(box.items)

    assert in_call(handle) is sl.StateList


def test_text_is_no_collection() -> None:
    """R18b: a string is not taken apart."""

    def handle(box: Any) -> Any:
        box.items = "text"
        return box.items

    assert in_call(handle) == "text"
