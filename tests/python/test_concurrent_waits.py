# Handlers that wait for jobs: where a worker is left, and where all would wait for ever.
from __future__ import annotations

import threading
from typing import Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do, flow_of, source_and_adder


def test_handler_may_wait_for_a_job_where_a_worker_is_left() -> None:
    """R9."""
    inner = source_and_adder()
    with sl.Concurrent(2) as two:

        def handle(do: Do) -> None:
            do.number = (
                inner.start("adder.input", {"value": 7}, executor=two).result()["adder"].total
            )

        job = flow_of(handle).start("do.input", executor=two)

        assert job.result(PATIENCE)["do"].number == 7


@pytest.mark.parametrize("workers", [1, 3])
def test_handler_that_would_wait_with_all_others_is_refused(workers: int) -> None:
    """R9: nothing waits for ever without being asked to; the last worker is told."""
    inner = source_and_adder()
    together = threading.Barrier(workers)
    with sl.Concurrent(workers) as executor:

        def handle(_: Do) -> None:
            together.wait(PATIENCE)
            inner.start("adder.input", {"value": 7}, executor=executor).wait()

        flow = flow_of(handle)
        jobs = [flow.start("do.input", executor=executor) for _ in range(workers)]
        statuses = sorted(job.wait(PATIENCE / 4).name for job in jobs)

        assert statuses == ["COMPLETED"] * (workers - 1) + ["FAILED"]
        failed = next(job for job in jobs if job.status is sl.JobStatus.FAILED)
        assert isinstance(failed.error, sl.SlotHandlerError)
        assert isinstance(failed.error.__cause__, sl.StateError)
        assert "wait for it for ever" in str(failed.error.__cause__)


def start_on(place: Any) -> Any:
    """Start a job that can be waited for, on an executor or in the background."""
    return source_and_adder().start("adder.input", {"value": 7}, executor=place)


@pytest.mark.parametrize("places", [("one", "two"), ("one", "background"), ("background",) * 2])
def test_handlers_that_would_wait_for_each_other_are_refused(places: tuple[str, str]) -> None:
    """R9 R18b: a circle of two places, each with one handler at a time."""
    with sl.Concurrent(1) as one, sl.Concurrent(1) as two:
        where = [{"one": one, "two": two}.get(place, "background") for place in places]
        together = threading.Barrier(2)
        jobs: list[sl.Job] = []

        class Waiter(sl.Routine):
            @sl.slot
            def input(self, me: int) -> None:
                together.wait(PATIENCE)
                jobs[1 - me].wait()

        flow = sl.Flow("f")
        waiter = flow.add(Waiter(), "waiter")
        jobs += [
            flow.start(waiter.input.of(me=me), executor=where[me], paused=True) for me in range(2)
        ]
        for job in jobs:
            job.resume()

        statuses = sorted(job.wait(PATIENCE / 4).name for job in jobs)

        assert statuses == ["COMPLETED", "FAILED"]
        failed = next(job for job in jobs if job.status is sl.JobStatus.FAILED)
        assert isinstance(failed.error, sl.SlotHandlerError)
        assert "wait for it for ever" in str(failed.error.__cause__)


def test_handlers_of_two_executors_may_wait_one_way() -> None:
    """R9: all workers of one wait for the other, which goes on."""
    with sl.Concurrent(2) as one, sl.Concurrent(1) as two:
        flow = flow_of(lambda _: start_on(two).result())

        jobs = [flow.start("do.input", executor=one) for _ in range(6)]

        assert {job.wait(PATIENCE) for job in jobs} == {sl.JobStatus.COMPLETED}
