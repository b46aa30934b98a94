# The containers of the state beside plain ones: random calls that succeed or fail, snapshots in
# between, nested containers, files.
from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import stoplog as sl
from python.boxes import Box

LEAVES = st.one_of(
    st.integers(-3, 12), st.sampled_from(["a", "b", "key", None, 2.5, (1, "x"), frozenset([1])])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(LEAVES, inner, max_size=3),
        st.sets(LEAVES, max_size=3),
    ),
    max_leaves=8,
)
INDICES = st.integers(-8, 8)
SLICES = st.builds(
    slice,
    st.none() | INDICES,
    st.none() | INDICES,
    st.sampled_from([None, 1, 2, -1, -3]),
)
MANY = st.lists(VALUES, max_size=6) | st.builds(lambda n: list(range(n)), st.integers(0, 400))
MEMBERS = st.lists(LEAVES, max_size=5)


def act(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(name), st.tuples(*arguments))


LIST_ACTS = st.one_of(
    act("append", VALUES),
    act("extend", MANY),
    act("__iadd__", MANY),
    act("insert", INDICES, VALUES),
    act("pop"),
    act("pop", INDICES),
    act("__setitem__", INDICES, VALUES),
    act("__setitem__", SLICES, MANY),
    act("__delitem__", INDICES | SLICES),
    act("__imul__", st.integers(-1, 3)),
    act("__getitem__", INDICES | SLICES),
    act("remove", LEAVES),
    act("index", LEAVES),
    act("count", LEAVES),
    act("reverse"),
    act("clear"),
    st.just(("sort", ())),
)
SET_ACTS = st.one_of(
    act("add", LEAVES),
    act("discard", LEAVES),
    act("remove", LEAVES),
    act("update", MEMBERS, MEMBERS),
    act("intersection_update", MEMBERS),
    act("difference_update", MEMBERS),
    act("symmetric_difference_update", MEMBERS),
    act("union", MEMBERS),
    act("__contains__", LEAVES),
    act("clear"),
)
DICT_ACTS = st.one_of(
    act("__setitem__", LEAVES, VALUES),
    act("__delitem__", LEAVES),
    act("setdefault", LEAVES, VALUES),
    act("pop", LEAVES, LEAVES),
    act("popitem"),
    act("update", st.dictionaries(LEAVES, VALUES, max_size=4)),
    act("clear"),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("items"), LIST_ACTS),
        st.tuples(st.just("members"), SET_ACTS),
        st.tuples(st.just("table"), DICT_ACTS),
        st.tuples(st.just("nested"), st.tuples(st.integers(0, 50), LIST_ACTS, SET_ACTS, DICT_ACTS)),
    ),
    max_size=8,
)


def plain(value: Any) -> Any:
    """An answer as it is now, in plain values."""
    if isinstance(value, (sl.StateDict, sl.StateList, sl.StateSet)):
        return value.to_plain()
    if isinstance(value, (list, tuple)):
        return type(value)(plain(each) for each in value)
    return copy.deepcopy(value)


def perform(target: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    """Act on a container; what it answers, or the type of its error."""
    if name == "sort":
        return target.sort(key=repr)
    try:
        answer = getattr(target, name)(*copy.deepcopy(arguments))
    except (IndexError, KeyError, ValueError) as error:
        return type(error)
    if name == "__imul__" and isinstance(target, list):
        target[:] = [copy.deepcopy(each) for each in target]  # S6: a container has one place
    return None if name in ("__iadd__", "__imul__") else plain(answer)


def nested_in(holder: Any, number: int) -> Any:
    """One of the containers inside; those of a list and of a dict come in a certain order."""
    kinds = (dict, list, set, sl.StateDict, sl.StateList, sl.StateSet)
    found = [each for each in [*holder.items, *holder.table.values()] if isinstance(each, kinds)]
    return found[number % len(found)] if found else None


def take(holder: Any, step: Any) -> Any:
    where, what = step
    if where != "nested":
        return perform(getattr(holder, where), *what)
    number, *acts = what
    target = nested_in(holder, number)
    if target is None:
        return None
    if isinstance(target, (list, sl.StateList)):
        return perform(target, *acts[0])
    return perform(target, *acts[1 if isinstance(target, (set, sl.StateSet)) else 2])


class Model:
    def __init__(self) -> None:
        self.items: list[Any] = []
        self.members: set[Any] = set()
        self.table: dict[Any, Any] = {}

    def as_dict(self) -> dict[str, Any]:
        return copy.deepcopy({"items": self.items, "members": self.members, "table": self.table})


class Containers(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.flow = sl.Flow("boxes", on_error="continue")
        self.box = self.flow.add(Box(), "box")
        self.job = self.flow.start(executor="sequential", keep_alive=True)
        self.model = Model()
        self.cuts: list[tuple[sl.JobState, dict[str, Any]]] = []

    def call(self, function: Any) -> None:
        self.box.functions = iter([function])
        self.job.send("box.input")
        self.job.step(1)

    @rule(steps=STEPS)
    def succeed(self, steps: list[Any]) -> None:
        answers: list[Any] = []
        self.call(lambda box: answers.extend(take(box, step) for step in steps))
        assert answers == [take(self.model, step) for step in steps]

    @rule(steps=STEPS, more=STEPS, cuts=st.booleans())
    def fail(self, steps: list[Any], more: list[Any], cuts: bool) -> None:
        states: list[sl.JobState] = []

        def handle(box: Box) -> None:
            for step in steps:
                take(box, step)
            if cuts:
                states.append(box.job.snapshot())
            for step in more:
                take(box, step)
            raise LookupError("after its changes")

        self.call(handle)
        self.cuts.extend((state, self.model.as_dict()) for state in states)

    @rule()
    def snapshot(self) -> None:
        self.cuts.append((self.job.snapshot(), self.model.as_dict()))

    @rule(number=st.integers(0, 20))
    def forget(self, number: int) -> None:
        if self.cuts:
            state, values = self.cuts.pop(number % len(self.cuts))
            assert state["box"].to_dict() == values

    @rule()
    def go_on_from_a_file(self) -> None:
        state = sl.JobState.from_bytes(self.job.snapshot().to_bytes())
        self.job = self.flow.resume(state, executor="sequential")

    @invariant()
    def cuts_stay(self) -> None:
        for state, values in getattr(self, "cuts", []):
            assert state["box"].to_dict() == values

    @invariant()
    def state_is_as_the_model(self) -> None:
        if hasattr(self, "job"):
            found = self.job.snapshot()["box"].to_dict()
            assert found == self.model.as_dict()
            assert list(found["table"]) == list(self.model.table)


TestContainers = Containers.TestCase
TestContainers.settings = settings(
    max_examples=100,
    stateful_step_count=25,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
