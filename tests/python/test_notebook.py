# Notebook habits: cells that are run again, one by one and from the top, without a notebook.
from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

import stoplog as sl

NOTEBOOK = Path(__file__).parents[2] / "examples" / "etl.ipynb"

ROUTINES = """
class Count(sl.Routine):
    totals: sl.State[dict[str, int]] = sl.State(dict)

    @sl.slot
    def word(self, text: str) -> None:
        self.totals[text] = self.totals.get(text, 0) + STEP

count = flow.add(Count(), "count", replace=True)
"""
FUNCTION = """
@flow.routine(emits="word")
def split(text: str):
    for word in text.split():
        yield {"text": word}
"""
CONNECT = "flow.connect(split.word, count.word); flow.chain(split, count)"
START = "job = flow.start(split, text='to be or not to be', executor='sequential', paused=True)"


def run(names: dict[str, Any], *cells: str, times: int = 1) -> dict[str, Any]:
    """Run each cell so many times before the next one."""
    for number, cell in enumerate(cells):
        for _ in range(times):
            exec(compile(cell, f"<cell {number}>", "exec", dont_inherit=True), names)
    return names


def fresh(**names: Any) -> dict[str, Any]:
    return {"__name__": "__main__", "sl": sl, "flow": sl.Flow("words"), "STEP": 1, **names}


@pytest.mark.parametrize("times", [1, 2, 3])
def test_cells_run_again_draw_the_same_flow(times: int) -> None:
    """Section 3: an identical connect is a no-op, add and functions replace."""
    names = run(fresh(), ROUTINES, FUNCTION, CONNECT, times=times)

    assert len(names["flow"].connections) == 1
    assert names["flow"].run("split", text="to be to")["count"].totals == {"to": 2, "be": 1}


@pytest.mark.parametrize("order", list(itertools.permutations([ROUTINES, FUNCTION, CONNECT])))
def test_cells_may_be_run_again_in_any_order(order: tuple[str, ...]) -> None:
    names = run(fresh(), ROUTINES, FUNCTION, CONNECT)
    fingerprint = names["flow"].fingerprint

    run(names, *order, *order)

    assert names["flow"].fingerprint == fingerprint


def test_job_keeps_the_plan_that_it_was_started_on() -> None:
    """Section 3: each job keeps its plan."""
    names = run(fresh(), ROUTINES, FUNCTION, CONNECT, START)
    old = names["job"]

    run(names, "STEP = 10", ROUTINES, FUNCTION, CONNECT, START)
    old.resume()
    names["job"].resume()

    assert names["job"].result()["count"].totals["to"] == 20
    names["STEP"] = 1  # a global of the notebook, as ever: read when a handler runs
    assert old.result()["count"].totals["to"] == 2


def test_state_of_a_job_that_stands_goes_to_the_class_of_today() -> None:
    names = run(fresh(), ROUTINES, FUNCTION, CONNECT, START)
    job = names["job"]
    job.resume()
    job.step(3)  # the line, "to", "be"

    doubled = ROUTINES.replace("+ STEP", "+ 2 * STEP")
    run(names, doubled, CONNECT)
    final = names["flow"].resume(job.snapshot(), executor="sequential").result()

    assert final["count"].totals == {"to": 3, "be": 3, "or": 2, "not": 2}


def test_cell_with_another_slot_is_refused_until_the_connection_is_taken_away() -> None:
    names = run(fresh(), ROUTINES, FUNCTION, CONNECT)
    renamed = ROUTINES.replace("def word", "def term")

    with pytest.raises(sl.GraphError, match=r"split.word -> count.word.*no slot 'word'"):
        run(names, renamed)
    names["flow"].disconnect(names["flow"].connections[0])
    run(names, renamed, "flow.connect(split.word, count.term)", times=2)

    assert names["flow"].run("split", text="to")["count"].totals == {"to": 1}


# ---- the notebook among the examples


def cells() -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("times", [1, 2])
def test_notebook_runs_cell_by_cell(
    times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Section 3 R20: cells run again; the job goes on with the repaired code."""
    monkeypatch.chdir(tmp_path)

    names = run({"__name__": "__main__"}, *cells(), times=times)

    said = capsys.readouterr().out
    assert names["job"].status is sl.JobStatus.FAILED
    assert "invalid literal for int() with base 10: '4 kg'" in said
    assert names["final"]["load"].totals == {"pears": 4, "apples": 8}
    assert names["final"]["load"].numbers == [1, 2, 3]
    assert "3 orders: " in said


def test_notebook_runs_from_the_top_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}

    run(run(names, *cells()), *cells())

    assert names["final"]["load"].numbers == names["again"]["load"].numbers == [1, 2, 3]


def test_notebook_is_kept_without_outputs() -> None:
    """What was once printed on somebody's machine is no part of an example."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))

    kept = [c for c in notebook["cells"] if c.get("outputs") or c.get("execution_count")]

    assert kept == []
