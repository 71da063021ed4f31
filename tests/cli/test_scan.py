"""`onsil scan`: the right scanner for a target, what it found, and a new site.yaml that replaces nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.cli import scan
from controller.cli.main import main
from controller.model.ports import Scanned, ScanProgress

FRAGMENT = "buses:\n  rs485:\n    driver: modbus\n    port: /dev/ttyUSB0\n"


class Entry:
    """An installed scanner of serial ports; on /dev/silent there is nothing."""

    example = "/dev/ttyUSB0"

    def load(self) -> Entry:
        return self

    def covers(self, target: str) -> bool:
        return target.startswith("/")

    async def scan(self, target: str, tell: Callable[[ScanProgress], None], thorough: bool) -> Scanned:
        if target == "/dev/gone":
            raise FileNotFoundError(2, "No such file or directory", target)
        found = Scanned((), "") if target == "/dev/silent" else Scanned(("address 1: xy-md02",), FRAGMENT)
        tell(ScanProgress(0.5, "address 2", found))
        tell(ScanProgress(0.6, "address 3", found))
        return found


@pytest.fixture(autouse=True)
def _scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "entry_points", lambda group: [Entry()])


def test_what_was_found_is_a_fragment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "/dev/ttyUSB0"]) == 0
    said = capsys.readouterr()
    assert said.out == FRAGMENT
    assert "address 1: xy-md02" in said.err


def test_json_is_a_line_for_every_step_and_the_answer_last(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "/dev/ttyUSB0", "--json"]) == 0
    found = {"found": ["address 1: xy-md02"], "fragment": FRAGMENT}
    assert [*map(json.loads, capsys.readouterr().out.splitlines())] == [
        {"part": 0.5, "at": "address 2", **found},
        {"part": 0.6, "at": "address 3"},
        found,
    ]


def test_a_target_with_a_password_is_read_and_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("/x://kim:secret@broker\n"))
    assert main(["scan", "-", "--write", str(tmp_path / "site.yaml")]) == 0
    assert "secret" not in (tmp_path / "site.yaml").read_text(encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("ftp://kim:secret@broker\n"))
    assert main(["scan", "-"]) == 2
    said = capsys.readouterr()
    assert "ftp://broker" in said.err
    assert "secret" not in said.err + said.out


def test_nothing_found_is_a_no(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "/dev/silent"]) == 1
    assert "nothing answers" in capsys.readouterr().err


def test_a_new_site_is_written_and_nothing_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "site.yaml"
    assert main(["scan", "/dev/ttyUSB0", "--write", str(site)]) == 0
    text = site.read_text(encoding="utf-8")
    assert text.startswith("# site.yaml: what is wired to what, as a scan of /dev/ttyUSB0 has found it.")
    assert text.endswith(FRAGMENT)
    assert main(["scan", "/dev/ttyUSB0", "--write", str(site)]) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "said"),
    [("ftp://x", "nothing here scans 'ftp://x' (write a target like /dev/ttyUSB0)"), ("/dev/gone", "/dev/gone")],
)
def test_what_cannot_be_scanned_is_said(target: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", target]) == 2
    assert said in capsys.readouterr().err
