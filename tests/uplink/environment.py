"""Python environments of their own, for software whose dependencies do not go together with ours; kept between runs."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

PATIENCE = 900.0  # s for an installation


def python(name: str, *packages: str) -> Path:
    """The interpreter of an environment that has these packages, made where there is none yet.

    Raises subprocess.CalledProcessError where they cannot be installed.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "onsil" / name
    made, interpreter = home / "installed", home / "bin" / "python"
    wanted = "\n".join(packages)
    if not (made.exists() and made.read_text() == wanted and interpreter.exists()):
        venv.create(home, with_pip=True, clear=True)
        install = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        subprocess.run(install, check=True, timeout=PATIENCE)
        made.write_text(wanted)
    return interpreter
