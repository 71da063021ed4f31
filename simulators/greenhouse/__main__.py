"""python -m simulators.greenhouse: compile the equations ahead of their first use. Says so where numba is missing."""

from __future__ import annotations

import sys
import time

from . import compiled


def main() -> int:
    if not compiled.available():
        print("the package numba is not installed: the equations run in Python")
        return 1
    begin = time.perf_counter()
    compiled.compiled_advance()
    print(f"machine code ready after {time.perf_counter() - begin:.1f} s, kept in {compiled.cache_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
