"""Trying again what failed, later and not for ever."""

from __future__ import annotations

from stoplog.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

__all__ = ["Retry"]


class Retry:
    """An error policy: try a delivery again, with a growing wait in between, then give up.

    The wait is no sleeping thread: the delivery is *due* at a moment, which is part of a saved job.
    It then goes first in its lane; later ones may have overtaken it. While it waits it holds its
    room in the slot.

    Parameters
    ----------
    max_attempts : int
        With the first one; from 1 to 2**31.
    initial : float, seconds
        Before the second attempt.
    factor : float
        By which the wait grows from one attempt to the next; 1 or more.
    cap : float, seconds
        No wait is longer, jitter apart. Not less than `initial`.
    jitter : float
        From 0 to 1: so much of a wait, at most, is added or taken away at random. Drawn when the
        attempt has failed, and saved.
    retry_on : tuple of exception types
        What is tried again.
    give_up_on : tuple of exception types
        What is not, though `retry_on` has it.
    then : {"stop", "continue", "skip"}
        What becomes of a delivery that is not tried again.

    Raises
    ------
    ConfigurationError
        If one of them is something else.

    Examples
    --------
    >>> import stoplog as sl
    >>> class Fetch(sl.Routine):
    ...     @sl.slot(on_error=sl.Retry(5, initial=1.0, retry_on=(OSError,), then="continue"))
    ...     def url(self, url: str) -> None:
    ...         if self.delivery.attempt < 3:
    ...             raise OSError("not there yet")
    ...         print(f"{url}, at attempt {self.delivery.attempt}")
    >>> flow = sl.Flow("fetching")
    >>> fetch = flow.add(Fetch(), "fetch")
    >>> from stoplog.testing import ManualClock
    >>> with ManualClock():
    ...     final = flow.run(fetch.url.of(url="a.org"))
    a.org, at attempt 3
    """

    __slots__ = (
        "cap",
        "factor",
        "give_up_on",
        "initial",
        "jitter",
        "max_attempts",
        "retry_on",
        "then",
    )
    max_attempts: int
    initial: float
    factor: float
    cap: float
    jitter: float
    retry_on: tuple[type[BaseException], ...]
    give_up_on: tuple[type[BaseException], ...]
    then: Literal["stop", "continue", "skip"]

    def __init__(  # noqa: PLR0913 - a record of named options
        self,
        max_attempts: int = 3,
        *,
        initial: float = 0.1,
        factor: float = 2.0,
        cap: float = 60.0,
        jitter: float = 0.0,
        retry_on: tuple[type[BaseException], ...] = (Exception,),
        give_up_on: tuple[type[BaseException], ...] = (),
        then: Literal["stop", "continue", "skip"] = "stop",
    ) -> None:
        put = object.__setattr__
        if not (type(max_attempts) is int and 1 <= max_attempts <= 2**31):
            raise _refuse("max_attempts", "a whole number from 1 to 2**31", max_attempts)
        put(self, "max_attempts", max_attempts)
        put(self, "initial", _number("initial", initial, 0, 1e9, "seconds from 0 to 1e9"))
        put(self, "factor", _number("factor", factor, 1, 1e9, "a number from 1 to 1e9"))
        least = f"seconds from {self.initial} (initial) to 1e9"
        put(self, "cap", _number("cap", cap, self.initial, 1e9, least))
        put(self, "jitter", _number("jitter", jitter, 0, 1, "a number from 0 to 1"))
        put(self, "retry_on", _errors("retry_on", retry_on))
        put(self, "give_up_on", _errors("give_up_on", give_up_on))
        if then not in {"stop", "continue", "skip"}:
            raise _refuse("then", "'stop', 'continue' or 'skip'", then)
        put(self, "then", then)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Retry cannot change; make another: Retry({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Retry cannot change; {name!r} stays")

    def _parts(self) -> tuple[Any, ...]:
        return (
            self.max_attempts,
            self.initial,
            self.factor,
            self.cap,
            self.jitter,
            self.then,
            self.retry_on,
            self.give_up_on,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Retry):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in sorted(self.__slots__))
        return f"Retry({options})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, self._parts()


def _remade(  # noqa: PLR0913, PLR0917 - as pickle hands them over
    max_attempts: int,
    initial: float,
    factor: float,
    cap: float,
    jitter: float,
    then: Literal["stop", "continue", "skip"],
    retry_on: tuple[type[BaseException], ...],
    give_up_on: tuple[type[BaseException], ...],
) -> Retry:
    return Retry(
        max_attempts,
        initial=initial,
        factor=factor,
        cap=cap,
        jitter=jitter,
        retry_on=retry_on,
        give_up_on=give_up_on,
        then=then,
    )


def _refuse(name: str, wanted: str, found: object) -> ConfigurationError:
    return ConfigurationError(f"Retry({name}=...) must be {wanted}; found {found!r}")


def _number(name: str, value: object, least: float, most: float, wanted: str) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:  # type: ignore[operator]
        raise _refuse(name, wanted, value)
    return float(value)  # type: ignore[arg-type]


def _errors(name: str, value: object) -> tuple[type[BaseException], ...]:
    errors = (value,) if isinstance(value, type) else value
    is_right = isinstance(errors, tuple) and all(
        isinstance(error, type) and issubclass(error, BaseException) for error in errors
    )
    if not is_right:
        raise _refuse(name, "a tuple of exception types", value)
    return errors  # type: ignore[return-value]
