# R11 under many runners: random flows on eight of them, cut by a second thread and from inside
# handlers; each cut holds every delivery once, and goes on to an end that some run has.
#
# STOPLOG_CASES says how many flows are drawn.
from __future__ import annotations

import os
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest

import stoplog as sl
from property.commuting import draw, entries_of, fault_at_end, fault_of_cut, flow_of
from property.load import Tally, run_under_load

if TYPE_CHECKING:
    from collections.abc import Iterator

CASES = int(os.environ.get("STOPLOG_CASES", "60"))
pytestmark = pytest.mark.timeout(max(120, CASES))


@pytest.fixture
def many_switches() -> Iterator[None]:
    """The GIL changes hands hundred times as often: runners meet in the middle of handlers."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


def test_cuts_under_load_hold_every_delivery_once_and_can_be_resumed(
    many_switches: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """R2 R4 R10 R11 R11b R11c: conservation on every cut, the foretold end from one in ten."""
    tally = Tally()
    with sl.Concurrent(workers=8) as executor:
        for seed in range(CASES):
            tally.add(run_under_load(seed, Random(seed), executor, resumed_share=0.1))

    with capsys.disabled():
        print(f"\nunder load: {tally}")
    assert tally.findings == []
    assert min(tally.from_inside, tally.in_call, tally.resumed) > 0


def test_flows_in_use_end_as_foretold_under_sequential() -> None:
    """The foretelling watched by itself: the oldest executor agrees with it."""
    specs = [draw(Random(seed)) for seed in range(100)]

    faults = []
    for spec in specs:
        flow = flow_of(spec)
        faults.append(fault_at_end(spec, flow.run(*entries_of(spec, flow))))

    assert faults == [None] * 100


def test_lost_delivery_in_a_cut_is_found() -> None:
    """The checker watched by itself: it speaks where a delivery is missing."""
    spec = draw(Random(1))
    flow = flow_of(spec)
    job = flow.start(*entries_of(spec, flow)[1:], executor="sequential")
    job.step(5)

    fault = fault_of_cut(spec, job.snapshot())

    assert fault is not None
    assert fault.startswith("lost: [('',")


@pytest.mark.parametrize("executor", ["sequential", "background"])
def test_cut_of_many_runners_goes_on_under_any_executor(executor: sl.Run) -> None:
    """R11: and the other way round; the state knows nothing of who ran it."""
    faults = []
    with sl.Concurrent(workers=4) as concurrent:
        for seed in range(20):
            spec = draw(Random(seed))
            flow = flow_of(spec)
            first = flow.start(*entries_of(spec, flow), executor="sequential")
            first.step(7)
            second = flow.resume(first.snapshot(), executor=concurrent)
            cut = sl.JobState.from_bytes(second.snapshot().to_bytes())
            second.wait(20)
            faults.append(fault_at_end(spec, second.snapshot()))
            if cut.status is not sl.JobStatus.COMPLETED:
                third = flow.resume(cut, executor=executor)
                third.wait(20)
                faults.append(fault_at_end(spec, third.snapshot()))

    assert set(faults) == {None}
