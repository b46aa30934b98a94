# Resuming elsewhere: other processes, classes of `__main__`, and flows that have changed (row j).
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Adder, Do, Sink, Source, source_and_adder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PARTS = """
    import sys
    from stoplog import Flow, JobState, Routine, State, event, slot

    class Walk(Routine):
        @event
        def item(self, value: int) -> None: ...
        @slot
        def start(self, count: int) -> None:
            for number in range(count):
                self.item(value=number)

    class Add(Routine):
        total: State[int] = State(int)
        @slot
        def input(self, value: int) -> None:
            self.total += value

    flow = Flow("numbers")
    walk = flow.add(Walk(), "walk")
    add = flow.add(Add(), "add")
    flow.connect(walk.item, add.input)
"""
STOP = """
    job = flow.start(walk.start.of(count=10), executor="sequential")
    job.step(4)
    job.snapshot().save(sys.argv[1])
"""
GO_ON = """
    final = flow.resume(JobState.load(sys.argv[1])).result()
    print(final.status.name, final["add"].total, len(final.history))
"""
# What a notebook does: the cells run in a `__main__` that is no file.
CELLS = "import sys\nexec(compile(open(sys.argv[2]).read(), 'cell', 'exec'))\n"


@pytest.mark.slow
def test_job_goes_on_in_another_process(run_python: Callable[..., str], tmp_path: Path) -> None:
    """R11 R14: a class of `__main__`, cut in one process, resumed in another."""
    file = tmp_path / "run.stoplog"
    run_python(PARTS + STOP, file)

    assert run_python(PARTS + GO_ON, file) == "COMPLETED 45 11"


@pytest.mark.slow
def test_class_of_a_notebook_cell_is_resumed_from_a_script(
    run_python: Callable[..., str], tmp_path: Path
) -> None:
    """R14: never `__module__.__qualname__`."""
    file, cell = tmp_path / "run.stoplog", tmp_path / "cell.txt"
    cell.write_text("\n".join(line[4:] for line in (PARTS + STOP).splitlines()))
    run_python(CELLS, file, cell)

    assert run_python(PARTS + GO_ON, file) == "COMPLETED 45 11"


@pytest.mark.slow
def test_job_of_another_process_is_resumed_by_a_class_of_another_name(
    run_python: Callable[..., str], tmp_path: Path
) -> None:
    """R14: the name in the flow counts, not that of the class."""
    file = tmp_path / "run.stoplog"
    run_python(PARTS + STOP, file)

    assert run_python((PARTS + GO_ON).replace("Add", "Total"), file) == "COMPLETED 45 11"


@pytest.mark.slow
def test_loading_a_file_imports_nothing_named_by_it(
    run_python: Callable[..., str], tmp_path: Path
) -> None:
    """R16: data, never code."""
    file = tmp_path / "run.stoplog"
    run_python(PARTS + STOP, file)
    look = """
        import sys
        from stoplog import JobState
        before = set(sys.modules)
        state = JobState.load(sys.argv[1])
        list(state.queued), list(state.history), state["add"].to_dict()
        print(sorted(set(sys.modules) - before))
    """

    assert run_python(look, file) == "[]"


def stopped() -> sl.JobState:
    """A state with two deliveries on their way to 'adder.input'."""
    job = source_and_adder().start("source.items", {"values": [1, 2]}, executor="sequential")
    job.step(1)
    return job.snapshot()


class AdderWithText(sl.Routine):
    """The state field 'total' has another type here."""

    total: sl.State[str] = sl.State(str)
    by_value: sl.State[dict[int, int]] = sl.State(dict)
    added = sl.Event("total")

    @sl.slot
    def input(self, value: int) -> None: ...


class AdderWithOtherSlot(sl.Routine):
    total: sl.State[int] = sl.State(int)
    by_value: sl.State[dict[int, int]] = sl.State(dict)
    added = sl.Event("total")

    @sl.slot
    def entry(self, value: int) -> None: ...


class AdderWithoutState(sl.Routine):
    added = sl.Event("total")

    @sl.slot
    def input(self, value: int) -> None: ...


def flow_with(adder: sl.Routine, *, slot: str = "input", version: str = "1") -> sl.Flow:
    flow = sl.Flow("adding", version=version)
    flow.add(Source(), "source")
    flow.add(adder, "adder")
    flow.connect("source.item", f"adder.{slot}")
    return flow


def renamed_routine() -> sl.Flow:
    flow = sl.Flow("adding")
    flow.add(Source(), "source")
    flow.add(Adder(), "sum")
    flow.connect("source.item", "sum.input")
    return flow


def without_connection() -> sl.Flow:
    flow = sl.Flow("adding")
    flow.add(Source(), "source")
    flow.add(Adder(), "adder")
    return flow


def of_another_name() -> sl.Flow:
    flow = sl.Flow("subtracting")
    flow.add(Source(), "source")
    flow.add(Adder(), "adder")
    flow.connect("source.item", "adder.input")
    return flow


