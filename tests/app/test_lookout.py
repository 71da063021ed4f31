"""The twin beside the controller: findings are alarms, end with their cause, and a twin that fails harms nobody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from controller.app import lookout
from controller.app.clock import ScaledClock
from controller.app.lookout import Lookout
from controller.config import Configuration, Texts, UplinkSettings, check
from controller.config.settings import TwinSettings
from controller.config.watches import Finding, factory
from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Notice
from controller.model.errors import ConfigError
from controller.model.time import NS, Instant
from tests.config.example import RULES, SITE

from .house import plan
from .wait import until

FOUND = Finding("twin heater", "high", "the heater does not heat")


class Pretend:
    """A watch that finds what it is told to."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.seen: list[tuple[Mapping[str, float], Mapping[str, float]]] = []

    def open(self, plan: Plan, settings: TwinSettings, directory: Path) -> Pretend:
        if settings.structure == "wrong":
            raise ConfigError("there is no structure 'wrong'")
        return self

    def see(self, at: Instant, points: Mapping[str, float], positions: Mapping[str, float]) -> Iterator[None]:
        self.seen.append((points, positions))
        return iter((None, None))

    def findings(self) -> Sequence[Finding]:
        return self.found


def configuration(structure: str | None) -> Configuration:
    twin = None if structure is None else TwinSettings(structure)
    return Configuration(plan(), (), UplinkSettings(), {}, Texts("", ""), twin)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Pretend:
    pretend = Pretend()
    monkeypatch.setattr(lookout, "factory", lambda name: pretend)
    return pretend


async def test_a_finding_is_an_alarm_until_it_is_over(watch: Pretend) -> None:
    told: list[Notice] = []
    clock = ScaledClock(3600, time.time_ns(), 1_780_000_000 * NS)
    core = Core(plan())
    core.step(clock.now(), ())
    beside = Lookout(lambda: core, clock, told.append, Path())
    await beside.apply(configuration("venlo"))
    await until(lambda: len(watch.seen) > 1)
    assert beside.status() == [{"name": "twin", "online": True, "note": ""}]
    assert set(watch.seen[0][0]) == {"air.temperature"}
    assert set(watch.seen[0][1]) == {"heater"}
    watch.found = [FOUND]
    await until(lambda: told)
    assert told == [Notice(*FOUND[:1], True, *FOUND[1:])]
    await beside.apply(configuration("venlo"))  # the core was made anew, and has forgotten
    assert told[1:] == told[:1]
    watch.found = []
    await until(lambda: len(told) > 2)
    assert told[2] == Notice(*FOUND[:1], False, *FOUND[1:])
    await beside.apply(configuration(None))
    assert beside.status() == []


async def test_what_is_found_ends_with_the_twin(watch: Pretend) -> None:
    told: list[Notice] = []
    core = Core(plan())
    watch.found = [FOUND]
    beside = Lookout(lambda: core, ScaledClock(3600, time.time_ns(), 1_780_000_000 * NS), told.append, Path())
    core.step(Instant(0, 0), ())
    await beside.apply(configuration("venlo"))
    await until(lambda: told)
    await beside.stop()
    assert [notice.active for notice in told] == [True, False]


async def test_a_twin_that_cannot_be_had_says_why(watch: Pretend) -> None:
    beside = Lookout(
        lambda: Core(plan()), ScaledClock(3600, time.time_ns(), 1_780_000_000 * NS), lambda notice: None, Path()
    )
    await beside.apply(configuration("wrong"))
    await until(lambda: not beside.status()[0]["online"])
    assert "there is no structure 'wrong'" in beside.status()[0]["note"]
    await beside.stop()


def test_nothing_is_loaded_where_nobody_asks() -> None:
    async def nobody() -> None:
        beside = Lookout(
            lambda: Core(plan()), ScaledClock(1, time.time_ns(), 1_780_000_000 * NS), lambda notice: None, Path()
        )
        await beside.apply(configuration(None))
        assert beside.status() == []

    asyncio.run(nobody())


@pytest.mark.parametrize(
    ("twin", "site", "said"),
    [
        ("{structure: venlo}", SITE, ""),
        ("{structure: venla}", SITE, "did you mean venlo"),
        ("{structure: mine.toml}", SITE, "cannot be read"),
        ("{structure: venlo}", SITE.replace("outside.radiation:", "roof.radiation:"), "must see outside.radiation"),
    ],
)
def test_a_wrong_twin_is_a_warning(
    twin: str, site: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "x")
    rules = RULES if site == SITE else 'onsil: 1\nperiods: {day: "00:00 .. 24:00"}\n'
    (tmp_path / "site.yaml").write_text(f"{site}\ntwin: {twin}\n")
    (tmp_path / "rules.yaml").write_text(rules)
    report = check(tmp_path)
    assert report.errors == ()
    assert report.configuration is not None
    assert report.configuration.twin is not None
    about = [str(warning) for warning in report.warnings if "twin" in str(warning) or (said and said in str(warning))]
    assert bool(about) == bool(said), about
    assert all(said in warning for warning in about)


def test_the_twin_is_installed() -> None:
    assert callable(factory("twin").open)
    with pytest.raises(ConfigError, match="there is no triplet"):
        factory("triplet")
