# stoplog.testing.ManualClock: the wall clock in a test's hand.
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import stoplog as sl
from python.parts import flow_of
from stoplog.testing import ManualClock

START = datetime(2030, 1, 1, tzinfo=timezone.utc)


def test_clock_stands_still_and_moves_by_hand() -> None:
    with ManualClock(START) as clock:
        state = flow_of(lambda _: None).run("do.input")
        assert (clock.now, state.taken_at, state.created_at) == (START, START, START)
        clock.advance(1.5)
        clock.advance(timedelta(days=1))
        assert clock.now == START + timedelta(days=1, seconds=1.5)


def test_deadline_is_of_this_clock() -> None:
    """R12: a deadline is a moment."""
    with ManualClock(START) as clock:
        job = flow_of(lambda _: None).start(executor="sequential", deadline=timedelta(minutes=1))
        clock.advance(59)
        assert job.status is sl.JobStatus.IDLE
        clock.advance(1)
        assert job.status is sl.JobStatus.FAILED


def test_clock_runs_again_after_the_block() -> None:
    before = datetime.now(timezone.utc)
    with ManualClock(START) as clock:
        pass
    assert before <= flow_of(lambda _: None).run("do.input").taken_at < START
    with pytest.raises(sl.StateError, match="runs by itself"):
        clock.advance(1)


def test_one_clock_for_the_process() -> None:
    with ManualClock(), pytest.raises(sl.StateError, match="in use already"), ManualClock():
        pass


@pytest.mark.parametrize("by", [-1, float("nan"), "1", True, timedelta(seconds=-1), 1e11])
def test_wrong_step_is_refused(by: Any) -> None:
    with ManualClock(START) as clock:
        with pytest.raises(sl.ConfigurationError, match=r"advance\(\).*found"):
            clock.advance(by)
        assert clock.now == START


@pytest.mark.parametrize("start", ["2030", 0, datetime(1960, 1, 1), datetime(2300, 1, 1)])
def test_wrong_start_is_refused(start: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match="1970 to 2261"):
        ManualClock(start)
