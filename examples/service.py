"""Request and reply on an open job: many askers, one engine, replies found by the request's key."""

from __future__ import annotations

import itertools
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import stoplog as sl

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


class Roman(sl.Routine):
    """Answers numbers in Roman numerals, and counts what it answered."""

    answered: sl.State[int] = sl.State(int)

    @sl.event
    def reply(self, key: int, text: str) -> None:
        """The numeral that was asked for."""

    @sl.slot(on_error="continue")
    def request(self, key: int, number: int) -> None:
        """Write one number."""
        if not 0 < number < 4000:
            raise ValueError(f"no numeral for {number}")
        self.answered += 1
        self.reply(key=key, text=numeral(number))


def numeral(number: int) -> str:
    """Write a number from 1 to 3999."""
    signs = {1000: "M", 900: "CM", 500: "D", 400: "CD", 100: "C", 90: "XC"}
    signs |= {50: "L", 40: "XL", 10: "X", 9: "IX", 5: "V", 4: "IV", 1: "I"}
    text = ""
    for value, sign in signs.items():
        text += sign * (number // value)
        number %= value
    return text


class Service:
    """A job that takes requests until the block is left."""

    def __init__(self) -> None:
        flow = sl.Flow("roman")
        self._roman = flow.add(Roman(), "roman")
        self._keys = itertools.count()
        self._waiting: dict[int, Future[str]] = {}
        self._job = flow.start(executor="concurrent")
        self._job.on_commit(self._answer)

    def ask(self, number: int) -> Future[str]:
        """Send a request, from any thread; the future has the reply, or the error."""
        key = next(self._keys)
        reply = self._waiting[key] = Future()
        self._job.send(self._roman.request.of(key=key, number=number), timeout=None)
        return reply

    def _answer(self, commit: sl.Commit) -> None:
        request = commit.record.payload
        assert request is not None
        reply = self._waiting.pop(request["key"])
        if commit.record.error is not None:
            reply.set_exception(ValueError(commit.record.error))
        for _, payload in commit.emitted:
            reply.set_result(payload["text"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._job.finish()
        print(f"answered {self._job.result()['roman'].answered}")


def main() -> None:
    """Ask from several threads at once."""
    with Service() as service, ThreadPoolExecutor(4) as askers:
        replies = list(askers.map(service.ask, (1, 4, 1990, 2026, 0)))
        for reply in replies:
            print(reply.exception() or reply.result())


if __name__ == "__main__":
    main()
