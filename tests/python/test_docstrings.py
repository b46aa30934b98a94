# The examples in docstrings of the package run and print what they say.
from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import stoplog

MODULES = sorted(
    found.name for found in pkgutil.iter_modules(stoplog.__path__) if found.name != "_core"
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(f"stoplog.{name}")

    failed, _tried = doctest.testmod(module)

    assert failed == 0
