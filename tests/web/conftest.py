"""The house of the page's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from . import house as houses
from .house import House
from .whole import Whole, whole_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """On this computer alone: no login."""
    async with houses.house(tmp_path) as found:
        yield found


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[House]:
    """One that listens beyond localhost."""
    async with houses.house(tmp_path, host="0.0.0.0") as found:
        yield found


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the files of house1 name."""
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "" if name == "ALARM_URL" else "demo")


@pytest.fixture
async def whole(tmp_path: Path, variables: None) -> AsyncIterator[Whole]:
    """House1 without its field."""
    async with whole_house(tmp_path) as found:
        yield found
