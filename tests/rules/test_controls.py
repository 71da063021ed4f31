"""The table of controls in the language's README names every test against the greenhouse, and no other."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path


def rows() -> list[list[str]]:
    """The cells of the table below the heading that names it."""
    text = (files("controller.rules") / "README.md").read_text(encoding="utf-8")
    table = text.partition("## What a climate computer controls")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_every_control_is_proved_in_the_greenhouse_by_a_test_that_is_there() -> None:
    folder = Path(__file__).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*in_the_greenhouse.py"))
    there = set(re.findall(r"^def test_(\w+)\(", code, re.M))
    named = [re.findall(r"`(\w+)`", physics) for _, _, physics, _ in rows()]
    assert len(named) > 30
    assert all(named)
    assert {name for names in named for name in names} == there
