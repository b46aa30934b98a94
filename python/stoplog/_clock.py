"""A wall clock that a test moves: what is due comes when the test says so."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from stoplog import _core
from stoplog.errors import ConfigurationError, StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["ManualClock"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST = datetime(2262, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


class ManualClock:
    """Stop the engine's wall clock for a block, and move it by hand.

    It tells when a delivery is due, when a deadline has passed, and what a snapshot says of when it
    was taken. Who waits for a job of which only due deliveries are left moves the clock on to the
    next of them: no test sleeps. How long a handler ran is still measured, and a ``timeout`` is
    still one of real seconds.

    Parameters
    ----------
    start : datetime, optional
        What it shows first; without a zone it is local time. By default the moment of entering.

    Raises
    ------
    ConfigurationError
        If it is no datetime in the years 1970 to 2261.

    Examples
    --------
    >>> import stoplog as sl
    >>> from stoplog.testing import ManualClock
    >>> class Call(sl.Routine):
    ...     @sl.slot(on_error=sl.Retry(initial=60.0))
    ...     def number(self, number: int) -> None:
    ...         if self.delivery.attempt == 1:
    ...             raise ConnectionError("engaged")
    >>> flow = sl.Flow("calls")
    >>> call = flow.add(Call(), "call")
    >>> with ManualClock() as clock:
    ...     job = flow.start(call.number.of(number=1), executor="sequential")
    ...     job.step()
    ...     job.status.name, job.queued[0].due - clock.now
    ...     clock.advance(60)
    ...     job.step(), job.status.name
    1
    ('WAITING', datetime.timedelta(seconds=60))
    (1, 'COMPLETED')
    """

    __slots__ = ("_start",)
    _start: datetime | None

    def __init__(self, start: datetime | None = None) -> None:
        if start is not None:
            _checked(start, "ManualClock(start)")
        self._start = start

    @property
    def now(self) -> datetime:
        """What it shows, in UTC."""
        return _EPOCH + timedelta(microseconds=_core.now() // 1000)

    def advance(self, by: float | timedelta) -> None:
        """Move it on.

        Parameters
        ----------
        by : float or timedelta
            Seconds, from 0 on.

        Raises
        ------
        ConfigurationError
            If it is negative or no number, or leads beyond the year 2261.
        StateError
            If the clock is not stopped: outside its block.
        """
        if not isinstance(by, timedelta):
            if isinstance(by, bool) or not isinstance(by, (int, float)) or not 0 <= by < 1e10:
                raise ConfigurationError(f"advance() takes seconds, or a timedelta; found {by!r}")
            by = timedelta(seconds=by)
        if by < timedelta(0):
            raise ConfigurationError(f"advance() goes forward only; found {by!r}")
        if not _core.is_clock_manual():
            raise StateError("advance(): the clock runs by itself; use it inside `with`")
        _core.move_clock(_nanoseconds(_checked(self.now + by, "advance()")))

    def __enter__(self) -> Self:
        if _core.is_clock_manual():
            raise StateError("a ManualClock is in use already: there is one for the whole process")
        _core.move_clock(_core.now() if self._start is None else _nanoseconds(self._start))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let it run again."""
        _core.move_clock(0)


def _checked(moment: object, what: str) -> datetime:
    if not isinstance(moment, datetime) or not _EPOCH < moment.astimezone(timezone.utc) < _LAST:
        raise ConfigurationError(
            f"{what} takes a datetime in the years 1970 to 2261; found {moment!r}"
        )
    return moment


def _nanoseconds(moment: datetime) -> int:
    return (moment.astimezone(timezone.utc) - _EPOCH) // _MICROSECOND * 1000
