# Fixtures for the tests of the Python face: holds that are always released, other processes.
from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

import stoplog as sl
from python.parts import PATIENCE, Hold

if TYPE_CHECKING:
    from pathlib import Path

RunPython = Callable[..., str]


@pytest.fixture
def hold() -> Iterator[Hold]:
    """A hold that no handler is left standing at when the test is over."""
    made = Hold()
    yield made
    made.release()


@pytest.fixture
def eight() -> Iterator[sl.Concurrent]:
    """Eight workers, which have all come to rest when the test is over."""
    executor = sl.Concurrent(workers=8, name="eight")
    yield executor
    executor.close(PATIENCE)


@pytest.fixture(params=["sequential", "background", "concurrent"])
def each_executor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """`Flow.run` in a test goes by each of the executors, where it names none."""
    run = sl.Flow.run

    def run_by(flow: sl.Flow, first: Any, *entries: Any, **keywords: Any) -> sl.JobState:
        if isinstance(first, sl.BoundSlot):
            first, entries, keywords = first.of(*entries, **keywords), (), {}
        return run(flow, first, *entries, **{"executor": request.param, **keywords})

    monkeypatch.setattr(sl.Flow, "run", run_by)
    return str(request.param)


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Run a script as another process's `__main__`; return what it printed."""

    def run(source: str, *arguments: object) -> str:
        script = tmp_path / "script.py"
        script.write_text(textwrap.dedent(source), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run
