# A set in the state: the behaviour of a set, in order of insertion, tracked, undone, frozen, saved.
from __future__ import annotations

import copy
import pickle
from collections.abc import MutableSet
from typing import Any

import pytest

import stoplog as sl
from python.boxes import Box, after, in_call, started
from stoplog import _core


def fill(box: Box) -> None:
    box.members = {1}
    box.members.update(["b", 3, (4, 5)])


PLAIN: set[Any] = {1, "b", 3, (4, 5)}

CHANGES: dict[str, Any] = {
    "add": lambda members: members.add(9),
    "add what is there": lambda members: members.add(1),
    "discard": lambda members: members.discard("b"),
    "discard what is not there": lambda members: members.discard(9),
    "remove": lambda members: members.remove((4, 5)),
    "clear": lambda members: members.clear(),
    "update": lambda members: members.update([7, 8], (8, 9)),
    "intersection_update": lambda members: members.intersection_update([1, 3, 9], {3}),
    "difference_update": lambda members: members.difference_update([1], ["b", 9]),
    "symmetric_difference_update": lambda members: members.symmetric_difference_update([1, 9]),
    "in place or": lambda members: members.__ior__({7, 8}),
    "in place and": lambda members: members.__iand__(frozenset([1, 9])),
    "in place sub": lambda members: members.__isub__({1, 9}),
    "in place xor": lambda members: members.__ixor__({1, 9}),
    "in place sub itself": lambda members: members.__isub__(members),
    "in place xor itself": lambda members: members.__ixor__(members),
}


@pytest.mark.parametrize("change", CHANGES)
def test_change_does_what_it_does_to_a_set(change: str) -> None:
    """S1."""
    plain = set(PLAIN)
    CHANGES[change](plain)

    final = after(fill, lambda box: CHANGES[change](box.members))

    assert final.members == plain


@pytest.mark.parametrize("change", CHANGES)
def test_failed_call_leaves_the_set_and_its_order(change: str) -> None:
    """R4 S3."""
    orders: list[list[Any]] = []

    def fail(box: Box) -> None:
        CHANGES[change](box.members)
        box.members.add("more")
        box.members.discard(1)
        raise ValueError("after its changes")

    after(fill, fail, lambda box: orders.append(list(box.members)), on_error="continue")

    assert orders == [[1, "b", 3, (4, 5)]]


@pytest.mark.parametrize("change", CHANGES)
def test_snapshot_keeps_the_set_of_its_moment(change: str) -> None:
    """S3 R11."""
    job = started(fill, lambda box: CHANGES[change](box.members))
    job.step(1)
    state = job.snapshot()

    job.result()

    assert state["box"].members == PLAIN


READINGS: dict[str, Any] = {
    "length": len,
    "truth": bool,
    "membership": lambda members: (1 in members, 9 in members, (4, 5) in members),
    "union": lambda members: members.union([9], {1}),
    "intersection": lambda members: members.intersection([1, 9]),
    "difference": lambda members: members.difference([1, 9]),
    "symmetric_difference": lambda members: members.symmetric_difference([1, 9]),
    "or": lambda members: (members | {9}, {9} | members),
    "and": lambda members: (members & {1, 9}, {1, 9} & members),
    "sub": lambda members: (members - {1, 9}, {1, 9} - members),
    "xor": lambda members: (members ^ {1, 9}, {1, 9} ^ members),
    "with a frozenset": lambda members: (frozenset([9]) | members, members | frozenset([9])),
    "isdisjoint": lambda members: (members.isdisjoint([1]), members.isdisjoint([9])),
    "issubset": lambda members: (members.issubset(PLAIN), members.issubset([1])),
    "issuperset": lambda members: (members.issuperset([1]), members.issuperset([9])),
    "equality": lambda members: (
        members == PLAIN,
        members != PLAIN,
        members == {1},
        members == [1],
    ),
    "order": lambda members: (members < PLAIN, members <= PLAIN, members > {1}, {1} < members),
    "copy": lambda members: members.copy(),
    "shallow copy": copy.copy,
    "deep copy": copy.deepcopy,
    "pickle": lambda members: pickle.loads(pickle.dumps(members)),
}


@pytest.mark.parametrize("reading", READINGS)
def test_reading_tells_what_a_set_tells(reading: str) -> None:
    """S1."""

    def read(box: Box) -> Any:
        fill(box)
        return READINGS[reading](box.members)

    assert in_call(read) == READINGS[reading](PLAIN)


def test_set_is_a_set_of_collections_abc() -> None:
    """S1."""
    assert in_call(lambda box: isinstance(box.members, MutableSet))


def test_set_keeps_the_order_of_insertion() -> None:
    """S1."""

    def order(box: Box) -> Any:
        fill(box)
        box.members.discard("b")
        box.members.add("b")
        return list(box.members), repr(box.members), box.members.pop()

    assert in_call(order) == ([1, 3, (4, 5), "b"], "{1, 3, (4, 5), 'b'}", "b")


def test_empty_set_is_shown_as_one() -> None:
    """S1."""
    assert in_call(lambda box: repr(box.members)) == "set()"


def test_sets_of_the_state_compare_and_combine_with_each_other() -> None:
    """S1."""

    def handle(box: Box) -> Any:
        box.table["other"] = {1, 9}
        other = box.table["other"]
        fill(box)
        box.members -= other
        return box.members & other, box.members | other, box.members == other, other <= other

    assert in_call(handle) == (set(), PLAIN | {9}, False, True)


