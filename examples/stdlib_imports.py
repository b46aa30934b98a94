"""Which modules does Python's standard library import most, and which of its files are longest?

Shows a job on real input that is cut while it works and goes on in another process:
`python examples/stdlib_imports.py --demo`. Files that cannot be read or parsed are listed.
"""

from __future__ import annotations

import argparse
import ast
import random
import subprocess
import sys
import sysconfig
import time
import tokenize
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stoplog import Event, Flow, JobState, JobStatus, Routine, State, event, slot

if TYPE_CHECKING:
    from collections.abc import Callable

    from stoplog import Job

CUT_FILE = "imports.stoplog"
SKIPPED_FOLDERS = {"__pycache__", "dist-packages", "site-packages"}
LONGEST_KEPT = 10
MODULES_SHOWN = 15
SECONDS_BETWEEN_LINES = 1.0


# ── what is done with one folder, one file, one text ────────────────────────────────────────────


def list_folder(folder: Path) -> tuple[list[str], list[str]]:
    """Name the Python files and the folders in a folder, sorted; linked folders are left out."""
    files, folders = [], []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if path.name not in SKIPPED_FOLDERS:
                folders.append(str(path))
        elif path.suffix == ".py":
            files.append(str(path))
    return files, folders


def count_files(root: str) -> int:
    """Count what a whole walk will find."""
    total, folders = 0, [root]
    while folders:
        try:
            files, more = list_folder(Path(folders.pop()))
        except OSError:
            continue
        total += len(files)
        folders += more
    return total


def imported_modules(text: str) -> list[str]:
    """Name the top-level modules which a source text imports, each once; relative ones not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an old escape sequence in somebody's file is not news
        tree = ast.parse(text)
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return sorted(names)


def reason(error: BaseException) -> str:
    """Say on one line why a file was given up."""
    return f"{type(error).__name__}: {error}".splitlines()[0]


# ── the routines ────────────────────────────────────────────────────────────────────────────────


class Part(Routine):
    """What the parts of this flow share: `halfway`, called in the middle of each handler.

    An ordinary attribute: it belongs to the routine object, not to a job, and is never saved.
    """

    halfway: Callable[[], None] = staticmethod(lambda: None)


class Find(Part):
    """Walks through folders, one a call. What is left to visit travels in its own payload."""

    found: State[int] = State(int)

    @event
    def file(self, path: str) -> None:
        """Tell of a Python file."""

    @event
    def folders_left(self, folders: list[str], limit: int) -> None:
        """Go on with these folders."""

    @event
    def failed(self, path: str, why: str) -> None:
        """Tell of a folder that cannot be listed."""

    @slot
    def walk(self, folders: list[str], limit: int = 0) -> None:
        """List one folder; with a limit, stop after that many files."""
        folder, left = folders[0], folders[1:]
        try:
            files, more = list_folder(Path(folder))
        except OSError as error:
            self.failed(path=folder, why=reason(error))
            files, more = [], []
        if limit:
            files = files[: limit - self.found]
        for path in files:
            self.file(path=path)
        self.halfway()
        self.found += len(files)
        left += more
        if left and (not limit or self.found < limit):
            self.folders_left(folders=left, limit=limit)


class Read(Part):
    """Reads a file in the encoding that it declares (UTF-8 where it declares none)."""

    @event
    def text(self, path: str, text: str) -> None:
        """Hand on a source text."""

    @event
    def failed(self, path: str, why: str) -> None:
        """Tell of a file that cannot be read or decoded."""

    @slot
    def file(self, path: str) -> None:
        """Read and decode one file."""
        try:
            with tokenize.open(path) as source:
                self.text(path=path, text=source.read())
        except (OSError, SyntaxError, ValueError, LookupError) as error:
            self.failed(path=path, why=reason(error))
        self.halfway()


class Parse(Part):
    """Parses a text. The tree stays here: what is emitted is plain data that can be saved."""

    @event
    def module(self, path: str, imports: list[str], lines: int) -> None:
        """Tell what one file imports and how long it is."""

    @event
    def failed(self, path: str, why: str) -> None:
        """Tell of a file that is no Python."""

    @slot
    def text(self, path: str, text: str) -> None:
        """Parse one source text."""
        try:
            imports = imported_modules(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.failed(path=path, why=reason(error))
        else:
            self.module(path=path, imports=imports, lines=len(text.splitlines()))
        self.halfway()


class Count(Part):
    """Keeps the figures in declared state: one per job, undone with a failed call, saved."""

    files: State[int] = State(int)
    imports: State[dict[str, int]] = State(dict)
    longest: State[dict[str, int]] = State(dict)
    failures: State[dict[str, str]] = State(dict)
    counted = Event("files", "imports", "longest", "failures")

    @slot
    def module(self, path: str, imports: list[str], lines: int) -> None:
        """Count one parsed file."""
        self.files += 1
        for name in imports:
            self.imports[name] = self.imports.get(name, 0) + 1
        self.halfway()
        self.longest[path] = lines
        if len(self.longest) > LONGEST_KEPT:
            del self.longest[max(self.longest, key=lambda each: (-self.longest[each], each))]

    @slot
    def failure(self, path: str, why: str) -> None:
        """Count one file that was given up."""
        self.failures[path] = why
        self.halfway()

    @slot(when="drained")
    def finish(self) -> None:
        """Hand on the figures, once, when no file is left."""
        self.counted(
            files=self.files, imports=self.imports, longest=self.longest, failures=self.failures
        )
        self.halfway()


class Report(Part):
    """Writes the report into its state; printing is left to whoever holds the job."""

    text: State[str] = State(str)

    @slot
    def write(
        self,
        files: int,
        imports: dict[str, int],
        longest: dict[str, int],
        failures: dict[str, str],
    ) -> None:
        """Put the figures into words."""
        ranked = sorted(imports.items(), key=lambda item: (-item[1], item[0]))
        lines = [f"{files} files parsed, {len(imports)} modules imported", "", "imported most:"]
        lines += [f"  {count:6} files  {name}" for name, count in ranked[:MODULES_SHOWN]]
        lines += ["", "longest files:"]
        by_length = sorted(longest.items(), key=lambda item: (-item[1], item[0]))
        lines += [f"  {length:6} lines  {path}" for path, length in by_length]
        self.halfway()
        lines += ["", f"{len(failures)} could not be read or parsed"]
        lines += [f"  {path}: {why}" for path, why in sorted(failures.items())]
        self.text = "\n".join(lines)


class Parts(NamedTuple):
    """The flow, and its way in."""

    flow: Flow
    find: Find


def build_flow() -> Parts:
    """Draw the flow: find → read → parse → count → report."""
    flow = Flow("stdlib_imports")
    find = flow.add(Find(), "find")
    read = flow.add(Read(), "read")
    parse = flow.add(Parse(), "parse")
    count = flow.add(Count(), "count")
    report = flow.add(Report(), "report")
    flow.connect(find.file, read.file)
    flow.connect(find.folders_left, find.walk)
    flow.connect(read.text, parse.text)
    flow.connect(parse.module, count.module)
    for part in (find, read, parse):
        flow.connect(part.failed, count.failure)
    flow.connect(count.counted, report.write)
    return Parts(flow, find)


# ── how it is shown ─────────────────────────────────────────────────────────────────────────────


class Progress:
    """Says how far a job is: a bar on a terminal, a plain line a second elsewhere."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._next_line = 0.0

    def show(self, state: JobState) -> int:
        """Show the figures of a cut; return the number of files that are done."""
        done, found = files_done(state), state["find"].found
        text = f"{done} of {found} files found so far"
        if self._is_terminal:
            width = 40 * done // found if found else 0
            sys.stderr.write(f"\r[{'#' * width}{'.' * (40 - width)}] {text} ")
            sys.stderr.flush()
        elif time.monotonic() >= self._next_line or state.status is JobStatus.COMPLETED:
            self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
            sys.stderr.write(f"  {text}\n")
        return done

    def close(self) -> None:
        """End the bar's line."""
        if self._is_terminal:
            sys.stderr.write("\n")


