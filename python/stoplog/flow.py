"""A flow: what is drawn on its board, and the ways to start a job on it."""

from __future__ import annotations

from stoplog._board import Board
from stoplog._drawing import Difference, compare
from stoplog._entries import entries_of
from stoplog._options import deadline_nanoseconds
from stoplog.errors import (
    ConfigurationError,
    DefinitionMismatchError,
    JobTimeoutError,
    StateError,
    TypeMismatchError,
)
from stoplog.executors import executor_of
from stoplog.job import Job
from stoplog.job_state import JobState
from stoplog.policies import JobStatus
from stoplog.retention import retention_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta
    from typing import Any, ParamSpec, overload

    from stoplog._core import BoundSlot, Message
    from stoplog.executors import Executor
    from stoplog.policies import Run
    from stoplog.retention import Retention
    from stoplog.routine import Routine

    P = ParamSpec("P")

__all__ = ["Flow"]

_RUN_OPTIONS = ("executor", "timeout")
_START_OPTIONS = ("executor", "job_id", "deadline", "keep_alive", "paused", "retention")


class Flow(Board):
    """Routines joined event to slot.

    Parameters
    ----------
    name : str
        For messages, and to know saved jobs again.
    version : str
        A saved job of another version is not resumed.
    on_error : {"stop", "continue", "skip"} or Retry
        What a failed handler means, where neither its slot nor its routine says.
    retention : Retention, optional
        History that jobs keep, where they do not say.

    Notes
    -----
    Changing a flow changes future jobs only: each job keeps the plan that it was started on.
    Source: docs/explanation/architecture.md.
    """

    # ---- running

    if TYPE_CHECKING:

        @overload
        def run(self, entry: BoundSlot[P], /, *args: P.args, **fields: P.kwargs) -> JobState: ...
        @overload
        def run(
            self,
            /,
            *entries: Message,
            executor: Executor | Run = "sequential",
            timeout: float | None = None,
        ) -> JobState: ...
        @overload
        def run(
            self,
            entry: str | Routine,
            payload: Mapping[str, Any] | None = None,
            /,
            *,
            executor: Executor | Run = "sequential",
            timeout: float | None = None,
            **fields: Any,
        ) -> JobState: ...

    def run(self, /, *entries: Any, **keywords: Any) -> JobState:
        """Start a job, wait for its end, return its final state.

        Parameters
        ----------
        *entries : Message, BoundSlot, Routine or str
            ``slot.of(...)``, several of them; or one slot, its name, or a routine that has one,
            with the fields behind.
        executor : {"sequential", "background", "concurrent"} or Concurrent
            Who runs it: this thread, or one of its own in the same order.
        timeout : float, seconds, optional
            Then the job is paused, and JobTimeoutError has it as ``.job``.
        **keywords
            The payload's fields.

        Raises
        ------
        SlotHandlerError, DeadlockError, NotFinishedError, JobTimeoutError
            As `Job.result`; each has the job as ``.job``.
        ConfigurationError
            If the entries are wrong; or a keyword could be an option or a field.
        Interrupted
            On Ctrl-C; the job is paused.
        """
        made, options = entries_of(self, entries, keywords, _RUN_OPTIONS)
        timeout = options.pop("timeout", None)
        if not made:
            raise ConfigurationError(
                f"flow '{self.name}': run() needs an entry, as run(routine.slot.of(...)); "
                f"start() without one makes an open job"
            )
        job = self._start(made, {"executor": "sequential", **options})
        try:
            return job.result(timeout)
        except JobTimeoutError as error:
            job._ask_pause()
            if job.status is JobStatus.COMPLETED:
                return job.snapshot()
            raise JobTimeoutError(
                f"job {job.id} did not end within {timeout} seconds; it is paused", job
            ) from error

    if TYPE_CHECKING:

        @overload
        def start(self, entry: BoundSlot[P], /, *args: P.args, **fields: P.kwargs) -> Job: ...
        @overload
        def start(
            self,
            /,
            *entries: Message,
            executor: Executor | Run = "background",
            job_id: str | None = None,
            deadline: datetime | timedelta | None = None,
            keep_alive: bool = False,
            paused: bool = False,
            retention: Retention | None = None,
        ) -> Job: ...
        @overload
        def start(
            self,
            entry: str | Routine,
            payload: Mapping[str, Any] | None = None,
            /,
            *,
            executor: Executor | Run = "background",
            job_id: str | None = None,
            deadline: datetime | timedelta | None = None,
            keep_alive: bool = False,
            paused: bool = False,
            retention: Retention | None = None,
            **fields: Any,
        ) -> Job: ...

    def start(self, /, *entries: Any, **keywords: Any) -> Job:
        """Start a job and return it at once.

        Parameters
        ----------
        *entries : Message, BoundSlot, Routine or str
            As for `run`; without any the job is open: it waits for sends until `Job.finish`.
        executor : {"sequential", "background", "concurrent"} or Concurrent
            Sequential: in the thread that waits, or step by step.
        job_id : str, optional
            By default a random one.
        deadline : datetime or timedelta, optional
            The moment at which it fails with `JobTimeoutError`, unless it has ended; from now on.
            It is saved with the job. A datetime without a zone is local time.
        keep_alive : bool
            Open in spite of its entries.
        paused : bool
            Hand out nothing before `Job.resume`.
        retention : Retention, optional
            By default the flow's.
        **keywords
            The payload's fields.

        Raises
        ------
        ConfigurationError
            If the entries or an option are wrong; or a keyword could be an option or a field.
        """
        made, options = entries_of(self, entries, keywords, _START_OPTIONS)
        return self._start(made, {"executor": "background", **options})

    def resume(
        self,
        state: JobState,
        /,
        *,
        executor: Executor | Run = "background",
        deadline: datetime | timedelta | None = None,
        paused: bool = False,
    ) -> Job:
        """Go on with a saved job.

        Parameters
        ----------
        state : JobState
            A cut; of a failed job too, which tries the failed delivery again.
        executor : {"sequential", "background", "concurrent"} or Concurrent
            Who runs it now.
        deadline : datetime or timedelta, optional
            Another one; by default the one it was saved with, which must not have passed.
        paused : bool
            Hand out nothing before `Job.resume`.

        Raises
        ------
        DefinitionMismatchError
            If the flow differs from the job's own in something that matters; the message lists it.
        StateError
            If the job has completed or was cancelled; or its deadline has passed.
        """
        if not isinstance(state, JobState):
            raise TypeMismatchError(
                f"flow '{self.name}': resume() takes a JobState, as JobState.load(path) gives; "
                f"found {state!r}"
            )
        if state.status in {JobStatus.COMPLETED, JobStatus.CANCELLED}:
            raise StateError(f"job {state.id} cannot be resumed: it is {state.status.name}")
        run_by = executor_of(executor, self.name)
        difference = self.check(state)
        if difference:
            raise DefinitionMismatchError(
                f"flow '{self.name}' is not the one that job {state.id} was saved with:\n"
                f"{difference}"
            )
        until = deadline_nanoseconds(deadline, self.name)
        job = Job(self._core, state._core, bool(paused), until, run_by._core)
        return self._launch(job, run_by)

    def check(self, state: JobState) -> Difference:
        """List what differs between this flow and the one that a job was saved with.

        Returns
        -------
        Difference
            Falsy when nothing that matters differs.
        """
        if state.fingerprint == self.fingerprint and state.drawing == self.drawing:
            return Difference(())
        core = state._core
        routines = self._core.routines()
        names = core.routines()
        awaited = {path.partition(".")[0] for path in state.awaited}
        unused = [
            name
            for i, name in enumerate(names)
            if core.usage(i) == (False, 0) and name not in awaited
        ]
        orphans: dict[str, int] = {}
        for delivery in state.queued:
            path = f"{delivery.routine}.{delivery.slot}"
            if delivery.routine not in routines or not self._has_slot(path):
                orphans[path] = orphans.get(path, 0) + 1
        lines = [
            f"{count} queued deliver{'y' if count == 1 else 'ies'} to '{path}' would have "
            f"nowhere to go"
            for path, count in orphans.items()
        ]
        lines += [
            f"awaited slot '{path}' is gone" for path in state.awaited if not self._has_slot(path)
        ]
        return compare(state.drawing.to_json(), self.drawing.to_json(), lines, unused)

    # ---- inside

    def _has_slot(self, path: str) -> bool:
        try:
            self._core.takes_field(path, "")
        except KeyError:
            return False
        return True

    def _start(self, entries: list[Any], options: dict[str, Any]) -> Job:
        run_by = executor_of(options["executor"], self.name)
        retention = retention_of(options.get("retention")) or self._retention
        job_id = options.get("job_id")
        if job_id is not None and (not isinstance(job_id, str) or not job_id):
            raise ConfigurationError(
                f"flow '{self.name}': job_id must be a str that is not empty; found {job_id!r}"
            )
        is_open = bool(options.get("keep_alive", False)) or not entries
        paused = bool(options.get("paused", False))
        deadline = deadline_nanoseconds(options.get("deadline"), self.name)
        kept = retention._values
        job = Job(self._core, entries, job_id or "", is_open, paused, kept, deadline, run_by._core)
        return self._launch(job, run_by)

    def _launch(self, job: Job, executor: Executor) -> Job:
        job.flow = self
        executor._took(job)
        job._activate()
        return job
