"""FLOOR: the cheapest call of a Python handler from C that this interpreter knows.

Compiles ``../cpp/floor.cpp`` into ``build/bench`` when it is missing or older than its source.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness import Measure

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "tests" / "bench" / "cpp" / "floor.cpp"
MODULE = "stoplog_floor"


def floor(calls: int) -> Measure:
    """Return the measure of one call of the handler, repeated ``calls`` times."""
    module = _load()
    base: Any = module.Node

    class Node(base):  # type: ignore[misc]  # the base is known at run time only
        def handle(self, x: int) -> None:
            self.emit("word", x=x)

    node = Node()
    return lambda: float(module.measure(Node.handle, node, 1, calls))


def _load() -> Any:
    binary = ROOT / "build" / "bench" / (MODULE + str(sysconfig.get_config_var("EXT_SUFFIX")))
    if not binary.exists() or binary.stat().st_mtime < SOURCE.stat().st_mtime:
        _compile(binary)
    spec = importlib.util.spec_from_file_location(MODULE, binary)
    if spec is None or spec.loader is None:
        raise ImportError(f"{binary} is not an extension module of this interpreter")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compile(binary: Path) -> None:
    """Compile beside the target and rename, so that two benches at once do not meet half a file."""
    binary.parent.mkdir(parents=True, exist_ok=True)
    aside = binary.with_suffix(f".{os.getpid()}")
    compiler = os.environ.get("CXX", "g++")
    flags = ["-O2", "-std=c++20", "-shared", "-fPIC", "-fvisibility=hidden"]
    include = "-I" + sysconfig.get_paths()["include"]
    subprocess.run([compiler, *flags, include, str(SOURCE), "-o", str(aside)], check=True)
    aside.replace(binary)
