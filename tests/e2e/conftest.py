"""Real servers for rehearsals."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.influxd import Influxd, influxd
from tests.support.mosquitto import Mosquitto, mosquitto


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with mosquitto(username="onsil", password="demo") as running:
        yield running


@pytest.fixture
def influx() -> Iterator[Influxd]:
    with influxd() as running:
        yield running
