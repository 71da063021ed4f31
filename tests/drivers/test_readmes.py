"""The examples in the drivers' READMEs are right: every option is taken, and every source exists."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from controller.config.loading import check_texts
from controller.model.ports import BusSettings, DeviceSettings, PointSettings

DRIVERS = Path(__file__).parents[2] / "drivers"
SITE = """onsil: 1
site: {name: House 1, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul, language: en}
"""


def text_of_example(driver: str) -> str:
    text = (DRIVERS / driver / "README.md").read_text()
    (block,) = re.findall(r"## Configuration\n.*?```yaml\n(.*?)```", text, re.DOTALL)
    assert isinstance(block, str)
    return block


def example(driver: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(text_of_example(driver))
    return found


@pytest.mark.parametrize("driver", ["forecast", "gpio", "i2c", "modbus", "mqtt", "onewire", "uart"])
def test_the_example_is_part_of_a_site_that_loads(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KMA_KEY", "MQTT_PASSWORD"):
        monkeypatch.setenv(name, "secret")
    assert [str(error) for error in check_texts(SITE + text_of_example(driver), "onsil: 1").errors] == []


@pytest.mark.parametrize("driver", ["gpio", "i2c", "mqtt", "onewire", "uart"])
def test_the_example_is_right(driver: str) -> None:
    factory = import_module(f"drivers.{driver}").factory
    site = example(driver)
    for name, bus in site["buses"].items():
        assert bus.pop("driver") == driver
        devices = []
        for device_name, device in site["devices"].items():
            if device["bus"] != name:
                continue
            points = tuple(PointSettings(point, source) for point, source in device["points"].items())
            options = {key: value for key, value in device.items() if key not in ("bus", "points")}
            devices.append(DeviceSettings(device_name, options, points))
            for point in points:
                factory.source(devices[-1], point.source)
        factory.check(BusSettings(name, bus, tuple(devices)))
