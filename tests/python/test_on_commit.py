# `Job.on_commit`: each commit once, in order, after it took effect; what a callback may do.
from __future__ import annotations

import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do, Hold, flow_of, source_and_adder

if TYPE_CHECKING:
    from collections.abc import Callable

EXECUTORS = pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])


def line(commit: sl.Commit) -> str:
    record = commit.record
    emitted = [f"{event} {dict(payload)}" for event, payload in commit.emitted]
    return " ".join([record.routine, record.outcome, *emitted])


def heard_from(job: sl.Job) -> list[str]:
    """What is told of a paused job, when it has run to its end."""
    told: list[str] = []
    job.on_commit(lambda commit: told.append(line(commit)))
    job.resume()
    job.wait(PATIENCE)
    return told


@EXECUTORS
def test_each_commit_is_told_with_all_that_it_emitted(executor: Any) -> None:
    """R3: events that nobody hears included."""
    job = source_and_adder().start(
        "source.items", {"values": [4, 5]}, executor=executor, paused=True
    )

    assert heard_from(job) == [
        "source finished source.item {'value': 4} source.item {'value': 5}",
        "adder finished adder.added {'total': 4}",
        "adder finished adder.added {'total': 9}",
    ]


@EXECUTORS
def test_commit_has_the_record_of_the_history(executor: Any) -> None:
    """R15."""
    job = source_and_adder().start("adder.input", {"value": 4}, executor=executor, paused=True)
    commits: list[sl.Commit] = []
    job.on_commit(commits.append)

    job.resume()
    final = job.result(PATIENCE)

    told = commits[0].record
    assert commits[0].job_id == job.id
    assert (told.delivery, told.payload, told.fed_by, told.attempt) == (
        final.history[0].delivery,
        {"value": 4},
        None,
        1,
    )
    assert abs(told.started_at - final.history[0].started_at).total_seconds() < 1


def test_commit_has_its_payload_also_where_the_history_keeps_none() -> None:
    job = source_and_adder().start(
        "adder.input",
        {"value": 4},
        executor="sequential",
        retention=sl.Retention(keep_payloads=False),
    )
    payloads: list[Any] = []
    job.on_commit(lambda commit: payloads.append(commit.record.payload))

    assert job.result().history[0].payload is None
    assert payloads == [{"value": 4}]


@EXECUTORS
def test_failed_attempts_are_told_with_nothing_emitted(executor: Any) -> None:
    """R4 R20."""

    def emit_and_fail(do: Do) -> None:
        do.emit("out", x=1)
        raise ValueError("no")

    flow = sl.Flow("failing")
    for name, policy in (("stopping", "stop"), ("going", "continue"), ("skipping", "skip")):
        flow.add(Do(emit_and_fail), name, on_error=policy)  # type: ignore[arg-type]

    told = {
        name: heard_from(flow.start(f"{name}.input", executor=executor, paused=True))
        for name in ("stopping", "going", "skipping")
    }

    assert told == {
        "stopping": ["stopping failed"],
        "going": ["going failed"],
        "skipping": ["skipping skipped"],
    }


@EXECUTORS
def test_it_is_told_after_the_commit_took_effect(executor: Any) -> None:
    """R11: a cut in the callback has it."""
    job = source_and_adder().start("adder.input", {"value": 4}, executor=executor, paused=True)
    totals: list[int] = []
    job.on_commit(lambda _: totals.append(job.snapshot()["adder"].total))

    job.resume()
    job.wait(PATIENCE)

    assert totals == [4]


@EXECUTORS
def test_all_is_told_when_wait_returns(executor: Any, hold: Hold) -> None:
    """R9: the job has ended, and its last commit is still being told."""
    job = source_and_adder().start("adder.input", {"value": 4}, executor=executor, paused=True)
    told: list[str] = []

    def stand(commit: sl.Commit) -> None:
        hold.here()
        told.append(line(commit))

    job.on_commit(stand)
    runner = threading.Thread(target=lambda: [job.resume(), job.wait()])
    runner.start()
    hold.wait_until_reached()
    late = threading.Thread(target=job.wait)
    late.start()
    late.join(0.2)

    was_waiting = job.done, late.is_alive()
    hold.release()
    late.join(PATIENCE)
    runner.join(PATIENCE)

    assert was_waiting == (True, True)
    assert told == ["adder finished adder.added {'total': 4}"]


def test_commits_of_one_routine_do_not_overtake_each_other() -> None:
    """R2: a routine does not go on before its commit was told, also with workers to spare."""
    hold, seen = Hold(), []
    reached_other = threading.Event()
    flow = sl.Flow("two")
    first = flow.add(Do(lambda _: seen.append("ran")), "first")
    other = flow.add(Do(lambda _: reached_other.set()), "other")

    def stand(commit: sl.Commit) -> None:
        if commit.record.routine == "first":
            if not seen.count("told"):
                hold.here()
            seen.append("told")

    with sl.Concurrent(workers=2) as executor:
        job = flow.start(keep_alive=True, executor=executor)
        job.on_commit(stand)
        job.send(first.input.of())
        hold.wait_until_reached()
        job.send(first.input.of())
        job.send(other.input.of())
        assert reached_other.wait(PATIENCE)
        before = list(seen)
        hold.release()
        job.finish()
        job.wait(PATIENCE)

    assert before == ["ran"]
    assert seen == ["ran", "told", "ran", "told"]


