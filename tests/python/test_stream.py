# `Job.stream`: what one event emits, from the call on, until the job ends or stands still.
from __future__ import annotations

import gc
import signal
import threading
from typing import Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do, Hold, flow_of, source_and_adder

EXECUTORS = pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])


def adding(executor: Any, *values: int, **options: Any) -> sl.Job:
    return source_and_adder().start(
        "source.items", {"values": list(values)}, executor=executor, paused=True, **options
    )


def totals(stream: Any) -> list[int]:
    return [payload.total for payload in stream]


@EXECUTORS
def test_stream_of_a_job_that_was_paused_misses_nothing(executor: Any) -> None:
    job = adding(executor, 1, 2, 3)
    stream = job.stream("adder.added")

    job.resume()

    assert totals(stream) == [1, 3, 6]
    assert job.wait(PATIENCE) is sl.JobStatus.COMPLETED


@EXECUTORS
def test_stream_begins_at_the_call_and_not_at_the_first_next(executor: Any) -> None:
    job = adding(executor, 1, 2)
    stream = job.stream("adder.added")

    job.resume()
    job.wait(PATIENCE)

    assert totals(stream) == [1, 3]
    assert totals(job.stream("adder.added")) == []


def test_iterating_runs_a_sequential_job_no_further_than_it_must() -> None:
    job = adding("sequential", 1, 2, 3)
    stream = job.stream("adder.added")
    job.resume()

    first = next(stream)

    assert first.total == 1
    assert len(job.queued) == 2


@EXECUTORS
def test_stream_ends_where_the_job_stands_still(executor: Any) -> None:
    """R9: WAITING, IDLE, PAUSED."""
    flow = sl.Flow("standing")
    flow.add(Do(lambda do: [do.emit("out", n=1), do.expect("do.again")]), "do")
    other = flow.add(Do(lambda do: [do.emit("out", n=2), do.job.pause()]), "pausing")
    both = other.input.of(), other.again.of()

    waiting = flow.start("do.input", executor=executor, paused=True)
    idle = flow.start("pausing.again", executor=executor, paused=True, keep_alive=True)
    pausing = flow.start(*both, executor=executor, paused=True)
    streams = [waiting.stream("do.out"), idle.stream("do.out"), pausing.stream("pausing.out")]
    for job in (waiting, idle, pausing):
        job.resume()

    assert [[payload.n for payload in stream] for stream in streams] == [[1], [], [2]]
    assert [job.status.name for job in (waiting, idle, pausing)] == ["WAITING", "IDLE", "PAUSED"]


@EXECUTORS
def test_stream_that_has_ended_stays_so(executor: Any) -> None:
    """The protocol of iterators."""
    job = adding(executor, 1, keep_alive=True)
    stream = job.stream("adder.added")
    job.resume()

    assert totals(stream) == [1]
    job.send("adder.input", value=5)
    job.wait(PATIENCE)
    assert totals(stream) == []


@EXECUTORS
def test_paused_job_that_has_not_run_says_that_it_must_be_resumed(executor: Any) -> None:
    """R18b: no silent nothing."""
    job = adding(executor, 1)
    stream = job.stream("adder.added")

    with pytest.raises(sl.StateError, match=r"PAUSED.*resume\(\)"):
        next(stream)
    job.resume()

    assert totals(stream) == [1]


@EXECUTORS
def test_error_of_the_job_is_not_raised_by_the_stream(executor: Any) -> None:
    """As `wait`."""
    job = source_and_adder().start(
        "source.items", {"values": [1, "x"]}, executor=executor, paused=True
    )
    stream = job.stream("adder.added")
    job.resume()

    assert totals(stream) == [1]
    with pytest.raises(sl.SlotHandlerError):
        job.result()


@EXECUTORS
def test_event_that_nobody_hears_is_streamed(executor: Any) -> None:
    flow = flow_of(lambda do: [do.emit("out", n=n) for n in range(20)])
    job = flow.start("do.input", executor=executor, paused=True)
    stream = job.stream("do.out")
    other = job.stream("do.other")

    job.resume()

    assert [payload.n for payload in stream] == list(range(20))
    assert list(other) == []


def test_many_streams_see_the_same() -> None:
    job = adding("background", 1, 2)
    streams = [job.stream("adder.added"), job.stream("adder.added"), job.stream("source.item")]
    job.resume()

    assert [len(list(stream)) for stream in streams] == [2, 2, 2]


