# The buffer of a merging slot is declared state: undone, cut, saved, resumed, and of linear cost.
from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.gathering import add_up, cause_of, gathering
from python.parts import PATIENCE, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("each_executor")

FORMATS: tuple[Any, ...] = ("binary", "json", "xml", "text")


# ---- undone, cut, saved


def test_failed_call_leaves_the_buffer_as_it_was() -> None:
    """R4 R8."""
    flow, routine = gathering()

    def fail(given: Any) -> None:
        if isinstance(given, int) and given % 10 == 3:
            raise ValueError
        if isinstance(given, sl.Appended) and given[-1] == 3:
            raise ValueError

    routine.acting = fail
    appended = flow.run(*[routine.careful.of(value=i) for i in (1, 3, 4)])
    folded = flow.run(*[routine.careful_fold.of(value=i) for i in (1, 2, 5)])

    assert appended["all"].seen == [[1], [1, 4]]
    assert folded["all"].seen == [1, 6]
    assert outcomes(folded) == ["finished", "skipped", "finished"]


def test_first_call_that_fails_leaves_no_buffer() -> None:
    flow, routine = gathering()
    routine.acting = lambda given: routine.job.cancelled or 1 // (len(routine.kept) - 1)

    final = flow.run(*[routine.careful_fold.of(value=i) for i in (1, 2, 3)])

    assert final["all"].seen == [2, 5]


def test_call_that_is_tried_again_is_merged_once() -> None:
    """R8: a resumed job tries the failed delivery again."""
    flow, routine = gathering()
    routine.acting = lambda given: 1 // (3 - len(routine.kept))
    job = flow.start(*[routine.append.of(value=i) for i in (1, 2, 3)], executor="sequential")
    job.wait()
    routine.acting = lambda given: None

    final = flow.resume(job.snapshot(), executor="sequential").result()

    assert final["all"].seen == [[1], [1, 2], [1, 2, 3]]


@pytest.mark.parametrize("slot", ["append", "recent", "folded"])
def test_cut_during_a_call_has_the_buffer_from_before(slot: str) -> None:
    """R11: resumed, it is merged once."""
    flow, routine = gathering()
    cuts: list[sl.JobState] = []
    routine.acting = lambda given: cuts.append(routine.job.snapshot())
    entries = [getattr(routine, slot).of(value=i) for i in (1, 2, 3)]
    job = flow.start(*entries, executor="sequential")
    job.wait()
    routine.acting = lambda given: None

    finals = [flow.resume(cut.fork(), executor="sequential").result() for cut in cuts]

    assert [final["all"].seen for final in finals] == [job.snapshot()["all"].seen] * 3


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("slot", ["append", "recent", "folded"])
def test_buffer_is_saved_and_resumed(format: Any, slot: str) -> None:
    """R8 R18: after every number of deliveries, and equal (==) when it comes back."""
    flow, routine = gathering()
    entries = [getattr(routine, slot).of(value=i) for i in (1, 2, 3)]
    whole = flow.run(*entries)
    finals = []
    for steps in range(4):
        job = flow.start(*entries, executor="sequential", keep_alive=True)
        job.step(steps)
        state = job.snapshot()
        loaded = sl.JobState.from_bytes(state.to_bytes(format))
        assert loaded == state
        resumed = flow.resume(loaded, executor="sequential")
        resumed.finish()
        finals.append(resumed.result()["all"].seen)

    assert finals == [whole["all"].seen] * 4


def test_buffer_counts_in_a_comparison() -> None:
    """R8: two states that differ in it alone are not equal."""

    class Mute(sl.Routine):
        @sl.slot(merge="append")
        def input(self, value: int) -> None: ...

    flow = sl.Flow("f")
    mute = flow.add(Mute(), "mute")
    finals = [flow.run(mute.input.of(value=value)) for value in (1, 2, 2)]

    assert not finals[0].same_outcome(finals[1])
    assert finals[1].same_outcome(finals[2])


