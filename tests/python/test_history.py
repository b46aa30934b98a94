# The history: a ring bounded by count, whose records know what fed them (row h).
from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

import stoplog as sl
from python.parts import Adder, source_and_adder


def final_with(bound: int | None, items: int = 20) -> sl.JobState:
    flow = source_and_adder()
    job = flow.start(
        "source.items",
        {"values": [1] * items},
        executor="sequential",
        retention=sl.Retention(max_history_size=bound),
    )
    return job.result()


def test_history_has_a_record_for_each_settled_delivery() -> None:
    """R15."""
    final = source_and_adder().run("source.items", values=[5])

    assert [(r.routine, r.slot, r.outcome) for r in final.history] == [
        ("source", "items", "finished"),
        ("adder", "input", "finished"),
    ]


def test_record_knows_what_fed_it() -> None:
    """R15 R11c."""
    final = source_and_adder().run("source.items", values=[5])

    assert [record.fed_by for record in final.history] == [None, "source.item"]
    second = final.history[1]
    assert (second.delivery.routine, second.delivery.number) == ("source", 1)


def test_record_keeps_the_payload() -> None:
    """R15."""
    final = source_and_adder().run("source.items", values=[5])

    assert dict(final.history[1].payload or {}) == {"value": 5}


def test_record_says_when_and_how_long() -> None:
    """R15."""
    before = datetime.now(timezone.utc) - timedelta(seconds=1)

    record = source_and_adder().run("source.items", values=[]).history[0]

    assert before <= record.started_at <= datetime.now(timezone.utc) + timedelta(seconds=1)
    assert timedelta(0) <= record.duration < timedelta(seconds=30)


def test_record_of_a_failure_names_the_error() -> None:
    """R15."""
    flow = source_and_adder()
    job = flow.start("adder.input", {"value": "x"}, executor="sequential")
    job.wait()

    record = job.snapshot().history[0]

    assert record.outcome == "failed"
    assert "TypeError" in (record.error or "")


@pytest.mark.parametrize(("bound", "kept"), [(5, 5), (0, 0), (1000, 21), (None, 21)])
def test_history_is_bounded_by_count(bound: int | None, kept: int) -> None:
    """R15: `max_history_size`."""
    assert len(final_with(bound).history) == kept


def test_bounded_history_keeps_the_newest() -> None:
    """R15: a ring."""
    numbers = [record.delivery.number for record in final_with(3).history]

    assert numbers == [18, 19, 20]


def test_history_keeps_a_thousand_by_default() -> None:
    """R15: default 1000."""
    final = source_and_adder().run("source.items", values=[1] * 1200)

    assert (len(final.history), final["adder"].total) == (1000, 1200)


def test_history_is_never_needed_to_resume() -> None:
    """R15."""
    flow = source_and_adder()
    job = flow.start(
        "source.items",
        {"values": [1] * 9},
        executor="sequential",
        retention=sl.Retention(max_history_size=0),
    )
    job.step(4)

    final = flow.resume(sl.JobState.from_bytes(job.snapshot().to_bytes())).result()

    assert final["adder"].total == 9


def test_retention_of_the_flow_counts_for_its_jobs() -> None:
    """R15."""
    flow = sl.Flow("f", retention=sl.Retention(max_history_size=1))
    entry = flow.add(Adder(), "adder").input

    final = flow.run(entry.of(value=1), entry.of(value=2))

    assert len(final.history) == 1


@pytest.mark.parametrize("bound", [-1, 1.5, "many"])
def test_bound_that_is_no_count_is_refused(bound: int) -> None:
    """Section 5."""
    with pytest.raises((sl.ConfigurationError, TypeError)):
        sl.Retention(max_history_size=bound)
