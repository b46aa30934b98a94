# Retention: by count, age and bytes, for failures, without payloads; in a job, in a state, resumed.
from __future__ import annotations

import gc
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import stoplog as sl
from python.coded import Point
from python.parts import Do, source_and_adder

if TYPE_CHECKING:
    from stoplog.formats import Format


def ran(retention: sl.Retention, *payloads: dict[str, Any], executor: Any = "sequential") -> Any:
    """The final state of a job whose routine took these payloads."""

    class Taker(sl.Routine):
        @sl.slot(on_error="continue")
        def input(self, **fields: Any) -> None:
            if fields.get("n", 0) in {1, 3}:
                raise ValueError(fields)

    flow = sl.Flow("taking")
    taker = flow.add(Taker(), "taker")
    entries = [taker.input.of(**payload) for payload in payloads]
    return flow.start(*entries, executor=executor, retention=retention).result()


def numbers(state: sl.JobState) -> list[Any]:
    return [record.delivery.number for record in state.history]


def ten(retention: sl.Retention, **keywords: Any) -> Any:
    return ran(retention, *({"n": n} for n in range(10)), **keywords)


def aged(state: sl.JobState, *minutes: float) -> sl.JobState:
    """The same state with records that ended so long before it was taken."""
    saved = json.loads(state.to_bytes("json"))
    taken = datetime.fromisoformat(saved["job"]["taken_at"].replace("Z", "+00:00"))
    for record, age in zip(saved["job"]["history"], minutes, strict=True):
        began = taken.replace(microsecond=0) - timedelta(minutes=age)
        record["began"] = began.strftime("%Y-%m-%dT%H:%M:%SZ")
        record["took"] = "PT0S"
    return sl.JobState.from_bytes(json.dumps(saved).encode(), accept_edited=True)


# ---- what is kept


@pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])
def test_history_is_bounded_by_bytes(executor: str) -> None:
    """R15: a record is 64 and its value 16 bytes."""
    final = ten(sl.Retention(max_history_bytes=3 * 80), executor=executor)

    assert len([record for record in final.history if record.error is None]) >= 2
    assert len(final.history) == 3


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (1.5, 16),
        ("abc", 19),
        (b"12345", 21),
        ([1, "ab"], 16 + 16 + 18),
        ({"a": (1, 2)}, 16 + 17 + 16 + 32),
        ({1, 2, 3}, 16 + 48),
        (bytearray(9), 25),
        (np.zeros(1000), 16 + 8000),
        (np.zeros(7, "M8[s]"), 16 + 56),
        ("\u20ac\u20ac", 20),
    ],
    ids=str,
)
def test_bytes_are_what_the_docs_say(value: Any, size: int) -> None:
    """R15: the estimate."""
    payloads = [{"v": value}, {"v": value}]

    assert len(ran(sl.Retention(max_history_bytes=2 * (64 + size)), *payloads).history) == 2
    assert len(ran(sl.Retention(max_history_bytes=2 * (64 + size) - 1), *payloads).history) == 1


def test_value_with_a_codec_is_weighed_by_what_is_kept() -> None:
    """R15."""
    payload = {"v": Point(1, {2})}

    assert len(ran(sl.Retention(max_history_bytes=10_000), payload).history) == 1
    assert len(ran(sl.Retention(max_history_bytes=64 + 15), payload).history) == 0


def test_tuple_that_is_everywhere_in_itself_is_weighed_in_no_time() -> None:
    """R15: at most 100 000 values are looked at."""
    nested: Any = 1
    for _ in range(20):
        nested = (nested, nested)

    assert len(ran(sl.Retention(max_history_bytes=10**9), {"v": nested}).history) == 1


def test_record_that_is_too_large_alone_is_not_kept() -> None:
    """R15."""
    final = ran(sl.Retention(max_history_bytes=500), {"v": 1}, {"v": "x" * 1000})

    assert len(final.history) == 0


def test_failures_are_kept_beyond_the_count() -> None:
    """R15: `keep_failures_seconds`."""
    final = ten(sl.Retention(max_history_size=2, keep_failures_seconds=60))

    assert [record.outcome for record in final.history] == ["failed"] * 2 + ["finished"] * 2
    assert numbers(final) == [2, 4, 9, 10]
    assert all("ValueError" in record.error for record in final.history[:2])


@pytest.mark.parametrize("executor", ["sequential", "background", "concurrent"])
def test_records_without_payloads(executor: str) -> None:
    """R15: `keep_payloads=False`."""
    final = ten(sl.Retention(keep_payloads=False), executor=executor)

    assert [record.payload for record in final.history] == [None] * 10


def test_payload_that_is_not_kept_is_let_go_at_once() -> None:
    """R15: its memory."""
    flow = sl.Flow("taking")
    seen: list[int] = []
    flow.add(Do(lambda _: seen.append(alive())), "do")

    class Big:
        pass

    def alive() -> int:
        return sum(isinstance(one, Big) for one in gc.get_objects())

    @flow.routine
    def take(value: Any) -> None:
        pass

    job = flow.start(
        "take",
        {"value": Big()},
        executor="sequential",
        keep_alive=True,
        retention=sl.Retention(keep_payloads=False),
    )
    job.wait()
    job.send("do.input")
    job.wait()

    assert seen == [0]


class Last(sl.Routine):
    @sl.slot(when="drained")
    def last(self) -> None:
        pass

    @sl.slot
    def input(self, n: int) -> None:
        pass


