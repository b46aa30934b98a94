"""Break the code on purpose, one patch at a time, and see that the test named by each patch fails.

A patch ``NN_name.patch`` opens with ``# test: FILE::NAME`` (pytest) or ``# ctest: Suite.Name``.
It is applied to a copy of the tree under build/mutants, built incrementally, and taken back.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATCHES = ROOT / "tests" / "mutants"
COPIED = ("CMakeLists.txt", "pyproject.toml", "src", "python", "tests", "examples")
TEST_TIMEOUT = 120.0
GTEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)


class PatchError(Exception):
    """A patch or the test that it names is not as it must be."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One patch and the test that must fail under it."""

    patch: Path
    runner: str
    test: str

    @property
    def name(self) -> str:
        return self.patch.stem

    def check(self) -> None:
        """Raise unless the patch applies to this tree and its test exists."""
        found = git_apply(ROOT, self.patch, "--check")
        if found.returncode != 0:
            raise PatchError(f"{self.name}: does not apply:\n{found.stdout}")
        exists = pytest_exists if self.runner == "test" else ctest_exists
        if not exists(self.test):
            raise PatchError(f"{self.name}: there is no test {self.test}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "names", nargs="*", help="only the patches whose names contain one of these"
    )
    parser.add_argument("--check", action="store_true", help="only: patches apply, tests exist")
    arguments = parser.parse_args()
    try:
        mutants = read_all()
        print(f"{len(mutants)} patches apply and their tests exist", flush=True)
        if arguments.check:
            return 0
        return run(chosen(mutants, arguments.names))
    except PatchError as error:
        print(error, file=sys.stderr)
        return 1


def read_all() -> list[Mutant]:
    """Return all mutants, checked; raise one error that tells all that is wrong with them."""
    found = [read_checked(patch) for patch in sorted(PATCHES.glob("*.patch"))]
    wrong = [str(error).rstrip() for error in found if isinstance(error, PatchError)]
    if wrong:
        raise PatchError("\n".join([*wrong, f"patches that are not as they must be: {len(wrong)}"]))
    return [mutant for mutant in found if isinstance(mutant, Mutant)]


def read_checked(patch: Path) -> Mutant | PatchError:
    try:
        mutant = read(patch)
        mutant.check()
    except PatchError as error:
        return error
    return mutant


def read(patch: Path) -> Mutant:
    first_line = patch.read_text(encoding="utf-8").partition("\n")[0]
    found = re.fullmatch(r"# (test|ctest): (\S.*?)\s*", first_line)
    if found is None:
        raise PatchError(f"{patch.name}: first line is {first_line!r}, not '# test: FILE::NAME'")
    return Mutant(patch, found[1], found[2])


def chosen(mutants: list[Mutant], names: list[str]) -> list[Mutant]:
    if not names:
        return mutants
    found = [mutant for mutant in mutants if any(name in mutant.name for name in names)]
    if not found:
        raise PatchError(f"no patch is named like {', '.join(names)}")
    return found


def pytest_exists(test: str) -> bool:
    """Say whether FILE::NAME or FILE::CLASS::NAME is defined, whatever its [parameters]."""
    file, *names = test.partition("[")[0].split("::")
    if not names or not (ROOT / file).is_file():
        return False
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    for name in names:
        inner = [
            node.body
            for node in body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == name
        ]
        if not inner:
            return False
        body = inner[0]
    return True


def ctest_exists(test: str) -> bool:
    sources = (ROOT / "tests" / "cpp").rglob("*_test.cpp")
    return any(
        test == ".".join(found)
        for source in sources
        for found in GTEST.findall(source.read_text(encoding="utf-8"))
    )


