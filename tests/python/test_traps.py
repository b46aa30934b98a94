# Traps that others fell into, each as a claim that holds here.
from __future__ import annotations

import gc
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

import stoplog as sl
from python.parts import (
    PATIENCE,
    Adder,
    Hold,
    Sink,
    Source,
    flow_of,
    outcomes,
    source_and_adder,
)

ROOT = Path(__file__).parents[2]


def fan() -> tuple[sl.Flow, Sink, Sink]:
    """A source and two sinks of one class."""
    flow = sl.Flow("fan")
    source, one, two = Source(), Sink(), Sink()
    for routine, name in ((source, "source"), (one, "one"), (two, "two")):
        flow.add(routine, name)
    flow.connect(source.item, one.input)
    flow.connect(source.item, two.input)
    return flow, one, two


def test_trap_01_there_is_no_second_queue_behind_the_mailbox() -> None:
    """R1 R6: far more than a capacity passes through a slot for one; nothing is lost."""

    class Narrow(sl.Routine):
        got: sl.State[int] = sl.State(int)

        @sl.slot(capacity=1)
        def input(self, value: int) -> None:
            self.got += 1

    flow = sl.Flow("f")
    source, narrow = flow.add(Source(), "source"), flow.add(Narrow(), "narrow")
    flow.connect(source.item, narrow.input)
    entries = [source.items.of(values=list(range(100))) for _ in range(50)]

    final = flow.run(*entries)

    assert final["narrow"].got == 5000


def test_trap_08_fan_out_broadcasts_to_every_target() -> None:
    """R5: targets do not compete, and nobody gets a null delivery."""
    flow, one, two = fan()

    flow.run("source.items", values=[1, 2, 3])

    assert (one.got, two.got) == ([1, 2, 3], [1, 2, 3])


def test_trap_09_two_nodes_of_one_class_do_not_share_a_mailbox() -> None:
    """R1 R13: one mailbox and one state per (job, routine)."""
    flow = sl.Flow("f")
    one, two = flow.add(Adder(), "one"), flow.add(Adder(), "two")

    final = flow.run(one.input.of(value=1), two.input.of(value=20))

    assert (final["one"].total, final["two"].total) == (1, 20)


def test_trap_13_routine_goes_on_after_its_first_error() -> None:
    """R21."""
    flow = sl.Flow("f", on_error="continue")
    adder = flow.add(Adder(), "adder")
    wrong: Any = "no number"

    final = flow.run(adder.input.of(value=wrong), adder.input.of(value=2))

    assert (outcomes(final), final["adder"].total) == (["failed", "finished"], 2)


@pytest.mark.slow
def test_trap_17_job_ids_do_not_collide_after_a_restart(run_python: Any) -> None:
    """R13: ids come from no counter."""
    source = """
        from stoplog import Flow
        print(*(Flow("f").start(executor="sequential").id for _ in range(50)))
    """

    ids = [*run_python(source).split(), *run_python(source).split()]

    assert len(set(ids)) == 100


def test_trap_18_signal_that_comes_early_is_kept() -> None:
    """R9: it is queued while the job is paused, and answers the expectation made later."""
    flow = flow_of(lambda do: do.expect("do.again"))
    job = flow.start("do.input", paused=True)
    job.send("do.again")

    job.resume()

    assert job.result(PATIENCE)["do"].number == 1


def test_trap_21_new_build_of_the_same_flow_has_the_same_fingerprint() -> None:
    """R14: a new build changes nothing; new objects, new classes of the same shape neither."""

    def build() -> sl.Flow:
        class Part(sl.Routine):
            total: sl.State[int] = sl.State(int)
            out = sl.Event("value")

            @sl.slot
            def input(self, value: int) -> None: ...

        flow = sl.Flow("f")
        flow.add(Part(), "part")
        return flow

    assert build().fingerprint == build().fingerprint


def test_trap_21_changed_drawing_changes_the_fingerprint() -> None:
    """R14: nor does a change go unseen."""
    changed = source_and_adder()
    changed.add(Sink(), "sink")
    changed.connect("source.item", "sink.input")

    assert changed.fingerprint != source_and_adder().fingerprint


@pytest.mark.slow
def test_trap_21_fingerprint_does_not_depend_on_the_process(run_python: Any) -> None:
    """R14: no hash of this process, no address, no order of a set."""
    source = """
        from stoplog import Event, Flow, Routine, State, slot
        class Part(Routine):
            a: State[int] = State(int)
            b: State[dict[str, int]] = State(dict)
            x, y = Event("p", "q"), Event()
            @slot
            def input(self, value: int) -> None: ...
        flow = Flow("f")
        flow.add(Part(), "part")
        print(flow.fingerprint)
    """

    assert run_python(source) == run_python(source)


def test_trap_30_every_mutant_names_a_test_that_exists() -> None:
    """Break the feature and a test must fail: the first line of each patch says which."""
    patches = sorted((ROOT / "tests" / "mutants").glob("*.patch"))

    first_lines = [patch.read_text(encoding="utf-8").splitlines()[0] for patch in patches]

    assert patches
    assert [line for line in first_lines if "test" not in line.lower()] == []


def test_trap_33_completion_is_told_without_polling(hold: Hold) -> None:
    """R10: the status is right the moment the last handler has returned."""
    job = flow_of(lambda _: hold.here()).start("do.input")
    hold.wait_until_reached()
    before = job.status

    hold.release()
    after = job.wait(PATIENCE)

    assert (before, after) == (sl.JobStatus.RUNNING, sl.JobStatus.COMPLETED)
    assert job.status is sl.JobStatus.COMPLETED


