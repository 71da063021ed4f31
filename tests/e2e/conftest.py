"""Real servers for rehearsals, and a real browser for the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.support.influxd import Influxd, influxd
from tests.support.mosquitto import Mosquitto, mosquitto

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with mosquitto(username="onsil", password="demo") as running:
        yield running


@pytest.fixture
def influx() -> Iterator[Influxd]:
    with influxd() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from .browser import chromium  # needs a package that only those who ask for it need

    with chromium() as found:
        yield found
