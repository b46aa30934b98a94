"""The stress program, for twenty seconds: `./dev stress` runs it for ten minutes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_stress_of_twenty_seconds_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """R11: cuts under load, conservation on each, one in ten saved and resumed."""
    program = Path(__file__).with_name("stress.py")

    done = subprocess.run(
        [sys.executable, str(program), "--seconds", "20"],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    with capsys.disabled():
        print(f"\n{done.stdout.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr
