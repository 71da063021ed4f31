"""The examples in the drivers' READMEs are right: every option is taken, and every source exists."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from controller.model.ports import BusSettings, DeviceSettings, PointSettings

DRIVERS = Path(__file__).parents[2] / "drivers"


def example(driver: str) -> dict[str, Any]:
    text = (DRIVERS / driver / "README.md").read_text()
    (block,) = re.findall(r"## Configuration\n.*?```yaml\n(.*?)```", text, re.DOTALL)
    found: dict[str, Any] = YAML(typ="safe").load(block)
    return found


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
