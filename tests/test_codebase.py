"""The version is said once, and what is installed is what the project file describes."""

from __future__ import annotations

import re
from importlib import metadata, resources
from pathlib import Path

import stoplog
from stoplog import _core

ROOT = Path(__file__).parents[1]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def project_line(key: str) -> str:
    found = re.search(rf'^{key} = "(.*)"$', PROJECT, re.MULTILINE)
    assert found is not None, f"pyproject.toml says no {key}"
    return found[1]


def test_version_is_the_same_everywhere() -> None:
    said = project_line("version")

    assert (_core.__version__, stoplog.__version__, metadata.version("stoplog")) == (said,) * 3


def test_metadata_names_license_and_python() -> None:
    described = metadata.metadata("stoplog")

    assert described["License-Expression"] == "MIT"
    assert described["Requires-Python"] == project_line("requires-python")


def test_nothing_else_is_needed_at_run_time() -> None:
    assert not metadata.requires("stoplog")


def test_types_are_shipped() -> None:
    package = resources.files("stoplog")

    assert package.joinpath("py.typed").is_file()
    assert package.joinpath("_core.pyi").is_file()


def test_public_names_are_sorted_and_exist() -> None:
    assert list(stoplog.__all__) == sorted(stoplog.__all__)
    assert [name for name in stoplog.__all__ if not hasattr(stoplog, name)] == []


def test_build_requirements_are_the_same_in_both_places() -> None:
    requires = re.search(r"^requires = (\[.*\])$", PROJECT, re.MULTILINE)
    build = re.search(r"^build = (\[.*\])$", PROJECT, re.MULTILINE)

    assert requires is not None
    assert build is not None
    assert requires[1] == build[1]
