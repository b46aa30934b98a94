# Where a list in the state stands: one place, no cycles, refusals with their path; and comparisons
# that change it.
from __future__ import annotations

from typing import Any

import pytest

import stoplog as sl
from python.boxes import Box, after, in_call
from stoplog import _core


def test_change_of_what_was_put_in_does_not_reach_the_state() -> None:
    """S2: nothing in the state can change behind our back."""
    mine = [[1]]

    def handle(box: Box) -> None:
        box.items = mine
        mine[0].append(99)

    assert after(handle).items == [[1]]


def test_container_that_has_a_place_is_copied() -> None:
    """S6."""

    def handle(box: Box) -> None:
        box.items = [[1]]
        box.items.append(box.items[0])
        box.items[0].append(2)

    assert after(handle).items == [[1, 2], [1]]


@pytest.mark.parametrize(
    "order",
    [
        lambda items: items.sort(key=len),
        lambda items: items.reverse(),
        lambda items: items.__setitem__(slice(None), items[::-1]),
        lambda items: items.__setitem__(slice(0, 2), [items[1]]),
    ],
    ids=["sort", "reverse", "slice", "shorter slice"],
)
def test_container_stays_the_same_object_where_it_only_moves(order: Any) -> None:
    """S6: it has one place, and moves to another."""

    def handle(box: Box) -> None:
        box.items = [[1, 2], [3]]
        held = box.items[1]
        order(box.items)
        held.append(4)

    assert [3, 4] in after(handle).items


def test_augmented_item_stays_in_its_place() -> None:
    """S6: what stands there already is not copied."""

    def handle(box: Box) -> None:
        box.items = [[1]]
        held = box.items[0]
        box.items[0] += [2]
        held.append(3)

    assert after(handle).items == [[1, 2, 3]]


def test_list_put_into_itself_is_refused_with_its_path() -> None:
    """S6."""
    with pytest.raises(sl.SerializationError, match=r"box\.items\[0\]: .*cycle"):
        in_call(lambda box: box.items.append(box.items))


def test_list_below_itself_is_refused_with_its_path() -> None:
    """S6."""

    def handle(box: Box) -> None:
        box.items = [1, [2, {"deep": []}]]
        box.items[1][1]["deep"].append(box.items)

    with pytest.raises(sl.SerializationError, match=r"items\[1\]\[1\]\['deep'\]\[0\].*: .*cycle"):
        in_call(handle)


def test_plain_cycle_is_refused() -> None:
    """S6."""
    loop: list[Any] = []
    loop.append([loop])

    with pytest.raises(sl.SerializationError, match=r"box\.items\[0\]\[0\]: .*cycle"):
        in_call(lambda box: setattr(box, "items", loop))


def test_refused_item_is_named_by_its_path() -> None:
    """S2."""
    with pytest.raises(sl.SerializationError, match=r"box\.items\[2\]\['a'\]\[1\]: object cannot"):
        in_call(lambda box: box.items.extend([1, 2, {"a": [0, object()]}]))


@pytest.mark.parametrize(
    "change",
    [
        lambda items: items.extend([4, object()]),
        lambda items: items.__iadd__([4, object()]),
        lambda items: items.__setitem__(slice(0, 2), [4, object()]),
        lambda items: items.sort(key=lambda item: item.nothing),
        lambda items: items.sort(keys=None),
    ],
    ids=["extend", "iadd", "slice", "sort", "unknown option"],
)
def test_refused_change_changes_nothing(change: Any) -> None:
    """R18b: no half change."""

    def handle(box: Box) -> None:
        box.items = [3, 1, 2]
        with pytest.raises((sl.SerializationError, AttributeError, TypeError)):
            change(box.items)

    assert after(handle).items == [3, 1, 2]


class Evil:
    """Compares by running a function; it stands in the state as if it had a codec."""

    def __init__(self, act: Any, answer: bool = False) -> None:
        self.act = act
        self.answer = answer

    def __eq__(self, other: object) -> bool:
        self.act()
        return self.answer

    def __lt__(self, other: object) -> bool:
        self.act()
        return self.answer

    __hash__ = None  # type: ignore[assignment]


def empty_when_compared(box: Box, answer: bool = False) -> Any:
    _core.keep_as_leaf(Evil, True)
    try:
        items = box.items
        items.extend([Evil(items.clear, answer) for _ in range(200)])
    finally:
        _core.keep_as_leaf(Evil, False)
    return items


@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize(
    ("look", "outcome"),
    [
        (lambda items: items.index(5), ValueError),
        (lambda items: items.remove(5), ValueError),
        (lambda items: items.count(5), None),
        (lambda items: 5 in items, None),
        (lambda items: items == [5] * 200, None),
        (lambda items: items < [5] * 200, None),
        (lambda items: items.sort(), ValueError),
    ],
    ids=["index", "remove", "count", "in", "eq", "lt", "sort"],
)
def test_comparison_that_empties_the_list_harms_nobody(
    look: Any, outcome: Any, answer: bool
) -> None:
    """S6: a look-up starts again if a comparison changed the container."""

    def handle(box: Box) -> None:
        items = empty_when_compared(box, answer)
        if outcome is None:
            look(items)
        else:
            with pytest.raises(outcome):
                look(items)

    assert after(handle).items == []


def test_key_function_that_changes_the_list_is_told() -> None:
    """S6: as a list does."""

    def handle(box: Box) -> None:
        box.items = [3, 1, 2]
        box.items.sort(key=lambda item: box.items.append(item) or item)

    with pytest.raises(ValueError, match="modified during sort"):
        in_call(handle)


def test_errors_of_eq_propagate() -> None:
    """S6."""

    class Odd:
        def __eq__(self, other: object) -> bool:
            raise LookupError("no equality today")

        __hash__ = None  # type: ignore[assignment]

    def handle(box: Box) -> None:
        box.items = [1]
        box.items.index(Odd())

    with pytest.raises(LookupError, match="today"):
        in_call(handle)
