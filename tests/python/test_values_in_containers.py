# Values with codecs and arrays in lists and sets of the state: never changed by others, never seen
# as they are held, saved and loaded.
from __future__ import annotations

from typing import Any

import pytest

import stoplog as sl
from python.boxes import Box, after, in_call, started
from python.coded import Colour, Money, Point


def fill(box: Box) -> None:
    box.items = [Money(3), Money(1, ["mine"]), [Money(2)], (Money(4), 0)]
    box.members = {Point(2), Colour.RED, Money(7), 1}
    box.table["rows"] = [Money(5)]


ITEMS: list[Any] = [Money(3), Money(1, ["mine"]), [Money(2)], (Money(4), 0)]


def spoil(value: Any) -> None:
    """Changes every Money that is in a plain value."""
    if isinstance(value, Money):
        value.notes.append("x")
    elif isinstance(value, (list, tuple)):
        for item in value:
            spoil(item)


READS: dict[str, Any] = {
    "index": lambda items: [items[0], items[1], items[2][0], items[3]],
    "iterate": lambda items: [*items, *items[2]],
    "reversed": lambda items: [*reversed(items), *reversed(items[2])],
    "slice": lambda items: items[:2] + items[2:][1:] + items[2][:],
    "step": lambda items: items[::-1][:2] + items[2][::-1],
    "plain": lambda items: [items.to_plain(), items[2].copy()],
    "add": lambda items: (items[2] + [])[:],
    "multiply": lambda items: items[2] * 2,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_nothing_in_a_list_changes_behind_its_back(read: Any) -> None:
    """S2: what is read of a type that can change is a fresh value, of that very type."""

    def change(box: Box) -> None:
        fill(box)
        seen = read(box.items)
        assert "_Held" not in repr([type(item) for item in seen])
        spoil(seen)

    assert after(change).items == ITEMS


def test_item_is_found_and_taken_out_as_what_it_is() -> None:
    """S1: comparing, looking for and removing see the values."""

    def look(box: Box) -> list[Any]:
        fill(box)
        items = box.items
        return [
            items == ITEMS,
            items == ITEMS[:3],
            Money(3) in items,
            items.index(Money(1, ["mine"])),
            items.count(Money(3)),
            items[2].pop(),
            items.pop(0),
            items.pop(items.index(Money(1, ["mine"]))),
            list(items),
            Money(7) in box.members,
            sorted(str(type(member).__name__) for member in box.members),
        ]

    seen = in_call(look)

    assert seen[:8] == [True, False, True, 1, 1, Money(2), Money(3), ITEMS[1]]
    assert seen[8] == [[], (Money(4), 0)]
    assert seen[9:] == [True, ["Colour", "Money", "Point", "int"]]


def test_list_is_sorted_by_what_it_holds() -> None:
    """S1: stable, and what is held stays held."""

    def sort(box: Box) -> None:
        box.items = [Money(2, ["b"]), Money(1), 0, Money(2, ["a"])]
        box.items.sort(key=lambda item: item.amount if isinstance(item, Money) else item)
        box.items.reverse()
        box.items.extend(box.items)
        box.items *= 2
        box.items[0].notes.append("x")

    expected = [Money(2, ["a"]), Money(2, ["b"]), Money(1), 0]
    assert after(sort).items == expected * 4


def test_lists_and_sets_of_values_come_back() -> None:
    """R16: a saved job holds them, and goes on with them; its sets keep their order."""
    seen: list[Any] = []

    def go_on(box: Box) -> None:
        box.items.append(Money(9))
        seen.append(list(box.members))

    job = started(fill, go_on)
    job.step()
    saved = job.snapshot().to_bytes()
    loaded = sl.JobState.from_bytes(saved)
    job.wait()

    assert loaded["box"].items == ITEMS
    assert loaded["box"].members == {Point(2), Colour.RED, Money(7), 1}
    assert loaded["box"].table == {"rows": [Money(5)]}
    assert loaded.to_bytes() == saved

    flow = sl.Flow("boxes")
    flow.add(Box(go_on), "box")
    resumed = flow.resume(loaded, executor="sequential").result()

    assert resumed["box"].items == [*ITEMS, Money(9)]
    assert seen[0] == seen[1]
    assert resumed.same_outcome(job.result())


def test_sets_of_values_in_any_order_are_the_same_outcome() -> None:
    """R18."""

    def one(box: Box) -> None:
        box.members.update([Point("a"), Point("b"), Colour.RED])

    def other(box: Box) -> None:
        box.members.update([Colour.RED, Point("b"), Point("a")])

    assert started(one).result().same_outcome(started(other).result())


def test_failed_call_leaves_the_items_that_were_there() -> None:
    """R4."""

    def fail(box: Box) -> None:
        box.items[0] = Money(8)
        box.items[1:3] = [Money(6)]
        box.members.add(Money(8))
        raise ValueError("no")

    state = after(fill, fail, on_error="continue")

    assert state.items == ITEMS
    assert state.members == {Point(2), Colour.RED, Money(7), 1}


def test_arrays_in_lists_are_kept_and_saved() -> None:
    """S2, R16: nobody can write what is kept, wherever it came from."""
    np = pytest.importorskip("numpy")

    def keep(box: Box) -> None:
        mine = np.arange(3)
        box.items = [mine, [mine]]
        box.items.append(mine)
        box.members.add(np.float32(1.5))
        mine[0] = 9
        for array in (box.items[0], box.items[1][0], box.items[-1]):
            assert array.tolist() == [0, 1, 2]
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 9

    job = started(keep)
    job.wait()
    state = sl.JobState.from_bytes(job.snapshot().to_bytes())["box"]

    assert [array.tolist() for array in (state.items[0], state.items[1][0], state.items[2])] == [
        [0, 1, 2]
    ] * 3
    assert [type(member) for member in state.members] == [np.float32]


def test_value_that_is_refused_is_told_with_its_path() -> None:
    """S3: the list stays as it was."""

    def refuse(box: Box) -> None:
        fill(box)
        with pytest.raises(sl.SerializationError, match=r"box\.items\[2\]\[1\]"):
            box.items[2].append(object())
        with pytest.raises(sl.SerializationError, match=r"box\.items\[4\]\[0\]\.x"):
            box.items.append((Point(object()),))

    assert after(refuse).items == ITEMS
