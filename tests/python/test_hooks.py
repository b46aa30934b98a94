# Hooks: what stands around a handler, what is asked when one failed, when a routine starts and
# stops; and what a job keeps beside its state.
from __future__ import annotations

import gc
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Hold, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from stoplog.policies import ErrorPolicy

pytestmark = pytest.mark.usefixtures("each_executor")


class Watched(sl.Routine):
    """Notes in its state and by its event what is called, in order; fails where a test says."""

    seen: sl.State[list[str]] = sl.State(list)
    told = sl.Event("what")

    def __init__(self, fails_in: str = "", error: BaseException | None = None) -> None:
        self.fails_in = fails_in
        self.error = ValueError("boom") if error is None else error
        self.answers: Any = None
        self.asked: list[tuple[str, sl.Payload, BaseException]] = []

    def note(self, what: str) -> None:
        self.seen.append(what)
        self.told(what=what)
        if self.fails_in == what:
            raise self.error

    def before_handle(self, slot: str, payload: sl.Payload) -> None:
        self.note(f"before {slot} {dict(payload)}")

    @sl.slot
    def input(self, value: int = 0) -> None:
        self.note(f"handler {value}")

    @sl.slot(on_error="continue")
    def careless(self, value: int = 0) -> None:
        self.note(f"handler {value}")

    @sl.slot(when="drained")
    def last(self) -> None:
        self.note("drained")

    def after_handle(self, slot: str, payload: sl.Payload) -> None:
        self.note(f"after {slot} {dict(payload)}")


class Asked(Watched):
    """Is asked what becomes of a failure."""

    def on_error(self, slot: str, payload: sl.Payload, error: BaseException) -> Any:
        self.asked.append((slot, payload, error))
        if isinstance(self.answers, BaseException):
            raise self.answers
        return self.answers() if callable(self.answers) else self.answers


class Ear(sl.Routine):
    heard: sl.State[list[str]] = sl.State(list)

    @sl.slot
    def input(self, what: str) -> None:
        self.heard.append(what)


def watched(routine: sl.Routine) -> sl.Flow:
    flow = sl.Flow("watched")
    flow.add(routine, "load")
    flow.add(Ear(), "ear")
    flow.connect("load.told", "ear.input")
    return flow


def failed(flow: sl.Flow, *entry: Any, executor: str = "sequential", **fields: Any) -> sl.Job:
    job = flow.start(*entry, **fields, executor=executor)
    assert job.wait(PATIENCE) is sl.JobStatus.FAILED
    return job


# ---- around the handler


def test_hooks_stand_around_the_handler() -> None:
    """R4: one call, in this order; drained slots too."""
    final = watched(Watched()).run("load.input", value=7)

    called = ["before input {'value': 7}", "handler 7", "after input {'value': 7}"]
    drained = ["before last {}", "drained", "after last {}"]
    assert final["load"].seen == [*called, *drained]
    assert final["ear"].heard == [*called, *drained]


@pytest.mark.parametrize(
    "part", ["before careless {'value': 1}", "handler 1", "after careless {'value': 1}"]
)
def test_call_is_undone_with_its_hooks(part: str) -> None:
    """R4: state and emissions of all three, whichever fails."""
    final = watched(Watched(fails_in=part)).run("load.careless", value=1)

    drained = ["before last {}", "drained", "after last {}"]
    assert (final["load"].seen, final["ear"].heard) == (drained, drained)
    assert final.failed_deliveries == 1


def test_after_handle_is_not_called_when_the_handler_raised() -> None:
    called: list[str] = []

    class Load(sl.Routine):
        def after_handle(self, slot: str, payload: sl.Payload) -> None:
            called.append(slot)

        @sl.slot(on_error="skip")
        def input(self) -> None:
            raise ValueError

    flow = sl.Flow("f")
    flow.add(Load(), "load")
    flow.run("load.input")

    assert called == []


@pytest.mark.parametrize("part", ["before_handle", "after_handle"])
def test_error_in_a_hook_names_the_hook(part: str, each_executor: str) -> None:
    """R19: the path; the exception itself is the cause."""
    routine = Watched(fails_in=f"{part.partition('_')[0]} input {{'value': 1}}")

    job = failed(watched(routine), "load.input", value=1, executor=each_executor)

    assert f"routine 'load', slot 'input', attempt 1" in str(job.error)
    assert f"ValueError: in {part}: boom" in str(job.error)
    assert job.error is not None
    assert job.error.__cause__ is routine.error


