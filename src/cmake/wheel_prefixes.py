"""Print the CMake prefixes of C++ libraries that were installed as wheels, parted by ';'."""

from __future__ import annotations

import sys
from pathlib import Path


def wheel_prefixes() -> list[str]:
    """Return each folder on ``sys.path`` that a C++ library's wheel uses as a prefix."""
    folders = [Path(entry) / name for entry in sys.path for name in ("cmeel.prefix", "TBB/cmake")]
    return [folder.as_posix() for folder in folders if folder.is_dir()]


if __name__ == "__main__":
    sys.stdout.write(";".join(wheel_prefixes()) + "\n")
