"""How much history a job keeps."""

from __future__ import annotations

from stoplog.errors import ConfigurationError

__all__ = ["Retention"]

_NAMES = (
    "max_history_size",
    "history_ttl_seconds",
    "max_history_bytes",
    "keep_failures_seconds",
    "keep_payloads",
)
_MOST_SECONDS = 9_000_000_000  # 285 years; nanoseconds of it fit 64 bits


class Retention:
    """How much history a job keeps; history is never needed to resume.

    A record stays while every bound allows it. It is saved with the job, and counts on after a
    resume.

    Parameters
    ----------
    max_history_size : int or None
        Records kept, the newest; 0 keeps none, None any number.
    history_ttl_seconds : float or None, seconds
        A record stays until its attempt ended so long ago; None for ever. None older than that is
        in a snapshot; what nobody looks at is let go when the next record is written.
    max_history_bytes : int or None, bytes
        What all records take, by an estimate: 64 for each record, and its error text; 16 for each
        value of its payload, nested ones too; text and bytes by their length in memory, arrays by
        their data. The newest stay. A payload that many records share counts for each. None: any
        number, and nothing is counted.
    keep_failures_seconds : float or None, seconds
        A record with outcome ``"failed"`` stays at least until its attempt ended so long ago,
        whatever the other bounds say. Nothing else bounds how many there are: a job that fails
        often, under ``"continue"``, keeps them all for that time. None: they are kept like others.
    keep_payloads : bool
        False: records have no payload (``record.payload is None``); its memory is let go with the
        delivery.

    Raises
    ------
    ConfigurationError
        If a number is negative, or something else.

    Examples
    --------
    >>> import stoplog as sl
    >>> flow = sl.Flow("etl", retention=sl.Retention(max_history_size=100, keep_payloads=False))
    >>> flow.start(retention=sl.Retention(history_ttl_seconds=60)).cancel()
    """

    __slots__ = (
        "_history_ttl_seconds",
        "_keep_failures_seconds",
        "_keep_payloads",
        "_max_history_bytes",
        "_max_history_size",
    )

    def __init__(
        self,
        *,
        max_history_size: int | None = 1000,
        history_ttl_seconds: float | None = 3600,
        max_history_bytes: int | None = None,
        keep_failures_seconds: float | None = None,
        keep_payloads: bool = True,
    ) -> None:
        if not isinstance(keep_payloads, bool):
            raise ConfigurationError(
                f"keep_payloads must be True or False; found {keep_payloads!r}"
            )
        self._max_history_size = _count("max_history_size", max_history_size)
        self._history_ttl_seconds = _seconds("history_ttl_seconds", history_ttl_seconds)
        self._max_history_bytes = _count("max_history_bytes", max_history_bytes)
        self._keep_failures_seconds = _seconds("keep_failures_seconds", keep_failures_seconds)
        self._keep_payloads = keep_payloads

    @property
    def max_history_size(self) -> int | None:
        """Records kept; None: any number."""
        return self._max_history_size

    @property
    def history_ttl_seconds(self) -> float | None:
        """How long a record stays; None: for ever."""
        return self._history_ttl_seconds

    @property
    def max_history_bytes(self) -> int | None:
        """What all records take; None: any number."""
        return self._max_history_bytes

    @property
    def keep_failures_seconds(self) -> float | None:
        """How long a failed one stays at least; None: it is kept like others."""
        return self._keep_failures_seconds

    @property
    def keep_payloads(self) -> bool:
        """Records have their payloads."""
        return self._keep_payloads

    @property
    def _values(self) -> tuple[int, int, int, int, bool]:
        """What the engine takes: times in nanoseconds, a negative number for no bound."""
        return (
            _or_none(self._max_history_size),
            _nanoseconds(self._history_ttl_seconds),
            _or_none(self._max_history_bytes),
            _nanoseconds(self._keep_failures_seconds),
            self._keep_payloads,
        )

    @classmethod
    def _of(cls, values: tuple[int, int, int, int, bool]) -> Retention:
        """Return what `_values` gives these for."""
        size, ttl, most, failures, keep_payloads = values
        made = object.__new__(cls)
        made._max_history_size = None if size < 0 else size
        made._history_ttl_seconds = None if ttl < 0 else ttl / 1_000_000_000
        made._max_history_bytes = None if most < 0 else most
        made._keep_failures_seconds = None if failures < 0 else failures / 1_000_000_000
        made._keep_payloads = keep_payloads
        return made

    @property
    def _all(self) -> dict[str, int | float | None]:
        return {name: getattr(self, name) for name in _NAMES}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Retention):
            return NotImplemented
        return self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self._all.items())
        return f"Retention({said})"


def _count(name: str, value: int | None) -> int | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
    if value is None or is_whole:
        return value
    raise ConfigurationError(f"{name} must be a whole number from 0 on, or None; found {value!r}")


def _seconds(name: str, value: float | None) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is None or (is_number and 0 <= value <= _MOST_SECONDS):
        return value
    raise ConfigurationError(
        f"{name} must be a number of seconds from 0 to {_MOST_SECONDS}, or None for no bound; "
        f"found {value!r}"
    )


def _or_none(bound: int | None) -> int:
    return -1 if bound is None else bound


def _nanoseconds(seconds: float | None) -> int:
    return -1 if seconds is None else round(seconds * 1_000_000_000)


def retention_of(retention: object) -> Retention | None:
    """Return a retention, or None for none.

    Raises
    ------
    ConfigurationError
        If it is something else.
    """
    if retention is not None and not isinstance(retention, Retention):
        raise ConfigurationError(
            f"retention must be a Retention(max_history_size=...); found {retention!r}"
        )
    return retention