def test_trap_34_send_from_a_foreign_thread_after_the_job_went_idle_is_run() -> None:
    """R10: done or refused, never lost."""
    job = source_and_adder().start()
    assert job.wait(PATIENCE) is sl.JobStatus.IDLE
    sender = threading.Thread(target=job.send, args=("adder.input", {"value": 5}))

    sender.start()
    sender.join(PATIENCE)
    job.finish()

    assert job.result(PATIENCE)["adder"].total == 5


def test_trap_34_sends_of_many_threads_are_done_or_refused() -> None:
    """R10: a send that came before the end is in, one that comes later is a `StateError`."""
    job = source_and_adder().start()
    done: list[int] = []

    def send() -> None:
        for _ in range(200):
            try:
                job.send("adder.input", {"value": 1}, timeout=PATIENCE)
            except sl.StateError:
                return
            done.append(1)

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    job.finish()
    for sender in senders:
        sender.join(PATIENCE)

    assert job.result(PATIENCE)["adder"].total == len(done)


def test_trap_35_finish_drops_nothing_that_is_queued() -> None:
    """R10: it completes when empty."""
    job = source_and_adder().start(paused=True)
    for value in range(100):
        job.send("adder.input", value=value)

    job.finish()
    job.resume()

    assert job.result(PATIENCE)["adder"].total == sum(range(100))


class Relay(sl.Routine):
    """Its event and its slot have the names that the others' have."""

    seen: sl.State[int] = sl.State(int)
    data = sl.Event("hops")

    @sl.slot
    def input(self, hops: int) -> None:
        self.seen += 1
        self.data(hops=hops + 1)


def chain_of_relays() -> sl.Flow:
    flow = sl.Flow("relays")
    for name in "abc":
        flow.add(Relay(), name)
    flow.connect("a.data", "b.input")
    flow.connect("b.data", "c.input")
    return flow


@pytest.mark.parametrize("steps", [1, 2])
def test_trap_36_connections_of_equal_names_are_restored_as_they_were(steps: int) -> None:
    """R14 R11b: `a→b, b→c` does not become `a→a, a→a`."""
    job = chain_of_relays().start("a.input", {"hops": 0}, executor="sequential")
    job.step(steps)
    loaded = sl.JobState.from_bytes(job.snapshot().to_bytes())

    final = chain_of_relays().resume(loaded).result(PATIENCE)

    assert [(r.routine, r.fed_by) for r in final.history] == [
        ("a", None),
        ("b", "a.data"),
        ("c", "b.data"),
    ]


class Heavy:
    """A payload value that can be watched."""


def test_trap_37_settled_payloads_are_let_go() -> None:
    """R15: nothing but the bounded history holds a payload."""
    flow = sl.Flow("f", retention=sl.Retention(max_history_size=0))
    heavy, gone = Heavy(), threading.Event()
    weakref.finalize(heavy, gone.set)

    class Eat(sl.Routine):
        @sl.slot
        def input(self, value: Any) -> None: ...

    eat = flow.add(Eat(), "eat")
    job = flow.start(eat.input.of(value=heavy), keep_alive=True, executor="sequential")
    job.wait()

    del heavy
    gc.collect()

    assert gone.is_set()


def test_trap_37_history_lets_go_of_what_falls_out() -> None:
    """R15: bounded by count."""
    gone: list[int] = []

    class Eat(sl.Routine):
        made = sl.Event("value")

        @sl.slot
        def start(self) -> None:
            for number in range(10):
                heavy = Heavy()
                weakref.finalize(heavy, gone.append, number)
                self.made(value=heavy)

        @sl.slot
        def input(self, value: Any) -> None: ...

    flow = sl.Flow("f", retention=sl.Retention(max_history_size=3))
    eat = flow.add(Eat(), "eat")
    flow.connect(eat.made, eat.input)

    final = flow.run(eat.start.of())
    gc.collect()

    assert (sorted(gone), len(final.history)) == (list(range(7)), 3)


def test_trap_38_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    """R16: text that would be code elsewhere comes back as text."""
    marker = tmp_path / "was_run"
    text = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    flow = sl.Flow("f")
    sink = flow.add(Sink(), "sink")
    state = flow.start(sink.input.of(value=text), executor="sequential").snapshot()

    flow.resume(sl.JobState.from_bytes(state.to_bytes())).result(PATIENCE)

    assert (sink.got, marker.exists()) == ([text], False)


def test_trap_38_pickle_is_not_read() -> None:
    """R16: pickle is no way in."""
    with pytest.raises(sl.SerializationError):
        sl.JobState.from_bytes(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00K\x01.")


def test_trap_40_shared_payload_is_stored_by_id_and_stays_apart() -> None:
    """R18: one payload in two mailboxes comes back as two equal ones."""
    flow, _, _ = fan()
    job = flow.start("source.items", {"values": [7]}, executor="sequential")
    job.step(1)

    loaded = sl.JobState.from_bytes(job.snapshot().to_bytes())

    assert [d.payload for d in loaded.queued] == [{"value": 7}, {"value": 7}]


def test_trap_40_file_with_a_forged_body_is_refused() -> None:
    """R17: every byte pattern that is no state ends in a `SerializationError`."""
    data = source_and_adder().start(executor="sequential").snapshot().to_bytes()
    forged = [data[:at] + b"\xff" * (len(data) - at) for at in range(8, len(data) - 1, 3)]

    refusals = [refusal_of(each) for each in forged]

    assert set(refusals) == {sl.SerializationError}


def refusal_of(data: bytes) -> type[BaseException] | None:
    try:
        sl.JobState.from_bytes(data)
    except sl.StoplogError as error:
        return type(error)
    return None
