# on_start and on_stop: once per routine object, before its first call and after its last job.
from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.hooked import Ear, Lasting, failed, lasting
from python.parts import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from python.parts import Hold

pytestmark = pytest.mark.usefixtures("each_executor")


def test_started_before_its_first_call_and_stopped_after_the_job(each_executor: str) -> None:
    """S4: `run` returns when it is stopped."""
    flow, routine = lasting()

    flow.run(routine.input.of(), routine.input.of())

    assert routine.log == ["start", "call", "call", "stop"]


def test_later_job_starts_it_again() -> None:
    flow, routine = lasting()

    flow.run("load.input")
    flow.run("load.input")

    assert routine.log == ["start", "call", "stop"] * 2


def test_routine_that_is_not_called_is_not_started() -> None:
    flow, routine = lasting()
    flow.add(Ear(), "ear")

    flow.run("ear.input", what="")

    assert routine.log == []


def test_started_once_for_jobs_that_overlap() -> None:
    """S4: stopped after the last of them."""
    flow, routine = lasting()
    one, two = (flow.start("load.input", keep_alive=True, executor="sequential") for _ in range(2))
    one.wait(PATIENCE)
    two.wait(PATIENCE)
    one.finish()
    log = list(routine.log)
    two.finish()

    assert log == ["start", "call", "call"]
    assert routine.log == [*log, "stop"]


def test_started_once_in_two_flows() -> None:
    """S4: the object counts, not its place."""
    flow, routine = lasting()
    other = sl.Flow("other")
    other.add(routine, "again")
    job = flow.start("load.input", keep_alive=True, executor="sequential")
    job.wait(PATIENCE)

    other.run("again.input")
    job.cancel()

    assert routine.log == ["start", "call", "call", "stop"]


def test_pause_is_no_end() -> None:
    flow, routine = lasting()
    job = flow.start(keep_alive=True, executor="sequential")
    job.send("load.input")
    job.wait(PATIENCE)
    job.pause()
    log = list(routine.log)
    job.resume()
    job.send("load.input")
    job.wait(PATIENCE)
    job.finish()

    assert log == ["start", "call"]
    assert routine.log == ["start", "call", "call", "stop"]


def test_job_object_that_is_dropped_stops_it() -> None:
    flow, routine = lasting()
    job = flow.start("load.input", keep_alive=True, executor="sequential")
    job.wait(PATIENCE)
    del job
    gc.collect()

    assert routine.log == ["start", "call", "stop"]


def test_failed_job_stops_it(each_executor: str) -> None:
    flow, routine = lasting()
    routine.handling = lambda: 1 / 0

    failed(flow, "load.input", executor=each_executor)

    assert routine.log == ["start", "call", "stop"]


def test_cancelled_job_stops_it_when_its_handler_has_returned(hold: Hold) -> None:
    """S4: never while a handler of it runs."""
    flow, routine = lasting()
    stopped = threading.Event()
    routine.handling, routine.stopping = hold.here, stopped.set
    job = flow.start("load.input", executor="background")
    hold.wait_until_reached()

    job.cancel()
    status = job.wait(PATIENCE)
    log = list(routine.log)
    hold.release()

    assert (status, log) == (sl.JobStatus.CANCELLED, ["start", "call"])
    assert stopped.wait(PATIENCE)


def test_several_are_stopped_in_the_order_last_started_first() -> None:
    order: list[str] = []
    flow = sl.Flow("f")
    a, b = flow.add(Lasting(), "a"), flow.add(Lasting(), "b")
    a.stopping, b.stopping = (lambda: order.append("a")), (lambda: order.append("b"))

    flow.run(a.input.of(), b.input.of())

    assert order == ["b", "a"]


def test_on_start_may_set_attributes() -> None:
    flow, routine = lasting()
    got: list[Any] = []
    routine.starting = lambda: setattr(routine, "client", object())
    routine.handling = lambda: got.append(routine.client)  # type: ignore[attr-defined]

    flow.run("load.input")

    assert len(got) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda routine: setattr(routine, "n", 1),
        lambda routine: routine.n,
        lambda routine: routine.out(n=1),
        lambda routine: routine.emit("out", n=1),
        lambda routine: routine.local,
        lambda routine: routine.job,
        lambda routine: routine.expect("load.input"),
    ],
)
def test_no_call_is_current_in_on_start(act: Callable[[Lasting], Any], each_executor: str) -> None:
    """S4: it neither writes state nor emits."""
    flow, routine = lasting()
    routine.starting = lambda: act(routine)

    job = failed(flow, "load.input", executor=each_executor)

    assert job.error is not None
    assert isinstance(job.error.__cause__, sl.StateError)
    assert routine.log == ["start"]


def test_call_goes_on_as_usual_after_on_start() -> None:
    flow, _ = lasting()

    assert flow.run("load.input")["load"].n == 1


def test_on_start_that_fails_fails_the_call(each_executor: str) -> None:
    """R19."""
    flow, routine = lasting()
    routine.fails = 1

    job = failed(flow, "load.input", executor=each_executor)

    assert "routine 'load', slot 'input'" in str(job.error)
    assert "OSError: in on_start: no line" in str(job.error)
    assert routine.log == ["start"]


def test_on_start_that_failed_is_tried_again() -> None:
    flow, routine = lasting()
    routine.fails = 1
    with pytest.raises(sl.SlotHandlerError):
        flow.run("load.input")

    flow.run("load.input")

    assert routine.log == ["start", "start", "call", "stop"]


def test_on_start_that_failed_is_tried_again_in_the_same_job() -> None:
    flow = sl.Flow("f", on_error="continue")
    routine = flow.add(Lasting(), "load")
    routine.fails = 1

    final = flow.run(routine.input.of(), routine.input.of())

    assert routine.log == ["start", "start", "call", "stop"]
    assert final.failed_deliveries == 1