def test_buffer_is_no_declared_field() -> None:
    """Nobody can name it."""
    flow, routine = gathering()
    final = flow.run(routine.append.of(value=1))

    assert (list(final["all"]), len(final["all"])) == (["seen"], 1)
    assert final["all"].to_dict() == {"seen": [[1]]}
    with pytest.raises((KeyError, sl.StoplogError)):
        final["all"]["append.merge"]
    assert list(flow.drawing.to_plain()["routines"]["all"]["state"]) == ["seen"]


@pytest.mark.parametrize("part", [sl.State(int), sl.Event(), sl.slot(lambda self: None)])
def test_name_of_a_buffer_is_nobodys(part: Any) -> None:
    """Names are identifiers, also where no syntax sees to that."""
    with pytest.raises((sl.ConfigurationError, RuntimeError)) as caught:
        type("Load", (sl.Routine,), {"input.merge": part})

    assert "a name must be an identifier" in str(caught.value.__cause__ or caught.value)


def test_forked_jobs_go_on_apart() -> None:
    flow, routine = gathering()
    job = flow.start(routine.append.of(value=1), executor="sequential", keep_alive=True)
    job.wait()
    forks = [flow.resume(job.snapshot().fork(), executor="sequential") for _ in range(2)]
    for i, fork in enumerate(forks):
        fork.send(routine.append.of(value=10 + i))
        fork.finish()

    assert [fork.result()["all"].seen[-1] for fork in forks] == [[1, 10], [1, 11]]


def test_parked_call_is_merged_once() -> None:
    """R5: it waits with what it has emitted, and is not run again."""
    flow = sl.Flow("f")

    @flow.routine(emits="out", merge="append")
    def gather(value: Any) -> dict[str, Any]:
        return {"value": len(value)}

    @flow.routine(capacity=1, state={"seen": list})
    def sink(routine: sl.Routine, value: int) -> None:
        routine.seen.append(value)  # type: ignore[attr-defined]

    flow.connect(gather.out, "sink.input")

    final = flow.run(*[gather.of(value=i) for i in range(5)])

    assert final["sink"].seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("value", [object(), bytearray(b"x"), [{"deep": object()}], lambda: None])
@pytest.mark.parametrize("slot", ["append", "folded"])
def test_value_that_the_state_cannot_keep_is_refused_with_its_path(value: Any, slot: str) -> None:
    """S2 R17."""
    flow, routine = gathering()

    error = cause_of(flow, getattr(routine, slot).of(value=value))

    assert isinstance(error, sl.SerializationError)
    assert f"all.{slot}.merge['value']" in str(error)


def test_path_has_the_number_of_the_delivery() -> None:
    flow, routine = gathering()
    entries = [routine.append.of(value=value) for value in (1, 2, object())]

    assert "all.append.merge['value'][2]" in str(cause_of(flow, *entries))


# ---- another merge than the job was saved with


def saved_by(merge: Any) -> tuple[sl.JobState, Callable[[Any], sl.Flow]]:
    def flow_with(merge: Any) -> sl.Flow:
        class Load(sl.Routine):
            seen: sl.State[list[Any]] = sl.State(list)

            @sl.slot(merge=merge)
            def input(self, value: Any) -> None:
                self.seen.append(value)

        flow = sl.Flow("f")
        flow.add(Load(), "load")
        return flow

    job = flow_with(merge).start(keep_alive=True, executor="sequential")
    for value in (1, 2, 3):
        job.send("load.input", value=value)
    job.wait()
    return job.snapshot(), flow_with


KINDS: list[Any] = ["override", "append", add_up]


@pytest.mark.parametrize("then", KINDS)
@pytest.mark.parametrize("now", KINDS)
def test_another_kind_of_merge_is_a_difference_that_matters(then: Any, now: Any) -> None:
    """R14: listed by check, refused by resume."""
    state, flow_with = saved_by(then)
    flow = flow_with(now)

    difference = flow.check(state)

    assert bool(difference) is (then is not now)
    assert ("slot 'load.input' was retyped" in str(difference)) is (then is not now)
    if difference:
        with pytest.raises(sl.DefinitionMismatchError, match="merged by"):
            flow.resume(state)