def test_record_of_a_call_given_up_names_the_hook() -> None:
    final = watched(Watched(fails_in="before careless {'value': 1}")).run("load.careless", value=1)

    assert final.history[0].error == "ValueError: in before_handle: boom"


def test_hooks_see_the_payload_under_the_names_of_the_slot() -> None:
    class Named(sl.Routine):
        seen: sl.State[list[str]] = sl.State(list)

        def before_handle(self, slot: str, payload: sl.Payload) -> None:
            self.seen.append(f"{slot} {dict(payload)}")

        @sl.slot
        def input(self, text: str) -> None: ...

    flow = sl.Flow("f")
    source, named = flow.add(Watched(), "source"), flow.add(Named(), "named")
    flow.connect(source.told, named.input, rename={"what": "text"})

    final = flow.run("source.input")

    assert final["named"].seen[1] == "input {'text': 'handler 0'}"


def test_payload_of_a_hook_is_nobody_elses() -> None:
    """P1: what a hook changes the handler does not see."""
    got: list[Any] = []

    class Greedy(sl.Routine):
        def before_handle(self, slot: str, payload: sl.Payload) -> None:
            payload["values"].append(2)

        @sl.slot
        def input(self, values: list[int]) -> None:
            got.append(values)

    flow = sl.Flow("f")
    flow.add(Greedy(), "greedy")
    flow.run("greedy.input", values=[1])

    assert got == [[1]]


def test_hook_of_a_base_class_counts() -> None:
    class Below(Watched):
        @sl.slot
        def more(self) -> None:
            self.note("more")

    final = watched(Below()).run("load.more")

    assert final["load"].seen[:3] == ["before more {}", "more", "after more {}"]


def test_hook_of_one_object_counts() -> None:
    """Beside the class: set before the object is added."""
    called: list[str] = []
    routine = sl.Routine()
    routine.before_handle = lambda slot, payload: called.append(slot)  # type: ignore[method-assign]
    routine.define_slot("input", lambda: None)
    flow = sl.Flow("f")
    flow.add(routine, "load")
    routine.define_slot("later", lambda: None)
    flow.run("load.later")

    assert called == ["later"]


def test_super_may_be_called() -> None:
    class Polite(Watched):
        def before_handle(self, slot: str, payload: sl.Payload) -> None:
            super().before_handle(slot, payload)
            sl.Routine.before_handle(self, slot, payload)

    assert watched(Polite()).run("load.input")["load"].seen[1] == "handler 0"


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_interrupt_in_a_hook_pauses_the_job(interrupt: type[BaseException]) -> None:
    """R21: the call is undone, the delivery stays queued."""
    routine = Watched("before input {'value': 1}", interrupt())
    job = watched(routine).start("load.input", value=1, executor="background")

    job.wait(PATIENCE)

    assert job.status is sl.JobStatus.PAUSED
    assert [delivery.attempt for delivery in job.queued] == [1]
    job.cancel()


# ---- on_error


@pytest.mark.parametrize(
    ("answer", "outcome"), [("skip", "skipped"), ("continue", "failed"), (None, "failed")]
)
def test_on_error_chooses(answer: ErrorPolicy | None, outcome: str) -> None:
    """R20: None is the declared policy."""
    routine = Asked("handler 1")
    routine.answers = answer

    final = watched(routine).run("load.careless", value=1)

    assert outcomes(final)[0] == outcome
    slot, payload, error = routine.asked[0]
    assert (slot, dict(payload), error) == ("careless", {"value": 1}, routine.error)


def test_on_error_may_stop_what_was_declared_to_go_on(each_executor: str) -> None:
    """R20 R16: the error is told in full, traceback included."""
    routine = Asked("handler 1")
    routine.answers = "stop"

    job = failed(watched(routine), "load.careless", value=1, executor=each_executor)

    error = job.snapshot().error
    assert error is not None
    assert (error.type, error.message) == ("ValueError", "boom")
    assert "in note" in error.traceback


