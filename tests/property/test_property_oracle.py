# The oracle watched by itself: what it foretells must be lawful before the engine is held to it.
from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from property.oracle import Fact, Oracle
from property.random_flow import ANSWER, Edge, Entry, FlowSpec, RoutineSpec, SlotSpec, flow_specs

drawn_flows = settings(
    max_examples=200,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def begin(spec: FlowSpec) -> Oracle:
    oracle = Oracle(spec)
    for entry in spec.entries:
        oracle.send(entry.place, value=entry.value, hops=entry.hops)
    return oracle


def finish(oracle: Oracle) -> Oracle:
    while oracle.run() == "waiting":
        oracle.answer(ANSWER)
    return oracle


def advance(oracle: Oracle, turns: int) -> Oracle:
    """Run so many turns, or to where the job stands still before that."""
    for number, _ in enumerate(oracle.turns(), start=1):
        if number >= turns:
            break
    return oracle


@drawn_flows
@given(flow_specs())
def test_every_delivery_is_settled_once_or_queued(spec: FlowSpec) -> None:
    """R10: what was admitted is in the history or in a mailbox, nothing twice."""
    oracle = finish(begin(spec))

    queued = {delivery.id for delivery in oracle.unsettled()}
    attempts = [(fact.delivery, fact.attempt) for fact in oracle.history]
    settled = {delivery for delivery, _ in attempts} - queued

    assert len(set(attempts)) == len(attempts)
    assert len(queued) + len(settled) == oracle.admitted


@drawn_flows
@given(flow_specs())
def test_room_is_counted_as_the_mailboxes_say(spec: FlowSpec) -> None:
    """R5: the room in use of a slot is the number of its unsettled deliveries."""
    oracle = finish(begin(spec))

    lying = dict.fromkeys(oracle.used, 0)
    for delivery in oracle.unsettled():
        if (delivery.routine, delivery.slot) in lying:
            lying[delivery.routine, delivery.slot] += 1

    assert oracle.used == lying


@drawn_flows
@given(flow_specs())
def test_two_runs_are_equal(spec: FlowSpec) -> None:
    """R7: the sequential order is wholly deterministic."""
    assert finish(begin(spec)).history == finish(begin(spec)).history


@drawn_flows
@given(flow_specs(), st.integers(0, 40))
def test_cut_at_any_turn_changes_nothing(spec: FlowSpec, turns: int) -> None:
    """R11: parked calls run again from the cut, and the end is the same."""
    whole = finish(begin(spec))

    resumed = finish(advance(begin(spec), turns).cut())

    assert resumed.history == whole.history
    assert resumed.deadlock == whole.deadlock
    assert {n: c.state for n, c in resumed.cells.items()} == {
        n: c.state for n, c in whole.cells.items()
    }


@drawn_flows
@given(flow_specs())
def test_completed_job_has_nothing_left(spec: FlowSpec) -> None:
    """R9 R10: a job is complete exactly when nothing is queued, parked or awaited."""
    oracle = finish(begin(spec))

    left = [*oracle.awaited, *oracle.waiting, *oracle.ready]

    assert oracle.failed or not left


def two_routines(capacity: int, *edges: Edge) -> FlowSpec:
    def routine(name: str, emits: tuple[str, ...]) -> RoutineSpec:
        return RoutineSpec(name, (SlotSpec("s", capacity, "stop", emits, None, None),), ())

    entries = (Entry("a.s", 1, 3),)
    return FlowSpec((routine("a", ("x", "x")), routine("b", ("x",))), edges, entries)


def test_order_of_a_small_flow_written_by_hand() -> None:
    """R7: routines take turns; what one commit emitted is admitted in the order of emission."""
    oracle = finish(begin(two_routines(9, Edge("a", "x", "b", "s"))))

    assert oracle.history == [
        Fact(("", 1), "a", "s", "finished", 1, None),
        Fact(("a", 1), "b", "s", "finished", 1, "a.x"),
        Fact(("a", 2), "b", "s", "finished", 1, "a.x"),
    ]


def test_deadlock_of_a_small_flow_written_by_hand() -> None:
    """R6: two emissions each way through slots of capacity one wait for each other."""
    spec = two_routines(1, Edge("a", "x", "b", "s"), Edge("b", "x", "a", "s"))

    oracle = finish(begin(spec))

    assert oracle.deadlock == ["b", "a", "b"]