def git_apply(tree: Path, patch: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # The copy lies inside a repository, but git must take it for a tree of its own.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    return run_command(["git", "apply", *options, str(patch)], tree, environment)


def run_command(
    command: list[str],
    folder: Path,
    environment: dict[str, str] | None = None,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command and all it starts; after the timeout all of it is killed (status -9)."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, output)


# ---- running -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Workshop:
    """The copy of the tree, and its one build folder."""

    tree: Path
    build: Path

    def prepare(self) -> None:
        """Bring the copy up to date, touching only what differs, and configure its build."""
        self.tree.mkdir(parents=True, exist_ok=True)
        for entry in COPIED:
            mirror(ROOT / entry, self.tree / entry)
        pybind11 = run_command([sys.executable, "-m", "pybind11", "--cmakedir"], ROOT).stdout
        options = {
            "CMAKE_BUILD_TYPE": "Release",
            "STOPLOG_LTO": "OFF",
            "STOPLOG_TESTS": "ON",
            "STOPLOG_PYTHON": "ON",
            "Python_EXECUTABLE": sys.executable,
            "pybind11_DIR": pybind11.strip(),
        }
        command = ["cmake", "-S", str(self.tree), "-B", str(self.build), "-G", "Ninja"]
        command += [f"-D{name}={value}" for name, value in options.items()]
        configured = run_command(command, ROOT)
        if configured.returncode != 0:
            raise PatchError(configured.stdout)

    def make(self, runners: set[str]) -> str:
        """Build what the runners need; return what the build said when it failed."""
        target = ["--target", "_core"] if runners == {"test"} else []
        built = run_command(["cmake", "--build", str(self.build), *target], self.tree)
        if built.returncode != 0:
            return built.stdout
        for module in (self.build / "src").glob("_core*.so"):
            shutil.copy2(module, self.tree / "python" / "stoplog" / module.name)
        return ""

    def test(self, runner: str, tests: list[str]) -> subprocess.CompletedProcess[str]:
        timeout = TEST_TIMEOUT if len(tests) == 1 else None
        if runner == "ctest":
            names = "|".join(re.escape(test) for test in tests)
            command = ["ctest", "--test-dir", str(self.build), "--no-tests=error"]
            command += ["--output-on-failure", "-R", f"^({names})$"]
            return run_command(command, self.tree, timeout=timeout)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
        environment = {
            **os.environ,
            "PYTHONPATH": str(self.tree / "python"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return run_command(command, self.tree, environment, timeout)


def mirror(source: Path, target: Path) -> None:
    """Make the target equal to the source; what is equal keeps its time, so it is not rebuilt."""
    if source.is_file():
        if not target.is_file() or source.read_bytes() != target.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        return
    passed_over = {"__pycache__"}
    names = {path.name for path in source.iterdir()} - passed_over
    target.mkdir(exist_ok=True)
    for left in [path for path in target.iterdir() if path.name not in names]:
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()
    for name in sorted(names):
        mirror(source / name, target / name)


def run(mutants: list[Mutant]) -> int:
    workshop = Workshop(ROOT / "build" / "mutants" / "tree", ROOT / "build" / "mutants" / "build")
    workshop.prepare()
    check_unbroken(workshop, mutants)
    width = max(len(name) for name in ["mutant", *(mutant.name for mutant in mutants)])
    print(f"{'mutant':{width}}  verdict   seconds  test", flush=True)
    verdicts = []
    for mutant in mutants:
        start = time.monotonic()
        verdict, output = try_out(workshop, mutant)
        verdicts.append(verdict)
        seconds = time.monotonic() - start
        print(f"{mutant.name:{width}}  {verdict:8}  {seconds:7.1f}  {mutant.test}", flush=True)
        if output:
            print(output, file=sys.stderr, flush=True)
    killed = verdicts.count("killed")
    print(f"mutants: {killed} killed, {len(verdicts) - killed} not")
    return 0 if killed == len(verdicts) else 1


def check_unbroken(workshop: Workshop, mutants: list[Mutant]) -> None:
    """Raise unless every named test passes on the code as it is."""
    said = workshop.make({mutant.runner for mutant in mutants})
    if said:
        raise PatchError(f"the code as it is does not build:\n{said}")
    for runner in ("test", "ctest"):
        tests = sorted({mutant.test for mutant in mutants if mutant.runner == runner})
        found = workshop.test(runner, tests) if tests else None
        if found is not None and found.returncode != 0:
            raise PatchError(f"a named test fails on the code as it is:\n{found.stdout}")


def try_out(workshop: Workshop, mutant: Mutant) -> tuple[str, str]:
    """Return the verdict, and what was said where that is of interest."""
    applied = git_apply(workshop.tree, mutant.patch)
    if applied.returncode != 0:
        return "no patch", applied.stdout
    try:
        said = workshop.make({mutant.runner})
        if said:
            return "no build", said
        found = workshop.test(mutant.runner, [mutant.test])
    finally:
        git_apply(workshop.tree, mutant.patch, "--reverse")
    # pytest says 2 to 5 when it could not run the test at all; a crash or a hang is below zero.
    if found.returncode == 0:
        return "SURVIVED", ""
    if mutant.runner == "test" and found.returncode in {2, 3, 4, 5}:
        return "no run", found.stdout
    return "killed", ""


if __name__ == "__main__":
    sys.exit(main())
