# R3 R11 R15 on random flows: who listens is told of each record once, of each routine in the order
# of the history, and of all that was admitted; under every executor.
from __future__ import annotations

import sys
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from property.commuting import draw, entries_of, flow_of

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = 40
PATIENCE = 20.0


@pytest.fixture
def many_switches() -> Iterator[None]:
    """The GIL changes hands hundred times as often: runners meet while others are told."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


def by_routine(records: Any) -> dict[str, list[Any]]:
    rows = defaultdict(list)
    for record in records:
        rows[record.routine].append((record.delivery, record.slot, record.outcome, record.attempt))
    return dict(rows)


def fault_of(seed: int, executor: Any) -> str | None:
    spec = draw(Random(seed))
    flow = flow_of(spec)
    heard = {connection.source for connection in flow.connections}
    job = flow.start(
        *entries_of(spec, flow),
        executor=executor,
        paused=True,
        retention=sl.Retention(max_history_size=None),
    )
    commits: list[sl.Commit] = []
    job.on_commit(commits.append)
    job.resume()
    job.wait(PATIENCE)
    state = job.snapshot()
    if by_routine(state.history) != by_routine(commit.record for commit in commits):
        return f"{seed}: other records"
    told = [event for commit in commits for event, _ in commit.emitted if event in heard]
    fed = [record.fed_by for record in state.history if record.fed_by is not None]
    fan_out = defaultdict(int)
    for connection in flow.connections:
        fan_out[connection.source] += 1
    expected = sum(fan_out[event] for event in told)
    queued = sum(delivery.fed_by is not None for delivery in state.queued)
    again = sum(record.attempt > 1 for record in state.history)
    if len(fed) + queued - again != expected and job.status is sl.JobStatus.COMPLETED:
        return f"{seed}: {len(fed)} fed, {expected} told"
    return None


@pytest.mark.parametrize("executor", ["sequential", "background"])
def test_each_commit_is_told_once_and_in_order(executor: str) -> None:
    assert [fault_of(seed, executor) for seed in range(CASES)] == [None] * CASES


def test_each_commit_is_told_once_by_many_runners(many_switches: None) -> None:
    with sl.Concurrent(workers=8) as executor:
        assert [fault_of(seed, executor) for seed in range(CASES)] == [None] * CASES
