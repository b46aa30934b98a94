# The README's Python blocks, typed in as a new user would: one after the other, in one process.
from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> list[str]:
    return BLOCK.findall(README.read_text(encoding="utf-8"))


def test_readme_has_a_quickstart() -> None:
    assert "import" in "".join(blocks())


@pytest.mark.slow
def test_python_of_the_readme_runs_as_it_stands(tmp_path: Path) -> None:
    """Section 3: what a reader types in runs."""
    script = tmp_path / "quickstart.py"
    script.write_text("\n".join(blocks()), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
