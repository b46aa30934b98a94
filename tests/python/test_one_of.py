# one_of: slots that take turns, and the turn is in the cut (R5, R11b).
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stoplog as sl
from python.parts import Source

EXECUTORS = ("sequential", "background", "concurrent")


class Worker(sl.Routine):
    got: sl.State[list[int]] = sl.State(list)

    @sl.slot(capacity=2)
    def input(self, value: int) -> None:
        self.got.append(value)


def shared_work(workers: int = 3) -> sl.Flow:
    flow = sl.Flow("shared")
    source = flow.add(Source(), "source")
    names = [f"worker{number}" for number in range(workers)]
    for name in names:
        flow.add(Worker(), name)
    flow.connect(source.item, sl.one_of(*names))
    return flow


def shares(state: sl.JobState) -> list[list[int]]:
    return [state[name].got for name in state if name.startswith("worker")]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_turns_go_round(executor: sl.Run) -> None:
    """R5: true round-robin, one receiver for each emission. Trap 2, trap 12."""
    flow = shared_work()

    final = flow.start("source.items", {"values": list(range(8))}, executor=executor).result()

    assert shares(final) == [[0, 3, 6], [1, 4, 7], [2, 5]]


@given(st.lists(st.lists(st.integers(), max_size=4), max_size=8), st.booleans())
def test_turn_is_in_the_cut(batches: list[list[int]], is_json: bool) -> None:
    """R11b: a job that is saved after every call shares as one that never stopped."""
    flow = shared_work()
    whole = flow.start(executor="sequential")
    cut = flow.start(executor="sequential")
    for batch in batches:
        whole.send("source.items", {"values": batch})
        whole.wait()
        cut.send("source.items", {"values": batch})
        while cut.step(1):
            saved = cut.snapshot().to_bytes("json" if is_json else "binary")
            cut = flow.resume(sl.JobState.from_bytes(saved), executor="sequential")

    assert shares(cut.snapshot()) == shares(whole.snapshot())


def test_failed_call_takes_no_turn() -> None:
    """R4, R5: the turn is taken at the commit."""

    class Shaky(sl.Routine):
        out = sl.Event("value")

        @sl.slot(on_error="continue")
        def input(self, value: int) -> None:
            self.out(value=value)
            if value < 0:
                raise ValueError(value)

    flow = sl.Flow("shaky")
    shaky = flow.add(Shaky(), "shaky")
    for name in ("worker0", "worker1"):
        flow.add(Worker(), name)
    flow.connect(shaky.out, sl.one_of("worker0", "worker1"))

    final = flow.run(*[shaky.input.of(value=value) for value in (1, -1, 2, -2, 3)])

    assert shares(final) == [[1, 3], [2]]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_full_turn_parks(executor: sl.Run) -> None:
    """R5: it waits for the one whose turn it is, and for nobody else. Trap 29."""
    flow = shared_work(2)
    job = flow.start("source.items", {"values": []}, executor=executor, paused=True)
    for value in (10, 11):  # fills the first one
        job.send("worker0.input", {"value": value})
    job.send("source.items", {"values": [1, 2]})

    job.resume()
    final = job.result()

    assert shares(final) == [[10, 11, 1], [2]]


def test_turn_with_a_rename_and_beside_a_plain_connection() -> None:
    """R5: the event's other connections get every emission."""

    class Names(sl.Routine):
        got: sl.State[list[int]] = sl.State(list)

        @sl.slot
        def input(self, number: int) -> None:
            self.got.append(number)

    flow = sl.Flow("beside")
    source = flow.add(Source(), "source")
    flow.add(Worker(), "worker0")
    for name in ("left", "right"):
        flow.add(Names(), name)
    connection = flow.connect(source.item, sl.one_of("left", "right"), rename={"value": "number"})
    flow.connect(source.item, "worker0")

    final = flow.run(source.items.of(values=[1, 2, 3]))

    assert (final["left"].got, final["right"].got) == ([1, 3], [2])
    assert final["worker0"].got == [1, 2, 3]
    assert connection.targets == ("left.input", "right.input")
    assert [each.target for each in flow.connections] == [
        "one_of(left.input, right.input)",
        "worker0.input",
    ]


def test_same_one_of_again_changes_nothing_and_can_be_taken_away() -> None:
    """Section 3: a cell run again. Order of the names does not tell groups apart."""
    flow = shared_work()
    known = flow.connections

    again = flow.connect("source.item", sl.one_of("worker2", "worker0", "worker1"))

    assert flow.connections == known == (again,)
    flow.disconnect(again)
    assert flow.connections == ()


def test_one_of_is_in_the_drawing_and_comes_back_from_it() -> None:
    """R14: who takes turns matters to a resume."""
    flow = shared_work()
    apart = sl.Flow("shared")
    source = apart.add(Source(), "source")
    for number in range(3):
        apart.connect(source.item, apart.add(Worker(), f"worker{number}").input)
    state = flow.start("source.items", {"values": [1]}, executor="sequential").snapshot()

    difference = apart.check(state)

    assert any("in turn with worker1.input, worker2.input" in line for line in difference)
    with pytest.raises(sl.DefinitionMismatchError, match="in turn with"):
        apart.resume(state)
    redrawn = sl.Flow.from_drawing(
        sl.Drawing.from_json(flow.drawing.to_json()),
        {"source": Source(), **{f"worker{number}": Worker() for number in range(3)}},
    )
    assert redrawn.fingerprint == flow.fingerprint != apart.fingerprint
    assert shares(redrawn.resume(state).result()) == [[1], [], []]


def test_removed_routine_leaves_its_turn_to_the_others() -> None:
    flow = shared_work()
    flow.remove("worker1")

    final = flow.run("source.items", {"values": [1, 2, 3]})

    assert [final[name].got for name in ("worker0", "worker2")] == [[1, 3], [2]]


@pytest.mark.parametrize("count", [0, 1])
def test_one_of_fewer_than_two_is_refused(count: int) -> None:
    with pytest.raises(sl.ConfigurationError, match=f"two slots or more; found {count}"):
        sl.one_of(*["worker0.input"][:count])


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (("worker0", "worker0.input"), "'worker0.input' is in it twice"),
        (("worker0", "worker9"), "no routine 'worker9'.*did you mean"),
        (("worker0", 3), "must be a routine's slot"),
    ],
)
def test_wrong_one_of_changes_nothing(targets: Any, message: str) -> None:
    """Section 5: refused with the thing, and the flow is as it was."""
    flow = shared_work()
    known = flow.connections

    with pytest.raises(sl.StoplogError, match=message):
        flow.connect("source.item", sl.one_of(*targets))

    assert flow.connections == known