def test_plain_set_is_looked_up_as_a_frozenset() -> None:
    """S1: as in a set."""

    def handle(box: Box) -> Any:
        box.members.add(frozenset([1, 2]))
        return {1, 2} in box.members, box.members.discard({1, 2}), len(box.members)

    assert in_call(handle) == (True, None, 0)


@pytest.mark.parametrize(
    "member", [object(), (1, [2]), sl.JobStatus.IDLE], ids=["object", "tuple", "enum"]
)
def test_member_that_cannot_be_kept_is_refused(member: Any) -> None:
    """S2: with its path; nothing else is added."""

    def handle(box: Box) -> None:
        with pytest.raises((sl.SerializationError, TypeError)):
            box.members.update([1, member])

    assert after(handle).members == set()


def test_refused_member_is_named_by_its_path() -> None:
    """S2."""
    with pytest.raises(sl.SerializationError, match=r"box\.members\{<object .*object cannot"):
        in_call(lambda box: box.members.add(object()))


def test_container_is_no_member() -> None:
    """S1: members are hashable."""
    with pytest.raises(TypeError, match="unhashable"):
        in_call(lambda box: box.members.add([1]))


def test_missing_member_is_a_key_error() -> None:
    """S1."""
    with pytest.raises(KeyError, match="9"):
        in_call(lambda box: box.members.remove(9))


def test_change_while_iterating_is_told() -> None:
    """S1."""

    def handle(box: Box) -> None:
        fill(box)
        for member in box.members:
            box.members.add((member, "!"))

    with pytest.raises(RuntimeError, match="changed size during iteration"):
        in_call(handle)


@pytest.mark.parametrize("change", CHANGES)
def test_set_kept_from_a_call_cannot_be_written_later(change: str) -> None:
    """S6."""
    kept: list[Any] = []
    after(fill, lambda box: kept.append(box.members))

    with pytest.raises(sl.StateError, match="a call of its own routine"):
        CHANGES[change](kept[0])


def test_assigned_set_is_copied() -> None:
    """S6: a container has one place."""

    def handle(box: Box) -> None:
        box.members = {1}
        box.table["copy"] = box.members
        box.members.add(2)

    assert after(handle).table == {"copy": {1}}


class Odd:
    """Fails, or changes the set, when it is compared."""

    def __init__(self, act: Any) -> None:
        self.act = act

    def __hash__(self) -> int:
        return hash(1)

    def __eq__(self, other: object) -> bool:
        self.act()
        return False


def test_errors_of_eq_propagate() -> None:
    """S6."""

    def refuse() -> None:
        raise LookupError("no equality today")

    def handle(box: Box) -> None:
        fill(box)
        box.members.discard(Odd(refuse))

    with pytest.raises(LookupError, match="today"):
        in_call(handle)


@pytest.mark.parametrize(
    "look",
    [
        lambda members, odd: odd in members,
        lambda members, odd: members.discard(odd),
        lambda members, odd: members.add(odd),
        lambda members, odd: members == {odd},
        lambda members, odd: members.intersection_update([odd]),
        lambda members, odd: members.__ixor__({odd}),
    ],
    ids=["in", "discard", "add", "eq", "intersection", "xor"],
)
def test_comparison_that_empties_the_set_harms_nobody(look: Any) -> None:
    """S6: a look-up starts again if a comparison changed the container."""
    _core.keep_as_leaf(Odd, True)

    def handle(box: Box) -> bool:
        fill(box)
        look(box.members, Odd(box.members.clear))
        return len(list(box.members)) == len(box.members)

    try:
        assert in_call(handle)
    finally:
        _core.keep_as_leaf(Odd, False)


def test_order_outlives_a_file() -> None:
    """R11 S1: a handler that goes through a set meets the same order after a resume."""
    orders: list[list[Any]] = []
    words = [f"word {number * 7919 % 1000}" for number in range(100)]
    job = started(
        lambda box: box.members.update(words), lambda box: orders.append(list(box.members))
    )
    job.step(1)
    state = job.snapshot()

    job.flow.resume(sl.JobState.from_bytes(state.to_bytes()), executor="sequential").result()

    assert orders == [words]


def test_order_outlives_a_resume_in_place() -> None:
    """R11 S1."""
    orders: list[list[Any]] = []
    words = [f"word {number * 7919 % 1000}" for number in range(100)]
    job = started(
        lambda box: box.table.update(nested=[set()]),
        lambda box: box.table["nested"][0].update(words),
        lambda box: orders.append(list(box.table["nested"][0])),
    )
    job.step(2)

    job.flow.resume(job.snapshot(), executor="sequential").result()

    assert orders == [words]


def test_states_with_equal_sets_are_equal() -> None:
    """S1: whatever the order."""
    one = started(lambda box: box.members.update([1, 2]))
    other = started(lambda box: box.members.update([2, 1]))
    one.step(1)
    other.step(1)

    assert one.snapshot().same_outcome(other.snapshot())


def test_set_comes_back_from_a_file_as_a_set() -> None:
    """R16: types survive exactly."""
    final = started(fill).result()

    loaded = sl.JobState.from_bytes(final.to_bytes())["box"].members

    assert (type(loaded), loaded) == (set, PLAIN)


def test_set_cannot_be_made_by_hand() -> None:
    """S1."""
    make: Any = sl.StateSet

    with pytest.raises(TypeError, match=r"State\(set\)"):
        make([1])


def test_field_declared_as_a_set_stays_one() -> None:
    """S1: what is assigned to it is made one."""

    def handle(box: Box) -> type:
        members: Any = [1, 2, 2]
        box.members = members
        return type(box.members)

    assert in_call(handle) is sl.StateSet
