# The read-only sequence that an appending slot hands out.
from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.gathering import Gather, gathering

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("each_executor")


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
    assert (appended != other) is False
    assert appended == copy.copy(appended)


@pytest.mark.parametrize("other", [[1, "b"], [1, "b", [4]], "1b3", {1, 2}, None])
def test_appended_is_not_equal_to_anything_else(appended: Any, other: Any) -> None:
    assert appended != other
    assert (appended == other) is False


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


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
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
