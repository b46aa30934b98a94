# Drained slots, expectations, open jobs (row e).
# mypy: disable-error-code="func-returns-value"
# (handlers are short functions whose value nobody takes)
from __future__ import annotations

from typing import Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Do, Hold, source_and_adder

ALL = ("sequential", "background", "concurrent")


class Ender(sl.Routine):
    """Writes down when it was drained, and what else it got."""

    out = sl.Event()

    def __init__(self, log: list[str]) -> None:
        self.log = log

    @sl.slot
    def input(self) -> None:
        self.log.append(f"{self.name} got")

    @sl.slot(when="drained")
    def finish(self) -> None:
        self.log.append(f"{self.name} drained")
        self.out()


def enders(log: list[str], names: str, *connections: str) -> sl.Flow:
    """A flow of enders; `"a>b"` connects them."""
    flow = sl.Flow("enders")
    for name in names:
        flow.add(Ender(log), name)
    for connection in connections:
        source, target = connection.split(">")
        flow.connect(f"{source}.out", f"{target}.input")
    return flow


@pytest.mark.parametrize("executor", ALL)
def test_drained_slot_is_called_once_when_nothing_else_is_left(executor: sl.Run) -> None:
    """R8b."""
    log: list[str] = []

    enders(log, "a").run("a.input", {}, executor=executor)

    assert log == ["a got", "a drained"]


@pytest.mark.parametrize("executor", ALL)
def test_drained_slot_may_emit_and_the_job_goes_on(executor: sl.Run) -> None:
    """R8b: it may emit, and the job goes on."""
    log: list[str] = []

    enders(log, "ab", "a>b").run("a.input", {}, executor=executor)

    assert log == ["a got", "a drained", "b got", "b drained"]


@pytest.mark.parametrize("executor", ALL)
def test_drained_slots_fire_in_topological_order(executor: sl.Run) -> None:
    """R8b: each only after all that the former emitted is settled."""
    log: list[str] = []

    enders(log, "cba", "a>b", "b>c").run("a.input", {}, executor=executor)

    assert [line for line in log if "drained" in line] == ["a drained", "b drained", "c drained"]


@pytest.mark.parametrize("executor", ALL)
def test_ties_of_drained_slots_go_by_declaration(executor: sl.Run) -> None:
    """R8b."""
    log: list[str] = []

    enders(log, "cab").run("a.input", {}, executor=executor)

    assert log == ["a got", "c drained", "a drained", "b drained"]


@pytest.mark.parametrize("executor", ALL)
def test_cycle_counts_as_one_for_drained_slots(executor: sl.Run) -> None:
    """R8b: the parts of a cycle go by declaration, between what feeds them and what they feed."""
    log: list[str] = []

    enders(log, "dcba", "a>b", "b>c", "c>b", "c>d").run("a.input", {}, executor=executor)

    drained = [line[0] for line in log if "drained" in line]
    assert drained == ["a", "c", "b", "d"]


@pytest.mark.parametrize("executor", ALL)
def test_drained_slot_does_not_fire_again_after_its_own_emission_came_back(
    executor: sl.Run,
) -> None:
    """R8b: once per job."""
    log: list[str] = []

    enders(log, "ab", "a>b", "b>a").run("a.input", {}, executor=executor)

    assert sorted(line for line in log if "drained" in line) == ["a drained", "b drained"]


def test_drained_slots_that_fired_are_in_the_state() -> None:
    """R8b R11b: which have fired is in the JobState."""
    log: list[str] = []
    job = enders(log, "ab").start("a.input", executor="sequential")
    job.step(2)
    cut = sl.JobState.from_bytes(job.snapshot().to_bytes())

    enders(log, "ab").resume(cut).result()

    assert log == ["a got", "a drained", "b drained"]


@pytest.mark.parametrize("executor", ALL)
def test_drained_slot_of_an_open_job_waits_for_finish(executor: sl.Run) -> None:
    """R8b: in an open job after `finish`."""
    log: list[str] = []
    job = enders(log, "a").start(executor=executor)
    job.send("a.input")
    job.wait()

    assert log == ["a got"]
    job.finish()
    job.result()
    assert log == ["a got", "a drained"]


@pytest.mark.parametrize("executor", ALL)
def test_drained_slot_waits_for_what_is_awaited(executor: sl.Run) -> None:
    """R8b: when nothing else is queued, running, due or awaited."""
    log: list[str] = []
    flow = enders(log, "a")
    flow.add(Do(lambda do: do.expect("a.input")), "do")
    job = flow.start("do.input", executor=executor)

    assert (job.wait(), log) == (sl.JobStatus.WAITING, [])
    job.send("a.input")
    job.result()
    assert log == ["a got", "a drained"]


def expecting_flow() -> sl.Flow:
    flow = sl.Flow("f")
    flow.add(Do(lambda do: do.expect("do.again")), "do")
    return flow


@pytest.mark.parametrize("executor", ALL)
def test_expect_makes_the_job_wait(executor: sl.Run) -> None:
    """R9: WAITING, not COMPLETED, until that delivery comes."""
    job = expecting_flow().start("do.input", executor=executor)

    assert job.wait(PATIENCE) is sl.JobStatus.WAITING


@pytest.mark.parametrize("executor", ALL)
def test_expected_delivery_completes_the_job(executor: sl.Run) -> None:
    """R9."""
    job = expecting_flow().start("do.input", executor=executor)
    job.wait(PATIENCE)

    job.send("do.again")

    assert job.result(PATIENCE)["do"].number == 1


