"""What hostile hands found: nothing a user writes may crash, hang, leak or mislead."""

from __future__ import annotations

import gc
import stat
import subprocess
import sys
import textwrap
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 20


class Named(sl.Routine):
    got: sl.State[tuple[str, ...]] = sl.State(default=())

    @sl.slot
    def x(self, n: int) -> None:
        self.got += (f"x{n}",)


class Renamed(sl.Routine):
    got: sl.State[tuple[str, ...]] = sl.State(default=())

    @sl.slot
    def w(self, n: int) -> None:
        self.got += (f"w{n}",)

    @sl.slot
    def x(self, n: int) -> None:
        self.got += (f"x{n}",)


def test_send_goes_by_the_plan_of_the_job_not_of_the_flow() -> None:
    """R13: each job keeps the plan that it was started on."""
    flow = sl.Flow("f")
    flow.add(Named(), "a")
    flow.add(Named(), "b")
    job = flow.start(keep_alive=True, executor="sequential")
    flow.add(Renamed(), "a", replace=True)

    job.send("b.x", n=1)
    job.wait()
    with pytest.raises(sl.UnknownSlotError, match=r"no slot 'w'"):
        job.send("a.w", n=1)

    assert job.snapshot()["b"].got == ("x1",)


class Sender:
    """A payload whose end sends."""

    def __init__(self, job: sl.Job, sent: list[int]) -> None:
        self.job, self.sent = job, sent

    def __del__(self) -> None:
        if len(self.sent) < 3 and not self.job.done:
            self.sent.append(1)
            self.job.send("a.take", thing=None)


@pytest.mark.parametrize("limit", [0, 1, 4])
@pytest.mark.parametrize("cut_every", [1, 3])
def test_destructors_meet_a_whole_job(limit: int, cut_every: int) -> None:
    """R22: nothing that may run code is dropped inside the gate."""

    class Taker(sl.Routine):
        count: sl.State[int] = sl.State(int)

        @sl.slot
        def take(self, thing: Any) -> None:
            self.count += 1

    flow = sl.Flow("f", retention=sl.Retention(max_history_size=limit))
    flow.add(Taker(), "a")
    job = flow.start(keep_alive=True, executor="sequential")
    sent: list[int] = []

    for i in range(40):
        job.send("a.take", thing=Sender(job, sent))
        cut = job.snapshot() if i % cut_every == 0 else None
        job.step(1)
        del cut
    job.wait()

    assert job.snapshot()["a"].count == 40 + len(sent)


def failing_flow() -> sl.Flow:
    class Failing(sl.Routine):
        @sl.slot
        def input(self) -> None:
            raise ValueError("no")

    flow = sl.Flow("f")
    flow.add(Failing(), "a")
    return flow


def test_failed_job_is_collected_with_its_frames() -> None:
    """R21: a failure keeps nothing alive but what its user keeps."""

    def run_and_forget() -> weakref.ref[sl.Job]:
        job = failing_flow().start("a.input", executor="sequential")
        with pytest.raises(sl.SlotHandlerError):
            job.result()
        return weakref.ref(job)

    gone = run_and_forget()
    gc.collect()

    assert gone() is None


def test_pause_returns_when_somebody_resumes_meanwhile() -> None:
    """R12: nothing waits for ever without being asked to."""
    inside, leave = threading.Event(), threading.Event()

    class Slow(sl.Routine):
        @sl.slot
        def input(self) -> None:
            inside.set()
            leave.wait(PATIENCE)

    flow = sl.Flow("f")
    flow.add(Slow(), "a")
    job = flow.start("a.input")
    inside.wait(PATIENCE)
    pausing = threading.Thread(target=job.pause)
    pausing.start()

    job.resume()
    leave.set()
    pausing.join(PATIENCE)

    assert not pausing.is_alive()


def test_rename_that_would_swallow_a_field_fails_the_call() -> None:
    """R18b: no field is left out."""

    class Source(sl.Routine):
        out = sl.Event()

        @sl.slot
        def go(self) -> None:
            self.out(a=1, b=2)

    class Sink(sl.Routine):
        @sl.slot
        def input(self, **rest: int) -> None: ...

    flow = sl.Flow("f")
    source, sink = flow.add(Source(), "a"), flow.add(Sink(), "b")
    flow.connect(source.out, sink.input, rename={"a": "b"})

    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run(source.go)

    assert isinstance(caught.value.__cause__, sl.TypeMismatchError)


