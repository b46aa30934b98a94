# The formats there are, and files of the text ones changed by hand or with harm in mind.
from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import stoplog as sl
from python.parts import Do, Sink

if TYPE_CHECKING:
    from stoplog.formats import Format
else:
    Format = Any

FORMATS: tuple[Format, ...] = ("binary", "json", "xml", "text")
TEXTS: tuple[Format, ...] = ("json", "xml", "text")


def queued(value: Any) -> sl.JobState:
    """A state whose queue holds one payload with the value."""
    flow = sl.Flow("values")
    sink = flow.add(Sink(), "sink")
    return flow.start(sink.input.of(value=value), executor="sequential").snapshot()


def declared(value: Any) -> sl.JobState:
    """A state whose declared dict holds the value."""

    def keep(do: Do) -> None:
        do.table["value"] = value

    flow = sl.Flow("values")
    flow.add(Do(keep), "do")
    return flow.run("do.input")


def again(value: Any, name: Format) -> Any:
    """The value, saved in a payload and loaded."""
    return sl.JobState.from_bytes(queued(value).to_bytes(name)).queued[0].payload["value"]


def with_value(name: Format, spelt: str) -> bytes:
    """A file of one payload whose field has this spelling."""
    text = queued("PLACE").to_bytes(name).decode()
    assert '"PLACE"' in text
    return text.replace('"PLACE"', spelt).encode()


def refusal(data: bytes, **how: Any) -> str:
    try:
        sl.JobState.from_bytes(data, accept_edited=True, **how)
    except sl.SerializationError as error:
        return str(error)
    return "loaded"


BOUNDED = """
import resource, sys
import stoplog as sl
data = sys.stdin.buffer.read()
base = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (base + int(sys.argv[1]),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
try:
    sl.JobState.from_bytes(data, accept_edited=True)
except sl.SerializationError as error:
    print("refused:", error)
else:
    print("loaded")
"""


def load_within(data: bytes, more_memory: int) -> str:
    """What a process says that may take only so much memory more than it has."""
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, str(more_memory)],
        input=data,
        capture_output=True,
        timeout=50,
        check=False,
    )
    return done.stdout.decode() + done.stderr.decode()[-400:] + f" exit {done.returncode}"