@pytest.mark.parametrize("executor", ALL)
def test_expected_delivery_that_is_queued_already_counts(executor: sl.Run) -> None:
    """R9: one that is queued already counts."""
    flow = expecting_flow()
    do = flow.routines["do"]
    assert isinstance(do, Do)

    final = flow.run(do.input.of(), do.again.of(), executor=executor)

    assert final.status is sl.JobStatus.COMPLETED


def test_what_is_awaited_is_in_the_state() -> None:
    """R9 R11b: early and awaited signals."""
    job = expecting_flow().start("do.input", executor="sequential")
    job.wait()

    assert list(job.snapshot().awaited) == ["do.again"]


@pytest.mark.parametrize("executor", ALL)
def test_expectation_survives_a_file(executor: sl.Run) -> None:
    """R9 R11b: it is in the state."""
    job = expecting_flow().start("do.input", executor=executor)
    job.wait()
    loaded = sl.JobState.from_bytes(job.snapshot().to_bytes())

    again = expecting_flow().resume(loaded, executor=executor)

    assert again.wait(PATIENCE) is sl.JobStatus.WAITING
    again.send("do.again")
    assert again.result(PATIENCE).status is sl.JobStatus.COMPLETED


@pytest.mark.parametrize("executor", ALL)
def test_expecting_one_slot_twice_is_expecting_it_once(executor: sl.Run) -> None:
    """R9: a set of slots."""
    flow = sl.Flow("f")
    flow.add(Do(lambda do: (do.expect("do.again"), do.expect("do.again"))), "do")
    job = flow.start("do.input", executor=executor)
    job.wait()

    job.send("do.again")

    assert job.result().status is sl.JobStatus.COMPLETED


@pytest.mark.parametrize("executor", ALL)
def test_delivery_from_inside_does_not_answer_an_expectation(executor: sl.Run) -> None:
    """R9: the job waits for it from outside."""
    flow = sl.Flow("f")
    do = flow.add(Do(lambda do: (do.expect("do.again"), do.out())), "do")
    flow.connect(do.out, do.again)
    job = flow.start("do.input", executor=executor)

    assert job.wait() is sl.JobStatus.WAITING


def test_expect_of_an_unknown_slot_fails_the_call() -> None:
    """Section 5: told at the earliest moment."""
    flow = sl.Flow("f")
    flow.add(Do(lambda do: do.expect("do.agian")), "do")

    with pytest.raises(sl.SlotHandlerError) as caught:
        flow.run("do.input")

    assert isinstance(caught.value.__cause__, sl.UnknownSlotError)
    assert "again" in str(caught.value.__cause__)


def test_run_of_a_job_that_waits_says_what_is_awaited() -> None:
    """R9: `run()` then raises `NotFinishedError` with `.job` and what is awaited."""
    with pytest.raises(sl.NotFinishedError, match=r"do\.again") as caught:
        expecting_flow().run("do.input")

    assert list(caught.value.awaited) == ["do.again"]
    assert caught.value.job.status is sl.JobStatus.WAITING


@pytest.mark.parametrize("executor", ALL)
def test_job_started_without_entry_is_open(executor: sl.Run) -> None:
    """R9: IDLE when empty."""
    job = source_and_adder().start(executor=executor)

    assert job.wait(PATIENCE) is sl.JobStatus.IDLE


def test_job_started_with_keep_alive_is_open() -> None:
    """R9."""
    job = source_and_adder().start("adder.input", {"value": 1}, keep_alive=True)

    assert job.wait(PATIENCE) is sl.JobStatus.IDLE


@pytest.mark.parametrize("executor", ALL)
def test_open_job_takes_what_is_sent_and_completes_when_finished(executor: sl.Run) -> None:
    """R9: `job.finish()` closes it to sends, and it completes when empty."""
    job = source_and_adder().start(executor=executor)
    for value in (1, 2, 3):
        job.send("adder.input", value=value)

    job.finish()

    assert job.result(PATIENCE)["adder"].total == 6


def test_finished_job_takes_no_more(hold: Hold) -> None:
    """R9: closed to sends, also while it still works."""
    flow = sl.Flow("f")
    flow.add(Do(lambda _: hold.here()), "do")
    job = flow.start("do.input", keep_alive=True)
    hold.wait_until_reached()

    job.finish()

    with pytest.raises(sl.StateError):
        job.send("do.again")


@pytest.mark.parametrize("executor", ALL)
def test_finish_twice_is_once(executor: sl.Run) -> None:
    job = source_and_adder().start(executor=executor)

    job.finish()
    job.finish()

    assert job.result(PATIENCE).status is sl.JobStatus.COMPLETED


@pytest.mark.parametrize("executor", ALL)
def test_being_open_is_in_the_state(executor: sl.Run) -> None:
    """R9: IDLE goes on as IDLE."""
    job = source_and_adder().start(executor=executor)
    job.wait(PATIENCE)

    again = source_and_adder().resume(
        sl.JobState.from_bytes(job.snapshot().to_bytes()), executor=executor
    )

    assert again.wait(PATIENCE) is sl.JobStatus.IDLE


def test_send_returns_the_id_of_the_delivery() -> None:
    """R11c: from outside the routine is ''."""
    job = source_and_adder().start(executor="sequential")

    ids = [job.send("adder.input", value=value) for value in (1, 2)]

    assert [(made.routine, made.number) for made in ids] == [("", 1), ("", 2)]


@pytest.mark.parametrize(
    ("slot", "fields", "error"),
    [
        ("adder.inputt", {"value": 1}, sl.UnknownSlotError),
        ("addr.input", {"value": 1}, sl.UnknownRoutineError),
    ],
)
def test_send_to_what_is_not_there_is_refused(slot: str, fields: Any, error: Any) -> None:
    """Section 5."""
    job = source_and_adder().start(executor="sequential")

    with pytest.raises(error):
        job.send(slot, fields)