@pytest.mark.parametrize(("is_kept", "payload"), [(True, {}), (False, None)])
def test_record_of_a_drained_slot_has_an_empty_payload(is_kept: bool, payload: Any) -> None:
    """R15: it had no fields, so that nothing is left out."""
    flow = sl.Flow("draining", retention=sl.Retention(keep_payloads=is_kept))
    entry = flow.add(Last(), "last").input

    record = flow.run(entry.of(n=1)).history[1]

    assert (record.slot, record.payload) == ("last", payload)


# ---- age


def test_state_is_thinned_by_age() -> None:
    """R15: `retain`; ages count up to the moment of the cut."""
    state = aged(ran(sl.Retention(), *({"n": 0} for _ in range(4))), 90, 60, 30, 10)

    thinned = state.retain(sl.Retention(history_ttl_seconds=31 * 60))

    assert numbers(thinned) == [3, 4]
    assert numbers(state) == [1, 2, 3, 4]


def test_old_failure_is_kept_by_its_own_age() -> None:
    """R15."""
    state = aged(ran(sl.Retention(), *({"n": n} for n in range(4))), 90, 60, 30, 10)

    thinned = state.retain(sl.Retention(history_ttl_seconds=20 * 60, keep_failures_seconds=70 * 60))

    assert numbers(thinned) == [2, 4]


def test_records_that_are_too_old_are_gone_after_a_resume() -> None:
    """R15: the retention is saved with the job."""
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [1, 2, 3]}, executor="sequential")
    job.step(3)
    state = aged(job.snapshot(), 90, 61, 10)

    resumed = flow.resume(state, executor="sequential", paused=True).snapshot()

    assert len(resumed.history) == 1
    assert resumed.history[0].delivery.number == 2


def test_records_stay_an_hour_by_default() -> None:
    """R15: `history_ttl_seconds`."""
    assert sl.Retention().history_ttl_seconds == 3600


def test_no_record_is_old_enough_to_be_in_a_snapshot_with_no_time() -> None:
    """R15: exact for who reads."""
    assert len(ten(sl.Retention(history_ttl_seconds=0)).history) == 0


# ---- where it is said, saved and resumed


def test_retention_at_start_wins() -> None:
    """R15."""
    flow = sl.Flow("f", retention=sl.Retention(max_history_size=1))
    flow.add(Do(), "do")
    job = flow.start("do.again", executor="sequential", retention=sl.Retention(max_history_size=2))

    kept = job.snapshot()._core.standing()["retention"]

    assert kept[0] == 2


@pytest.mark.parametrize("form", ["binary", "json", "xml", "text"])
def test_retention_is_saved_and_goes_on(form: Format) -> None:
    """R15 R18."""
    retention = sl.Retention(
        max_history_size=5,
        history_ttl_seconds=0.5,
        max_history_bytes=7,
        keep_failures_seconds=8,
        keep_payloads=False,
    )
    flow = source_and_adder()
    state = flow.start("source.items", {"values": [1]}, paused=True, retention=retention).snapshot()

    loaded = sl.JobState.from_bytes(state.to_bytes(form))
    resumed = flow.resume(loaded, paused=True).snapshot()

    assert loaded == state
    assert resumed._core.standing()["retention"] == (5, 500_000_000, 7, 8_000_000_000, False)


def test_job_goes_on_with_the_retention_of_a_thinned_state() -> None:
    """R15."""
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [1] * 9}, executor="sequential")
    job.step(5)

    thinned = job.snapshot().retain(sl.Retention(max_history_size=2))
    final = flow.resume(thinned, executor="sequential").result()

    assert (len(thinned.history), len(final.history)) == (2, 2)
    assert final["adder"].total == 9


def test_payloads_that_a_state_does_not_have_do_not_come_back() -> None:
    """R15 R18b: None, never an empty one."""
    bare = ten(sl.Retention(keep_payloads=False))

    assert {record.payload for record in bare.retain(sl.Retention()).history} == {None}


def test_thinning_makes_a_new_value() -> None:
    """R15."""
    state = ten(sl.Retention())

    assert state.retain(sl.Retention(max_history_size=3)) != state
    assert state.retain(sl.Retention()) == state
    assert len(state.history) == 10


# ---- mistakes


@pytest.mark.parametrize(
    "wrong",
    [
        {"history_ttl_seconds": -1},
        {"history_ttl_seconds": float("nan")},
        {"history_ttl_seconds": float("inf")},
        {"history_ttl_seconds": "1"},
        {"history_ttl_seconds": 10**12},
        {"max_history_bytes": -1},
        {"max_history_bytes": 1.5},
        {"max_history_bytes": 2**62},
        {"max_history_size": True},
        {"keep_failures_seconds": -0.1},
        {"keep_failures_seconds": True},
        {"keep_payloads": 1},
        {"keep_payloads": None},
    ],
    ids=str,
)
def test_wrong_bound_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    """Section 5."""
    with pytest.raises(sl.ConfigurationError, match=next(iter(wrong))):
        sl.Retention(**wrong)


def test_retention_is_a_value() -> None:
    one = sl.Retention(max_history_bytes=5)

    assert one == sl.Retention(max_history_bytes=5) != sl.Retention()
    assert len({one, sl.Retention(max_history_bytes=5)}) == 1
    assert "max_history_bytes=5" in repr(one)


@pytest.mark.parametrize("wrong", [None, 5, "all"])
def test_state_is_thinned_by_a_retention_alone(wrong: Any) -> None:
    """Section 5."""
    with pytest.raises(sl.ConfigurationError, match=r"Retention\("):
        ten(sl.Retention()).retain(wrong)
