# The examples run, and the main job gives the same figures wherever it is stopped.
from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import stoplog as sl
from python.parts import PATIENCE

if TYPE_CHECKING:
    from types import ModuleType

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = 20
PLACES = 20
INSIDE = 10  # of the places, so many in the middle of a handler
MOST_FILES = 150


def run_example(name: str, *arguments: object, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def load_example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plant(root: Path) -> Path:
    """Make a small tree of real source files, with some that nobody can read or parse."""
    stdlib = Path(random.__file__).parent
    for number, source in enumerate(sorted(stdlib.glob("*.py"))[:120]):
        target = root / f"part{number % 4}" / source.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(source.read_bytes())
    (root / "no_python.py").write_text("def broken(:\n")
    (root / "no_utf8.py").write_bytes(b"name = '\xff\xfe'\n")
    (root / "no_codec.py").write_bytes(b"# -*- coding: klingon -*-\n")
    return root


@pytest.mark.slow
def test_word_count_counts_words(tmp_path: Path) -> None:
    said = run_example("word_count.py", folder=tmp_path)

    assert said.split() == ["2", "to", "2", "be", "1", "or", "1", "not"]


@pytest.mark.slow
def test_approval_waits_in_one_process_and_is_decided_in_another(tmp_path: Path) -> None:
    """R9 R11: saved while WAITING; tomorrow's process sends the decision."""
    file = tmp_path / "approval.stoplog"

    asked = run_example("approval.py", "ask", file, folder=tmp_path)
    waiting = sl.JobState.load(file)
    decided = run_example("approval.py", "decide", file, "yes", folder=tmp_path)

    assert "WAITING" in asked
    assert (waiting.status, list(waiting.awaited)) == (
        sl.JobStatus.WAITING,
        ["approve.decision"],
    )
    assert "COMPLETED: published the office" in decided


@pytest.mark.slow
def test_approval_that_was_refused_publishes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "approval.stoplog"
    run_example("approval.py", "ask", file, folder=tmp_path)

    assert "published nothing" in run_example("approval.py", "decide", file, "no", folder=tmp_path)


@pytest.mark.slow
def test_demo_goes_on_in_another_process(tmp_path: Path) -> None:
    """R11: cut at a random time, without pausing, and equal to the last counter."""
    root = tmp_path / "tree"
    root.mkdir()
    plant(root)

    said = run_example(
        "stdlib_imports.py", "--demo", "--root", root, "--seed", SEED, folder=tmp_path
    )

    assert "equal, to the last counter" in said


def test_files_that_cannot_be_read_or_parsed_are_listed(tmp_path: Path) -> None:
    """They never stop the job."""
    example = load_example("stdlib_imports")
    plant(tmp_path)

    final: sl.JobState = example.run(str(tmp_path), 0)

    failures = {Path(path).name for path in final["count"].failures}
    assert final.status is sl.JobStatus.COMPLETED
    assert {"no_python.py", "no_utf8.py", "no_codec.py"} <= failures


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(plant(tmp_path_factory.mktemp("tree")))


@pytest.fixture(scope="module")
def whole(tree: str) -> sl.JobState:
    state: sl.JobState = load_example("stdlib_imports").run(tree, MOST_FILES)
    return state


@pytest.mark.slow
@pytest.mark.parametrize("number", range(PLACES))
def test_stopped_at_a_seeded_place_gives_the_same_figures(
    number: int, tree: str, whole: sl.JobState
) -> None:
    """R11: 20 places, half of them inside a handler."""
    example = load_example("stdlib_imports")
    inside = number < INSIDE
    place = random.Random(SEED + number).randrange(1, len(whole.history) - 1)
    cut: sl.JobState = example.cut_at_place(tree, MOST_FILES, place, inside=inside)

    loaded = sl.JobState.from_bytes(cut.to_bytes())
    final = example.build_flow().flow.resume(loaded).result(PATIENCE)

    assert any(delivery.in_call for delivery in cut.queued) == inside
    assert final.same_outcome(whole)


@pytest.mark.slow
def test_map_and_reduce_reduces_when_all_are_done(tmp_path: Path) -> None:
    """R5 R8b: a thousand items on workers that take turns; the drained slot comes last."""
    said = run_example("map_and_reduce.py", 1001, folder=tmp_path)

    assert said == "of 1000 numbers these have most divisors, 32: [840]\n"


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "verb"), [("yes", "bought"), ("no", "did not buy")])
def test_agent_asks_a_person_and_goes_on_in_another_process(
    answer: str, verb: str, tmp_path: Path
) -> None:
    """R9 R11 R20: a loop with tools that fail, saved while it waits."""
    file = tmp_path / "agent.stoplog"

    asked = run_example("agent.py", "ask", file, folder=tmp_path)
    answered = run_example("agent.py", "approve", file, answer, folder=tmp_path)

    assert asked == "WAITING: may I buy tea?\n"
    assert answered == f"tea costs 3; I {verb} tea\n"


@pytest.mark.slow
def test_simulation_that_is_killed_ends_as_one_that_was_not(tmp_path: Path) -> None:
    """R11: killed by the system at its third save, begun again from the file."""
    whole = run_example("simulation.py", tmp_path / "whole.stoplog", 4000, folder=tmp_path)
    file = tmp_path / "killed.stoplog"
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLES / "simulation.py"), str(file), "4000"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for _ in range(3):
        assert process.stdout.readline().startswith("saved at step")
    process.kill()
    process.wait(PATIENCE)
    process.stdout.close()

    resumed = run_example("simulation.py", file, 4000, folder=tmp_path)

    assert resumed.startswith("going on at step")
    assert resumed.splitlines()[-1] == whole.splitlines()[-1]


@pytest.mark.slow
def test_service_answers_each_asker(tmp_path: Path) -> None:
    """R9: an open job; replies and errors come back to who asked."""
    said = run_example("service.py", folder=tmp_path)

    assert said.splitlines() == [
        "I",
        "IV",
        "MCMXC",
        "MMXXVI",
        "ValueError: no numeral for 0",
        "answered 4",
    ]
