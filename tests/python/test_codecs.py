# Types of a user's own: registered by name, carried, kept, saved, loaded; never changed by others.
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import stoplog as sl
from python.coded import (
    Colour,
    Level,
    Money,
    Point,
    Rights,
    Slotted,
    Strict,
    again,
    kept,
    state_with,
)
from python.parts import Do, Sink

LEAVES = (
    st.sampled_from([*Colour, *Level, *Rights, Rights(0), Rights.READ | Rights.WRITE])
    | st.builds(Point, st.integers(), st.text(max_size=3))
    | st.builds(Money, st.integers(), st.lists(st.text(max_size=3), max_size=2))
    | st.integers()
)
HASHABLE = (
    st.sampled_from(Colour) | st.builds(Point, st.integers()) | st.builds(Money, st.decimals(-9, 9))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.frozensets(HASHABLE, max_size=3)
        | st.builds(Point, inner, inner)
        | st.builds(Slotted, st.lists(inner, max_size=2))
    ),
    max_leaves=10,
)
IN_STATE = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(LEAVES, max_size=3).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.frozensets(HASHABLE, max_size=3)
    ),
    max_leaves=10,
)


def kinds(value: Any) -> Any:
    """The types in a value, which `==` does not always see."""
    if isinstance(value, dict):
        return dict, [(kinds(key), kinds(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [kinds(item) for item in value]
    if isinstance(value, Point):
        return Point, kinds(value.x), kinds(value.y)
    return type(value)


@settings(deadline=None)
@given(VALUES)
def test_value_of_a_registered_type_comes_back_exactly(value: Any) -> None:
    """R16: enums, frozen dataclasses and types with a codec, nested in each other."""
    loaded = again(value)

    assert loaded == value
    assert kinds(loaded) == kinds(value)


@settings(deadline=None)
@given(IN_STATE)
def test_registered_type_is_kept_in_declared_state(value: Any) -> None:
    """R16 S1 S2."""
    loaded = kept(value)["do"].table["value"]

    assert loaded == value
    assert kinds(loaded) == kinds(value)


@settings(deadline=None)
@given(VALUES)
def test_loaded_state_is_saved_in_the_same_bytes(value: Any) -> None:
    """R16 R18."""
    saved = state_with(value).to_bytes()

    assert sl.JobState.from_bytes(saved).to_bytes() == saved


def test_alias_of_a_member_is_the_member() -> None:
    """R16: stored by name, so the very member comes back."""
    assert again(Colour.CRIMSON) is Colour.RED
    assert again(Colour.BLUE) is Colour.BLUE


def test_dataclass_is_made_without_running_its_code() -> None:
    """R16: nothing runs but registered decoders."""
    value = Strict(4)

    assert again(value) == value
    assert again(value).twice == 8


def test_plain_parts_of_a_value_take_part_in_no_other_type() -> None:
    """R16: two types with the same fields make two outcomes."""
    assert not state_with(Money(1)).same_outcome(state_with(Point(1)))
    assert not state_with(Level.LOW).same_outcome(state_with(1))
    assert state_with(Money(1)).same_outcome(state_with(Money(1)))


# ---- P1 and S2: nobody can change what travels or is kept


def test_emitter_and_receiver_may_change_their_own() -> None:
    """P1: a value with a codec is encoded at `emit` and made anew for each call."""
    money = Money(1, ["a"])

    class Changer(sl.Routine):
        def __init__(self) -> None:
            self.got: list[Any] = []

        @sl.slot
        def input(self, value: Any) -> None:
            self.got.append([list(value[0].notes), list(value[1].x)])
            value[0].notes.append("receiver")
            value[1].x.append("receiver")

    def handle(do: Do) -> None:
        listed = ["b"]
        do.out(value=(money, Point(listed)))
        money.notes.append("emitter")
        listed.append("emitter")

    flow = sl.Flow("f")
    do, one, two = flow.add(Do(handle), "do"), flow.add(Changer(), "a"), flow.add(Changer(), "b")
    flow.connect(do.out, one.input)
    flow.connect(do.out, two.input)

    flow.run("do.input")

    assert one.got == two.got == [[["a"], ["b"]]]


def test_storable_without_anything_that_changes_is_not_copied() -> None:
    """P1: a frozen dataclass passes."""
    point = Point(1, (2, Colour.RED))
    flow = sl.Flow("f")
    do, sink = flow.add(Do(lambda do: do.out(value=point)), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)

    flow.run("do.input")

    assert sink.got[0] is point


def test_renamed_field_with_a_codec_arrives() -> None:
    """P1: a rename shares the payload."""
    flow = sl.Flow("f")
    do, sink = flow.add(Do(lambda do: do.out(other=(Money(1),))), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input, rename={"other": "value"})

    flow.run("do.input")

    assert sink.got == [(Money(1),)]


def test_payload_hands_out_a_fresh_value_each_time() -> None:
    """P1."""
    payload = state_with([Money(1, ["a"])]).queued[0].payload

    payload["value"][0].notes.append("b")

    assert payload["value"] == payload.value == [Money(1, ["a"])]
    assert payload == {"value": [Money(1, ["a"])]}


class Keeper(sl.Routine):
    purse: sl.State[Money] = sl.State(default=Money(1, ["first"]))
    pair: sl.State[tuple[Money, Money]] = sl.State(default=(Money(1), Money(2)))
    table: sl.State[dict[str, Money]] = sl.State(dict)

    def __init__(self, function: Any) -> None:
        self.function = function

    @sl.slot
    def input(self) -> None:
        self.function(self)


def run_keeper(function: Any) -> sl.RoutineState:
    flow = sl.Flow("keeper")
    flow.add(Keeper(function), "keeper")
    return flow.run("keeper.input")["keeper"]


def test_nothing_in_the_state_changes_behind_its_back() -> None:
    """S2: what is read of a type that can change is a fresh value."""

    def change(keeper: Keeper) -> None:
        mine = Money(5, ["mine"])
        keeper.table["a"] = mine
        keeper.table["b"] = mine
        mine.notes.append("x")
        keeper.purse.notes.append("x")
        keeper.pair[0].notes.append("x")
        keeper.table["a"].notes.append("x")
        keeper.table.get("a").notes.append("x")  # type: ignore[union-attr]
        keeper.table.setdefault("a", mine).notes.append("x")
        next(iter(keeper.table.values())).notes.append("x")
        next(iter(keeper.table.items()))[1].notes.append("x")
        keeper.table.to_plain()["a"].notes.append("x")
        keeper.table.copy()["a"].notes.append("x")

    state = run_keeper(change)
    state.purse.notes.append("x")
    state.to_dict()["table"]["a"].notes.append("x")

    assert state.purse == Money(1, ["first"])
    assert state.pair == (Money(1), Money(2))
    assert state.table == {"a": Money(5, ["mine"]), "b": Money(5, ["mine"])}
    assert state == run_keeper(change)


def test_value_of_the_state_is_compared_and_taken_out_as_what_it_is() -> None:
    """S1."""
    seen: list[Any] = []

    def look(keeper: Keeper) -> None:
        keeper.table.update(a=Money(1), b=Money(2))
        seen.append(keeper.table == {"a": Money(1), "b": Money(2)})
        seen.append(("a", Money(1)) in keeper.table.items())
        seen.append(Money(2) in keeper.table.values())
        seen.append(keeper.table.pop("a"))
        seen.append(keeper.table.popitem())
        keeper.purse = Money(7)
        seen.append(keeper.purse)

    run_keeper(look)

    assert seen == [True, True, True, Money(1), ("b", Money(2)), Money(7)]


def test_failed_call_leaves_the_value_that_was_there() -> None:
    """R4."""

    def fail(keeper: Keeper) -> None:
        keeper.purse = Money(9)
        raise ValueError("no")

    flow = sl.Flow("keeper", on_error="continue")
    flow.add(Keeper(fail), "keeper")

    assert flow.run("keeper.input")["keeper"].purse == Money(1, ["first"])


def test_value_with_a_codec_goes_on_in_another_job() -> None:
    """R11: cut, saved, loaded, resumed."""
    flow = sl.Flow("f")
    do, sink = flow.add(Do(lambda do: do.out(value=[Money(1)])), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)
    job = flow.start("do.input", executor="sequential")
    job.step(1)

    flow.resume(sl.JobState.from_bytes(job.snapshot().to_bytes())).result()

    assert sink.got == [[Money(1)]]


def test_guide_to_types_of_your_own_runs() -> None:
    """Section 7: documentation whose examples run."""
    guide = Path(__file__).parents[2] / "docs" / "guides" / "store_your_own_types.md"
    program = "\n".join(re.findall(r"^```python\n(.*?)^```", guide.read_text("utf-8"), re.M | re.S))
    names: dict[str, Any] = {"__name__": __name__}

    exec(program, names)

    item = names["Item"]("a", names["Colour"].RED)
    price = names["Money"](5, "EUR")
    assert again((item, price))[0] == item
    assert vars(again(price)) == vars(price)
