"""What all tests share: a header line that says which extension is being tested."""

from __future__ import annotations

import signal

from stoplog import _core


def pytest_report_header() -> str:
    return f"stoplog {_core.__version__} from {_core.__file__}"


# A run started in the background by a shell comes with SIGINT ignored; the tests of Ctrl-C need it.
signal.signal(signal.SIGINT, signal.default_int_handler)