def test_interrupted_has_the_job_that_was_waited_for() -> None:
    """R12: also where a handler waited for a job of its own."""

    class Inner(sl.Routine):
        @sl.slot
        def input(self) -> None:
            raise KeyboardInterrupt

    inner = sl.Flow("inner")
    inner.add(Inner(), "a")

    class Outer(sl.Routine):
        @sl.slot
        def input(self) -> None:
            inner.run("a.input")

    outer = sl.Flow("outer")
    outer.add(Outer(), "a")
    job = outer.start("a.input", executor="sequential")

    with pytest.raises(sl.Interrupted) as caught:
        job.result()

    assert caught.value.job is job


def test_error_with_a_lone_surrogate_keeps_its_text() -> None:
    """R19: nothing of the message is lost."""

    class Odd(sl.Routine):
        @sl.slot
        def input(self) -> None:
            raise ValueError("caf\ud800 text")

    flow = sl.Flow("f")
    flow.add(Odd(), "a")
    job = flow.start("a.input", executor="sequential")
    job.wait()

    error = job.snapshot().error

    assert error is not None
    assert error.message == "caf\\ud800 text"


def test_first_value_that_cannot_be_kept_is_told_at_the_declaration() -> None:
    """S2."""
    wrong: Any = bytearray(1)

    with pytest.raises(sl.ConfigurationError, match="use bytes"):
        sl.State(default=wrong)


def test_one_event_under_two_names_is_refused() -> None:
    shared = sl.Event("x")

    with pytest.raises((sl.ConfigurationError, RuntimeError)) as caught:
        type("Twice", (sl.Routine,), {"first": shared, "second": shared})

    assert "one object" in str(caught.value) + str(caught.value.__cause__)


def test_check_names_an_awaited_slot_that_is_gone() -> None:
    """R14: what would have nowhere to come."""

    class Asker(sl.Routine):
        @sl.slot
        def go(self) -> None:
            self.expect("b.x")

    flow = sl.Flow("f")
    asker = flow.add(Asker(), "a")
    flow.add(Named(), "b")
    job = flow.start(asker.go.of(), executor="sequential")
    job.wait()
    other = sl.Flow("f")
    other.add(Asker(), "a")

    difference = other.check(job.snapshot())

    assert "awaited slot 'b.x' is gone" in "\n".join(difference)


def test_bytes_that_do_not_lie_in_one_piece_are_read_right() -> None:
    """R17."""
    flow = sl.Flow("f")
    flow.add(Named(), "a")
    state = flow.start(executor="sequential").snapshot()
    backwards = bytearray(state.to_bytes()[::-1])

    assert sl.JobState.from_bytes(memoryview(backwards)[::-1]) == state


def test_save_keeps_the_mode_of_the_file_it_replaces(tmp_path: Path) -> None:
    path = tmp_path / "private.stoplog"
    flow = sl.Flow("f")
    flow.add(Named(), "a")
    state = flow.start(executor="sequential").snapshot()
    state.save(path)
    path.chmod(0o600)

    state.save(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


PREAMBLE = """
import os, sys, threading, time
import stoplog as sl
inside = threading.Event()
class Slow(sl.Routine):
    @sl.slot
    def input(self):
        inside.set()
        threading.Event().wait(0.3)
flow = sl.Flow("f")
flow.add(Slow(), "a")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [
        'flow.start("a.input"); inside.wait()',
        'job = flow.start("a.input"); inside.wait(); sys.exit(0)',
        "for _ in range(50): flow.start('a.input')",
        """
        job = flow.start("a.input")
        inside.wait()
        child = os.fork()
        if child == 0:
            sys.exit(0)
        os.waitpid(child, 0)
        """,
        """
        threading.Thread(target=lambda: flow.run("a.input"), daemon=True).start()
        inside.wait()
        """,
    ],
    ids=["dropped", "sys.exit", "many", "fork", "daemon thread"],
)
@pytest.mark.filterwarnings("ignore:This process")
def test_interpreter_ends_with_jobs_running(program: str) -> None:
    """R22: never a deadlock or a crash at interpreter exit."""
    source = PREAMBLE + textwrap.dedent(program)

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", source],
        timeout=PATIENCE,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
def test_collection_while_a_job_is_being_made_harms_nobody(run_python: Any) -> None:
    """R21: the collector may come at any allocation."""
    said = run_python(
        """
        import gc
        import stoplog as sl

        class Count(sl.Routine):
            seen: sl.State[int] = sl.State(int)

            @sl.slot
            def input(self) -> None:
                self.seen += 1

        flow = sl.Flow("f")
        count = flow.add(Count(), "count")
        gc.set_threshold(1)
        print(flow.run(count.input.of())["count"].seen)
        """
    )

    assert said == "1"
