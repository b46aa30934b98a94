# CPython's own tests of its containers, turned to ours: where a test makes a list, a dict or a set,
# it gets one of the state. Each test runs inside a call, because only there they can be written.
from __future__ import annotations

import builtins
import unittest
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest import mock

import stoplog as sl
from python.boxes import Box, in_call
from python.cpython_skips import OTHER_TYPES, SKIPS
from stoplog import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


class Maker:
    """Stands for a container type in a suite: what it makes has a place in the state."""

    box: Box  # of the running call
    kept: set[type[Any]]  # classes that the running test made leaves of

    def __init__(self, plain: type[Any], kind: type[Any]) -> None:
        self.plain = plain
        self.kind = kind

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.place(self.plain(*arguments, **named))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kind, name)

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, (self.plain, self.kind))

    def place(self, made: Any) -> Any:
        for each in made.values() if isinstance(made, dict) else made:
            self.vouch_for(each)
        number = len(self.box.table)
        self.box.table[number] = made
        return self.box.table[number]

    @classmethod
    def vouch_for(cls, value: object) -> None:
        if not isinstance(value, CONTAINERS):
            cls.keep_as_leaf(type(value))

    @classmethod
    def keep_as_leaf(cls, kind: type[Any]) -> None:
        """Let objects of a test's own class stand in the state, as if it had a codec."""
        cls.kept.add(kind)
        _core.keep_as_leaf(kind, True)

    @classmethod
    def build_class(cls, *arguments: Any, **named: Any) -> type[Any]:
        built: type[Any] = BUILD_CLASS(*arguments, **named)
        cls.keep_as_leaf(built)
        return built


BUILD_CLASS = builtins.__build_class__
CONTAINERS = (dict, list, set, sl.StateDict, sl.StateList, sl.StateSet, bytearray)
LIST = Maker(list, sl.StateList)
DICT = Maker(dict, sl.StateDict)
SET = Maker(set, sl.StateSet)


def list_cases(module: ModuleType) -> Iterator[type[unittest.TestCase]]:
    yield type("StateListTest", (module.CommonTest,), {"type2test": LIST})


def mapping_cases(module: ModuleType) -> Iterator[type[unittest.TestCase]]:
    yield type("StateDictTest", (module.TestHashMappingProtocol,), {"type2test": DICT})


def set_cases(module: ModuleType) -> Iterator[type[unittest.TestCase]]:
    for name, case in vars(module).items():
        is_case = isinstance(case, type) and issubclass(case, unittest.TestCase)
        if not is_case or any(part in name for part in OTHER_TYPES):
            continue
        changed: dict[str, Any] = {"thetype": SET}
        for constructor in ("constructor1", "constructor2"):
            if getattr(case, constructor, None) is set:
                changed[constructor] = SET
        yield type(name, (case,), changed)


SUITES: dict[str, tuple[str, Callable[[ModuleType], Iterator[type[unittest.TestCase]]]]] = {
    "seq": ("test.seq_tests", list_cases),
    "list": ("test.list_tests", list_cases),
    "mapping": ("test.mapping_tests", mapping_cases),
    "set": ("test.test_set", set_cases),
}


def cases_in(suite: str) -> dict[str, tuple[type[unittest.TestCase], str]]:
    """The tests of a suite by name; ImportError where this Python came without them."""
    module_name, cases = SUITES[suite]
    loader = unittest.TestLoader()
    return {
        f"{case.__name__}.{name}": (case, name)
        for case in cases(import_module(module_name))
        for name in loader.getTestCaseNames(case)
    }


def rule_of(suite: str, test: str) -> str | None:
    """Why a test is skipped; None: it is not."""
    case, name = test.split(".")
    rules = SKIPS[suite]
    return rules.get(test) or rules.get(name) or rules.get(case)


def run(case: type[unittest.TestCase], name: str) -> unittest.TestResult:
    """Run one test in a call of a box."""
    result = unittest.TestResult()

    def handle(box: Box) -> None:
        Maker.box, Maker.kept = box, set()
        with (
            mock.patch.object(builtins, "__build_class__", Maker.build_class),
            mock.patch.object(import_module("test.test_set"), "set", SET, create=True),
        ):
            case(name).run(result)

    try:
        in_call(handle)
    finally:
        for kept in Maker.kept:
            _core.keep_as_leaf(kept, False)
    return result
