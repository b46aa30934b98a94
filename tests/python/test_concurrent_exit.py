"""Many runners at the end: of the interpreter, of a forked child, of what nobody holds any more."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do, flow_of, source_and_adder

# What every script below begins with: a flow of one routine that runs a function.
BEGIN = """
import atexit, os, signal, sys, threading, time
import stoplog as sl

class Do(sl.Routine):
    out = sl.Event()
    n: sl.State[int] = sl.State(int)
    def __init__(self, act):
        self.act = act
    @sl.slot
    def input(self):
        self.n += 1
        self.act(self)

def flow_of(act):
    flow = sl.Flow("f")
    do = flow.add(Do(act), "do")
    flow.connect(do.out, do.input)
    return flow

def start(act, executor="concurrent", count=1):
    flow = flow_of(act)
    return flow.start(*[flow.routines["do"].input.of()] * count, executor=executor)

reached = threading.Event()
def again(do):
    reached.set()
    do.out()

def until_it_leaves(do):
    reached.set()
    threading.main_thread().join()
"""


def run_script(source: str, *, timeout: float = 25) -> subprocess.CompletedProcess[str]:
    """Run it in another process; that it hangs is a failure."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", BEGIN + textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


# Each of these leaves the interpreter at its end, or with 7.
LEAVING = {
    "jobs running": """
        jobs = [start(again) for _ in range(20)]
        reached.wait(9)
    """,
    "jobs running, leaving by sys.exit": """
        jobs = [start(again) for _ in range(20)]
        reached.wait(9)
        sys.exit(7)
    """,
    "handlers that end when it leaves": """
        jobs = [start(until_it_leaves) for _ in range(5)]
        reached.wait(9)
    """,
    "handlers queued behind others": """
        with_one = sl.Concurrent(1)
        jobs = [start(until_it_leaves, with_one, 9) for _ in range(9)]
        reached.wait(9)
    """,
    "an executor that nobody holds": """
        job = start(again, sl.Concurrent(3))
        reached.wait(9)
    """,
    "jobs that nobody holds": """
        for _ in range(20):
            start(again)
        reached.wait(9)
    """,
    "neither of them held": """
        for _ in range(20):
            start(again, sl.Concurrent(2))
        reached.wait(9)
    """,
    "an executor that was never used": """
        executor = sl.Concurrent(8)
    """,
    "an idle job": """
        job = flow_of(again).start(executor="concurrent")
        job.wait(9)
    """,
    "a paused job": """
        job = start(again)
        job.pause()
    """,
    "closed with jobs left": """
        executor = sl.Concurrent(2)
        job = start(again, executor)
        executor.close()
    """,
    "a cancelled job whose handler runs": """
        job = start(until_it_leaves)
        reached.wait(9)
        job.cancel()
    """,
    "background and concurrent jobs at once": """
        jobs = [start(again, kind) for kind in ("background", "concurrent") * 5]
        reached.wait(9)
    """,
    "a handler that waits for a job": """
        inner = start(again)
        outer = start(lambda _: (reached.set(), inner.wait()), sl.Concurrent(1))
        reached.wait(9)
    """,
    "a handler that waits for a background job": """
        inner = start(again, "background")
        outer = start(lambda _: (reached.set(), inner.wait()), sl.Concurrent(1))
        reached.wait(9)
    """,
    "a handler that starts jobs all the time": """
        def more(do):
            reached.set()
            start(lambda _: None)
            do.out()
        job = start(more)
        reached.wait(9)
    """,
    "a handler that cuts its job all the time": """
        def cut(do):
            reached.set()
            do.job.snapshot().to_bytes()
            do.out()
        jobs = [start(cut) for _ in range(4)]
        reached.wait(9)
    """,
    "a daemon thread that sends": """
        job = flow_of(lambda _: reached.set()).start(executor="concurrent")
        def send_on():
            try:
                while True:
                    job.send("do.input", timeout=None)
            except sl.StateError:
                pass
        threading.Thread(target=send_on, daemon=True).start()
        reached.wait(9)
    """,
    "a daemon thread that waits": """
        job = start(again)
        threading.Thread(target=job.wait, daemon=True).start()
        reached.wait(9)
    """,
    "a daemon thread that comes back when the interpreter has gone": """
        class Late:  # flushed when the interpreter is going
            closed = False
            def flush(self):  # the moment itself is what is tested: after the timeout below
                time.sleep(0.6)
        class One(sl.Routine):
            @sl.slot(capacity=1)
            def input(self):
                pass
        flow = sl.Flow("f")
        job = flow.start(flow.add(One(), "one").input.of(), paused=True)
        def send():
            reached.set()
            job.send("one.input", timeout=0.3)
        sending = threading.Thread(target=send, daemon=True)
        sending.start()
        reached.wait(9)
        sending.join(0.05)
        sys.stdout = Late()
    """,
    "a daemon thread that makes executors": """
        def make():
            try:
                while True:
                    start(lambda _: reached.set(), sl.Concurrent(2))
            except sl.StateError:
                pass
        threading.Thread(target=make, daemon=True).start()
        reached.wait(9)
    """,
    "a failed job whose error holds everything": """
        def fail(do):
            held = [do, do.job]
            raise ValueError(held)
        job = start(fail)
        job.wait(9)
    """,
    "an exception in the main thread": """
        job = start(again)
        reached.wait(9)
        sys.exit(7)
    """,
    "sys.exit in a handler": """
        job = start(lambda _: sys.exit(3))
        assert job.wait(9) is sl.JobStatus.PAUSED
    """,
    "uses at exit, before and after the way down": """
        code = []
        def use():
            new = sl.Concurrent(2)
            for act in (lambda: start(again, new), lambda: idle.send("do.input"), idle.finish):
                try:
                    act()
                except sl.StateError:
                    code.append("refused")
            assert idle.snapshot().status in (sl.JobStatus.IDLE, sl.JobStatus.PAUSED)
            if len(code) != 3:
                os._exit(5)
        idle = flow_of(again).start(executor="concurrent")
        idle.wait(9)
        sl.Concurrent(1)
        # Runs after the package's own way down, like all that was registered before it.
        atexit.unregister(sl._core.stop_background)
        atexit.register(use)
        atexit.register(sl._core.stop_background)
    """,
}