@pytest.mark.parametrize("answer", ["retry", 3, True, ["skip"]])
def test_wrong_answer_of_on_error_stops_the_job(answer: Any, each_executor: str) -> None:
    """Section 5."""
    routine = Asked("handler 1")
    routine.answers = answer

    job = failed(watched(routine), "load.careless", value=1, executor=each_executor)

    cause = job.error and job.error.__cause__
    assert isinstance(cause, sl.ConfigurationError)
    assert "Asked.on_error must return 'stop', 'continue', 'skip' or None" in str(cause)
    assert repr(answer) in str(cause)
    assert cause.__context__ is routine.error


def test_error_in_on_error_stops_the_job_and_is_chained(each_executor: str) -> None:
    routine = Asked("handler 1")
    routine.answers = LookupError("no idea")

    job = failed(watched(routine), "load.careless", value=1, executor=each_executor)

    assert job.error is not None
    assert job.error.__cause__ is routine.answers
    assert job.error.__cause__.__context__ is routine.error
    assert "in on_error: no idea" in str(job.error)
    assert "boom" in (job.snapshot().error or pytest.fail("no error")).traceback


def test_error_that_on_error_raises_again_stops_the_job(each_executor: str) -> None:
    routine = Asked("handler 1")
    routine.answers = routine.error

    job = failed(watched(routine), "load.careless", value=1, executor=each_executor)

    assert job.error is not None
    assert job.error.__cause__ is routine.error
    assert "in on_error" not in str(job.error)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_on_error_is_not_asked_about_an_interrupt(interrupt: type[BaseException]) -> None:
    """R21."""
    routine = Asked("handler 1", interrupt())
    job = watched(routine).start("load.input", value=1, executor="background")

    job.wait(PATIENCE)

    assert (job.status, routine.asked) == (sl.JobStatus.PAUSED, [])
    job.cancel()


def test_interrupt_in_on_error_pauses_the_job() -> None:
    """R21: the delivery stays queued, nothing of the attempt is kept."""
    routine = Asked("handler 1")
    routine.answers = KeyboardInterrupt()
    job = watched(routine).start("load.input", value=1, executor="background")

    job.wait(PATIENCE)

    assert job.status is sl.JobStatus.PAUSED
    assert (len(job.queued), outcomes(job.snapshot())) == (1, [])
    routine.answers = "skip"
    job.resume()
    assert job.wait(PATIENCE) is sl.JobStatus.COMPLETED


@pytest.mark.parametrize(
    "act",
    [
        lambda routine: routine.seen.append("x"),
        lambda routine: setattr(routine, "seen", []),
        lambda routine: routine.told(what="x"),
        lambda routine: routine.emit("told", what="x"),
        lambda routine: routine.local,
        lambda routine: routine.expect("load.input"),
    ],
)
def test_nothing_of_the_call_is_left_in_on_error(
    act: Callable[[Asked], Any], each_executor: str
) -> None:
    """S4: asked after the undo."""
    routine = Asked("handler 1")
    routine.answers = lambda: act(routine)

    job = failed(watched(routine), "load.careless", value=1, executor=each_executor)

    assert job.error is not None
    assert isinstance(job.error.__cause__, sl.StateError)


def test_error_of_a_hook_is_asked_about_too() -> None:
    routine = Asked("after careless {'value': 1}")
    routine.answers = "skip"

    final = watched(routine).run("load.careless", value=1)

    assert outcomes(final)[0] == "skipped"


def test_job_may_be_cancelled_in_on_error() -> None:
    """The delivery that is asked about is looked at no more."""
    flow = sl.Flow("f")
    routine = Asked("handler 1")
    jobs: list[sl.Job] = []
    routine.answers = lambda: jobs[0].cancel()
    flow.add(routine, "load")
    job = flow.start("load.careless", value=1, executor="sequential", paused=True)
    jobs.append(job)
    job.resume()
    job.wait(PATIENCE)

    assert job.status is sl.JobStatus.CANCELLED
    assert outcomes(job.snapshot()) == ["cancelled"]


def test_cut_in_on_error_has_the_delivery_and_the_state_from_before() -> None:
    """R11: it is in call until the policy is known."""
    routine = Asked("handler 1")
    cuts: list[sl.JobState] = []
    jobs: list[sl.Job] = []
    routine.answers = lambda: cuts.append(jobs[0].snapshot())
    job = watched(routine).start("load.careless", value=1, executor="sequential", paused=True)
    jobs.append(job)
    job.resume()
    job.wait(PATIENCE)

    assert [(delivery.slot, delivery.in_call) for delivery in cuts[0].queued] == [("careless", True)]
    assert cuts[0]["load"].seen == []


