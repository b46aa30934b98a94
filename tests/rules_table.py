"""Which tests name which rule: `python tests/rules_table.py --write` renews the page of them.

A test names a rule in its docstring (Python) or in the comment above it (C++).
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "contributing" / "rules.md"
SHOWN = 4  # tests a rule, by name

RULES = {
    "P1": "A payload cannot change after it was emitted",
    "R1": "One mailbox: priority lanes, first come first served in each, nobody starves",
    "R2": "Two handlers of one routine never overlap in a job",
    "R3": "An emission is a note: no handler runs inside another",
    "R4": "A call takes effect whole or not at all",
    "R5": "Every connected slot gets each emission, or none does; `one_of` takes turns",
    "R6": "No thread blocks on a full mailbox; overflow is exact; circles are deadlocks",
    "R7": "Order: per connection; wholly deterministic where one runner runs",
    "R8": "Merging slots fold what comes into a buffer",
    "R8b": "Drained slots come once, last, in the order of the graph",
    "R9": "How a job stands, and what may be asked of it then",
    "R10": "Done is a count",
    "R11": "A cut is consistent, at any moment",
    "R11b": "What a cut holds",
    "R11c": "Ids of deliveries are the same in every re-run",
    "R12": "Pause, cancel, Ctrl-C, deadlines",
    "R13": "Jobs do not meet",
    "R14": "A resume explains itself",
    "R15": "History is bounded, and never needed to resume",
    "R16": "A file is data, never code",
    "R17": "What cannot be stored, and what is damaged, is refused early and clearly",
    "R18": "Formats: one envelope, one list of fields, a checksum over every byte",
    "R18b": "Nothing is silent",
    "R19": "One tree of errors; the user's exception is the cause",
    "R20": "Error policies",
    "R21": "A handler that fails takes nobody with it",
    "R22": "Threads and the GIL: no deadlock, also at exit and after a fork",
    "S1": "Declared state: one per job and routine, of containers that behave as the plain ones",
    "S2": "What cannot be tracked is refused or frozen, with its path",
    "S3": "Undo and snapshot cost what changed, not what is there",
    "S4": "Ordinary attributes belong to the object; hooks; `local`",
    "S6": "A container has one place, and is written in a call of its own only",
}
NAMES = re.compile(r"\b(?:[PRS]\d+[bc]?)\b")
RANGE = re.compile(r"\b([PRS])(\d+)(?:-| to )\1?(\d+)\b")
CPP_TEST = re.compile(r"((?:^//[^\n]*\n)+)^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)


def main() -> int:
    """Write the page, or say whether it is as it would be written."""
    page = table(named_tests())
    if "--write" in sys.argv[1:]:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page, encoding="utf-8")
        return 0
    return int(PAGE.read_text(encoding="utf-8") != page)


def named_tests() -> dict[str, list[str]]:
    """Return the tests that name each rule, as ``file::test``."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name, text in python_tests(path):
            note(found, text, f"{path.relative_to(ROOT / 'tests')}::{name}")
    for path in sorted((ROOT / "tests" / "cpp").rglob("*_test.cpp")):
        for comment, suite, name in CPP_TEST.findall(path.read_text(encoding="utf-8")):
            note(found, comment, f"{path.relative_to(ROOT / 'tests')}::{suite}.{name}")
    return found


def python_tests(path: Path) -> list[tuple[str, str]]:
    """Return (name, docstring) of the tests of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (node.name, ast.get_docstring(node) or "")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def note(found: dict[str, list[str]], text: str, test: str) -> None:
    """Add a test to the rules that its text names."""
    names = set(NAMES.findall(text))
    for letter, first, last in RANGE.findall(text):
        names |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    for name in names & RULES.keys():
        found[name].append(test)


def table(found: dict[str, list[str]]) -> str:
    """Return the page."""
    rows = []
    for rule, title in RULES.items():
        tests = found[rule]
        named = ", ".join(f"`{test.rsplit('::', maxsplit=1)[-1]}`" for test in tests[:SHOWN])
        rows.append(f"| {rule} | {title} | {len(tests)} | {named} |")
    return "\n".join(
        [
            "# The rules, and the tests that hold them",
            "",
            "What the package promises has numbers, and a test says in its docstring (in C++ in",
            "the comment above it) which rule it holds. `python tests/rules_table.py --write`",
            "makes this page of the tests; one of them fails when the page is old, or when no test",
            "names a rule.",
            "",
            "| rule | says | tests | some of them |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
