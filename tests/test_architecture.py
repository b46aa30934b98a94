"""The rooms of the core open only onto rooms below them, and files keep the shape of the house."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "src" / "core" / "stoplog"
BINDINGS = ROOT / "src" / "bindings"
BELOW = {
    "base": set(),
    "value": {"base"},
    "graph": {"base", "value"},
    "state": {"base", "value"},
    "archive": {"base", "value", "state"},
    "exec": {"base"},
    "engine": {"base", "value", "graph", "state", "exec"},
}
FORMAT_LIBRARIES = {
    "archive/binary.cpp": "cereal's portable binary",
    "archive/interchange.cpp": "Boost.Serialization",
    "archive/json_library.hpp": "cereal's JSON, for json.cpp",
}
LONGEST = {".cpp": 400, ".hpp": 400, ".py": 500, ".pyi": 500}
COMMENT = {
    ".cpp": "//",
    ".hpp": "//",
    ".py": ('"""', 'r"""', "#"),
    ".pyi": ('"""', "#"),
    ".cmake": "#",
    ".toml": "#",
    ".yaml": "#",
}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)
HOST = re.compile(
    r"\b(?:files\.)?python[h]osted\.org|\bpypi\.[o]rg|/wor[k]/|\bshare[d]/|\.librar[y]/"
)
PENDING = re.compile(r"\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b|NotImplementedErro[r]|pytest\.ski[p]")

# What every file that includes a header has anew; datetime.h's table is one, its macros use it.
OWN_TO_A_FILE = re.compile(
    r"^(?:inline )?static\b(?!_assert).*|^namespace \{|^(?:constexpr|const) [^(]*[={]"
    r"|\bPy(?:DateTime(?!_CAP)|(?:Date|Time|Delta|TZInfo|TimeZone)_)\w*",
    re.MULTILINE,
)
SCOPE = re.compile(
    r"^namespace ?(?P<opened>[\w:]*) \{$|^\}  // namespace(?P<closed>)"
    r"|^(?:template <.*> )?(?:struct|class|union|enum(?: class)?) (?:STOPLOG_\S+ )?"
    r"(?P<type>[\w:]+)[^;()]*\{",
    re.MULTILINE,
)

CORE_SOURCES = sorted(CORE.rglob("*.[ch]pp"))
BINDING_SOURCES = sorted(BINDINGS.rglob("*.[ch]pp"))
FOLDERS = ("src", "python", "tests", "docs", "examples", ".ci")
LEFT_BEHIND = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
TREE = sorted(
    path
    for path in [*ROOT.iterdir(), *(p for folder in FOLDERS for p in (ROOT / folder).rglob("*"))]
    if path.is_file()
    and "__pycache__" not in path.parts
    and f"/{path.relative_to(ROOT).as_posix()}" not in LEFT_BEHIND
)
CODE = [path for path in TREE if path.suffix in COMMENT or path.name == "CMakeLists.txt"]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def includes(path: Path) -> list[str]:
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def types_of(path: Path) -> list[str]:
    """Return the full names of the types that are not in an unnamed namespace."""
    opened: list[str] = []
    found = []
    for step in SCOPE.finditer(text_of(path)):
        if step["type"] is not None:
            found += ["::".join([*opened, step["type"]])] if "" not in opened else []
        elif step["closed"] is not None:
            opened.pop()
        else:
            opened.append(step["opened"])
    return found


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def test_every_room_is_in_the_table() -> None:
    assert {path.name for path in CORE.iterdir() if path.is_dir()} <= set(BELOW)


@pytest.mark.parametrize("source", CORE_SOURCES, ids=name)
def test_includes_only_rooms_below(source: Path) -> None:
    room = source.relative_to(CORE).parts[0]
    entered = {entry.split("/")[1] for entry in includes(source) if entry.startswith("stoplog/")}

    assert entered <= BELOW[room] | {room}


@pytest.mark.parametrize("source", [*CORE_SOURCES, *BINDING_SOURCES], ids=name)
def test_internal_folders_are_closed_to_other_rooms(source: Path) -> None:
    closed = {entry.split("/")[1] for entry in includes(source) if "/internal/" in entry}
    own_room = {source.relative_to(CORE).parts[0]} if source.is_relative_to(CORE) else set()

    assert closed <= own_room


@pytest.mark.parametrize("source", CORE_SOURCES, ids=name)
def test_core_knows_no_python(source: Path) -> None:
    foreign = ("pybind11/", "Python.h", "bindings/", "structmember.h")

    assert not [entry for entry in includes(source) if entry.startswith(foreign)]


@pytest.mark.parametrize("source", BINDING_SOURCES, ids=name)
def test_pybind11_comes_through_one_header(source: Path) -> None:
    entered = [entry for entry in includes(source) if entry.startswith("pybind11/")]

    assert not entered or source == BINDINGS / "pybind.hpp"


@pytest.mark.parametrize("source", [*CORE_SOURCES, *BINDING_SOURCES], ids=name)
def test_libraries_of_formats_are_included_in_one_file_each(source: Path) -> None:
    entered = {
        entry for entry in includes(source) if entry.startswith(("cereal/", "rapidjson/", "boost/"))
    }

    assert not entered or source.relative_to(CORE).as_posix() in FORMAT_LIBRARIES


@pytest.mark.parametrize("source", [p for p in CORE_SOURCES if p.suffix == ".hpp"], ids=name)
def test_headers_are_included_once(source: Path) -> None:
    assert "#pragma once" in text_of(source)


@pytest.mark.parametrize(
    "source", [p for p in [*CORE_SOURCES, *BINDING_SOURCES] if p.suffix == ".hpp"], ids=name
)
def test_header_names_nothing_that_each_file_has_anew(source: Path) -> None:
    """The linker keeps one copy of an inline function: it would use one file's for all."""
    code = re.sub(r"//.*", "", text_of(source))

    assert not [found[0] for found in OWN_TO_A_FILE.finditer(code)]


def test_no_two_files_define_a_type_of_one_name() -> None:
    """Two types of one name outside an unnamed namespace are one to the linker."""
    defined = [name for path in [*CORE_SOURCES, *BINDING_SOURCES] for name in types_of(path)]

    assert "stoplog::python::Refusal" in defined
    assert sorted(name for name, times in Counter(defined).items() if times > 1) == []


@pytest.mark.parametrize("path", [p for p in TREE if p.suffix in LONGEST], ids=name)
def test_files_stay_short(path: Path) -> None:
    assert len(text_of(path).splitlines()) <= LONGEST[path.suffix]


@pytest.mark.parametrize("path", CODE, ids=name)
def test_files_open_by_saying_what_they_are_for(path: Path) -> None:
    first_line = text_of(path).partition("\n")[0]

    assert first_line.startswith(COMMENT.get(path.suffix, "#"))


@pytest.mark.parametrize("path", TREE, ids=name)
def test_files_stand_on_their_own(path: Path) -> None:
    assert not HOST.findall(text_of(path))


@pytest.mark.parametrize("path", CODE, ids=name)
def test_nothing_is_left_for_later(path: Path) -> None:
    assert not PENDING.findall(text_of(path))


@pytest.mark.parametrize("folder", [ROOT / "src", ROOT / "tests" / "cpp"], ids=name)
def test_sources_are_named_in_their_list(folder: Path) -> None:
    words = text_of(folder / "CMakeLists.txt").split()

    assert {path.name for path in folder.rglob("*.cpp")} <= {word.strip("()") for word in words}