@pytest.mark.parametrize("executor", ["background", "concurrent"])
def test_stream_hands_out_what_there_is_while_the_job_goes_on(executor: Any, hold: Hold) -> None:
    flow = sl.Flow("two")
    first = flow.add(Do(lambda do: do.emit("out", n=1)), "first")
    second = flow.add(Do(lambda _: hold.here()), "second")
    job = flow.start(first.input.of(), second.input.of(), executor=executor, paused=True)
    stream = job.stream(first.out)
    job.resume()

    got = next(stream)
    hold.wait_until_reached()

    assert (got.n, job.status) == (1, sl.JobStatus.RUNNING)


@pytest.mark.parametrize("executor", ["background", "concurrent"])
def test_stream_in_another_thread_ends_with_the_job(executor: Any, hold: Hold) -> None:
    flow = flow_of(lambda _: hold.here())
    job = flow.start("do.input", executor=executor, paused=True)
    stream = job.stream("do.out")
    job.resume()
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(list(stream)))
    thread.start()
    hold.wait_until_reached()

    job.cancel()
    thread.join(PATIENCE)

    assert got == [[]]


def test_dropped_stream_hears_no_more() -> None:
    job = adding("sequential", 1, 2)
    stream = job.stream("adder.added")
    heard = stream._heard  # type: ignore[attr-defined]
    job.resume()
    next(stream)

    del stream
    gc.collect()
    job.wait()

    assert len(heard) == 0


def test_stream_that_nobody_reads_keeps_all() -> None:
    """As its docstring says."""
    job = adding("sequential", *range(3000))
    stream = job.stream("source.item")
    job.resume()
    job.wait()

    assert len(list(stream)) == 3000


def test_stream_in_a_handler_of_the_job_is_refused() -> None:
    """R9: it would wait for itself."""
    refused: list[str] = []

    def look(do: Do) -> None:
        try:
            next(do.job.stream("do.out"))
        except sl.StateError as error:
            refused.append(str(error))

    flow_of(look).run("do.input")

    assert len(refused) == 1
    assert "would wait for itself" in refused[0]


def test_ctrl_c_pauses_the_job_and_the_stream_goes_on() -> None:
    """R12."""
    presses = iter([signal.SIGINT])

    def press(do: Do) -> None:
        do.emit("out", n=1)
        for number in presses:
            signal.raise_signal(number)

    job = flow_of(press).start("do.input", executor="sequential", paused=True)
    stream = job.stream("do.out")
    job.resume()

    with pytest.raises(sl.Interrupted) as caught:
        next(stream)
    status = job.status
    job.resume()

    assert caught.value.job is job
    assert status is sl.JobStatus.PAUSED
    assert [payload.n for payload in stream] == [1]


@pytest.mark.slow
def test_ctrl_c_breaks_a_stream_that_waits(hold: Hold) -> None:
    """R12: at once, while a handler runs in the background."""
    job = flow_of(lambda _: hold.here()).start("do.input", paused=True)
    stream = job.stream("do.out")
    job.resume()
    hold.wait_until_reached()
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT]).start()

    with pytest.raises(sl.Interrupted) as caught:
        next(stream)

    assert caught.value.job is job


def test_event_is_named_in_every_way_that_connect_takes() -> None:
    flow = source_and_adder()
    job = flow.start(paused=True)
    source = flow.routines["source"]

    named = [job.stream("source.item"), job.stream("source"), job.stream(source)]
    named.append(job.stream(source.item))  # type: ignore[attr-defined]

    assert {repr(stream).partition(" of job ")[0] for stream in named} == {
        "<stream of 'source.item'"
    }


@pytest.mark.parametrize(
    ("event", "error", "message"),
    [
        ("sourc.item", sl.UnknownRoutineError, r"'sourc'.*did you mean 'source'"),
        ("source.itme", sl.UnknownEventError, r"'itme'.*'source'.*did you mean 'item'"),
        ("source.items", sl.UnknownEventError, r"its events are 'item'"),
        ("do", sl.ConfigurationError, r"2 events.*'out', 'other'"),
        (5, sl.ConfigurationError, r"found 5"),
        (None, sl.ConfigurationError, r"found None"),
    ],
)
def test_event_that_there_is_not_is_refused_at_once(
    event: Any, error: type[Exception], message: str
) -> None:
    """Section 5."""
    flow = source_and_adder()
    flow.add(Do(), "do")
    job = flow.start(paused=True)

    with pytest.raises(error, match=message):
        job.stream(event)


def test_event_of_the_plan_that_the_job_runs_counts() -> None:
    """A flow may change while its job runs."""
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [1]}, executor="sequential", paused=True)
    flow.remove("adder")
    stream = job.stream("adder.added")
    job.resume()

    assert totals(stream) == [1]