# ---- on_start and on_stop


class Lasting(sl.Routine):
    """Counts its starts and stops."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.fails = 0
        self.starting: Callable[[], Any] = lambda: None
        self.stopping: Callable[[], Any] = lambda: None
        self.handling: Callable[[], Any] = lambda: None

    n: sl.State[int] = sl.State(int)
    out = sl.Event("n")

    def on_start(self) -> None:
        self.log.append("start")
        if self.fails:
            self.fails -= 1
            raise OSError("no line")
        self.starting()

    def on_stop(self) -> None:
        self.log.append("stop")
        self.stopping()

    @sl.slot
    def input(self) -> None:
        self.n += 1
        self.log.append("call")
        self.handling()


def lasting() -> tuple[sl.Flow, Lasting]:
    flow = sl.Flow("lasting")
    return flow, flow.add(Lasting(), "load")


def test_started_before_its_first_call_and_stopped_after_the_job(each_executor: str) -> None:
    """S4: `run` returns when it is stopped."""
    flow, routine = lasting()

    flow.run(routine.input.of(), routine.input.of())

    assert routine.log == ["start", "call", "call", "stop"]


def test_later_job_starts_it_again() -> None:
    flow, routine = lasting()

    flow.run("load.input")
    flow.run("load.input")

    assert routine.log == ["start", "call", "stop"] * 2


def test_routine_that_is_not_called_is_not_started() -> None:
    flow, routine = lasting()
    flow.add(Ear(), "ear")

    flow.run("ear.input", what="")

    assert routine.log == []


def test_started_once_for_jobs_that_overlap() -> None:
    """S4: stopped after the last of them."""
    flow, routine = lasting()
    one, two = (flow.start("load.input", keep_alive=True, executor="sequential") for _ in range(2))
    one.wait(PATIENCE)
    two.wait(PATIENCE)
    one.finish()
    log = list(routine.log)
    two.finish()

    assert log == ["start", "call", "call"]
    assert routine.log == [*log, "stop"]


def test_started_once_in_two_flows() -> None:
    """S4: the object counts, not its place."""
    flow, routine = lasting()
    other = sl.Flow("other")
    other.add(routine, "again")
    job = flow.start("load.input", keep_alive=True, executor="sequential")
    job.wait(PATIENCE)

    other.run("again.input")
    job.cancel()

    assert routine.log == ["start", "call", "call", "stop"]


def test_pause_is_no_end() -> None:
    flow, routine = lasting()
    job = flow.start(keep_alive=True, executor="sequential")
    job.send("load.input")
    job.wait(PATIENCE)
    job.pause()
    log = list(routine.log)
    job.resume()
    job.send("load.input")
    job.wait(PATIENCE)
    job.finish()

    assert log == ["start", "call"]
    assert routine.log == ["start", "call", "call", "stop"]


def test_job_object_that_is_dropped_stops_it() -> None:
    flow, routine = lasting()
    job = flow.start("load.input", keep_alive=True, executor="sequential")
    job.wait(PATIENCE)
    del job
    gc.collect()

    assert routine.log == ["start", "call", "stop"]


def test_failed_job_stops_it(each_executor: str) -> None:
    flow, routine = lasting()
    routine.handling = lambda: 1 / 0

    failed(flow, "load.input", executor=each_executor)

    assert routine.log == ["start", "call", "stop"]


def test_cancelled_job_stops_it_when_its_handler_has_returned(hold: Hold) -> None:
    """S4: never while a handler of it runs."""
    flow, routine = lasting()
    stopped = threading.Event()
    routine.handling, routine.stopping = hold.here, stopped.set
    job = flow.start("load.input", executor="background")
    hold.wait_until_reached()

    job.cancel()
    status = job.wait(PATIENCE)
    log = list(routine.log)
    hold.release()

    assert (status, log) == (sl.JobStatus.CANCELLED, ["start", "call"])
    assert stopped.wait(PATIENCE)


def test_several_are_stopped_in_the_order_last_started_first() -> None:
    order: list[str] = []
    flow = sl.Flow("f")
    a, b = flow.add(Lasting(), "a"), flow.add(Lasting(), "b")
    a.stopping, b.stopping = (lambda: order.append("a")), (lambda: order.append("b"))

    flow.run(a.input.of(), b.input.of())

    assert order == ["b", "a"]


def test_on_start_may_set_attributes() -> None:
    flow, routine = lasting()
    got: list[Any] = []
    routine.starting = lambda: setattr(routine, "client", object())
    routine.handling = lambda: got.append(routine.client)  # type: ignore[attr-defined]

    flow.run("load.input")

    assert len(got) == 1


@pytest.mark.parametrize(
    "act",
    [
        lambda routine: setattr(routine, "n", 1),
        lambda routine: routine.n,
        lambda routine: routine.out(n=1),
        lambda routine: routine.emit("out", n=1),
        lambda routine: routine.local,
        lambda routine: routine.job,
        lambda routine: routine.expect("load.input"),
    ],
)
def test_no_call_is_current_in_on_start(act: Callable[[Lasting], Any], each_executor: str) -> None:
    """S4: it neither writes state nor emits."""
    flow, routine = lasting()
    routine.starting = lambda: act(routine)

    job = failed(flow, "load.input", executor=each_executor)

    assert job.error is not None
    assert isinstance(job.error.__cause__, sl.StateError)
    assert routine.log == ["start"]


def test_call_goes_on_as_usual_after_on_start() -> None:
    flow, routine = lasting()

    assert flow.run("load.input")["load"].n == 1


def test_on_start_that_fails_fails_the_call(each_executor: str) -> None:
    """R19."""
    flow, routine = lasting()
    routine.fails = 1

    job = failed(flow, "load.input", executor=each_executor)

    assert "routine 'load', slot 'input'" in str(job.error)
    assert "OSError: in on_start: no line" in str(job.error)
    assert routine.log == ["start"]


def test_on_start_that_failed_is_tried_again() -> None:
    flow, routine = lasting()
    routine.fails = 1
    with pytest.raises(sl.SlotHandlerError):
        flow.run("load.input")

    flow.run("load.input")

    assert routine.log == ["start", "start", "call", "stop"]


def test_on_start_that_failed_is_tried_again_in_the_same_job() -> None:
    flow = sl.Flow("f", on_error="continue")
    routine = flow.add(Lasting(), "load")
    routine.fails = 1

    final = flow.run(routine.input.of(), routine.input.of())

    assert routine.log == ["start", "start", "call", "stop"]
    assert final.failed_deliveries == 1


def test_second_job_waits_for_the_first_ones_on_start(hold: Hold) -> None:
    """S4: once, however many jobs and threads; the second lets the GIL go meanwhile."""
    flow, routine = lasting()
    routine.starting = hold.here
    first = flow.start("load.input", executor="background")
    hold.wait_until_reached()
    second = flow.start("load.input", executor="background")
    before = second.wait(0.05)
    log = list(routine.log)
    hold.release()

    assert (before, log) == (sl.JobStatus.RUNNING, ["start"])
    assert {first.wait(PATIENCE), second.wait(PATIENCE)} == {sl.JobStatus.COMPLETED}
    assert routine.log.count("start") == routine.log.count("stop")
    assert routine.log[:2] == ["start", "call"]


def test_second_job_starts_it_where_the_first_failed_to(hold: Hold) -> None:
    flow, routine = lasting()

    def starting() -> None:
        if len(routine.log) == 1:
            hold.here()
            raise OSError("no line")

    routine.starting = starting
    first = flow.start("load.input", executor="background")
    hold.wait_until_reached()
    second = flow.start("load.input", executor="background")
    second.wait(0.05)
    hold.release()

    assert (first.wait(PATIENCE), second.wait(PATIENCE)) == (
        sl.JobStatus.FAILED,
        sl.JobStatus.COMPLETED,
    )
    assert routine.log == ["start", "start", "call", "stop"]


def test_many_jobs_of_an_executor_start_it_once(eight: sl.Concurrent, hold: Hold) -> None:
    flow, routine = lasting()
    routine.starting = hold.here
    jobs = [flow.start("load.input", executor=eight, keep_alive=True) for _ in range(20)]
    hold.wait_until_reached()
    hold.release()
    for job in jobs:
        assert job.wait(PATIENCE) is sl.JobStatus.IDLE
    for job in jobs:
        job.finish()

    assert routine.log == ["start", *["call"] * 20, "stop"]


def test_on_start_may_run_another_flow() -> None:
    flow, routine = lasting()
    other, inner = lasting()
    routine.starting = lambda: other.run("load.input")

    flow.run("load.input")

    assert routine.log == ["start", "call", "stop"]
    assert inner.log == ["start", "call", "stop"]


@pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])
def test_on_start_that_needs_itself_is_refused(executor: Any, each_executor: str) -> None:
    """A job that it runs uses the routine: told at once, in this thread or another's."""
    flow, routine = lasting()
    inner: list[sl.Job] = []

    def starting() -> None:
        inner.append(flow.start("load.input", executor=executor))
        inner[0].wait()

    routine.starting = starting
    job = flow.start("load.input", executor=each_executor)

    assert job.wait(PATIENCE) in {sl.JobStatus.COMPLETED, sl.JobStatus.FAILED}
    errors = [one.error.__cause__ for one in (job, inner[0]) if one.error is not None]
    assert any(isinstance(error, sl.StateError) for error in errors)


