# Plain functions as routines: fields in, what they return out, their state, and their mistakes.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import Do, Sink, Source

if TYPE_CHECKING:
    from collections.abc import Iterator


def emitted(function: Any, *events: str, **fields: Any) -> list[tuple[str, sl.Payload]]:
    """What a function routine of these events emits when its slot is sent these fields."""
    got: list[tuple[str, sl.Payload]] = []
    flow = sl.Flow("f")
    routine = flow.routine(name="function", emits=events)(function)
    listener = flow.add(sl.Routine(), "listener")
    for event in events:
        flow.connect(f"function.{event}", listener.define_slot(f"on_{event}", _noting(got, event)))
    flow.run(routine.input.of(**fields))
    return got


def _noting(got: list[tuple[str, sl.Payload]], event: str) -> Any:
    def note(record: sl.Payload) -> None:
        got.append((event, record))

    return note


def failure(function: Any, *events: str) -> BaseException:
    """What a function that is called with nothing fails with."""
    flow = sl.Flow("f")
    flow.routine(name="function", emits=events)(function)
    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run("function")
    assert caught.value.__cause__ is not None
    return caught.value.__cause__


def split(text: str) -> Iterator[dict[str, str]]:
    for word in text.split():
        yield {"text": word}


def test_function_counts_words(each_executor: str) -> None:
    """Section 3: `@flow.routine(emits="word", state={"totals": dict})`."""
    flow = sl.Flow("words")
    flow.routine(emits="word")(split)

    @flow.routine(state={"totals": dict, "limit": 10})
    def count(routine: sl.Routine, text: str) -> None:
        state: Any = routine
        state.totals[text] = min(state.totals.get(text, 0) + 1, state.limit)

    flow.connect("split", "count")

    assert flow.run("split", text="to be or not to be")["count"].totals["to"] == 2


def test_returned_dict_is_the_payload() -> None:
    assert emitted(lambda n: {"a": n, "b": 2}, "out", n=1) == [("out", {"a": 1, "b": 2})]


@pytest.mark.parametrize("value", [0, "", "text", (1, 2), ("out", {}), [1], False])
def test_returned_value_is_the_field_value(value: Any) -> None:
    assert emitted(lambda: value, "out") == [("out", {"value": value})]


def test_returned_none_emits_nothing() -> None:
    assert emitted(lambda: None, "out") == []


def test_returned_payload_goes_on_as_it_is() -> None:
    def pass_on(record: sl.Payload) -> sl.Payload:
        return record

    assert emitted(pass_on, "out", a=1, b=[2]) == [("out", {"a": 1, "b": [2]})]


def test_yielded_values_are_emitted_in_their_order() -> None:
    def generate() -> Iterator[Any]:
        yield 1
        yield None
        yield {"a": 2}
        return 3

    assert emitted(generate, "out") == [
        ("out", {"value": 1}),
        ("out", {"a": 2}),
        ("out", {"value": 3}),
    ]


def test_returned_generator_is_run() -> None:
    assert emitted(lambda: (n for n in (1, 2)), "out") == [
        ("out", {"value": 1}),
        ("out", {"value": 2}),
    ]


def test_pair_says_by_which_event() -> None:
    def sort(n: int) -> Iterator[tuple[str, Any]]:
        yield ("even" if n % 2 == 0 else "odd"), {"n": n}
        yield "odd", n
        yield "even", {}

    assert emitted(sort, "even", "odd", n=2) == [
        ("even", {"n": 2}),
        ("odd", {"value": 2}),
        ("even", {}),
    ]


def test_function_that_fails_half_way_emits_nothing() -> None:
    """R4: a call takes effect whole or not at all."""

    def fail() -> Iterator[int]:
        yield 1
        raise ValueError("no")

    flow, sink = sl.Flow("f"), Sink()
    flow.routine(emits="out", on_error="continue")(fail)
    flow.add(sink, "sink")
    flow.connect("fail.out", sink.input)

    flow.run("fail")

    assert sink.got == []


@pytest.mark.parametrize("result", [{"n": 1}, 3, ("even",), ("even", 1, 2), (1, {}), ["even", {}]])
def test_no_pair_with_several_events_says_what_is_wanted(result: Any) -> None:
    error = failure(lambda: result, "even", "odd")

    assert isinstance(error, sl.TypeMismatchError)
    assert "'function'" in str(error)
    assert "(event, payload)" in str(error)
    assert "'even', 'odd'" in str(error)


def test_pair_without_a_payload_asks_for_one() -> None:
    error = failure(lambda: ("even", None), "even", "odd")

    assert isinstance(error, sl.TypeMismatchError)
    assert "{}" in str(error)


def test_unknown_event_in_a_pair_is_answered_with_the_events() -> None:
    error = failure(lambda: ("eevn", {}), "even", "odd")

    assert isinstance(error, sl.UnknownEventError)
    assert "did you mean 'even'" in str(error)


def test_field_that_is_no_str_is_answered() -> None:
    error = failure(lambda: {1: 2}, "out")

    assert isinstance(error, sl.TypeMismatchError)
    assert "'out'" in str(error)


def test_value_without_an_event_is_not_dropped_in_silence() -> None:
    """R18b: never silent."""
    error = failure(lambda: 3)

    assert isinstance(error, sl.TypeMismatchError)
    assert "emits=" in str(error)


def test_generator_without_an_event_is_refused_at_once() -> None:
    with pytest.raises(sl.ConfigurationError, match=r"'split' yields.*emits="):
        sl.Flow("f").routine(split)


