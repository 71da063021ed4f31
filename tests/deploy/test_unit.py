"""onsil.service says nothing that systemd does not understand, and leaves little open."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from controller.config.variables import FOLDER

DEPLOY = Path(__file__).parents[2] / "deploy"
UNIT = DEPLOY / "onsil.service"
BEHIND = DEPLOY / "server" / "behind-onsil.conf"
PROGRAM = "/usr/lib/onsil/bin/onsil"
MOST_EXPOSED = 2.0

needs_analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that exists: verify looks for it."""
    text = UNIT.read_text()
    assert text.count(PROGRAM) == 1
    path = tmp_path / UNIT.name
    path.write_text(text.replace(PROGRAM, "/bin/true"))
    return path


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


@needs_analyze
def test_every_line_is_understood(unit: Path) -> None:
    done = analyze("verify", unit)
    # unknown keys are only warned about
    assert (done.returncode, done.stderr) == (0, "")


@needs_analyze
def test_a_line_that_is_not_understood_would_be_seen(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec=20s", "WatchdogSeconds=20s"))
    assert "WatchdogSeconds" in analyze("verify", unit).stderr


@needs_analyze
def test_little_is_exposed(unit: Path) -> None:
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", unit)
    assert done.returncode == 0, done.stdout


@needs_analyze
def test_what_is_exposed_counts(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("User=onsil", "User=root").replace("CapabilityBoundingSet=\n", ""))
    assert analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", unit).returncode != 0


def settings(unit: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@needs_analyze
def test_what_puts_a_database_behind_the_greenhouse_is_understood(tmp_path: Path) -> None:
    drop_in = tmp_path / "influxdb.service.d" / BEHIND.name
    drop_in.parent.mkdir()
    shutil.copyfile(BEHIND, drop_in)
    unit = tmp_path / "influxdb.service"
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    done = analyze("verify", unit)
    assert (done.returncode, done.stderr) == (0, "")
    drop_in.write_text(BEHIND.read_text().replace("CPUWeight=idle", "CPUWeight=lazy"))
    assert "Invalid CPU weight" in analyze("verify", unit).stderr


def test_the_database_comes_after_the_greenhouse() -> None:
    behind, ours = settings(BEHIND.read_text()), settings(UNIT.read_text())
    assert (behind["CPUWeight"], behind["CPUSchedulingPolicy"]) == (["idle"], ["idle"])
    assert int(ours["CPUWeight"][0]) > 100  # what a service has of which nothing is said
    assert int(ours["OOMScoreAdjust"][0]) < 0 < int(behind["OOMScoreAdjust"][0])


def test_it_never_gives_up_and_waits_for_nothing() -> None:
    said = settings(UNIT.read_text())
    assert (said["Type"], said["Restart"], said["StartLimitIntervalSec"]) == (["notify"], ["always"], ["0"])
    assert not {"Requires", "BindsTo", "Requisite", "PartOf"} & set(said)
    assert "time-sync.target" not in said["After"][0]
    assert "network-online.target" not in said["After"][0]


def test_the_loader_knows_the_names_that_the_unit_gives_to_credentials() -> None:
    name, _, folder = settings(UNIT.read_text())["LoadCredential"][0].partition(":")
    assert f"{name}_" == FOLDER
    assert f"d {folder} 0700 root root" in (DEPLOY / "system/onsil.tmpfiles").read_text()
    assert folder in (DEPLOY / "system/onsil.sh").read_text()


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="there is no shellcheck here")
def test_the_scripts_are_sound() -> None:
    scripts = [
        path
        for path in DEPLOY.rglob("*")
        if path.is_file() and path.read_bytes().startswith((b"#!/bin/sh", b"#!/bin/bash"))
    ]
    assert len(scripts) > 5
    done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
