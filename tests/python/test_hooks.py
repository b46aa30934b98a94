# Hooks around a handler, and what is asked when one failed.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.hooked import Asked, Watched, failed, watched
from python.parts import PATIENCE, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

    from stoplog.policies import ErrorPolicy

pytestmark = pytest.mark.usefixtures("each_executor")


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

    assert "routine 'load', slot 'input', attempt 1" in str(job.error)
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
    assert "Asked.on_error must return 'stop', 'continue', 'skip', a Retry(...) or None" in str(
        cause
    )
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
    routine.answers = lambda: any(map(sl.Job.cancel, jobs))
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

    assert [(delivery.slot, delivery.in_call) for delivery in cuts[0].queued] == [
        ("careless", True)
    ]
    assert cuts[0]["load"].seen == []
