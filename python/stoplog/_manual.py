"""Executors for tests: one by hand, and one that a seed drives through interleavings."""

from __future__ import annotations

import random

from stoplog import _core
from stoplog.errors import ConfigurationError
from stoplog.executors import Executor
from stoplog.policies import JobStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from stoplog.flow import Flow
    from stoplog.job import Job
    from stoplog.job_state import JobState

__all__ = ["ManualExecutor", "explore"]

_STILL = (JobStatus.PAUSED, JobStatus.WAITING, JobStatus.IDLE)


class ManualExecutor(Executor):
    """Runs its jobs one delivery at a time, in this thread, when it is told to.

    Parameters
    ----------
    seed : int, optional
        Draws the job, and among its ready routines the one, whose turn it is; by default jobs take
        turns, and each is run in its own order, as ``"sequential"`` does.

    Notes
    -----
    `Job.wait`, `Job.result` and `Job.step` run a job here too, each in its own order.

    Examples
    --------
    >>> import stoplog as sl
    >>> from stoplog.testing import ManualExecutor
    >>> class Add(sl.Routine):
    ...     total = sl.State(int)
    ...     @sl.slot
    ...     def input(self, n: int) -> None:
    ...         self.total += n
    >>> flow = sl.Flow("adding")
    >>> add = flow.add(Add(), "add")
    >>> executor = ManualExecutor()
    >>> job = flow.start(add.input.of(n=1), add.input.of(n=2), executor=executor)
    >>> executor.step(), job.snapshot()["add"].total
    (1, 1)
    >>> executor.run(), job.status.name
    (1, 'COMPLETED')
    """

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
            raise ConfigurationError(f"ManualExecutor(seed) must be an int; found {seed!r}")
        self._random = None if seed is None else random.Random(seed)
        self._core = "sequential"
        self._jobs: list[Job] = []

    def _took(self, job: Job) -> None:
        self._jobs.append(job)

    def step(self, deliveries: int = 1) -> int:
        """Run the next deliveries.

        Parameters
        ----------
        deliveries : int
            At most so many.

        Returns
        -------
        int
            How many were run; 0: every job stands still or has ended.
        """
        done = 0
        idle = 0
        while done < deliveries and idle < len(self._jobs):
            at = 0 if self._random is None else self._random.randrange(len(self._jobs))
            job = self._jobs.pop(at)
            if job.done:
                continue
            self._jobs.append(job)
            if self._random is not None:
                job._permute(self._random.getrandbits(63))
            ran = job.step()
            done += ran
            idle = 0 if ran else idle + 1
        return done

    def run(self) -> int:
        """Run until every job stands still or has ended; return how many deliveries that took."""
        done = 0
        while ran := self.step():
            done += ran
        return done


class _Seeded(Executor):
    """One runner at a time; the seed says which."""

    def __init__(self, seed: int, workers: int) -> None:
        self._core: _core.SeededExecutor = _core.SeededExecutor(seed & (2**64 - 1), workers)


def explore(
    flow: Flow,
    *entries: Any,
    seeds: int | Iterable[int] = 1000,
    workers: int = 3,
    check: Callable[[JobState], object] | None = None,
    at_cut: Callable[[JobState], object] | None = None,
) -> int:
    """Run a job once for each seed; the seed says which of its runners goes on at every point.

    Points are where runners can meet: the gate, mailboxes, parking, the next ready routine. One
    runner runs at a time, so the same seed gives the same run again.

    Parameters
    ----------
    flow : Flow
        Its handlers must depend on nothing that another thread changes.
    *entries : Message
        ``routine.slot.of(...)``, as for `Flow.start`.
    seeds : int or iterable of int
        How many, from 0 on; or which.
    workers : int
        How many runners.
    check : callable, optional
        Is given the final state; what it raises breaks the seed.
    at_cut : callable, optional
        Is given a snapshot now and then, while runners are at work.

    Returns
    -------
    int
        How many seeds were run.

    Raises
    ------
    AssertionError
        Names the seed that broke, and how to replay it; what was raised is its ``__cause__``.
    ConfigurationError
        If `workers` is not from 1 to 64.

    Examples
    --------
    >>> import stoplog as sl
    >>> from stoplog.testing import explore
    >>> class Add(sl.Routine):
    ...     total = sl.State(int)
    ...     @sl.slot
    ...     def input(self, n: int) -> None:
    ...         self.total += n
    >>> flow = sl.Flow("adding")
    >>> add = flow.add(Add(), "add")
    >>> def is_whole(final: sl.JobState) -> None:
    ...     assert final["add"].total == 3
    >>> explore(flow, add.input.of(n=1), add.input.of(n=2), seeds=20, check=is_whole)
    20
    """
    if isinstance(workers, bool) or not isinstance(workers, int) or not 0 < workers <= 64:
        raise ConfigurationError(f"explore(workers=...) must be from 1 to 64; found {workers!r}")
    count = 0
    for seed in range(seeds) if isinstance(seeds, int) else seeds:
        try:
            final = _run_seed(flow, entries, seed, workers, at_cut)
            if check is not None:
                check(final)
        except Exception as error:
            raise AssertionError(
                f"flow '{flow.name}': seed {seed} broke: {type(error).__name__}: {error}; "
                f"explore(..., seeds=[{seed}], workers={workers}) replays it"
            ) from error
        count += 1
    return count


def _run_seed(
    flow: Flow,
    entries: tuple[Any, ...],
    seed: int,
    workers: int,
    at_cut: Callable[[JobState], object] | None,
) -> JobState:
    """Run one job under one seed, to its end or until it stands still; return its last state."""
    seeded = _Seeded(seed, workers)
    executor = seeded._core
    executor._begin()
    try:
        job = flow.start(*entries, executor=seeded)
        while not (job.done or job.status in _STILL):
            if at_cut is not None and executor._draw() % 8 == 0:
                at_cut(job.snapshot())
            executor._yield()
    except BaseException:
        executor._stop()
        raise
    finally:
        executor._end()
    if job.error is not None:
        raise job.error
    return job.snapshot()