def test_async_function_is_refused_at_once() -> None:
    async def fetch(url: str) -> str:
        return url

    with pytest.raises(sl.ConfigurationError, match=r"'fetch'.*async"):
        sl.Flow("f").routine(emits="out")(fetch)


def test_returned_coroutine_is_answered() -> None:
    async def fetch() -> int:
        return 1

    error = failure(lambda: fetch(), "out")  # noqa: PLW0108 - a plain function around it

    assert isinstance(error, sl.TypeMismatchError)
    assert "nobody awaits" in str(error)


@pytest.mark.parametrize("given", [Do, print, "name", 3, Do()])
def test_what_is_no_function_is_refused(given: Any) -> None:
    with pytest.raises(sl.ConfigurationError, match="plain function"):
        sl.Flow("f").routine(given)


@pytest.mark.parametrize(
    "options",
    [
        {"emits": "input"},
        {"emits": "of"},
        {"emits": "emit"},
        {"emits": ("a", "a")},
        {"emits": "a b"},
        {"emits": (1,)},
        {"emits": 5},
        {"emits": None},
        {"state": 5},
        {"state": {1: int}},
        {"state": {"a b": int}},
        {"emits": "a", "state": {"a": int}},
        {"state": {"name": int}},
        {"state": {"raw": bytearray}},
        {"capactiy": 1},
        {"capacity": 0},
        {"name": "a b"},
    ],
)
def test_wrong_name_or_option_is_refused_and_nothing_added(options: dict[str, Any]) -> None:
    flow = sl.Flow("f")

    with pytest.raises(sl.ConfigurationError):
        flow.routine(**options)(lambda: None)

    assert dict(flow.routines) == {}


def test_lambda_needs_a_name() -> None:
    with pytest.raises(sl.ConfigurationError, match="<lambda>"):
        sl.Flow("f").routine(lambda: None)


def test_function_stays_a_plain_function() -> None:
    @sl.Flow("f").routine(emits="out")
    def double(n: int) -> dict[str, int]:
        """Twice."""
        return {"n": 2 * n}

    assert (double(3), double.__wrapped__(1), double.__doc__) == ({"n": 6}, {"n": 2}, "Twice.")


def test_decorated_function_is_a_routine_with_slot_and_events() -> None:
    flow = sl.Flow("f")

    @flow.routine(emits=["even", "odd"])
    def sort(n: int) -> tuple[str, int]:
        return ("even", n)

    sink = flow.add(Sink(), "sink")
    flow.connect(sort.even, sink.input)
    flow.run(sort.input.of(n=1))
    flow.run(sort.of(n=2))
    flow.run(sort, n=3)
    flow.run("sort", n=4)

    assert (sink.got, flow.routines["sort"]) == ([1, 2, 3, 4], sort)


def test_name_of_the_first_parameter_decides_nothing() -> None:
    """Only the annotation makes it the routine."""
    assert emitted(lambda routine: routine, "out", routine=5) == [("out", {"value": 5})]


def test_routine_is_known_by_another_name_for_it() -> None:
    def take(me: sl.Routine, n: int) -> Iterator[Any]:
        yield me.name
        yield me.delivery.slot
        yield n

    assert [p.value for _, p in emitted(take, "out", n=1)] == ["function", "input", 1]


def test_drained_function() -> None:
    seen: list[str] = []
    flow = sl.Flow("f")

    @flow.routine
    def work() -> None:
        seen.append("work")

    @flow.routine(when="drained")
    def finish() -> None:
        seen.append("finish")

    flow.run(work.of())

    assert seen == ["work", "finish"]


# ---- notebook habits


def test_function_takes_the_place_of_the_one_before() -> None:
    """Section 3: a cell may be run again; each job keeps its plan."""
    flow, sink = sl.Flow("f"), Sink()
    flow.add(sink, "sink")

    flow.routine(name="step", emits="out")(lambda n: n)
    flow.connect("step.out", sink.input)
    old = flow.start("step", n=1, executor="sequential")

    flow.routine(name="step", emits="out")(lambda n: 10 * n)
    flow.run("step", n=1)
    old.result()

    assert sink.got == [10, 1]


def test_function_does_not_take_the_place_of_another_routine() -> None:
    flow = sl.Flow("f")
    source = flow.add(Source(), "source")

    with pytest.raises(sl.ConfigurationError, match=r"'source' is no function.*remove"):
        flow.routine(name="source")(lambda: None)

    assert flow.routines["source"] is source


def test_replacing_function_without_a_connected_event_is_refused_with_the_list() -> None:
    flow, sink = sl.Flow("f"), Sink()
    flow.add(sink, "sink")
    flow.routine(name="step", emits="out")(lambda: 1)
    flow.connect("step.out", sink.input)

    with pytest.raises(sl.GraphError, match=r"step.out -> sink.input.*no event 'out'"):
        flow.routine(name="step", emits="other")(lambda: 2)
    flow.run("step")

    assert sink.got == [1]


def test_job_of_functions_is_resumed_with_the_repaired_function() -> None:
    """R20: the failed delivery is tried again, with the code repaired."""
    flow = sl.Flow("f")

    @flow.routine(state={"total": int})
    def add(routine: sl.Routine, n: int) -> None:
        raise ValueError("broken")

    job = flow.start(add.of(n=1), add.of(n=2), executor="sequential")
    job.wait()

    @flow.routine(name="add", state={"total": int})
    def repaired(routine: sl.Routine, n: int) -> None:
        state: Any = routine
        state.total += n

    assert flow.resume(job.snapshot()).result()["add"].total == 3