def test_two_routines_that_start_each_other_are_refused() -> None:
    """Each one's on_start waits for a job that needs the other: told to one of them."""
    flow = sl.Flow("f")
    a, b = flow.add(Lasting(), "a"), flow.add(Lasting(), "b")
    both = threading.Barrier(2)

    def run(slot: str) -> Callable[[], Any]:
        parties = [both]

        def starting() -> None:
            if parties:  # the first time
                parties.pop().wait(PATIENCE)
            flow.start(slot, executor="background").wait()

        return starting

    a.starting, b.starting = run("b.input"), run("a.input")
    jobs = [flow.start(f"{name}.input", executor="background") for name in "ab"]

    ended = {sl.JobStatus.COMPLETED, sl.JobStatus.FAILED}
    assert all(job.wait(PATIENCE) in ended for job in jobs)


def test_error_in_on_stop_is_told_to_the_unraisable_hook(
    monkeypatch: pytest.MonkeyPatch, each_executor: str
) -> None:
    """Never lost in silence, and never in the place of the job's result."""
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    flow, routine = lasting()
    routine.stopping = lambda: 1 / 0

    final = flow.run("load.input")
    flow.run("load.input")

    assert final.status is sl.JobStatus.COMPLETED
    assert [type(one.exc_value) for one in told] == [ZeroDivisionError] * 2
    assert told[0].object == routine.on_stop
    assert routine.log == ["start", "call", "stop"] * 2


