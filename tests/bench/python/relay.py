"""The routine that several benches send a number round with."""

from __future__ import annotations

import stoplog as sl


class Relay(sl.Routine):
    """Counts a number down, one hop at a time."""

    @sl.event
    def word(self, x: int) -> None:
        """The hops left."""

    @sl.slot
    def input(self, x: int) -> None:
        if x > 0:
            self.emit("word", x=x - 1)