@pytest.mark.slow
@pytest.mark.parametrize("how", LEAVING)
def test_interpreter_leaves_as_it_was_told_to(how: str) -> None:
    """R22, section Shutdown: no hang, no crash, nothing on stderr, the right exit code."""
    done = run_script(LEAVING[how])

    assert (done.returncode, done.stderr) == (7 if "sys.exit(7)" in LEAVING[how] else 0, "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
def test_interpreter_leaves_no_thread_behind() -> None:
    """R22, section Shutdown: sleeping threads of the library are joined as well."""
    done = run_script("""
        jobs = [start(again, sl.Concurrent(4)) for _ in range(4)]
        reached.wait(9)
        atexit.unregister(sl._core.stop_background)
        atexit.register(lambda: print(len(os.listdir("/proc/self/task"))))
        atexit.register(sl._core.stop_background)
    """)

    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.mark.slow
def test_interpreter_leaves_with_runners_ten_times_over() -> None:
    """Trap 39: the moment of leaving differs each time."""
    source = """
        calls = threading.Semaphore(0)
        def counted(do):
            calls.release()
            do.out()
        jobs = [start(counted, sl.Concurrent(4)) for _ in range(4)]
        for _ in range({after}):
            calls.acquire()
    """
    codes = [run_script(source.replace("{after}", str(4**n))).returncode for n in range(10)]

    assert codes == [0] * 10


@pytest.mark.slow
def test_ctrl_c_leaves_an_interpreter_that_waits_for_a_handler() -> None:
    """R22: a handler that never returns holds the interpreter no longer than its user wants."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            BEGIN
            + textwrap.dedent("""
            signal.signal(signal.SIGINT, signal.default_int_handler)
            job = start(lambda _: (reached.set(), threading.Event().wait()))
            reached.wait(9)
            atexit.register(print, "leaving", flush=True)
        """),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "leaving\n"

    for _ in range(200):
        process.send_signal(signal.SIGINT)
        try:
            process.wait(0.1)
            break
        except subprocess.TimeoutExpired:
            continue
    left = process.poll()
    process.kill()
    process.wait(PATIENCE)
    process.stdout.close()

    assert left is not None


# ---- fork

FORK = """
    held = threading.Event()
    executor = sl.Concurrent(2, name="ours")
    job = start(lambda _: (reached.set(), held.wait(20)), executor)
    idle = flow_of(lambda _: None).start(executor="concurrent")
    idle.wait(9)
    reached.wait(9)
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        refused = []
        for act in (
            job.wait, job.snapshot, job.pause, job.cancel, job.finish, executor.close,
            lambda: job.send("do.input"), lambda: idle.send("do.input"),
            lambda: start(again, executor), lambda: start(again), lambda: sl.Concurrent(2),
        ):
            try:
                act()
            except sl.StateError:
                refused.append(True)
        other = flow_of(lambda do: None)
        assert other.run("do.input")["do"].n == 1
        assert start(lambda do: None, "background").result(9)["do"].n == 1
        {leave}(11 if len(refused) == 11 else 12)
    status = os.waitpid(child, 0)[1]  # one that hangs is ended by its alarm
    held.set()
    assert job.result(9)["do"].n == 1
    sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.slow
@pytest.mark.parametrize("leave", ["os._exit", "sys.exit"])
def test_forked_child_is_refused_and_leaves(leave: str) -> None:
    """R22: StateError, not a hang; its parent goes on. Other executors work in it."""
    done = run_script(FORK.replace("{leave}", leave))

    assert (done.returncode, done.stderr) == (11, "")


@pytest.mark.slow
def test_child_of_a_process_without_executors_may_have_its_own() -> None:
    """R22: only the threads of a parent are missing in a child."""
    done = run_script("""
        child = os.fork()
        if child == 0:
            assert start(lambda do: None).result(9)["do"].n == 1
            sys.exit(11)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """)

    assert (done.returncode, done.stderr) == (11, "")


# ---- what is dropped, and what is left over


def until(claim: Any, patience: float = PATIENCE) -> bool:
    """Wait, by looking again, for what another thread does on its way out."""
    over = time.monotonic() + patience
    while not claim() and time.monotonic() < over:
        gc.collect()
        threading.Event().wait(0.01)
    return bool(claim())


def test_dropped_job_is_run_to_its_end_and_freed() -> None:
    """R18b: a job that nobody holds is not lost; then its memory is."""
    ended = threading.Event()
    flow = sl.Flow("f")
    first = flow.add(Do(lambda do: do.out()), "first")
    flow.connect(first.out, flow.add(Do(lambda _: ended.set()), "last").input)
    with sl.Concurrent(2) as executor:
        gone = weakref.ref(flow.start(first.input.of(), executor=executor))

        assert ended.wait(PATIENCE)
        assert until(lambda: gone() is None)


def test_dropped_executor_runs_its_jobs_to_their_end() -> None:
    """R18b: a job keeps what runs it."""
    source = {"values": [1] * 50}

    job = source_and_adder().start("source.items", source, executor=sl.Concurrent(2))

    assert job.result(PATIENCE)["adder"].total == 50


def test_executor_dropped_by_its_own_runner_lives_to_the_end_of_it() -> None:
    """The last one that holds it is the job that its runner has just finished."""
    for _ in range(200):
        done = threading.Event()
        flow_of(lambda _, done=done: done.set()).start("do.input", executor=sl.Concurrent(2))
        assert done.wait(PATIENCE)


CARRIED = Path(sl.__file__).with_name("libtbb.so.12")


@pytest.mark.skipif(not CARRIED.exists(), reason="runs against the installed package")
def test_package_carries_its_own_onetbb() -> None:
    """Trap 42: what is installed elsewhere is not asked for."""
    done = run_script("""
        start(lambda _: None).wait(9)
        with open("/proc/self/maps", encoding="ascii") as maps:
            print(*sorted({line.split()[-1] for line in maps if "libtbb" in line}), sep="\\n")
    """)

    assert done.stdout.splitlines() == [str(CARRIED.resolve())]


def resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4


def thread_count() -> int:
    return sum(1 for _ in Path("/proc/self/task").iterdir())


@pytest.mark.slow
def test_hundred_starts_and_stops_leak_nothing() -> None:
    """Section Shutdown: neither threads nor memory nor objects."""

    def cycle() -> None:
        flow = source_and_adder()
        with sl.Concurrent(4) as executor:
            jobs = [
                flow.start("source.items", {"values": [1] * 50}, executor=executor)
                for _ in range(4)
            ]
            jobs[0].snapshot()
            jobs[1].wait(PATIENCE)

    def measure() -> tuple[int, int, int]:
        gc.collect()
        return thread_count(), resident_kib(), len(gc.get_objects())

    for _ in range(30):
        cycle()
    threads, resident, objects = measure()
    for _ in range(100):
        cycle()

    workers = 4  # oneTBB keeps its threads, and makes the last of them when it first needs them
    assert until(lambda: measure()[0] <= threads + workers)
    grown = measure()
    assert grown[1] - resident < 4096
    assert grown[2] - objects < 100
