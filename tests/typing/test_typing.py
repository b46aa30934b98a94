# A user's programs, type-checked against the package as it is installed.
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stoplog

HERE = Path(__file__).parent
TOLD = re.compile(r"^[^:]*rejected\.py:(\d+): error: .*\[([a-z-]+)\]$", re.MULTILINE)
EXPECTED = re.compile(r"# expect: ([a-z -]+)$")


def search_path() -> dict[str, str]:
    """Where an editable package lies; an installed one is found without help."""
    folder = Path(stoplog.__file__).parents[1]
    return {} if folder.name == "site-packages" else {"MYPYPATH": str(folder)}


def check(name: str, folder: Path) -> str:
    """Check one program as its author would, away from the settings of this repository."""
    program = folder / name
    program.write_text((HERE / name).read_text(encoding="utf-8"), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--config-file=", name]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
        cwd=folder,
        env=os.environ | search_path(),
    )
    assert done.returncode in {0, 1}, done.stderr + done.stdout
    return done.stdout


def expected_errors() -> set[tuple[int, str]]:
    lines = (HERE / "rejected.py").read_text(encoding="utf-8").splitlines()
    found = ((number, EXPECTED.search(line)) for number, line in enumerate(lines, start=1))
    return {(number, code) for number, match in found if match for code in match[1].split()}


@pytest.mark.slow
def test_program_without_a_mistake_is_accepted(tmp_path: Path) -> None:
    """Section 7: typed, `py.typed`, checked stubs."""
    assert "Success" in (said := check("accepted.py", tmp_path)), said


@pytest.mark.slow
def test_mistakes_are_found_on_their_lines(tmp_path: Path) -> None:
    """Section 3: a field, an event, an instance, a value of the state; each where it stands."""
    said = check("rejected.py", tmp_path)

    assert {(int(line), code) for line, code in TOLD.findall(said)} == expected_errors()
