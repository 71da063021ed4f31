"""python -m simulators.season: compile everything that makes seasons fast, ahead of its first use."""

from __future__ import annotations

import sys
import time

from . import compiled, compiling


def main() -> int:
    begin = time.perf_counter()
    if compiled.available():
        compiled.functions()
        print(f"greenhouse: compiled, kept in {compiled.folder()}")
    else:
        print("greenhouse: in plain Python, for the package numba is not installed")
    if not compiling.possible():
        print("controller: in plain Python, for the packages mypy and setuptools are not installed")
        return 1
    try:
        made = compiling.build()
    except OSError as error:
        print(f"controller: in plain Python: {error}", file=sys.stderr)
        return 1
    print(f"controller: compiled after {time.perf_counter() - begin:.0f} s, kept in {made}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
