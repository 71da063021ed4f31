"""The documentation builds without a warning, every link in it leads somewhere, and it says what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.links import broken

from .pages import DOCS, ROOT


def test_it_builds_and_leads_nowhere_else(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="the packages of the group docs are not installed")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", "-c", "docs", "."]
    built = subprocess.run(
        [*command, "-d", str(tmp_path / "trees"), str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    assert broken(tmp_path / "out") == []


@pytest.mark.parametrize(
    "link", ["nowhere.html", "page.html#nothing", "#nothing", "/page.html", "../other/page.html", "folder"]
)
def test_a_broken_link_is_found(tmp_path: Path, link: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "page.html").write_text(f'<h1 id="top">A page</h1><a href="#top">up</a><a href="{link}">there</a>')
    assert broken(tmp_path) == [f"page.html: {link} leads nowhere"]


def test_nothing_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        '<script src="https://cdn.example/x.js"></script><a href="https://e.example">e</a>'
    )
    assert broken(tmp_path) == ["page.html: https://cdn.example/x.js cannot be loaded"]


def test_every_alarm_of_the_controller_is_described() -> None:
    """Names of alarms are made where somebody owns them."""
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "controller/core").glob("*.py"))
    names = set(re.findall(r'\.own\(f?"(\w+)', sources))
    described = set(re.findall(r"^\| `(\w+)", (DOCS / "reference/alarms.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert len(names) >= 6
    assert names <= described


def test_pictures_are_small() -> None:
    sizes = [path.stat().st_size for path in (DOCS / "images").glob("*.png")]
    assert sizes
    assert max(sizes) <= 150_000
    assert sum(sizes) <= 1_000_000
