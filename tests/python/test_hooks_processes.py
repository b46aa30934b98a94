# on_start and on_stop where a process ends, forks or is interrupted.
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from python.conftest import RunPython

pytestmark = pytest.mark.slow

ROUTINE = """
import os, signal, sys, threading
import stoplog as sl

class Load(sl.Routine):
    def on_start(self):
        print("start", flush=True)

    def on_stop(self):
        print("stop", flush=True)

    @sl.slot
    def input(self):
        print("call", flush=True)

flow = sl.Flow("f")
load = flow.add(Load(), "load")
"""


@pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])
def test_job_that_has_not_ended_stops_it_at_the_end_of_the_process(
    run_python: RunPython, executor: str
) -> None:
    """S4: the last job is gone then."""
    said = run_python(
        ROUTINE
        + f"job = flow.start('load.input', executor='{executor}', keep_alive=True)\n"
        + "job.wait()\n"
        + "print(job.status.name, flush=True)\n"
    )

    assert said.split() == ["start", "call", "IDLE", "stop"]


def test_forked_child_starts_it_anew(run_python: RunPython) -> None:
    """S4: per process; what the parent started the child does not stop."""
    said = run_python(
        ROUTINE
        + """
job = flow.start("load.input", executor="sequential", keep_alive=True)
job.wait()
child = os.fork()
if child == 0:
    del job
    flow.run("load.input")
    print("child", flush=True)
    os._exit(0)
os.waitpid(child, 0)
job.finish()
"""
    )

    assert said.split() == ["start", "call", "start", "call", "stop", "child", "stop"]


def test_ctrl_c_reaches_who_waits_for_anothers_on_start(run_python: RunPython) -> None:
    """R22: the call is undone, the job pauses."""
    said = run_python(
        ROUTINE
        + """
held, release = threading.Event(), threading.Event()
Load.on_start = lambda self: (held.set(), release.wait(20))
other = flow.add(Load(), "other")
first = flow.start("other.input", executor="background")
held.wait(20)
threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    flow.run("other.input")
except sl.Interrupted as interrupted:
    print(interrupted.job.status.name, len(interrupted.job.queued), flush=True)
release.set()
first.wait(20)
print(first.status.name)
"""
    )

    assert said.split()[:2] == ["PAUSED", "1"]
    assert "COMPLETED" in said.split()


def test_ctrl_c_in_on_stop_comes_to_who_waits(run_python: RunPython) -> None:
    """Never lost: it is raised in the main thread when on_stop has ended."""
    said = run_python(
        ROUTINE
        + """
def on_stop(self):
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        pass
Load.on_stop = on_stop
try:
    flow.run("load.input")
    while True:
        pass
except KeyboardInterrupt:
    print("interrupted")
"""
    )

    assert said.split() == ["start", "call", "interrupted"]


def test_on_stop_that_leaves_the_job_to_the_collector_is_called(run_python: RunPython) -> None:
    """A job in a circle of references."""
    said = run_python(
        ROUTINE
        + """
import gc
class Keep:
    pass
keep = Keep()
keep.job = flow.start("load.input", executor="sequential", keep_alive=True)
keep.job.keep = keep
keep.job.wait()
del keep
gc.collect()
print("collected", flush=True)
"""
    )

    assert said.split()[:3] in (["start", "call", "stop"], ["start", "call", "collected"])
    assert said.split().count("stop") == 1
