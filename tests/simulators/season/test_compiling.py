"""The compiled core: the same sources, the same numbers, and never used where anything has changed."""

from __future__ import annotations

import json
import os
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


@pytest.mark.skipif(not compiling.made(), reason="not compiled: python -m simulators.season does it")
def test_it_gives_the_same_season_bit_for_bit() -> None:
    used, *compiled = outcome()
    not_used, *pure = outcome(ONSIL_PURE="1")
    assert used
    assert not not_used
    assert compiled == pure


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