def files_done(state: JobState) -> int:
    """Count the files that were counted or given up."""
    count = state["count"]
    return int(count.files) + len(count.failures)


def describe(state: JobState, path: str) -> str:
    """Say what a saved job holds."""
    in_call = [delivery for delivery in state.queued if delivery.in_call]
    running = ", ".join(f"{each.routine}.{each.slot}" for each in in_call) or "none"
    return "\n".join(
        (
            f"in {path} ({Path(path).stat().st_size} bytes):",
            f"  status             {state.status.name}",
            f"  queued deliveries  {len(state.queued)}",
            f"  in call            {running}",
            f"  files found        {state['find'].found}",
            f"  files counted      {state['count'].files}",
            f"  files given up     {len(state['count'].failures)}",
            f"  modules seen       {len(state['count'].imports)}",
        )
    )


def watch(job: Job, until: int | None = None) -> None:
    """Show progress until the job has ended, or that many files are done."""
    progress = Progress()
    try:
        while not job.done:
            if progress.show(job.snapshot()) >= (sys.maxsize if until is None else until):
                return
            job.wait(0.05)
        progress.show(job.snapshot())
    finally:
        progress.close()


# ── what can be done with it ────────────────────────────────────────────────────────────────────


def finish(job: Job) -> JobState:
    """Work to the end; Ctrl-C saves what is done so far."""
    try:
        watch(job)
        return job.result()
    except KeyboardInterrupt:
        job.snapshot().save(CUT_FILE)
        job.cancel("Ctrl-C")
        print(f"\nstopped; go on with: {sys.executable} {__file__} --resume {CUT_FILE}")
        raise SystemExit(130) from None


def run(root: str, limit: int) -> JobState:
    """Do the whole job without a stop."""
    flow, find = build_flow()
    return finish(flow.start(find.walk.of(folders=[root], limit=limit)))


