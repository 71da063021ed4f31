"""Rule sets as growers have them: no false alarm, and each does what its scenarios say."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.analysis import analyse
from controller.config import check
from controller.core.plan import Plan
from controller.scenarios import FILE, load, play

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "x")


def plan(name: str) -> Plan:
    report = check(EXAMPLES / name)
    assert report.errors == ()
    assert report.configuration is not None
    return report.configuration.plan


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 6


@pytest.mark.parametrize("name", NAMES)
def test_there_is_no_false_alarm(name: str) -> None:
    assert [str(finding) for finding in analyse(plan(name), 2026)] == []


@pytest.mark.parametrize("name", [name for name in NAMES if (EXAMPLES / name / FILE).exists()])
def test_its_scenarios_hold(name: str) -> None:
    made = plan(name)
    scenarios, errors = load(EXAMPLES / name / FILE, made)
    assert errors == ()
    assert [str(failure) for scenario in scenarios for failure in play(made, scenario)] == []
