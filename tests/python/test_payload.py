# Payloads that cannot change, and the values they carry (row b).
from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import stoplog as sl
from python.parts import Do, Sink

UTC_PLUS_2 = timezone(timedelta(hours=2), "here")
VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    2**63,
    -(2**200),
    0.5,
    -0.0,
    math.inf,
    "",
    "grün \U0001f600 \x00",
    b"",
    b"\x00\xff",
    [],
    [1, [2, [3]]],
    (),
    (1, (2,), "x"),
    {},
    {"a": 1, 2: "b", (3, 4): None},
    {1, 2, 3},
    frozenset({1, 2}),
    datetime(2024, 2, 29, 12, 30, 15, 999_999),
    datetime(2024, 10, 27, 2, 30, tzinfo=UTC_PLUS_2, fold=1),
    datetime(2024, 1, 1, tzinfo=timezone.utc),
    date(1, 1, 1),
    time(23, 59, 59, 5),
    timedelta(days=-3, microseconds=7),
    Path("a/b.txt"),
    {"nested": [{"deep": ({1}, b"x", date(2000, 1, 1))}]},
]


def send_through(value: Any) -> Any:
    """Let one routine emit the value, and hand out what the next one got."""
    flow = sl.Flow("f")
    do = flow.add(Do(lambda do: do.out(value=value)), "do")
    sink = flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)
    flow.run("do.input")
    return sink.got[0]


def queue_with(value: Any) -> sl.JobState:
    """Make a state whose queue holds one payload with the value."""
    flow = sl.Flow("f")
    sink = flow.add(Sink(), "sink")
    return flow.start(sink.input.of(value=value), executor="sequential").snapshot()


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_value_arrives_equal_and_of_its_type(value: Any) -> None:
    """P1 R16: types survive exactly."""
    got = send_through(value)

    assert (type(got), got, repr(got)) == (type(value), value, repr(value))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_value_comes_back_from_a_file_equal_and_of_its_type(value: Any) -> None:
    """R16: what is stored is loaded exactly; `True` is not `1`, a tuple is not a list."""
    loaded = sl.JobState.from_bytes(queue_with(value).to_bytes())

    got = loaded.queued[0].payload["value"]

    assert (type(got), got, repr(got)) == (type(value), value, repr(value))


def test_nan_comes_back_as_nan() -> None:
    """R16."""
    loaded = sl.JobState.from_bytes(queue_with(math.nan).to_bytes())

    assert math.isnan(loaded.queued[0].payload["value"])


def test_fold_of_a_datetime_comes_back() -> None:
    """R16: equality of datetimes does not look at `fold`, so it is asked for."""
    moment = datetime(2024, 10, 27, 2, 30, fold=1)

    loaded = sl.JobState.from_bytes(queue_with(moment).to_bytes())

    assert loaded.queued[0].payload["value"].fold == 1


def test_order_of_a_dict_comes_back() -> None:
    """R16."""
    loaded = sl.JobState.from_bytes(queue_with({"b": 1, "a": 2}).to_bytes())

    assert list(loaded.queued[0].payload["value"]) == ["b", "a"]


@pytest.mark.parametrize(
    ("made", "change", "expected"),
    [
        ([1], lambda v: v.append(2), [1]),
        ({"a": 1}, lambda v: v.update(b=2), {"a": 1}),
        ({1}, lambda v: v.add(2), {1}),
        (bytearray(b"a"), lambda v: v.extend(b"b"), bytearray(b"a")),
        ([[1]], lambda v: v[0].append(2), [[1]]),
        (([1],), lambda v: v[0].append(2), ([1],)),
    ],
    ids=["list", "dict", "set", "bytearray", "nested", "in a tuple"],
)
def test_emitter_may_change_what_it_emitted(made: Any, change: Any, expected: Any) -> None:
    """P1: containers are copied at `emit`, nested."""

    def handle(do: Do) -> None:
        do.out(value=made)
        change(made)

    flow = sl.Flow("f")
    do, sink = flow.add(Do(handle), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)

    flow.run("do.input")

    assert sink.got == [expected]


def test_receiver_may_change_what_it_got() -> None:
    """P1: every call of a handler gets a fresh plain copy."""

    class Changer(sl.Routine):
        @sl.slot
        def input(self, value: list[int]) -> None:
            value.append(99)

    def handle(do: Do) -> None:
        for number in (1, 2, 3):
            do.out(value=[number])

    flow = sl.Flow("f")
    do = flow.add(Do(handle), "do")
    changer, sink = flow.add(Changer(), "changer"), flow.add(Sink(), "sink")
    flow.connect(do.out, changer.input)
    flow.connect(do.out, sink.input)

    flow.run("do.input")

    assert sink.got == [[1], [2], [3]]


