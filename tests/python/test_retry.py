# Retry: due deliveries, in the cut, back at the front of their lane (R7, R11b, R20).
from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stoplog as sl
from python.parts import PATIENCE, Source, outcomes
from stoplog.testing import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

EXECUTORS = ("sequential", "background", "concurrent")
START = datetime(2030, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def clock() -> Iterator[ManualClock]:
    with ManualClock(START) as clock:
        yield clock


class Shaky(sl.Routine):
    """Fails as often as its payload says, and writes and emits before it does."""

    calls: sl.State[list[Any]] = sl.State(list)
    done = sl.Event("n")

    def work(self, n: int, failures: int, error: type[BaseException] = OSError) -> None:
        self.calls.append((n, self.delivery.attempt))
        self.done(n=n)
        if self.delivery.attempt <= failures:
            self.calls.append("lost")
            raise error(f"attempt {self.delivery.attempt}")


def shaky_flow(policy: Any = None, error: type[BaseException] = OSError, **options: Any) -> sl.Flow:
    """A flow whose slot `shaky.go` has this policy."""

    class Under(Shaky):
        @sl.slot(on_error=policy or sl.Retry(4, initial=1.0, factor=2.0, cap=60.0), **options)
        def go(self, n: int, failures: int = 0) -> None:
            self.work(n, failures, error)

    flow = sl.Flow("shaky")
    flow.add(Under(), "shaky")
    return flow


def go(n: int, failures: int = 0) -> dict[str, int]:
    return {"n": n, "failures": failures}


@pytest.mark.parametrize("executor", EXECUTORS)
def test_failed_delivery_is_tried_again_after_a_growing_wait(
    executor: sl.Run, clock: ManualClock
) -> None:
    """R20: back-off is a due delivery; each attempt leaves its record and nothing else (R4)."""
    flow = shaky_flow()

    final = flow.start("shaky.go", go(1, 3), executor=executor).result()

    assert clock.now - START == timedelta(seconds=1 + 2 + 4)
    assert final["shaky"].calls == [(1, 4)]
    assert [(r.outcome, r.attempt) for r in final.history] == [
        ("failed", 1),
        ("failed", 2),
        ("failed", 3),
        ("finished", 4),
    ]
    assert {r.delivery for r in final.history} == {sl.DeliveryId("", 1)}
    assert (final.failed_deliveries, final.queued) == (0, ())


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize(
    ("then", "status", "last"),
    [
        ("stop", "FAILED", "failed"),
        ("continue", "COMPLETED", "failed"),
        ("skip", "COMPLETED", "skipped"),
    ],
)
@pytest.mark.usefixtures("clock")
def test_what_follows_the_last_attempt(executor: sl.Run, then: Any, status: str, last: str) -> None:
    """R20: `then=` after max_attempts."""
    flow = shaky_flow(sl.Retry(3, then=then))

    job = flow.start("shaky.go", go(1, 9), executor=executor)
    job.wait()

    assert job.status.name == status
    assert outcomes(job.snapshot()) == ["failed", "failed", last]
    assert job.failed_deliveries == (1 if then == "continue" else 0)
    if then == "stop":
        assert "attempt 3" in str(job.error)
        assert isinstance(job.error and job.error.__cause__, OSError)
        assert job.snapshot().error.traceback.endswith("OSError: attempt 3\n")  # type: ignore[union-attr]


@pytest.mark.usefixtures("clock")
def test_only_what_it_is_about_is_tried_again() -> None:
    """R20: retry_on, less give_up_on."""
    policy = sl.Retry(
        9, retry_on=(OSError, KeyError), give_up_on=(FileNotFoundError,), then="continue"
    )
    for error, attempts in (
        (OSError, 9),
        (ConnectionError, 9),
        (KeyError, 9),
        (FileNotFoundError, 1),
        (ValueError, 1),
    ):
        final = shaky_flow(policy, error).run("shaky.go", go(1, 99))
        assert len(final.history) == attempts, error


@pytest.mark.parametrize("executor", EXECUTORS)
def test_later_ones_overtake_it_and_it_goes_first_when_due(
    executor: sl.Run, clock: ManualClock
) -> None:
    """R7: when due, at the front of its lane; later ones may overtake it while it waits."""
    flow = shaky_flow()
    job = flow.start("shaky.go", go(1, 1), executor=executor, keep_alive=True)
    sent = [job.send("shaky.go", go(n)) for n in (2, 3)]
    assert [each.number for each in sent] == [2, 3]
    assert job.wait() is sl.JobStatus.IDLE
    assert job.snapshot()["shaky"].calls == [(2, 1), (3, 1), (1, 2)]

    paused = flow.start("shaky.go", go(1, 1), executor="sequential")
    paused.step()
    for n in (2, 3):
        paused.send("shaky.go", go(n))
    clock.advance(1)
    assert paused.result()["shaky"].calls == [(1, 2), (2, 1), (3, 1)]


@pytest.mark.parametrize("name", ["binary", "json", "xml", "text"])
def test_what_is_due_is_in_the_cut(name: Any, clock: ManualClock) -> None:
    """R11b: with its moment, its attempts and its lane; resumed, it waits for that moment."""
    flow = shaky_flow(sl.Retry(4, initial=3600.0, cap=7200.0))
    job = flow.start("shaky.go", go(1, 2), executor="sequential", keep_alive=True)
    job.step()
    job.send("shaky.go", go(2))

    taken = job.snapshot()
    state = sl.JobState.from_bytes(taken.to_bytes(name))

    assert state == taken
    assert [(d.payload["n"], d.attempt, d.due) for d in state.queued] == [
        (2, 1, None),
        (1, 2, START + timedelta(hours=1)),
    ]
    again = flow.resume(state, executor="sequential")
    assert (again.step(), again.status) == (1, sl.JobStatus.WAITING)
    clock.advance(3599)
    assert again.status is sl.JobStatus.WAITING
    again.finish()
    assert again.result()["shaky"].calls == [(2, 1), (1, 3)]
    assert clock.now == START + timedelta(hours=3)


@pytest.mark.parametrize("executor", ["background", "concurrent"])
def test_job_that_only_waits_for_a_moment(executor: sl.Run, clock: ManualClock) -> None:
    """R9: WAITING; it goes on by itself when the moment comes, though nobody waits or holds it."""

    class Later(sl.Routine):
        def __init__(self) -> None:
            self.handled = threading.Event()

        @sl.slot(on_error=sl.Retry(2, initial=5.0))
        def input(self) -> None:
            if self.delivery.attempt == 1:
                raise OSError("later")
            self.handled.set()

    flow = sl.Flow("later")
    later = flow.add(Later(), "later")
    job = flow.start(later.input.of(), executor=executor)
    while job.status is not sl.JobStatus.WAITING:  # the first attempt is on its way
        assert not job.done
    assert job.snapshot().status is sl.JobStatus.WAITING
    del job
    gc.collect()

    clock.advance(5)

    assert later.handled.wait(PATIENCE)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.usefixtures("clock")
def test_result_waits_for_what_is_due_and_not_for_what_is_expected(executor: sl.Run) -> None:
    """R9: the table's row WAITING."""

    class Asks(sl.Routine):
        @sl.slot(on_error=sl.Retry(2, initial=10.0))
        def input(self) -> None:
            if self.delivery.attempt == 1:
                raise OSError("not yet")
            self.expect("asks.answer")

        @sl.slot
        def answer(self) -> None:
            pass

    flow = sl.Flow("asks")
    asks = flow.add(Asks(), "asks")
    job = flow.start(asks.input.of(), executor=executor)

    with pytest.raises(sl.NotFinishedError, match=r"asks\.answer"):
        job.result()
    assert outcomes(job.snapshot()) == ["failed", "finished"]
    job.send(asks.answer.of())
    assert job.result().status is sl.JobStatus.COMPLETED


def test_pause_and_cancel_while_it_waits(clock: ManualClock) -> None:
    """R12: nothing is handed out while paused, whatever falls due; a cancel settles it."""
    flow = shaky_flow()
    job = flow.start("shaky.go", go(1, 1), executor="sequential")
    job.step()
    job.pause()
    clock.advance(10)
    assert (job.step(), job.status) == (0, sl.JobStatus.PAUSED)
    job.resume()
    assert job.result()["shaky"].calls == [(1, 2)]

    other = flow.start("shaky.go", go(1, 1), executor="sequential")
    other.step()
    other.cancel()
    assert (outcomes(other.snapshot()), other.snapshot().queued) == (["failed", "cancelled"], ())


def test_resumed_after_its_budget_is_spent_it_has_a_new_one(clock: ManualClock) -> None:
    """R9: FAILED: tried again, its retry budget anew; attempts are counted on."""
    flow = shaky_flow(sl.Retry(2, initial=1.0))
    job = flow.start("shaky.go", go(1, 3), executor="sequential")
    with pytest.raises(sl.SlotHandlerError, match="attempt 2"):
        job.result()

    again = flow.resume(job.snapshot(), executor="sequential")
    again.step()
    cut = flow.resume(sl.JobState.from_bytes(again.snapshot().to_bytes()), executor="sequential")

    final = cut.result()
    assert final["shaky"].calls == [(1, 4)]
    assert [r.attempt for r in final.history] == [1, 2, 3, 4]
    assert clock.now == START + timedelta(seconds=2)


def test_jitter_is_drawn_once_and_saved(clock: ManualClock) -> None:
    """R11b: a resumed job waits for the very moment that was drawn."""
    flow = shaky_flow(sl.Retry(2, initial=100.0, cap=100.0, jitter=0.5))
    waits = []
    for _ in range(20):
        job = flow.start("shaky.go", go(1, 1), executor="sequential")
        job.step()
        due = job.queued[0].due
        assert due is not None
        waits.append((due - clock.now).total_seconds())
        state = sl.JobState.from_bytes(job.snapshot().to_bytes())
        assert flow.resume(state, executor="sequential").queued[0].due == due

    assert all(50 <= wait <= 150 for wait in waits)
    assert len(set(waits)) > 10


def test_cap_and_factor(clock: ManualClock) -> None:
    flow = shaky_flow(sl.Retry(6, initial=1.0, factor=3.0, cap=10.0))
    job = flow.start("shaky.go", go(1, 5), executor="sequential")
    moments = []
    while job.step():
        moments.append((clock.now - START).total_seconds())

    assert moments == [0, 1, 4, 13, 23, 33]


def test_due_delivery_holds_its_room(clock: ManualClock) -> None:
    """R6: memory stays bounded though everything fails: who emits more has to wait."""
    flow = shaky_flow(sl.Retry(2, initial=9.0), capacity=2)
    job = flow.start(executor="sequential")
    for n in (1, 2):
        job.send("shaky.go", go(n, 1))
    job.step(2)
    with pytest.raises(sl.BackpressureError):
        job.send("shaky.go", go(3))

    clock.advance(9)
    job.step(2)
    job.send("shaky.go", go(3))
    job.finish()
    assert job.result()["shaky"].calls == [(1, 2), (2, 2), (3, 1)]


def test_parked_behind_what_is_due(clock: ManualClock) -> None:
    """R6: who waits for room in a slot that waits for a moment is in no deadlock."""
    flow = sl.Flow("behind")
    source = flow.add(Source(), "source")

    class Slow(sl.Routine):
        got: sl.State[list[int]] = sl.State(list)

        @sl.slot(capacity=1, on_error=sl.Retry(2, initial=5.0))
        def input(self, value: int) -> None:
            if self.delivery.attempt == 1:
                raise OSError("once")
            self.got.append(value)

    slow = flow.add(Slow(), "slow")
    flow.connect(source.item, slow.input)
    entries = [source.items.of(values=[n]) for n in range(3)]

    for executor in EXECUTORS:
        final = flow.start(*entries, executor=executor).result()
        assert final["slow"].got == [0, 1, 2]
    assert clock.now > START


def test_deadline_passes_while_it_waits(clock: ManualClock) -> None:
    """R12: a deadline is a moment of the same clock."""
    flow = shaky_flow(sl.Retry(2, initial=100.0, cap=100.0))
    for executor in EXECUTORS:
        job = flow.start("shaky.go", go(1, 1), executor=executor, deadline=timedelta(seconds=30))
        with pytest.raises(sl.JobTimeoutError, match="deadline"):
            job.result()
    assert clock.now == START + timedelta(seconds=90)


@pytest.mark.usefixtures("clock")
def test_retry_of_the_routine_and_of_the_flow() -> None:
    """R20: per slot before routine before flow."""
    retry = sl.Retry(2)

    class Plain(Shaky):
        @sl.slot
        def go(self, n: int, failures: int = 0) -> None:
            self.work(n, failures)

        @sl.slot(on_error="skip")
        def skipped(self, n: int, failures: int = 0) -> None:
            self.work(n, failures)

    by_flow = sl.Flow("f", on_error=retry)
    by_flow.add(Plain(), "shaky")
    by_routine = sl.Flow("f")
    by_routine.add(Plain(), "shaky", on_error=retry)
    for flow in (by_flow, by_routine):
        assert outcomes(flow.run("shaky.go", go(1, 1))) == ["failed", "finished"]
        assert outcomes(flow.run("shaky.skipped", go(1, 1))) == ["skipped"]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=12),
    st.lists(st.integers(1, 6)),
)
def test_saved_at_any_step_it_ends_as_uninterrupted(
    items: list[tuple[int, int]], cuts: list[int]
) -> None:
    """R11: due deliveries, attempts and order go on where they were."""
    flow = shaky_flow(sl.Retry(4, initial=1.0, then="continue"))
    entries = [
        flow.routines["shaky"].go.of(n=n, failures=failures)  # type: ignore[attr-defined]
        for n, (failures, _) in enumerate(items)
    ]

    def run(stops: list[int]) -> tuple[Any, Any]:
        with ManualClock(START) as clock:
            job = flow.start(*entries, executor="sequential")
            for stop in stops:
                job.step(stop)
                if job.done:
                    break
                saved = job.snapshot().to_bytes()
                job = flow.resume(sl.JobState.from_bytes(saved), executor="sequential")
            final = job.result()
            told = [(r.delivery, r.outcome, r.attempt) for r in final.history]
            return (final["shaky"].calls, told), clock.now

    assert run(cuts) == run([])


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": True}, "max_attempts"),
        ({"initial": -1}, "initial"),
        ({"initial": float("nan")}, "initial"),
        ({"factor": 0.5}, "factor"),
        ({"cap": "1"}, "cap"),
        ({"initial": 100.0}, "cap"),
        ({"jitter": 1.5}, "jitter"),
        ({"retry_on": ("OSError",)}, "retry_on"),
        ({"retry_on": (int,)}, "retry_on"),
        ({"give_up_on": 3}, "give_up_on"),
        ({"then": "retry"}, "then"),
    ],
)
def test_wrong_retry_is_refused(options: dict[str, Any], name: str) -> None:
    """Section 5: the thing, what was expected, what was found."""
    with pytest.raises(sl.ConfigurationError, match=rf"Retry\({name}=\.\.\.\) must be .*; found"):
        sl.Retry(**options)


def test_retry_is_a_value() -> None:
    import copy
    import pickle

    retry = sl.Retry(5, retry_on=OSError)  # type: ignore[arg-type]  # one class will do
    assert retry == copy.copy(retry) == pickle.loads(pickle.dumps(retry)) != sl.Retry(5)
    assert hash(retry) == hash(copy.deepcopy(retry))
    assert "max_attempts=5" in repr(retry)
    with pytest.raises(AttributeError, match="cannot change"):
        retry.cap = 1.0


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["background", "concurrent"])
def test_interpreter_leaves_while_a_job_waits_for_tomorrow(executor: str) -> None:
    """R22: nobody is left who would wake it, and nothing hangs."""
    script = f"""
        import stoplog as sl
        class Later(sl.Routine):
            @sl.slot(on_error=sl.Retry(2, initial=86400.0, cap=86400.0))
            def input(self):
                raise OSError("tomorrow")
        flow = sl.Flow("later")
        job = flow.start(flow.add(Later(), "later").input.of(), executor={executor!r})
        while job.status is not sl.JobStatus.WAITING:
            pass
        print(job.wait(0.01).name)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "WAITING\n", "")
