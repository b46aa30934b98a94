# JobState: one execution as a value, and the file it is kept in (row i).
# mypy: disable-error-code="func-returns-value"
# (handlers are short functions whose value nobody takes)
from __future__ import annotations

import copy
import pickle
import random
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Adder, Do, source_and_adder

if TYPE_CHECKING:
    from pathlib import Path


def started(values: list[int] | None = None) -> sl.Job:
    return source_and_adder().start(
        "source.items", {"values": values or [1, 2, 3]}, executor="sequential"
    )


@pytest.fixture
def state() -> sl.JobState:
    """A job of which two of four deliveries are settled."""
    job = started()
    job.step(2)
    return job.snapshot()


def test_state_names_its_job_flow_and_version(state: sl.JobState) -> None:
    """R14: name, version, fingerprint and drawing."""
    assert (state.flow_name, state.flow_version) == ("adding", "1")
    assert state.fingerprint == source_and_adder().fingerprint == state.drawing.fingerprint


def test_state_says_when_it_was_taken(state: sl.JobState) -> None:
    assert state.created_at <= state.taken_at <= datetime.now(timezone.utc)


def test_status_of_a_state_is_that_of_the_cut(state: sl.JobState) -> None:
    """R11."""
    assert state.status is sl.JobStatus.RUNNING


@pytest.mark.parametrize("executor", ["sequential", "background"])
def test_resumed_state_gives_the_result_of_an_uninterrupted_run(
    state: sl.JobState, executor: sl.Run
) -> None:
    """R11."""
    final = source_and_adder().resume(state, executor=executor).result(PATIENCE)

    assert final.same_outcome(started().result())


def test_resumed_job_keeps_its_id(state: sl.JobState) -> None:
    """R14: it is the same job."""
    assert source_and_adder().resume(state, executor="sequential").id == state.id


def test_state_of_a_routine_by_item_attribute_and_declaration(state: sl.JobState) -> None:
    """Section 3: `final["count"]["totals"]`, `.totals`, `[Count.totals]`."""
    adder = state["adder"]

    assert adder["total"] == adder.total == adder[Adder.total] == 1


def test_routine_of_a_state_by_the_routine_itself() -> None:
    flow = source_and_adder()

    assert flow.run("adder.input", value=2)[flow.routines["adder"]].total == 2


def test_state_is_a_collection_of_routines(state: sl.JobState) -> None:
    assert (sorted(state), len(state)) == (["adder", "source"], 2)


def test_unknown_routine_of_a_state_names_those_there_are(state: sl.JobState) -> None:
    """Section 5."""
    with pytest.raises(sl.UnknownRoutineError, match="addr.*adder"):
        state["addr"]


def test_routine_state_is_a_collection_of_fields(state: sl.JobState) -> None:
    adder = state["adder"]

    assert (list(adder), len(adder), "total" in adder) == (["total", "by_value"], 2, True)


def test_state_handed_out_can_be_changed_without_changing_the_state(state: sl.JobState) -> None:
    """R11: a value is immutable."""
    state["adder"].by_value[77] = 1

    assert 77 not in state["adder"].by_value