def test_failed_attempt_may_have_changed_what_it_got() -> None:
    """P1: no retry sees it."""
    got: list[list[int]] = []

    class Changer(sl.Routine):
        @sl.slot
        def input(self, value: list[int]) -> None:
            got.append(list(value))
            value.append(99)
            if len(got) == 1:
                raise ValueError("the first time")

    flow = sl.Flow("f")
    changer = flow.add(Changer(), "changer")
    job = flow.start(changer.input.of(value=[1]), executor="sequential")
    job.wait()

    flow.resume(job.snapshot()).result()

    assert got == [[1], [1]]


def test_cut_keeps_what_was_emitted_although_the_receiver_changes_it() -> None:
    """P1: no cut sees it."""
    states: list[sl.JobState] = []

    class Changer(sl.Routine):
        @sl.slot
        def input(self, value: list[int]) -> None:
            value.append(99)
            states.append(self.job.snapshot())

    flow = sl.Flow("f")
    changer = flow.add(Changer(), "changer")

    flow.run(changer.input.of(value=[1]))

    assert states[0].queued[0].payload["value"] == [1]


def test_container_that_holds_itself_is_refused_at_emit() -> None:
    """P1 R18b: no endless copy."""
    loop: list[Any] = []
    loop.append(loop)
    flow = sl.Flow("f")
    do, sink = flow.add(Do(lambda do: do.out(value=loop)), "do"), flow.add(Sink(), "sink")
    flow.connect(do.out, sink.input)

    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run("do.input")

    assert isinstance(caught.value.__cause__, (sl.StoplogError, RecursionError))


def test_other_value_travels_by_reference() -> None:
    """P1: without a codec it may travel in a job, opaque."""
    thing = object()

    assert send_through(thing) is thing


def test_snapshot_works_with_an_opaque_value_in_the_queue() -> None:
    """P1 R17: `snapshot()` works."""
    thing = object()

    assert queue_with(thing).queued[0].payload["value"] is thing


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (print, "field 'value'"),
        ({"a": [1, print]}, "a"),
        ([1, (2, {"b": print})], "b"),
    ],
)
def test_save_of_an_opaque_value_names_its_path(value: Any, path: str) -> None:
    """P1 R17 R18b: refused with its path, never replaced by its `str()`."""
    with pytest.raises(sl.SerializationError, match=r"sink\.input.*value.*function") as caught:
        queue_with(value).to_bytes()

    assert path in str(caught.value)


def test_path_flavour_of_another_system_travels_opaque_or_whole() -> None:
    """R16: a pure path arrives as what it is."""
    assert send_through(PurePosixPath("/a")) == PurePosixPath("/a")


def test_subclass_of_a_plain_type_is_not_taken_for_it() -> None:
    """R16: only an exact `int` is stored as an int."""

    class Meters(int):
        pass

    with pytest.raises(sl.SerializationError, match="Meters"):
        queue_with(Meters(3)).to_bytes()


def payload() -> sl.Payload:
    return queue_with([1]).queued[0].payload


def test_payload_is_read_by_field_and_by_attribute() -> None:
    assert payload()["value"] == payload().value == [1]


def test_payload_cannot_be_written() -> None:
    """P1."""
    held: Any = payload()

    with pytest.raises(TypeError):
        held["value"] = 2


def test_payload_attribute_cannot_be_set() -> None:
    """P1."""
    held: Any = payload()

    with pytest.raises(AttributeError):
        held.value = 2


def test_payload_is_not_changed_through_a_container_it_hands_out() -> None:
    """P1."""
    held = payload()

    held["value"].append(2)

    assert held["value"] == [1]


def test_payload_is_equal_by_content_and_unhashable() -> None:
    assert payload() == payload() == {"value": [1]}
    with pytest.raises(TypeError):
        hash(payload())


def test_payload_lists_its_fields() -> None:
    assert (list(payload()), len(payload())) == (["value"], 1)


def test_payload_without_such_a_field_says_which_it_has() -> None:
    with pytest.raises(KeyError):
        payload()["other"]
    with pytest.raises(AttributeError, match="other"):
        payload().other