def test_on_stop_may_wait_for_another_job() -> None:
    flow, routine = lasting()
    other, inner = lasting()
    routine.stopping = lambda: other.run("load.input")

    flow.run("load.input")

    assert inner.log == ["start", "call", "stop"]


def test_on_stop_that_runs_a_job_of_the_routine_itself_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    flow, routine = lasting()
    routine.stopping = lambda: flow.start("load.input", executor="sequential").result()

    flow.run("load.input")

    assert isinstance(told[0].exc_value.__cause__, sl.StateError)


def test_on_stop_and_a_job_that_wait_for_each_other_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The end of a job waits for its on_stop; that may not wait for who waits for the end."""
    told: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    flow, routine = lasting()
    waiting, waiter = lasting()
    jobs: list[sl.Job] = []
    started = threading.Event()

    def stopping() -> None:
        other = waiting.start("load.input", executor="background")
        assert started.wait(PATIENCE)
        other.wait()

    def handling() -> None:
        started.set()
        jobs[0].wait()

    routine.stopping, waiter.handling = stopping, handling
    jobs.append(flow.start("load.input", executor="background", paused=True))
    jobs[0].resume()

    assert jobs[0].wait(PATIENCE) is sl.JobStatus.COMPLETED


def test_resumed_job_starts_it_in_the_other_process_too() -> None:
    """S4: attributes are not saved, so what resumes starts anew."""
    flow, routine = lasting()
    job = flow.start(routine.input.of(), routine.input.of(), executor="sequential")
    job.step()
    state = sl.JobState.from_bytes(job.snapshot().to_bytes())
    job.cancel()
    flow.resume(state, executor="sequential").result()

    assert routine.log == ["start", "call", "stop"] * 2


def test_job_that_was_never_run_stops_nothing() -> None:
    flow, routine = lasting()

    flow.start("load.input", executor="sequential").cancel()

    assert routine.log == []


@pytest.mark.parametrize("name", ["on_start", "on_stop", "before_handle", "after_handle", "on_error"])
@pytest.mark.parametrize("kind", ["async", "generator", "None"])
def test_hook_that_would_run_nothing_is_refused(name: str, kind: str) -> None:
    """Section 5: when it is added."""

    async def coroutine(self: Any, *arguments: Any) -> None: ...

    def generator(self: Any, *arguments: Any) -> Any:
        yield

    hook = {"async": coroutine, "generator": generator, "None": None}[kind]
    routine = type("Load", (sl.Routine,), {name: hook})()

    with pytest.raises(sl.ConfigurationError, match=rf"Load\.{name} .*(method)"):
        sl.Flow("f").add(routine, "load")


@pytest.mark.parametrize(
    "name", ["on_start", "on_stop", "before_handle", "after_handle", "on_error", "local"]
)
def test_names_of_hooks_belong_to_the_routine(name: str) -> None:
    for part in (sl.slot(lambda self: None), sl.Event(), sl.State(int)):
        with pytest.raises((sl.ConfigurationError, RuntimeError)) as caught:
            type("Load", (sl.Routine,), {name: part})
        assert "belongs to Routine" in str(caught.value.__cause__ or caught.value)
    with pytest.raises(sl.ConfigurationError, match="belongs to Routine"):
        sl.Routine().define_event(name)


# ---- local


class Keeper(sl.Routine):
    """Keeps in `local` how often it was called, and tells."""

    seen: sl.State[list[int]] = sl.State(list)

    @sl.slot
    def input(self) -> None:
        self.local.n = getattr(self.local, "n", 0) + 1
        self.seen.append(self.local.n)


def keeping() -> tuple[sl.Flow, Keeper]:
    flow = sl.Flow("keeping")
    return flow, flow.add(Keeper(), "keep")


def test_local_lasts_from_call_to_call() -> None:
    flow, keep = keeping()

    assert flow.run(keep.input.of(), keep.input.of())["keep"].seen == [1, 2]


def test_local_belongs_to_one_job() -> None:
    """R13."""
    flow, _ = keeping()

    assert [flow.run("keep.input")["keep"].seen for _ in range(2)] == [[1], [1]]


def test_local_belongs_to_one_routine() -> None:
    flow, keep = keeping()
    other = flow.add(Keeper(), "other")

    final = flow.run(keep.input.of(), other.input.of(), keep.input.of())

    assert (final["keep"].seen, final["other"].seen) == ([1, 2], [1])


def test_resumed_job_begins_with_an_empty_local() -> None:
    """S4: not saved."""
    flow, keep = keeping()
    job = flow.start(keep.input.of(), keep.input.of(), executor="sequential")
    job.step()
    state = job.snapshot()
    job.cancel()

    final = flow.resume(state.fork(), executor="sequential").result()

    assert final["keep"].seen == [1, 1]


def test_local_is_no_part_of_the_state() -> None:
    flow, _ = keeping()

    assert list(flow.run("keep.input")["keep"]) == ["seen"]


def test_local_outside_a_call_is_a_state_error() -> None:
    _, keep = keeping()

    with pytest.raises(sl.StateError, match=r"local"):
        _ = keep.local


class Thing:
    """Can be watched by a weak reference."""


def holder_of_a_thing() -> tuple[sl.Flow, list[weakref.ref[Thing]]]:
    flow = sl.Flow("f")
    refs: list[weakref.ref[Thing]] = []

    class Holder(sl.Routine):
        @sl.slot
        def input(self) -> None:
            self.local.thing = Thing()
            self.local.job = self.job
            refs.append(weakref.ref(self.local.thing))

    flow.add(Holder(), "hold")
    return flow, refs


def test_local_is_dropped_when_the_job_has_ended(each_executor: str) -> None:
    flow, refs = holder_of_a_thing()
    job = flow.start("hold.input", executor=each_executor)
    job.wait(PATIENCE)
    gc.collect()

    assert refs[0]() is None
    assert job.done


def test_local_that_holds_its_job_is_collected() -> None:
    flow, refs = holder_of_a_thing()
    job = flow.start("hold.input", keep_alive=True, executor="sequential")
    job.wait(PATIENCE)
    lives = refs[0]() is not None
    del job
    gc.collect()

    assert lives
    assert refs[0]() is None