# What was changed: the flow of today, and the words that the list must have.
MATTERS: dict[str, tuple[Callable[[], sl.Flow], tuple[str, ...]]] = {
    "routine renamed": (renamed_routine, ("adder", "sum")),
    "slot renamed": (
        lambda: flow_with(AdderWithOtherSlot(), slot="entry"),
        ("slot 'adder.input' was removed", "slot 'adder.entry' was added"),
    ),
    "state retyped": (lambda: flow_with(AdderWithText()), ("adder", "total", "int", "str")),
    "state removed": (lambda: flow_with(AdderWithoutState()), ("adder", "total")),
    "connection removed": (without_connection, ("source.item", "adder.input")),
    "another version": (lambda: flow_with(Adder(), version="2"), ("1", "2")),
    "another flow": (of_another_name, ("adding", "subtracting")),
}


@pytest.mark.parametrize("change", MATTERS)
def test_check_lists_a_difference_that_matters(change: str) -> None:
    """R14: what was added, removed, renamed or retyped."""
    build, words = MATTERS[change]

    difference = build().check(stopped())

    assert difference
    assert all(word in "\n".join(difference) for word in words)


@pytest.mark.parametrize("change", MATTERS)
def test_resume_refuses_a_difference_that_matters_with_the_list(change: str) -> None:
    """R14: refused with that list."""
    flow, state = MATTERS[change][0](), stopped()

    with pytest.raises(sl.DefinitionMismatchError) as caught:
        flow.resume(state)

    assert all(line in str(caught.value) for line in flow.check(state))


def test_check_says_which_queued_deliveries_have_nowhere_to_go() -> None:
    """R14: a changed slot matters the more when something is on its way to it."""
    lines = [line for line in renamed_routine().check(stopped()) if "queued" in line]

    assert "adder.input" in "\n".join(lines)


def test_difference_prints_as_a_readable_list() -> None:
    difference = renamed_routine().check(stopped())

    assert all(line in str(difference) for line in difference)


class AdderWithDocs(sl.Routine):
    """Another class, other docs, other bodies, another capacity; the same drawing."""

    total: sl.State[int] = sl.State(int, doc="The sum.")
    by_value: sl.State[dict[int, int]] = sl.State(dict)

    @sl.event
    def added(self, total: int) -> None:
        """Say something else."""

    @sl.slot(capacity=7, on_error="skip")
    def input(self, value: int) -> None:
        """Count tenfold."""
        self.total += 10 * value


def with_more() -> sl.Flow:
    flow = source_and_adder()
    flow.add(Do(), "new")
    return flow


def in_other_order() -> sl.Flow:
    flow = sl.Flow("adding", on_error="skip")
    flow.add(Adder(), "adder")
    flow.add(Source(), "source")
    flow.connect("source.item", "adder.input")
    return flow


DOES_NOT_MATTER: dict[str, Callable[[], sl.Flow]] = {
    "nothing": source_and_adder,
    "bodies, docs, capacity, policy": lambda: flow_with(AdderWithDocs()),
    "a new unconnected routine": with_more,
    "order of declaration, policy of the flow": in_other_order,
}


@pytest.mark.parametrize("change", DOES_NOT_MATTER)
def test_check_is_falsy_when_nothing_that_matters_differs(change: str) -> None:
    """R14: capacity, priority, retry, docs, bodies and new unconnected routines never block."""
    assert not DOES_NOT_MATTER[change]().check(stopped())


@pytest.mark.parametrize("change", DOES_NOT_MATTER)
def test_resume_takes_a_difference_that_does_not_matter(change: str) -> None:
    """R14."""
    job = DOES_NOT_MATTER[change]().resume(stopped())

    assert job.result(PATIENCE).status is sl.JobStatus.COMPLETED


def test_resume_in_another_order_of_declaration_finds_each_routine() -> None:
    """R14: by name, not by number."""
    assert in_other_order().resume(stopped()).result(PATIENCE)["adder"].total == 3


def test_resume_runs_the_handlers_of_today() -> None:
    """Section 3: carries on with the fixed code."""
    final = flow_with(AdderWithDocs()).resume(stopped()).result(PATIENCE)

    assert final["adder"].total == 30


def test_resume_of_a_new_state_field_starts_it_with_its_default() -> None:
    """R14: what is new is no reason to refuse, where nothing is lost."""

    class More(Adder):
        extra: sl.State[int] = sl.State(default=5)

    difference = flow_with(More()).check(stopped())

    assert "extra" in "\n".join(difference) or not difference


def test_resume_of_what_is_no_state_is_refused() -> None:
    """Section 5."""
    wrong: Any = b"bytes"

    with pytest.raises(TypeError, match="JobState"):
        source_and_adder().resume(wrong)


def test_resumed_job_may_start_paused() -> None:
    job = source_and_adder().resume(stopped(), paused=True)

    assert job.wait(PATIENCE) is sl.JobStatus.PAUSED
    job.resume()
    assert job.result(PATIENCE)["adder"].total == 3


def test_routine_of_the_flow_of_today_gets_the_queue_of_yesterday() -> None:
    flow = sl.Flow("f")
    sink = flow.add(Sink(), "sink")
    state = flow.start(sink.input.of(value="kept"), executor="sequential").snapshot()
    today = sl.Flow("f")
    new = today.add(Sink(), "sink")

    today.resume(sl.JobState.from_bytes(state.to_bytes())).result(PATIENCE)

    assert new.got == ["kept"]
