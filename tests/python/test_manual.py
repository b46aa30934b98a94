# The manual executor and explore: order and interleavings in the test's hand (stoplog.testing).
from __future__ import annotations

from typing import Any

import pytest

import stoplog as sl
from stoplog.testing import ManualExecutor, explore


class Pass(sl.Routine):
    """Passes a number on until nothing is left of it."""

    out = sl.Event("n")
    calls = sl.State(int)

    @sl.slot
    def input(self, n: int) -> None:
        self.calls += 1
        if n:
            self.out(n=n - 1)


def ring(size: int = 3, **slot_options: Any) -> sl.Flow:
    flow = sl.Flow("ring")
    for i in range(size):
        flow.add(Pass(), f"r{i}")
    for i in range(size):
        flow.connect(f"r{i}.out", f"r{(i + 1) % size}.input")
    return flow


def messages(flow: sl.Flow, *numbers: int) -> list[sl.Message]:
    return [flow.routines[f"r{i % 3}"].input.of(n=n) for i, n in enumerate(numbers)]  # type: ignore[attr-defined]


def calls(state: sl.JobState) -> int:
    return sum(state[name].calls for name in state)


def test_nothing_runs_before_it_is_told_to() -> None:
    flow = ring()
    executor = ManualExecutor()
    job = flow.start(*messages(flow, 2, 2), executor=executor)

    assert job.status is sl.JobStatus.PENDING
    assert executor.step(2) == 2
    assert calls(job.snapshot()) == 2
    assert executor.run() == 4
    assert job.status is sl.JobStatus.COMPLETED
    assert executor.step() == 0


def test_jobs_take_turns() -> None:
    flow = ring()
    executor = ManualExecutor()
    jobs = [flow.start(*messages(flow, 5), executor=executor) for _ in range(3)]

    executor.step(6)

    assert [calls(job.snapshot()) for job in jobs] == [2, 2, 2]


def test_seed_draws_the_order_and_repeats_it() -> None:
    """Ready routines are permuted; the same seed gives the same order."""

    def order(seed: int | None) -> tuple[str, ...]:
        flow = ring()
        executor = ManualExecutor(seed)
        job = flow.start(*messages(flow, 3, 3, 3), executor=executor)
        executor.run()
        return tuple(record.routine for record in job.snapshot().history)

    assert order(None) == order(None)
    drawn = {order(seed) for seed in range(20)}
    assert len(drawn) > 5
    assert drawn == {order(seed) for seed in range(20)}


def test_resume_on_a_manual_executor() -> None:
    flow = ring()
    executor = ManualExecutor()
    flow.start(*messages(flow, 5), executor=executor, paused=True)
    job = flow.resume(executor._jobs[0].snapshot(), executor=executor)

    assert executor.run() == 6
    assert job.status is sl.JobStatus.COMPLETED


def test_explore_runs_every_seed_to_the_same_end() -> None:
    """R11: cuts within an interleaving are whole, and go on to the same end."""
    flow = ring()
    cuts = 0

    def at_cut(cut: sl.JobState) -> None:
        nonlocal cuts
        cuts += 1
        settled = sum(record.outcome == "finished" for record in cut.history)
        assert settled == calls(cut)
        queued = sum(delivery.payload["n"] + 1 for delivery in cut.queued)
        assert settled + queued == 12
        if cut.status is not sl.JobStatus.COMPLETED:
            assert calls(flow.resume(cut, executor="sequential").result()) == 12

    def check(final: sl.JobState) -> None:
        assert calls(final) == 12

    assert explore(flow, *messages(flow, 3, 3, 3), seeds=60, check=check, at_cut=at_cut) == 60
    assert cuts > 20


class Racy(sl.Routine):
    """Remembers the last number outside of its declared state: order shows."""

    last = sl.State(int)

    @sl.slot
    def input(self, n: int) -> None:
        self.last = n


def test_explore_names_the_seed_that_breaks_and_replays_it() -> None:
    flow = sl.Flow("racy")
    first, second = flow.add(Pass(), "first"), flow.add(Pass(), "second")
    racy = flow.add(Racy(), "racy")
    flow.connect("first.out", "racy.input")
    flow.connect("second.out", "racy.input")
    entries = [first.input.of(n=1), second.input.of(n=2)]

    def check(final: sl.JobState) -> None:
        assert final["racy"].last == 1, "the first was last"

    with pytest.raises(AssertionError, match=r"(?s)seed \d+ broke.*seeds=\[\d+\]") as broken:
        explore(flow, *entries, seeds=200, check=check)
    seed = int(str(broken.value).split("seeds=[")[1].split("]")[0])
    for _ in range(3):
        with pytest.raises(AssertionError, match=f"seed {seed} broke"):
            explore(flow, *entries, seeds=[seed], check=check)
    del racy


def test_explore_reports_a_failing_handler() -> None:
    class Fails(sl.Routine):
        @sl.slot
        def input(self) -> None:
            raise ValueError("on purpose")

    flow = sl.Flow("failing")
    fails = flow.add(Fails(), "fails")
    with pytest.raises(AssertionError, match="on purpose"):
        explore(flow, fails.input.of(), seeds=1)


@pytest.mark.parametrize("workers", [0, 65, True, "two"])
def test_wrong_number_of_workers(workers: Any) -> None:
    flow = ring()
    with pytest.raises(sl.ConfigurationError, match="workers"):
        explore(flow, *messages(flow, 1), workers=workers)


def test_wrong_seed() -> None:
    with pytest.raises(sl.ConfigurationError, match="seed"):
        ManualExecutor("one")  # type: ignore[arg-type]
