# R11: random flows, cut anywhere, saved, loaded in a fresh engine and resumed, do what an
# uninterrupted run does. The oracle foretells order, state and deadlocks.
#
# STOPLOG_CASES says how many flows are drawn; the last test counts the cuts by kind.
from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stoplog as sl
from property.cuts import KINDS, Foretold, foretell
from property.engine_flow import (
    Camera,
    declared_state_of,
    drive,
    facts_of,
    flow_of,
    queue_of,
    start,
    stopped_clock,
)
from property.random_flow import ANSWER, FlowSpec, flow_specs
from python.text_forge import FORMATS

if TYPE_CHECKING:
    from property.oracle import Oracle

CASES = int(os.environ.get("STOPLOG_CASES", "400"))
LEAST_OF_EACH_KIND = 20
taken: Counter[str] = Counter()
pytestmark = pytest.mark.timeout(max(120, CASES // 10))

drawn_flows = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize="STOPLOG_CASES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def assert_foretold(state: sl.JobState, oracle: Oracle) -> None:
    """Compare status, history, queue, counters and the state of each routine that had work."""
    assert state.status.value == oracle.status
    assert facts_of(state) == oracle.history
    assert queue_of(state) == sorted(
        (d.routine, d.slot, d.id, d.attempt) for d in oracle.unsettled()
    )
    assert state.dropped == oracle.dropped
    assert state.failed_deliveries == oracle.failed_deliveries
    called = {fact.routine for fact in oracle.history}
    declared = {routine: declared_state_of(state, routine) for routine in called}
    assert declared == {routine: oracle.cells[routine].state for routine in called}


def resume(cut: bytes, spec: FlowSpec, executor: sl.Run, *, repaired: bool) -> sl.JobState:
    """Load a cut where nothing of the first run lives, and go on to the end."""
    state = through_all_formats(sl.JobState.from_bytes(cut))
    flow = flow_of(spec, Camera(), repaired=repaired)
    with stopped_clock(state.taken_at):
        return drive(flow.resume(state, executor=executor))


def through_all_formats(state: sl.JobState) -> sl.JobState:
    """Save a state in one format after the other, each time what was loaded from the last."""
    for name in FORMATS:
        loaded = sl.JobState.from_bytes(state.to_bytes(name))
        assert loaded == state
        state = loaded
    return state


def end_after(kind: str, foretold: Foretold) -> Oracle:
    """Name what must come out: the uninterrupted run, or the one with repaired handlers."""
    if kind != "after a failure":
        return foretold.end
    oracle = foretold.end.resume_failed()
    while oracle.run() == "waiting":
        oracle.answer(ANSWER)
    return oracle


def deadlock_of(job: sl.Job) -> str | None:
    """What the job says of its deadlock."""
    return str(job.error) if isinstance(job.error, sl.DeadlockError) else None


def names_path(said: str | None, path: list[str] | None) -> bool:
    """Tell whether a deadlock is named by its path where there is one, and none elsewhere."""
    if said is None or path is None:
        return said is None and path is None
    return " -> ".join(f"'{name}'" for name in path) in said


@drawn_flows
@given(flow_specs())
def test_run_is_foretold_by_the_oracle(spec: FlowSpec) -> None:
    """R3 R4 R5 R7 R8b R20: order, state, records and counts of an uninterrupted run."""
    foretold = foretell(spec)

    with stopped_clock():
        final = drive(start(spec, Camera()))

    assert_foretold(final, foretold.end)


@drawn_flows
@given(flow_specs())
def test_deadlock_is_foretold_with_its_path(spec: FlowSpec) -> None:
    """R6: a chain of waiting that returns to itself is told at once, with its path."""
    with stopped_clock():
        job = start(spec, Camera())
        drive(job)

    assert names_path(deadlock_of(job), foretell(spec).end.deadlock)


@pytest.mark.parametrize("kind", KINDS)
@drawn_flows
@given(
    spec=flow_specs(),
    where=st.integers(0, 10**6),
    executor=st.sampled_from(("sequential", "background")),
)
def test_cut_resumed_goes_on_as_if_uninterrupted(
    kind: str, spec: FlowSpec, where: int, executor: sl.Run
) -> None:
    """R11 R11b R11c R14: the same final state, the same deliveries in the same order."""
    places, take = KINDS[kind]
    foretold = foretell(spec)
    possible = places(foretold)
    if not possible:
        return
    with stopped_clock():
        cut = take(spec, possible[where % len(possible)])
    taken[kind] += 1

    final = resume(cut, spec, executor, repaired=kind == "after a failure")

    assert_foretold(final, end_after(kind, foretold))


def test_cuts_of_every_kind_were_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """R11: the table of cuts by kind; it speaks of the tests above, so run the whole file."""
    with capsys.disabled():
        print("\n" + "\n".join(f"{kind:26} {taken[kind]:6} cuts" for kind in KINDS))

    assert {kind for kind in KINDS if taken[kind] < LEAST_OF_EACH_KIND} == set()
