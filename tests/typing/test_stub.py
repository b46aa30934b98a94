# The stub of the extension, compared with the extension.
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import stoplog

HERE = Path(__file__).parent


@pytest.mark.slow
def test_stub_says_what_the_extension_has(tmp_path: Path) -> None:
    """Section 7: checked stubs; names, parameters and defaults, both ways."""
    package = Path(stoplog.__file__).parent
    folder = str(package.parent)
    search = {} if package.parent.name == "site-packages" else {"MYPYPATH": folder}
    command = [sys.executable, "-m", "mypy.stubtest", "stoplog._core", "--concise"]
    # An older mypy sees fewer of the differences.
    known = ["--ignore-unused-allowlist", "--allowlist", str(HERE / "stub_differences.txt")]

    done = subprocess.run(
        [*command, *known],
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
        cwd=tmp_path,
        env=os.environ | search,
    )

    assert done.returncode == 0, done.stdout + done.stderr
