"""The house of the page's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from . import house as houses
from .house import House


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
