# The guides' Python blocks run as they stand: in their order, each page in a module of its own.
from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
GUIDES = sorted((DOCS / "guides").glob("*.md"))


@pytest.fixture
def module(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """A module for dataclasses to be found in."""
    made = ModuleType(f"guide_{request.node.callspec.id}")
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_python_of_a_guide_runs_as_it_stands(guide: Path, module: ModuleType) -> None:
    source = "\n".join(BLOCK.findall(guide.read_text(encoding="utf-8")))

    exec(compile(source, str(guide), "exec", dont_inherit=True), vars(module))

    assert source