@pytest.mark.parametrize("name", ["status", "id", "queued", "other"])
def test_state_cannot_be_written(state: sl.JobState, name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(state, name, None)


def test_state_survives_bytes(state: sl.JobState) -> None:
    """R18: `==` compares everything."""
    assert sl.JobState.from_bytes(state.to_bytes()) == state


def test_state_survives_a_file(state: sl.JobState, tmp_path: Path) -> None:
    """R18."""
    file = tmp_path / "run.stoplog"
    state.save(file)

    assert sl.JobState.load(file) == state


def test_path_of_a_file_may_be_a_string(state: sl.JobState, tmp_path: Path) -> None:
    file = str(tmp_path / "run.stoplog")
    state.save(file)

    assert sl.JobState.load(file) == state


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_state_is_read_from_any_bytes(state: sl.JobState, kind: Any) -> None:
    assert sl.JobState.from_bytes(kind(state.to_bytes())) == state


def test_bytes_of_a_state_are_always_the_same(state: sl.JobState) -> None:
    """R18: loaded and saved again, nothing is added or lost."""
    assert sl.JobState.from_bytes(state.to_bytes()).to_bytes() == state.to_bytes()


@pytest.mark.parametrize("act", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_pickle_and_copy_use_the_same_bytes(state: sl.JobState, act: Any) -> None:
    """R16: the state may travel in a pickle, but holds none."""
    assert act(state) == state


def test_states_of_two_moments_differ() -> None:
    job = started()
    first = job.snapshot()
    job.step(1)

    assert first != job.snapshot()


def test_state_is_no_other_thing(state: sl.JobState) -> None:
    assert state != "a state"


def test_same_outcome_looks_at_status_state_and_queue_only() -> None:
    """Two jobs have other ids and other times."""
    one, other = started().result(), started().result()

    assert one != other
    assert one.same_outcome(other)


def test_same_outcome_sees_another_total() -> None:
    assert not started([1]).result().same_outcome(started([2]).result())


def test_fork_has_a_new_id_and_knows_its_parent(state: sl.JobState) -> None:
    forked = state.fork()

    assert forked.id != state.id
    assert (forked.parent_id, state.parent_id) == (state.id, None)


def test_fork_and_parent_can_both_be_resumed(state: sl.JobState) -> None:
    finals = [source_and_adder().resume(s).result(PATIENCE) for s in (state, state.fork())]

    assert [final["adder"].total for final in finals] == [6, 6]


def test_cut_keeps_the_order_of_the_queue(state: sl.JobState) -> None:
    """R11b: mailboxes in order."""
    loaded = sl.JobState.from_bytes(state.to_bytes())

    assert [delivery.payload["value"] for delivery in loaded.queued] == [2, 3]


def test_cut_keeps_the_count_of_emissions() -> None:
    """R11b R11c: equal ids in every re-run, of what is emitted after the cut too."""
    flow = source_and_adder()
    job = flow.start("source.items", {"values": [1, 2]}, executor="sequential")
    job.send("source.items", values=[3, 4])
    job.step(1)

    again = flow.resume(job.snapshot(), executor="sequential").result()

    assert [r.delivery for r in again.history] == [r.delivery for r in job.result().history]


def test_delivery_in_call_goes_first_on_resume() -> None:
    """R11b: whatever came since."""
    states: list[sl.JobState] = []
    log: list[str] = []

    class Two(sl.Routine):
        @sl.slot
        def a(self) -> None:
            self.job.send("two.b")
            states.append(self.job.snapshot())
            log.append("a")

        @sl.slot
        def b(self) -> None:
            log.append("b")

    flow = sl.Flow("f")
    two = flow.add(Two(), "two")
    flow.run(two.a.of())
    log.clear()

    flow.resume(states[0]).result(PATIENCE)

    assert log == ["a", "b", "b"]


def test_parked_call_runs_again_after_a_cut() -> None:
    """R11b: parked calls re-run when woken."""

    class Narrow(sl.Routine):
        got: sl.State[int] = sl.State(int)

        @sl.slot(capacity=1)
        def input(self, value: int) -> None:
            self.got += value

    def build(calls: list[int]) -> sl.Flow:
        flow = sl.Flow("f")
        do = flow.add(Do(lambda do: (calls.append(1), do.out(value=1))), "do")
        narrow = flow.add(Narrow(), "narrow")
        flow.connect(do.out, narrow.input)
        return flow

    flow = build([])
    narrow, do = flow.routines["narrow"], flow.routines["do"]
    assert isinstance(narrow, Narrow)
    assert isinstance(do, Do)
    entries = (do.input.of(), narrow.input.of(value=10))
    job = flow.start(*entries, executor="sequential")
    job.step(1)
    again: list[int] = []

    final = build(again).resume(sl.JobState.from_bytes(job.snapshot().to_bytes())).result(PATIENCE)

    assert (final["narrow"].got, again) == (11, [1])


def test_save_replaces_an_older_file_whole(state: sl.JobState, tmp_path: Path) -> None:
    """R18: written aside, synced, renamed."""
    file = tmp_path / "run.stoplog"
    file.write_bytes(b"old")
    state.save(file)

    assert sl.JobState.load(file) == state
    assert [path.name for path in tmp_path.iterdir()] == ["run.stoplog"]


def test_save_that_is_refused_leaves_the_older_file(tmp_path: Path) -> None:
    """R17: nothing half-written stays behind."""
    file = tmp_path / "run.stoplog"
    file.write_bytes(b"old")
    flow = source_and_adder()
    job = flow.start("adder.input", {"value": print}, executor="sequential")

    with pytest.raises(sl.SerializationError):
        job.snapshot().save(file)

    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["run.stoplog"]


def test_save_that_fails_half_way_leaves_the_older_file(
    state: sl.JobState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R18: the file is whole or as it was, whatever happens while it is written."""
    file = tmp_path / "run.stoplog"
    file.write_bytes(b"old")

    def full_disk(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="no space left"):
        state.save(file)

    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["run.stoplog"]


def test_load_of_a_missing_file_is_an_ordinary_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sl.JobState.load(tmp_path / "nothing.stoplog")


def test_save_into_a_missing_folder_is_an_ordinary_error(
    state: sl.JobState, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        state.save(tmp_path / "nowhere" / "run.stoplog")


def is_refused(data: bytes) -> bool:
    try:
        sl.JobState.from_bytes(data)
    except sl.SerializationError as error:
        return bool(str(error))
    return False


def test_file_truncated_anywhere_is_refused(state: sl.JobState) -> None:
    """R17: nothing crashes, nothing half-loads."""
    data = state.to_bytes()

    assert [size for size in range(len(data)) if not is_refused(data[:size])] == []


def test_file_with_any_byte_changed_is_refused(state: sl.JobState) -> None:
    """R17 R18: the checksum covers every byte."""
    data = state.to_bytes()

    def flipped(at: int) -> bytes:
        return data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]

    assert [at for at in range(len(data)) if not is_refused(flipped(at))] == []


def test_file_with_something_behind_it_is_refused(state: sl.JobState) -> None:
    """R17 R18."""
    assert is_refused(state.to_bytes() + b"\0")


def test_random_bytes_are_refused() -> None:
    """R17."""
    chance = random.Random(1)

    accepted = [n for n in range(300) if not is_refused(chance.randbytes(n))]

    assert accepted == []


def test_file_of_another_kind_says_so() -> None:
    """R17: a `SerializationError` that says where and what."""
    with pytest.raises(sl.SerializationError, match="stoplog"):
        sl.JobState.from_bytes(b"PK\x03\x04 certainly a zip archive, and long enough to be read")


def test_file_names_its_flow_in_the_envelope(state: sl.JobState) -> None:
    """R18: flow identity stands in the envelope, readable without the body."""
    assert b"adding" in state.to_bytes()[:200]


def test_queue_of_a_state_has_whole_deliveries(state: sl.JobState) -> None:
    """R11b."""
    delivery = state.queued[0]

    assert (delivery.routine, delivery.slot, delivery.fed_by) == ("adder", "input", "source.item")
    assert delivery.payload == {"value": 2}
