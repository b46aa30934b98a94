"""The live handle of one execution."""

from __future__ import annotations

from stoplog import _core
from stoplog._entries import entry_of
from stoplog._options import split_options
from stoplog._stream import Stream, event_path
from stoplog.errors import (
    ConfigurationError,
    DeadlockError,
    ExecutionError,
    Interrupted,
    JobCancelledError,
    JobTimeoutError,
    NotFinishedError,
    SlotHandlerError,
    StateError,
)
from stoplog.job_state import JobState
from stoplog.policies import JobStatus
from stoplog.records import DeliveryId

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import Any, NoReturn, TypeVar

    from typing_extensions import Self

    from stoplog._core import BoundEvent, Message
    from stoplog.flow import Flow
    from stoplog.records import Commit, Delivery, Payload
    from stoplog.routine import Routine

    T = TypeVar("T")

__all__ = ["Job"]


class Job(_core.Job):
    """One execution, alive: made by `Flow.start` and `Flow.resume`.

    Every method may be called from any thread, and all but `wait`, `result` and `step` from a
    handler of the job itself.

    Attributes
    ----------
    flow : Flow
        The flow that it was started on.
    """

    flow: Flow

    # ---- what it is

    @property
    def id(self) -> str:
        """A random id, or the one given at start."""
        return self._id

    @property
    def status(self) -> JobStatus:
        """Where it stands now."""
        return JobStatus[self._status]

    @property
    def done(self) -> bool:
        """It has ended: completed, failed or cancelled."""
        return self._is_ended

    @property
    def cancelled(self) -> bool:
        """It was cancelled; for handlers that work long."""
        return self._status == "CANCELLED"

    @property
    def error(self) -> BaseException | None:
        """What `result` would raise for a job that failed or was cancelled."""
        status = self._status
        if status == "CANCELLED":
            reason = f": {self._cancel_reason}" if self._cancel_reason else ""
            return JobCancelledError(f"job {self.id} was cancelled{reason}", self)
        if status != "FAILED":
            return None
        failure, cause, fed_by = self._failure()
        if failure.type == "DeadlockError" and cause is None:
            return DeadlockError(failure.message, self)
        if failure.type == "JobTimeoutError" and cause is None:
            return JobTimeoutError(f"job {self.id}: {failure.message}", self)
        error: ExecutionError = SlotHandlerError(
            f"routine '{failure.routine}', slot '{failure.slot}', attempt {failure.attempt}, "
            f"fed by {repr(fed_by) if fed_by else 'a send from outside'}: "
            f"{failure.type}: {failure.message}",
            self,
        )
        error.__cause__ = cause
        return error

    @property
    def queued(self) -> Sequence[Delivery]:
        """What waits or runs, routine by routine, oldest first."""
        return self.snapshot().queued

    @property
    def failed_deliveries(self) -> int:
        """How many deliveries were given up by policy ``continue``."""
        return self._failed_deliveries

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many deliveries full slots dropped, by ``"routine.slot"``."""
        return self._dropped

    def __repr__(self) -> str:
        return f"<Job {self.id} of '{self.flow.name}', {self._status}>"

    # ---- feeding it

    def send(
        self,
        slot: str | Routine | Message,
        payload: Mapping[str, Any] | None = None,
        /,
        *,
        timeout: float | None = 0,
        **fields: Any,
    ) -> DeliveryId:
        """Send a payload to a slot from outside.

        Parameters
        ----------
        slot : str, Routine or Message
            ``"routine.slot"``, or a routine that has one slot, with fields; or
            ``routine.slot.of(...)``.
        payload : mapping, optional
            The fields, where one of them is named like an option.
        timeout : float, seconds, optional
            How long to wait for room in a full slot; 0 not at all, None for ever.
        **fields
            The payload.

        Returns
        -------
        DeliveryId

        Raises
        ------
        BackpressureError
            If the slot is full, and was so until the timeout.
        StateError
            If the job has ended or takes no more sends; or if waiting would be for ever, because
            this thread is the one that runs the job.
        UnknownSlotError, TypeMismatchError
            If there is no such slot, or the fields do not fit it.
        """
        if timeout != 0:
            split_options(self.flow, slot, {**fields, "timeout": timeout}, ("timeout",))
        entry = entry_of(self.flow, slot, payload, fields)
        return DeliveryId("", self._guarded(self._send, self.flow._core, entry, timeout))

    def finish(self) -> None:
        """Close an open job to sends; it completes when it is empty.

        Raises
        ------
        StateError
            If it has failed or was cancelled.
        """
        self._finish()

    # ---- running it

    def step(self, deliveries: int = 1) -> int:
        """Run the next deliveries in this thread.

        Parameters
        ----------
        deliveries : int
            At most so many.

        Returns
        -------
        int
            How many were run; 0: the job stands still or has ended. Where nothing can be run
            before a delivery is due, it waits for that.

        Raises
        ------
        StateError
            If the executor is not ``"sequential"``, or in a handler of this very job.
        Interrupted
            On Ctrl-C; the job is paused.
        """
        if isinstance(deliveries, bool) or not isinstance(deliveries, int) or deliveries < 0:
            raise StateError(f"step(deliveries): a whole number from 0 on; found {deliveries!r}")
        return self._guarded(self._step, min(deliveries, 2**63))

    def wait(self, timeout: float | None = None) -> JobStatus:
        """Block until the job has ended or stands still (PAUSED, WAITING, IDLE).

        A sequential job runs here, in this thread. Where only deliveries are left that are tried
        again later, it waits for them.

        Parameters
        ----------
        timeout : float, seconds, optional
            Longest time to wait; None: no limit. The handler that runs then is not interrupted.

        Returns
        -------
        JobStatus
            The status at return, also when the time ran out.

        Raises
        ------
        StateError
            In a handler of this very job.
        Interrupted
            At once on Ctrl-C; the job is paused when the running handler returns.
        """
        self._guarded(self._wait, timeout, "wait()")
        return self.status

    def result(self, timeout: float | None = None) -> JobState:
        """Block until the job has ended, and return its final state.

        Parameters
        ----------
        timeout : float, seconds, optional
            Longest time to wait; None: no limit.

        Raises
        ------
        SlotHandlerError
            If a handler failed and the policy of its slot said stop.
        DeadlockError
            If routines wait for room in each other.
        JobCancelledError
            If it was cancelled.
        NotFinishedError
            If it stands still: paused, waiting or idle.
        JobTimeoutError
            If the time ran out; the job goes on. Or if its deadline passed; then it has failed.
        """
        self._guarded(self._wait, timeout, "result()")
        status = self.status
        if status is JobStatus.COMPLETED:
            return self.snapshot()
        error = self.error
        if error is not None:
            raise error
        if status in {JobStatus.RUNNING, JobStatus.PENDING}:
            raise JobTimeoutError(
                f"job {self.id} is {status.name} after {timeout} seconds; it goes on", self
            )
        awaited = tuple(self._awaited)
        hint = f", waiting for {', '.join(awaited)} from outside" if awaited else ""
        raise NotFinishedError(
            f"job {self.id} has no result yet: it is {status.name}{hint}", self, awaited
        ) from self._interruption

    def pause(self, timeout: float | None = None) -> None:
        """Hand out nothing more, and wait until no handler runs.

        In a handler of this very job it only asks: the job is paused when the handler returns.

        Parameters
        ----------
        timeout : float, seconds, optional
            How long to wait for running handlers; None: no limit.

        Raises
        ------
        JobTimeoutError
            If a handler still runs; the message names it. The pause stays asked for.
        StateError
            If the job has ended.
        """
        if not self._guarded(self._pause, timeout):
            running = ", ".join(self._running) or "a handler"
            raise JobTimeoutError(
                f"job {self.id}: pause: {running} still runs after {timeout} seconds; "
                f"the pause takes effect when it returns",
                self,
            )

    def resume(self) -> None:
        """Go on after a pause.

        Raises
        ------
        StateError
            If the job has ended.
        """
        self._resume()

    def cancel(self, reason: str = "") -> None:
        """End the job now: what is queued is settled as cancelled.

        A handler that runs is not interrupted, but takes no effect any more.

        Parameters
        ----------
        reason : str
            For the error that `result` raises.

        Raises
        ------
        StateError
            If the job has ended.
        """
        self._cancel(reason)

    def snapshot(self) -> JobState:
        """Return a consistent cut of the job, at any moment, without stopping it.

        Each delivery is wholly settled in it or wholly unsettled: one whose handler runs is
        queued, with the state from before its call.
        """
        return JobState._of(self._snapshot())

    # ---- hearing of it

    def on_commit(self, callback: Callable[[Commit], object]) -> Callable[[], None]:
        """Call `callback` with each commit from now on; return the way to stop that.

        A commit is one call that took effect, whole: what it emitted, its record. A failed attempt
        is told, too. What `cancel` settles, or a full slot drops, is not: no call did that.

        Parameters
        ----------
        callback : callable
            Takes a `Commit`. It runs in the thread that ran the handler, before that thread goes
            on, so it should be short; `wait` and `result` return when the last one has. It may ask
            the job for anything that a handler may ask: ``snapshot``, ``send``, ``pause``,
            ``cancel``; not ``wait``, ``result`` or ``step``.

        Returns
        -------
        callable
            Without parameters; may be called from anywhere, and again.

        Raises
        ------
        ConfigurationError
            If it cannot be called.

        Notes
        -----
        Commits are told in their order under the executors ``"sequential"`` and ``"background"``;
        under `Concurrent` those of one routine are, those of several may come in another order and
        from several threads at once.

        What a callback raises never touches the job: it is given to `sys.unraisablehook`, which
        prints it. Only KeyboardInterrupt and SystemExit pause the job, as in a handler.

        Examples
        --------
        >>> import stoplog as sl
        >>> class Count(sl.Routine):
        ...     done = sl.Event("n")
        ...     @sl.slot
        ...     def input(self, n: int) -> None:
        ...         self.done(n=n + 1)
        >>> flow = sl.Flow("counting")
        >>> count = flow.add(Count(), "count")
        >>> job = flow.start(count.input.of(n=1), executor="sequential")
        >>> stop = job.on_commit(lambda commit: print(commit.record.outcome, commit.emitted))
        >>> job.wait().name
        finished (('count.done', Payload({'n': 2})),)
        'COMPLETED'
        """
        if not callable(callback):
            raise ConfigurationError(
                f"job {self.id}: on_commit() takes a callable; found {callback!r}"
            )
        number = self._hear(callback, None)
        return lambda: self._stop_hearing(number)

    def stream(self, event: str | Routine | BoundEvent[...]) -> Iterator[Payload]:
        """Return what an event emits from now on, one payload after the other.

        The iterator waits for the next one, or runs a sequential job in this thread until there is
        one. It ends when the job has ended or stands still, and then for good; an error of the job
        is not raised (`result` does that).

        Parameters
        ----------
        event : str, Routine or BoundEvent
            As `Flow.connect` takes it; nobody else need hear it.

        Returns
        -------
        iterator of Payload
            From the moment of this call on. To miss nothing, start the job with ``paused=True``
            and `resume` it before you iterate.

        Raises
        ------
        UnknownRoutineError, UnknownEventError, ConfigurationError
            If the job has no such event.
        StateError
            From the iterator: if the job is paused and has not run since this call; or in a handler
            of this very job.
        Interrupted
            From the iterator, on Ctrl-C; the job is paused. It goes on after `resume`.

        Notes
        -----
        What was emitted is kept until it is taken, without a bound. Drop the iterator to stop.

        Examples
        --------
        >>> import stoplog as sl
        >>> class Split(sl.Routine):
        ...     word = sl.Event("text")
        ...     @sl.slot
        ...     def line(self, text: str) -> None:
        ...         for part in text.split():
        ...             self.word(text=part)
        >>> flow = sl.Flow("words")
        >>> split = flow.add(Split(), "split")
        >>> job = flow.start(split.line.of(text="to be"), paused=True)
        >>> words = job.stream(split.word)
        >>> job.resume()
        >>> [word.text for word in words]
        ['to', 'be']
        """
        return Stream(self, event_path(self, event))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish and wait; on an exception pause."""
        if kind is not None:
            if not self.done:
                self._ask_pause()
            return
        if not self.done:
            try:
                self._finish()
            except StateError:
                if not self.done:  # it ended between the two
                    raise
        self.wait()

    # ---- inside

    def _guarded(self, act: Callable[..., T], *arguments: Any) -> T:
        """Call what may wait; Ctrl-C there pauses the job and says which."""
        try:
            return act(*arguments)
        except Interrupted as error:
            if error.job is self:
                raise
            self._raise_interrupted(error)
        except KeyboardInterrupt as error:
            self._raise_interrupted(error)

    def _raise_interrupted(self, error: KeyboardInterrupt) -> NoReturn:
        self._ask_pause()
        raise Interrupted(
            f"interrupted while waiting for job {self.id}; {self._interrupted_how()}",
            self,
        ) from error

    def _interrupted_how(self) -> str:
        if self.done:
            return f"it had ended: {self._status}"
        when = "it is paused" if self._status == "PAUSED" else "it pauses when its handler returns"
        return f"{when}: job.snapshot() to keep it, job.resume() to go on"

    def _ask_pause(self) -> None:
        try:
            self._pause(0.0)
        except StateError:
            if not self.done:  # it ended before it could be paused
                raise
