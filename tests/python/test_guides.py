# The guides' Python blocks, typed in as they stand: page by page, each in a process of its own.
from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from python.conftest import RunPython

GUIDES = sorted((Path(__file__).parents[2] / "docs" / "guides").glob("*.md"))
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_python_of_a_guide_runs_as_it_stands(guide: Path, run_python: RunPython) -> None:
    source = "\n".join(BLOCK.findall(guide.read_text(encoding="utf-8")))

    said = run_python(f"{source}\nprint('to the end')\n")

    assert said.endswith("to the end")
