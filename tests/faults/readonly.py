"""`onsil run` on a disk that turns read-only: while the file `read-only` stands beside the state directory.

What a kernel does with a card that has begun to fail. Nobody can do that to a directory while its files are open for
writing, so the calls of the C library are answered as it would answer them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FLAG = "read-only"
SOURCE = Path(__file__).with_suffix(".c")


def main() -> None:
    state = Path(sys.argv[sys.argv.index("--state") + 1])
    library = state.parent / "readonly.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    environment = {
        "LD_PRELOAD": str(library),
        "READ_ONLY_WHILE": str(state.parent / FLAG),
        "READ_ONLY_UNDER": str(state),
    }
    command = [sys.executable, "-m", "controller.cli", *sys.argv[1:]]
    os.execve(sys.executable, command, os.environ | environment)


if __name__ == "__main__":
    main()
