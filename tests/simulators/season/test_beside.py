"""The twin beside a house that the real core runs: each of its alarms, and none where nothing is broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.config.settings import TwinSettings
from controller.core.plan import Plan
from controller.model.errors import ConfigError
from controller.model.points import Quality
from simulators.faults import Kind
from simulators.season import compiled
from simulators.season.beside import factory
from simulators.season.command import plan_from
from simulators.season.engine import Engine
from tests.benchmarks.twin_watch import BREAKS, Break, watched
from tests.config.test_compartments import BAY_RULES, SITE

from .rules import START, broken, plan, season

pytestmark = pytest.mark.skipif(not compiled.available(), reason="too slow without machine code")

HOURS = {"heater": 26, "welded": 16, "vent": 17, "door": 26}


@pytest.mark.parametrize("broken", BREAKS, ids=[broken.alarm for broken in BREAKS])
def test_what_breaks_is_told_after_it_broke(broken: Break) -> None:
    (heard,) = watched(plan(), START, HOURS[broken.alarm] / 24, broken, ["right"])
    assert f"twin {broken.alarm}" in [told.alarm for told in heard]
    assert all(told.hour > broken.hour for told in heard)


def test_nothing_is_told_where_nothing_is_broken() -> None:
    assert watched(plan(), START, 1.0, None, ["right"]) == [[]]


def bays() -> Plan:
    return plan_from(SITE, BAY_RULES)


def test_a_heater_that_dies_in_one_compartment_is_told_of_that_one() -> None:
    wanted = season(0.5, faults=broken(Kind.BLOCKED, "west.heater", after=4 * 3600))
    engine = Engine(bays(), wanted, wanted.table(bays().site), machine=compiled.available())
    watch = factory.open(bays(), TwinSettings("venlo"), Path())
    told: dict[str, float] = {}
    while engine.run(30.0):
        points = {view.name: view.value for view in engine.core.points() if view.quality is Quality.GOOD}
        positions = {view.name: view.position for view in engine.core.actuators() if not view.trouble}
        for _ in watch.see(engine.now, points, positions) or ():
            pass
        for finding in watch.findings():
            told.setdefault(finding.alarm, engine.elapsed() / 3600)
    assert list(told) == ["twin heater in west"]
    assert 4 < told["twin heater in west"] < 8


def test_every_compartment_must_be_seen() -> None:
    sensors = tuple(sensor for sensor in bays().sensors if sensor.point != "west.air.temperature")
    with pytest.raises(ConfigError, match=r"the twin must see west\.air\.temperature"):
        factory.open(replace(bays(), sensors=sensors), TwinSettings("venlo"), Path())
