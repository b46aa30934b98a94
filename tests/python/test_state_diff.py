# `JobState.diff`: what differs, as data and as text; falsy when states are equal.
from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import stoplog as sl
from python.boxes import started
from python.coded import Point
from python.parts import Do, source_and_adder

ABSENT = sl.StateDiff.ABSENT


class Vault:
    """A type that can change and has no equality of its own."""

    def __init__(self, items: list[int]) -> None:
        self.items = items


sl.register_codec("diff.vault", Vault, encode=vars, decode=lambda plain, _: Vault(plain["items"]))


def boxed(items: Any = (), table: Any = None, members: Any = ()) -> sl.JobState:
    state = FRESH.edit("box", items=items, table=table or {}, members=members)
    assert not state.diff(state)
    return state


FRESH = started().snapshot()


def changes(before: sl.JobState, after: sl.JobState) -> list[tuple[str, Any, Any]]:
    return list(before.diff(after))


def test_equal_states_do_not_differ() -> None:
    one = boxed([1], {"a": 1})

    assert not one.diff(boxed([1], {"a": 1}))
    assert str(one.diff(one)) == "nothing differs"
    assert len(one.diff(one)) == 0


def test_nested_state_is_told_by_its_path() -> None:
    """The paths of error messages."""
    before = boxed(table={"to": 2, "deep": {"x": [1, {"y": 1}]}, "gone": 1})
    after = boxed(table={"to": 3, "deep": {"x": [1, {"y": 2}]}, "new": 4})

    assert changes(before, after) == [
        ("box.table['to']", 2, 3),
        ("box.table['deep']['x'][1]['y']", 1, 2),
        ("box.table['gone']", 1, ABSENT),
        ("box.table['new']", ABSENT, 4),
    ]
    assert str(before.diff(after)).splitlines() == [
        "box.table['to']: 2 -> 3",
        "box.table['deep']['x'][1]['y']: 1 -> 2",
        "box.table['gone']: removed 1",
        "box.table['new']: added 4",
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([1, 2, 3], [1, 9, 3], [("box.items[1]", 2, 9)]),
        ([1, 2], [1, 2, 3, 4], [("box.items[2]", ABSENT, 3), ("box.items[3]", ABSENT, 4)]),
        ([1, 2, 3], [2, 3], [("box.items[0]", 1, ABSENT)]),
        ([1, 1], [1], [("box.items[1]", 1, ABSENT)]),
        ([(1, 2)], [(1, 3)], [("box.items[0][1]", 2, 3)]),
        ([], None, [("box.items", [], None)]),
    ],
)
def test_lists_are_told_by_place(before: Any, after: Any, told: Any) -> None:
    assert changes(boxed(before), boxed(after)) == told


def test_sets_are_told_by_member() -> None:
    assert changes(boxed(members={1, 2}), boxed(members={2, "a"})) == [
        ("box.members{1}", 1, ABSENT),
        ("box.members{'a'}", ABSENT, "a"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        (b"a", "a"),
        (Point(1, 2), Point(1, 3)),
        (Vault([1]), Vault([2])),
        (np.arange(3), np.arange(3.0)),
        (np.arange(3), np.arange(4)),
    ],
    ids=str,
)
def test_values_differ_as_states_do(before: Any, after: Any) -> None:
    """`==` False where there is a difference, and the other way round."""
    one, other = boxed(table={"v": before}), boxed(table={"v": after})

    assert one != other
    assert len(one.diff(other)) == 1


@pytest.mark.parametrize(
    "value", [float("nan"), Point(1, 2), Vault([1]), np.arange(3), 10**30], ids=str
)
def test_equal_values_that_are_made_anew_do_not_differ(value: Any) -> None:
    state = boxed(table={"v": value})
    loaded = sl.JobState.from_bytes(state.to_bytes())

    assert state == loaded
    assert not state.diff(loaded)


def test_two_cuts_of_one_job() -> None:
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [5, 6]}, executor="sequential")
    before = job.snapshot()
    job.step(2)
    after = job.snapshot()

    told = {path: (old, new) for path, old, new in before.diff(after)}

    assert told["status"] == (sl.JobStatus.PENDING, sl.JobStatus.RUNNING)
    assert told["begun"] == (False, True)
    assert told["adder.total"] == (0, 5)
    assert told["adder.by_value[5]"] == (ABSENT, 1)
    assert told["queued source.items: send #1"] == ({"values": [5, 6]}, ABSENT)
    assert told["queued adder.input: source#2"] == (ABSENT, {"value": 6})
    assert told["emitted by source"] == (ABSENT, 2)
    assert told["history length"] == (0, 2)
    assert not job.snapshot().diff(after)


def test_awaited_slots_counts_and_errors_are_told() -> None:
    flow = sl.Flow("test", on_error="continue")
    flow.add(Do(lambda do: [do.expect("do.again"), 1 / 0]), "do")
    flow.add(Do(lambda do: do.expect("do.again")), "waiting")
    job = flow.start("do.input", executor="sequential", keep_alive=True)
    before = job.snapshot()
    job.wait()
    job.send("waiting.input")
    job.wait()

    told = {path: (old, new) for path, old, new in before.diff(job.snapshot())}

    assert told["awaited"] == ((), ("do.again",))
    assert told["failed_deliveries"] == (0, 1)
    assert told["sent"] == (1, 2)


def test_fork_differs_by_its_id() -> None:
    fork = FRESH.fork()

    assert [path for path, _, _ in FRESH.diff(fork)] == ["id", "parent_id"]


def test_states_of_other_flows_differ_in_all_that_they_are() -> None:
    other = source_and_adder().start("source.items", {"values": [1]}, paused=True).snapshot()

    told = {path: (old, new) for path, old, new in FRESH.diff(other)}

    assert told["flow_name"] == ("boxes", "adding")
    assert told["box.items"] == ([], ABSENT)
    assert told["adder.total"] == (ABSENT, 0)


def test_retention_and_another_record_are_told() -> None:
    flow = source_and_adder()
    final = flow.run("source.items", values=[1])

    told = {
        path: new for path, _, new in final.diff(final.retain(sl.Retention(keep_payloads=False)))
    }

    assert told["retention.keep_payloads"] is False
    assert told["history[0]"].payload is None


def test_payload_of_what_is_queued_is_compared() -> None:
    job = source_and_adder().start("source.items", {"values": [1, 2]}, executor="sequential")
    job.step(1)
    state = job.snapshot()
    saved = json.loads(state.to_bytes("json"))
    saved["job"]["cells"][1]["mailbox"][1]["payload"]["value"] = 9
    edited = sl.JobState.from_bytes(json.dumps(saved).encode(), accept_edited=True)

    assert changes(state, edited) == [("queued adder.input: source#2: payload['value']", 2, 9)]


def test_difference_is_of_two_states() -> None:
    with pytest.raises(sl.TypeMismatchError, match="JobState"):
        FRESH.diff("run.stoplog")  # type: ignore[arg-type]