def resume(path: str) -> JobState:
    """Load a saved job and finish it."""
    return finish(build_flow().flow.resume(JobState.load(path)))


def cut_at_random(root: str, limit: int, chance: random.Random) -> JobState:
    """Start the job in the background and cut it at a random time, without pausing it.

    A job that was faster than the cut is started again, with an earlier time.
    """
    total = min(limit or sys.maxsize, count_files(root))
    until, delay = int(total * chance.uniform(0.1, 0.8)), chance.uniform(0.0, 0.01)
    for _ in range(20):
        flow, find = build_flow()
        job = flow.start(find.walk.of(folders=[root], limit=limit))
        watch(job, until)
        job.wait(delay)
        state = job.snapshot()
        if not job.done:
            job.cancel("stopped on purpose")
            return state
        until, delay = until // 2, delay / 2
    raise SystemExit(f"{root}: too little work to be stopped at a random time")


def cut_at_place(root: str, limit: int, place: int, *, inside: bool) -> JobState:
    """Cut the job after so many deliveries, or in the middle of the handler of the next one."""
    flow, find = build_flow()
    job = flow.start(find.walk.of(folders=[root], limit=limit), executor="sequential")
    taken = job.step(place) if place else 0
    if taken < place or job.done:
        raise SystemExit(f"--stop-at {place}: the job ends after {taken} deliveries")
    if not inside:
        return job.snapshot()
    cuts: list[JobState] = []
    for routine in flow.routines.values():
        if isinstance(routine, Part):
            routine.halfway = lambda: cuts.append(job.snapshot())
    job.step()
    return cuts[0]


def demo(options: argparse.Namespace) -> None:
    """Stop in one process, go on in another, and compare with a run that was never stopped."""
    result = Path(CUT_FILE).with_suffix(".result.stoplog")
    given = ["--root", options.root, "--limit", str(options.limit), "--seed", str(options.seed)]
    this_file = [sys.executable, __file__]
    print(f"1. a first process is cut at a random time (--seed {options.seed})", flush=True)
    subprocess.run([*this_file, *given, "--stop", CUT_FILE], check=True)
    print(f"\n2. a second process loads {CUT_FILE} and finishes", flush=True)
    subprocess.run([*this_file, "--resume", CUT_FILE, "--result", str(result)], check=True)
    stopped = JobState.load(result)
    result.unlink()
    print("\n3. the same work without a stop", flush=True)
    whole = run(options.root, options.limit)
    print(f"\n{'':18}{'stopped':>10}{'whole':>10}")
    for label, figures in counters(stopped).items():
        print(f"{label:18}{figures:>10}{counters(whole)[label]:>10}")
    if not stopped.same_outcome(whole):
        raise SystemExit("the two runs differ")
    print("equal, to the last counter")


def counters(state: JobState) -> dict[str, int]:
    """Sum up a finished job in a few numbers."""
    count = state["count"]
    return {
        "files found": state["find"].found,
        "files counted": count.files,
        "files given up": len(count.failures),
        "modules": len(count.imports),
        "imports": sum(count.imports.values()),
        "longest, lines": max(count.longest.values(), default=0),
    }


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    stdlib = sysconfig.get_path("stdlib")
    parser.add_argument("--root", default=stdlib, help="folder to look at (default: %(default)s)")
    parser.add_argument("--limit", type=int, default=0, help="look at so many files (0: all)")
    parser.add_argument("--seed", type=int, help="makes the random time of --demo and --stop known")
    parser.add_argument("--result", metavar="FILE", help="save the finished job")
    parser.add_argument("--stop-at", type=int, metavar="K", help="with --stop: after K deliveries")
    parser.add_argument("--inside", action="store_true", help="with --stop-at: in the next handler")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--demo", action="store_true", help="stop, go on in a new process, compare")
    what.add_argument("--stop", metavar="FILE", help="start, save the job at some time, exit")
    what.add_argument("--resume", metavar="FILE", help="go on with a saved job")
    options = parser.parse_args()
    if options.limit < 0 or (options.stop_at or 0) < 0:
        parser.error("--limit and --stop-at must not be negative")
    if options.stop_at is not None and not options.stop:
        parser.error("--stop-at needs --stop FILE")
    if options.inside and options.stop_at is None:
        parser.error("--inside needs --stop-at K")
    if options.seed is None:
        options.seed = random.randrange(2**32)
    return options


def main() -> None:
    """Do what the command line asks for."""
    options = read_options()
    if options.demo:
        demo(options)
        return
    if options.stop:
        if options.stop_at is None:
            state = cut_at_random(options.root, options.limit, random.Random(options.seed))
        else:
            state = cut_at_place(
                options.root, options.limit, options.stop_at, inside=options.inside
            )
        state.save(options.stop)
        print(describe(state, options.stop))
        return
    final = resume(options.resume) if options.resume else run(options.root, options.limit)
    if options.result:
        final.save(options.result)
    print(final["report"].text)


if __name__ == "__main__":
    main()