@EXECUTORS
def test_parked_calls_are_told_once_when_they_commit(executor: Any) -> None:
    """R5."""

    class Narrow(sl.Routine):
        @sl.slot(capacity=1)
        def input(self, total: int) -> None:
            pass

    flow = source_and_adder()
    narrow = flow.add(Narrow(), "narrow")
    flow.connect("adder.added", narrow.input)
    job = flow.start("source.items", {"values": [1] * 50}, executor=executor, paused=True)

    told = heard_from(job)

    assert [one for one in told if one.startswith("adder")] == [
        f"adder finished adder.added {{'total': {total}}}" for total in range(1, 51)
    ]
    assert len(told) == 101


def test_parked_call_is_not_told_before_there_is_room() -> None:
    """R5."""

    class Narrow(sl.Routine):
        @sl.slot(capacity=1)
        def input(self, total: int) -> None:
            pass

    flow = source_and_adder()
    narrow = flow.add(Narrow(), "narrow")
    flow.connect("adder.added", narrow.input)
    entries = [narrow.input.of(total=0), flow.routines["adder"].input.of(value=1)]  # type: ignore[attr-defined]
    job = flow.start(*reversed(entries), executor="sequential")
    told: list[str] = []
    job.on_commit(lambda commit: told.append(commit.record.routine))

    job.step()
    before = list(told)
    job.wait()

    assert before == []
    assert told == ["narrow", "adder", "narrow"]


@EXECUTORS
def test_each_attempt_of_a_retry_is_told(executor: Any) -> None:
    """R20."""

    def fail_twice(do: Do) -> None:
        do.emit("out", x=1)
        if do.delivery.attempt < 3:
            raise ValueError("no")

    flow = sl.Flow("trying")
    retry = sl.Retry(3, initial=0)
    flow.add(Do(fail_twice), "do", on_error=retry)

    told = heard_from(flow.start("do.input", executor=executor, paused=True))

    assert told == ["do failed", "do failed", "do finished do.out {'x': 1}"]


def test_call_that_a_full_slot_refuses_is_told_as_failed_once() -> None:
    """R6: `reject`."""

    class Narrow(sl.Routine):
        @sl.slot(capacity=1, overflow="reject")
        def input(self, x: int) -> None:
            pass

    flow = sl.Flow("refusing")
    narrow = flow.add(Narrow(), "narrow")
    many = flow.add(Do(lambda do: do.emit("out", x=2)), "many", on_error="continue")
    flow.connect(many.out, narrow.input)
    messages = many.input.of(), narrow.input.of(x=1)
    job = flow.start(*messages, executor="sequential", paused=True)
    told: list[str] = []
    job.on_commit(lambda commit: told.append(line(commit)))
    job.resume()
    job.wait()

    assert told == ["many failed", "narrow finished"]


# ---- listening and stopping


def test_nobody_is_told_who_has_stopped() -> None:
    job = source_and_adder().start("source.items", {"values": [1, 2]}, executor="sequential")
    told: list[str] = []
    stop = job.on_commit(lambda commit: told.append(line(commit)))
    job.step()

    stop()
    stop()
    job.wait()

    assert len(told) == 1


def test_callback_may_stop_itself_and_another_that_is_not_told_any_more() -> None:
    job = source_and_adder().start("source.items", {"values": [1, 2]}, executor="sequential")
    told: list[str] = []
    stops: list[Callable[[], None]] = []

    def once(_: sl.Commit) -> None:
        told.append("once")
        for stop in stops:
            stop()

    stops += [job.on_commit(once), job.on_commit(lambda _: told.append("other"))]
    job.wait()

    assert told == ["once"]


def test_callback_may_be_added_in_a_handler_and_in_a_callback() -> None:
    told: list[str] = []

    def listen(do: Do) -> None:
        do.job.on_commit(lambda _: told.append("of the handler"))

    flow = flow_of(listen)
    job = flow.start("do.input", executor="sequential", keep_alive=True)
    job.wait()
    job.on_commit(lambda _: job.on_commit(lambda _: told.append("of the callback")))
    job.send("do.again")
    job.wait()
    job.send("do.again")
    job.wait()

    assert told == ["of the handler"] * 3 + ["of the callback"]


def test_callbacks_are_called_in_the_order_in_which_they_came() -> None:
    job = source_and_adder().start("adder.input", {"value": 1}, executor="sequential")
    told: list[int] = []
    for number in range(3):
        job.on_commit(lambda _, number=number: told.append(number))  # type: ignore[misc]

    job.wait()

    assert told == [0, 1, 2]


# ---- memory


def test_job_that_its_callback_holds_is_collected() -> None:
    def listened_to() -> weakref.ref[sl.Job]:
        job = source_and_adder().start("adder.input", {"value": 1}, executor="sequential")
        job.on_commit(lambda _: job)
        job.wait()
        return weakref.ref(job)

    gone = listened_to()
    gc.collect()

    assert gone() is None


def test_payload_that_was_told_is_let_go() -> None:
    flow = sl.Flow("big")

    class Big:
        pass

    class Take(sl.Routine):
        @sl.slot
        def input(self, value: Any) -> None:
            pass

    big = Big()
    gone = weakref.ref(big)
    take = flow.add(Take(), "take")
    job = flow.start(
        take.input.of(value=big),
        executor="sequential",
        retention=sl.Retention(max_history_size=0),
    )
    job.on_commit(lambda _: None)
    del big
    job.wait()
    gc.collect()

    assert gone() is None
