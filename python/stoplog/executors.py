"""Who runs ready routines side by side."""

from __future__ import annotations

import os

from stoplog import _core
from stoplog._naming import choices
from stoplog.errors import ConfigurationError, JobTimeoutError
from stoplog.policies import EXECUTORS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from stoplog.job import Job

__all__ = ["Concurrent", "Executor"]

_MOST_WORKERS = 1024
_default: dict[int, Concurrent] = {}


class Executor:
    """What runs the jobs that are started on it: a `Concurrent`, or one of `stoplog.testing`."""

    _core: _core.Executor | str

    def __init__(self) -> None:
        raise ConfigurationError("Executor is only the base of executors: make a Concurrent(...)")

    def _took(self, job: Job) -> None:
        """Notice a job that was started on it."""


class _Named(Executor):
    """Who needs nothing but a name."""

    def __init__(self, name: str) -> None:
        self._core = name


class Concurrent(Executor):
    """Up to `workers` handlers at once, of all jobs that are started on it.

    The handlers of one routine in one job never overlap. Handlers that let the GIL go, in input
    and output, in `time.sleep`, in numpy, run truly side by side; others take turns.

    Parameters
    ----------
    workers : int, optional
        From 1 to 1024; by default the number of cores.
    name : str
        For messages.

    Raises
    ------
    ConfigurationError
        If there can be no such number of workers.

    Notes
    -----
    The threads are those of a oneTBB arena: they come when there is something to do.
    Source: docs/explanation/threads.md.

    Examples
    --------
    >>> import stoplog as sl
    >>> class Double(sl.Routine):
    ...     n = sl.State(int)
    ...     @sl.slot
    ...     def input(self, n: int) -> None:
    ...         self.n = 2 * n
    >>> flow = sl.Flow("doubling")
    >>> double = flow.add(Double(), "double")
    >>> with sl.Concurrent(workers=4) as executor:
    ...     flow.start(double.input.of(n=21), executor=executor).result()["double"].n
    42
    """

    def __init__(self, workers: int | None = None, *, name: str = "") -> None:
        count = (os.cpu_count() or 1) if workers is None else workers
        if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= _MOST_WORKERS:
            raise ConfigurationError(
                f"Concurrent(workers=...) must be a whole number from 1 to {_MOST_WORKERS}; "
                f"found {workers!r}"
            )
        if not isinstance(name, str):
            raise ConfigurationError(f"Concurrent(name=...) must be a str; found {name!r}")
        self._core: _core.Executor = _core.Executor(count, name)

    @property
    def name(self) -> str:
        """As it was given."""
        return self._core._name

    @property
    def workers(self) -> int:
        """How many handlers it runs at once, at most."""
        return self._core._workers

    def close(self, timeout: float | None = None) -> None:
        """Pause all jobs that were started on it, and wait until no handler runs.

        They are not lost: their snapshots can be saved, and resumed elsewhere. Closing again only
        waits again.

        Parameters
        ----------
        timeout : float, seconds, optional
            How long to wait for running handlers; None: no limit.

        Raises
        ------
        JobTimeoutError
            If a handler still runs; the message names it. The executor is closed all the same.
        KeyboardInterrupt
            At once on Ctrl-C, like that.
        StateError
            In a handler that runs on it, which would wait for itself; or in a child of `os.fork`:
            the threads are in the parent.
        """
        if not self._core._close(timeout):
            running = ", ".join(self._core._running) or "a handler"
            raise JobTimeoutError(
                f"executor {self.name!r}: close: {running} still runs after {timeout} seconds", None
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        named = f" {self.name!r}" if self.name else ""
        closed = ", closed" if self._core._is_closed else ""
        return f"<Concurrent{named}, {self.workers} workers{closed}>"


def executor_of(executor: object, flow_name: str) -> Executor:
    """Return the executor that the user says.

    Parameters
    ----------
    executor : str or Executor
        A name stands for: in the thread that waits, on a thread of its own, or on an executor that
        this process shares, made when it is first asked for.
    flow_name : str
        For messages.

    Raises
    ------
    ConfigurationError
        If there is no such executor.
    """
    if isinstance(executor, Executor):
        return executor
    if not isinstance(executor, str) or executor not in EXECUTORS:
        hint = " (did you mean Concurrent()?)" if executor is Concurrent else ""
        raise ConfigurationError(
            f"flow '{flow_name}': unknown executor {executor!r}; the executors are "
            f"{choices(executor, EXECUTORS)}, or a Concurrent(...){hint}"
        )
    if executor != "concurrent":
        return _Named(executor)
    if os.getpid() not in _default:
        _default.clear()
        _default[os.getpid()] = Concurrent(name="concurrent")
    return _default[os.getpid()]
