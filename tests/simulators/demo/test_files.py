"""The site of a demonstration: the example, with other addresses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controller.config import Influx1Settings, Influx2Settings, load
from simulators.demo import files

ADDRESSES = {"rs485": "/tmp/port", "broker": "mqtt://127.0.0.1:7"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "x")


def test_only_addresses_and_waiting_times_differ_from_the_example(tmp_path: Path) -> None:
    files.write_site(tmp_path, ADDRESSES, None)
    made, example = load(tmp_path), load(files.EXAMPLE)
    assert (tmp_path / "rules.yaml").read_bytes() == (files.EXAMPLE / "rules.yaml").read_bytes()
    assert [rule.name for rule in made.plan.rules] == [rule.name for rule in example.plan.rules]
    assert [a.travel_open for a in made.plan.actuators] == [a.travel_open for a in example.plan.actuators]
    buses = {bus.settings.name: bus.settings for bus in made.buses}
    assert buses["rs485"].options["port"] == "/tmp/port"
    assert buses["broker"].options["url"] == "mqtt://127.0.0.1:7"
    for bus in example.buses:
        for device, original in zip(buses[bus.settings.name].devices, bus.settings.devices, strict=True):
            added = device.options.keys() - original.options.keys()
            assert added <= {"timeout", "settle"}
            assert {k: v for k, v in device.options.items() if k not in added} == dict(original.options)
            assert [point.name for point in device.points] == [point.name for point in original.points]
    assert made.uplink.influxdb is None


def test_data_can_go_to_either_kind_of_server(tmp_path: Path) -> None:
    files.write_site(tmp_path, ADDRESSES, {"url": "http://localhost:1", "org": "a", "bucket": "b", "token": "c"})
    assert load(tmp_path).uplink.influxdb == Influx2Settings("http://localhost:1", "a", "b", "c")
    files.write_site(tmp_path, ADDRESSES, {"api": 1, "url": "http://localhost:1", "database": "d"})
    assert load(tmp_path).uplink.influxdb == Influx1Settings("http://localhost:1", "d")


def test_what_the_environment_says_is_not_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALARM_URL")
    files.environment()
    assert os.environ["MQTT_PASSWORD"] == "x"
    assert os.environ["ALARM_URL"] == ""
