"""Drivers are found by their entry points."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from controller.config import drivers
from controller.model.errors import ConfigError, Place
from drivers.modbus import ModbusFactory

PLACE = Place("site.yaml", 3, 4)


def test_ours_are_installed() -> None:
    assert {"modbus", "mqtt"} <= set(drivers.names())
    assert isinstance(drivers.factory("modbus"), ModbusFactory)


def test_an_unknown_one() -> None:
    with pytest.raises(ConfigError) as caught:
        drivers.factory("modbuss", PLACE)
    assert str(caught.value) == "site.yaml:3:4: there is no driver 'modbuss' (did you mean modbus?)"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """The entry points that the registry finds."""
    found: list[EntryPoint] = []
    monkeypatch.setattr(drivers, "entry_points", lambda group: found)
    drivers._installed.cache_clear()
    yield found
    drivers._installed.cache_clear()


def test_nothing_installed(installed: list[EntryPoint]) -> None:
    with pytest.raises(ConfigError) as caught:
        drivers.factory("canbus", PLACE)
    assert str(caught.value) == "site.yaml:3:4: there is no driver 'canbus' (install the package that has it)"


def test_one_that_cannot_be_loaded(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("canbus", "no_such_package:factory", drivers.GROUP))
    with pytest.raises(ConfigError, match="the driver 'canbus' cannot be loaded: No module named 'no_such_package'"):
        drivers.factory("canbus", PLACE)


def test_one_from_another_package(installed: list[EntryPoint]) -> None:
    installed.append(EntryPoint("mine", "drivers.mqtt:factory", drivers.GROUP))
    assert drivers.names() == ("mine",)
    assert drivers.factory("mine") is not None
