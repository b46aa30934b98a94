"""The smallest engine that one would write in pure Python: a deque, dict routing, bounded history.

What a hop costs without stoplog. It keeps no promise but order: no rooms, no commit, no cut.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

Handler = Callable[..., None]
Fields = dict[str, Any]
Outcome = BaseException | None

MAX_HISTORY = 1000


class PureRoutine:
    """A routine with handlers as methods, and its connections by event name."""

    __slots__ = ("_push", "connections")

    def __init__(self, engine: PureEngine) -> None:
        self.connections: dict[str, list[Handler]] = {"word": []}
        self._push = engine.queue.append

    def emit(self, event: str, **fields: Any) -> None:
        push = self._push
        for handler in self.connections[event]:
            push((handler, fields))


class PureEngine:
    """Deliveries in one queue, taken in order; each leaves a record with two clock readings."""

    def __init__(self) -> None:
        self.queue: deque[tuple[Handler, Fields]] = deque()
        self.history: deque[tuple[Handler, Fields, int, int, Outcome]] = deque(maxlen=MAX_HISTORY)

    def run(self, deliveries: int) -> int:
        """Run at most so many deliveries and return how many there were."""
        queue, take, record = self.queue, self.queue.popleft, self.history.append
        clock = time.perf_counter_ns
        done = 0
        while queue and done < deliveries:
            handler, fields = take()
            outcome: Outcome = None
            started = clock()
            try:
                handler(**fields)
            except Exception as error:
                outcome = error
            record((handler, fields, started, clock(), outcome))
            done += 1
        return done
