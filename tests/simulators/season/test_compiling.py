"""The compiled core: the same sources, the same numbers, and never used where anything has changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.season import compiling

_SEASON = """
import json, sys
from simulators.season import compiling
used = compiling.use()
from simulators.season.backtest import run
from tests.simulators.season.rules import plan, season
result = run(plan(), season(3.0))
print(json.dumps([used, result.steps, result.result.document()]))
"""


def outcome(**environment: str) -> list[object]:
    command = [sys.executable, "-c", _SEASON]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | environment)
    found: list[object] = json.loads(done.stdout)
    return found


needs_it = pytest.mark.skipif(not compiling.made(), reason="not compiled: python -m simulators.season does it")


@needs_it
def test_it_gives_the_same_season_bit_for_bit() -> None:
    used, *compiled = outcome()
    not_used, *pure = outcome(ONSIL_PURE="1")
    assert used
    assert not not_used
    assert compiled == pure


@needs_it
def test_python_takes_it_where_it_lies_beside_the_sources(tmp_path: Path) -> None:
    """As in the Debian package; and its tracebacks name the lines of the sources."""
    for package in ("controller", "drivers", "simulators"):
        shutil.copytree(compiling._ROOT / package, tmp_path / package)
    compiling.place(tmp_path)
    code = (
        "import sys, traceback\n"
        "from controller.cli import main\n"
        "from controller.core.core import Core\n"
        "print(sys.modules['controller.core.core'].__file__)\n"
        "try: Core(None)\n"
        "except TypeError: print(traceback.format_exc())\n"
        "main(['--version'])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert str(tmp_path / "controller/core/core.") in done.stdout
    assert "controller/core/core.py" in done.stdout
    assert "(core compiled)" in done.stdout


def test_changed_sources_are_not_found_compiled(tmp_path: Path) -> None:
    for name in compiling.modules():
        path = tmp_path / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((compiling._ROOT / path.relative_to(tmp_path)).read_bytes())
    assert compiling.folder(tmp_path) == compiling.folder()
    path.write_text(path.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert compiling.folder(tmp_path) != compiling.folder()


def test_it_is_not_used_once_the_core_is_imported() -> None:
    import controller.core.core  # noqa: F401

    assert not compiling.use()


@pytest.mark.parametrize(
    "modules",
    [
        "controller.cli.main, simulators.season.command, simulators.season.tune_command",
        "simulators.season.trial",  # all that a worker of a study imports by itself
    ],
)
def test_nothing_of_it_is_imported_before_it_is_asked_for(modules: str) -> None:
    code = (
        f"import sys, {modules}\n"
        "from simulators.season import compiled, compiling\n"
        "print(*sys.modules.keys() & set(compiling.modules()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
