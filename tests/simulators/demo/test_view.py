"""The live view: what it says, at any width."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from simulators.demo.trend import Trend
from simulators.demo.view import View


def cause(level: str, rule: str, values: dict[str, str], chain: list[str]) -> dict[str, Any]:
    return {"level": level, "rule": rule, "values": values, "chain": chain, "sentence": ""}


def actuator(name: str, kind: str, **more: object) -> dict[str, Any]:
    plain = {
        "position": 0.0,
        "target": 0.0,
        "moving": "",
        "on": False,
        "day_seconds": 0.0,
        "limited": "",
        "trouble": "",
    }
    return {"name": name, "kind": kind, "cause": cause("idle", "nothing asks for it", {}, []), **plain, **more}


def state(**more: object) -> dict[str, Any]:
    storm = cause("safety", "Storm", {"outside.wind_speed": "17 m/s"}, ["instead of 60 % by Ventilate"])
    return {
        "site": "House 1",
        "time": "2026-06-21T09:00:00+09:00",
        "period": "day",
        "points": [
            {"name": "air.temperature", "value": 24.5, "text": "24.5 °C", "quality": "good", "age": 1.0},
            {"name": "outside.rain", "value": None, "text": "unknown", "quality": "stale", "age": 90.0},
        ],
        "setpoints": [{"name": "heating_temperature", "value": 19.0, "text": "19 °C", "quality": "good", "age": None}],
        "actuators": [
            actuator("roof_vent", "position", position=42.0, moving="closing", cause=storm),
            actuator("irrigation_a", "valve", on=True, day_seconds=240.0),
            actuator("heater", "switch", trouble="does not follow"),
        ],
        "alarms": [
            {"name": "Frost", "state": "raised", "priority": "critical", "text": "air.temperature 3 °C", "since": ""},
            {"name": "Old", "state": "cleared", "priority": "low", "text": "long ago", "since": ""},
        ],
        "buses": [
            {
                "name": "rs485",
                "online": False,
                "note": "port is gone",
                "reconnects": 1,
                "devices": [{"name": "climate_box", "online": False}],
            }
        ],
        "uplinks": [{"name": "influxdb", "online": True, "note": ""}],
        "counters": dict.fromkeys(("readings", "commands", "stored", "delivered", "lost"), 1200) | {"rss_mb": 51.4},
        **more,
    }


def shown(view: View, width: int, **more: object) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False).print(view.draw(state(**more)))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120, 200])
def test_everything_is_said_at_every_width(width: int) -> None:
    text = shown(View("60 times real time"), width)
    for word in (
        "House 1",
        "09:00:00",
        "day",
        "60 times real time",
        "24.5 °C",
        "stale",
        "heating_temperature",
        "████░░░░░░  42 % ▼",
        "safety: Storm",
        "17 m/s",
        "● open",
        "4 min today",
        "does not follow",
        "critical",
        "port is gone",
        "readings 1,200",
    ):
        assert word in text, word
    assert "long ago" not in text
    assert all(len(line) <= width for line in text.splitlines())


def test_it_draws_before_anything_is_known() -> None:
    text = shown(
        View(), 100, period=None, actuators=[actuator("vent", "position", position=None, cause=None)], alarms=[]
    )
    assert "no period" in text
    assert "?" in text
    assert "none" in text


def test_a_trend_covers_the_whole_time_in_few_characters() -> None:
    trend = Trend(4)
    assert trend.text() == ""
    for value in range(64):
        trend.add(float(value))
        assert len(trend.text()) <= 4
    assert trend.text() == "▁▃▆█"


def test_a_trend_does_not_blow_up_what_is_hardly_a_change() -> None:
    trend = Trend(4)
    for value in (20.0, 20.1, 20.0, 20.1):
        trend.add(value)
    assert set(trend.text("°C")) <= set("▄▅")
    assert trend.text() == "▁█▁█"
    level = Trend(4)
    level.add(1.0)
    level.add(1.0)
    assert level.text() == "▁▁"