def test_another_limit_never_blocks_a_resume() -> None:
    """R14: the next delivery keeps as many as it says now."""
    state, flow_with = saved_by("append")
    job = flow_with(sl.Append(limit=2)).resume(state, executor="sequential")
    job.send("load.input", value=4)
    job.finish()

    assert job.result()["load"].seen[-1] == [3, 4]


@pytest.mark.parametrize("forged", [3, {"value": 3}, [1], {"value": [1], "2": "x"}])
def test_buffer_that_a_file_cannot_hold_is_refused(forged: Any) -> None:
    """R17: told at the resume."""
    state, flow_with = saved_by("append")
    text = json.loads(state.to_bytes("json"))

    def replace(node: Any) -> None:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "input.merge":
                node[key] = forged
            elif isinstance(value, (dict, list)):
                replace(value)

    replace(text)
    loaded = sl.JobState.from_bytes(json.dumps(text).encode(), accept_edited=True)

    with pytest.raises(sl.SerializationError, match=r"merged for slot 'input'"):
        flow_with("append").resume(loaded)


def test_flow_is_drawn_with_its_merges() -> None:
    flow, _ = gathering()
    slots = flow.drawing.to_plain()["routines"]["all"]["slots"]

    drawn = {name: slot.get("merge") for name, slot in slots.items()}
    assert (drawn["append"], drawn["recent"], drawn["folded"], drawn["plain"]) == (
        "append",
        "append",
        "callable",
        None,
    )
    assert sl.Drawing.from_json(flow.drawing.to_json()) == flow.drawing


# ---- linear


def run_many(count: int, slot: str = "append", *, is_cut: bool = False) -> tuple[float, int]:
    """Return the processor's seconds and the bytes of so many deliveries."""
    flow, routine = gathering()
    routine.take = lambda given: None  # type: ignore[method-assign]
    none = sl.Retention(max_history_size=0)
    job = flow.start(executor="sequential", keep_alive=True, retention=none)
    message = getattr(routine, slot).of(value=1)
    began = time.process_time()
    for _ in range(count):
        job.send(message)
        job.step()
        if is_cut:
            job.snapshot()
    return time.process_time() - began, len(job.snapshot().to_bytes())


@pytest.mark.slow
def test_many_deliveries_cost_linear_bytes() -> None:
    """R8: 10^5 of them."""
    assert 1.8 < run_many(100_000)[1] / run_many(50_000)[1] < 2.2


@pytest.mark.slow
@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize("slot", ["append", "recent"])
def test_many_deliveries_cost_linear_time(slot: str, is_cut: bool) -> None:
    """R8: with a cut after each, too. Four times as many would take sixteen times as long."""
    ratios = [
        run_many(20_000, slot, is_cut=is_cut)[0] / run_many(5_000, slot, is_cut=is_cut)[0]
        for _ in range(3)
    ]

    assert min(ratios) < 8


def test_delivery_looks_at_its_own_value_alone() -> None:
    """R8: counted by the values whose type is asked for: each is converted once."""
    looks = 0

    class Money:
        def __init__(self, cents: int) -> None:
            self.cents = cents

    def encode(money: Money) -> int:
        nonlocal looks
        looks += 1
        return money.cents

    sl.register_codec(
        "test_merge.money",
        Money,
        encode=encode,
        decode=lambda plain, version: Money(plain),
        replace=True,
    )
    flow, routine = gathering()
    routine.take = lambda given: None  # type: ignore[method-assign]
    flow.run(*[routine.append.of(value=Money(i)) for i in range(500)])

    assert looks == 500


def test_jobs_do_not_wait_for_each_other(eight: sl.Concurrent) -> None:
    """R13: many jobs at once, each with its own buffer."""
    flow, routine = gathering()
    entries = [routine.append.of(value=i) for i in range(50)]
    jobs = [flow.start(*entries, executor=eight) for _ in range(20)]

    assert all(
        job.wait(PATIENCE) is sl.JobStatus.COMPLETED
        and job.snapshot()["all"].seen[-1] == list(range(50))
        for job in jobs
    )
