"""House1 through a summer's day, 600 times faster, and what came of it in the journal and in two databases."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from astral import Observer
from astral.sun import sunrise, sunset

from controller.app.status import local_time
from controller.config import Influx1Settings, Influx2Settings
from controller.model.time import NS
from controller.store import History, Store
from controller.store.entries import COMMAND, DECISION, Entry
from controller.store.samples import ACTUATOR, READING
from simulators.demo import files
from tests.support.influxd import Influxd
from tests.support.mosquitto import Mosquitto
from tests.support.victoria import victoria

from .rehearsal import Rehearsal, actuators, deliver, rehearsal

SPEED = 600.0
START = "2026-06-21T04:00"
HOURS = 18.0
DAY = date(2026, 6, 21)
SEOUL = files.timezone()
HOUSE = Observer(35.80, 126.88)
MAX_ON, MAX_PER_DAY, ROUND = 15 * 60.0, 90 * 60.0, 120.0  # s, from site.yaml and rules.yaml
SLACK = 90.0  # s: what a pause of a busy machine costs at this speed (150 ms)


async def test_a_summer_day(tmp_path: Path, broker: Mosquitto, influx: Influxd) -> None:
    server = {"api": 1, "url": influx.url, "database": influx.database}
    async with rehearsal(tmp_path, START, broker, speed=SPEED, influx=server, storm=True) as house:
        await house.start()
        await house.until(lambda status: all(bus["online"] for bus in status["buses"]), "all buses are there")
        await house.field.ask("press")  # the slab's probe sends at once
        why = await _until_evening(house)
        assert re.search(r"Ventilate in proportion|Storm", why), why
        status = await house.until(lambda status: not status["counters"]["pending"], "all is delivered", 60)
        assert status["counters"]["lost"] == 0
        await house.stop()

    history = History(tmp_path / "state")
    journal = _journal(history)
    _the_p_band_was_followed(journal)
    _the_storm_closed_the_vent(history, journal)
    _the_slab_was_watered_by_light_inside_its_window(journal)
    with Store.open(tmp_path / "state") as store:
        counted = _stored(store.history)
        await _is_in_influxdb(influx, counted, store)
        await _is_in_victoria(counted, store)


async def _until_evening(house: Rehearsal) -> str:
    """Let the day go by; what `why roof_vent` said while the vent was open."""
    end = house.clock.now().after(HOURS * 3600)
    said = ""
    while house.clock.now() < end:
        status = house.status()
        vent = actuators(status)["roof_vent"]
        if not said and 10 < vent["position"] < 90:
            said = house.ask(do="why", actuator="roof_vent")["cause"]["sentence"]
        await asyncio.sleep(0.2)
    return said


def _journal(history: History) -> list[Entry]:
    return history.entries(0, 2**62, limit=100_000)


def _the_p_band_was_followed(journal: Sequence[Entry]) -> None:
    """Every decision of the P-band is what its own values say: 0 % at `from`, 100 % a band above."""
    checked = 0
    for entry in journal:
        data = entry.data()
        if entry.kind != DECISION or entry.subject != "roof_vent" or data["cause"]["rule"] != "Ventilate in proportion":
            continue
        values = {name: float(text.split()[0]) for name, text in data["cause"]["values"]}
        wanted = 100 * (values["air.temperature"] - values["from"]) / values["band"]
        # the values are written with a digit after the point: 0.1 °C are 2 % of the band of 6 °C
        assert abs(data["target"] - min(max(wanted, 0.0), 100.0)) < 2.5, entry
        checked += 0 < data["target"] < 100
    assert checked > 20


def _the_storm_closed_the_vent(history: History, journal: Sequence[Entry]) -> None:
    """From the storm's beginning plus the way of the vent until its end, the vent is at 5 % at the most."""
    storms = [entry for entry in journal if entry.kind == DECISION and entry.subject == "roof_vent"]
    begun = [entry for entry in storms if entry.data()["cause"]["rule"] == "Storm"]
    assert begun, "there was a storm, and no decision names it"
    first = begun[0].at_ns
    after = next(entry.at_ns for entry in storms if entry.at_ns > first and entry.data()["cause"]["rule"] != "Storm")
    closed_by = first + round((180 + SLACK) * NS)
    positions = [raw.value for raw in history.raw("roof_vent", closed_by, after, ACTUATOR)]
    assert all(position <= 5.5 for position in positions), positions
    wind = [raw.value for raw in history.raw("outside.wind_speed", first - 60 * NS, first + 60 * NS)]
    assert max(wind) > 15


def _the_slab_was_watered_by_light_inside_its_window(journal: Sequence[Entry]) -> None:
    """Rounds of two minutes between two hours after sunrise and two hours before sunset, within the hard limits."""
    rounds, on, causes = [], None, Counter[str]()
    for entry in journal:
        if entry.kind == COMMAND and entry.subject == "irrigation_a":
            data = entry.data()
            if data["verb"] == "on" and on is None:
                on = entry.at_ns
                causes[data["cause"]["rule"]] += 1
            elif data["verb"] == "off" and on is not None:
                rounds.append((on, entry.at_ns))
                on = None
    assert len(rounds) >= 4, rounds
    assert causes["Slab A by light"] >= 4
    opens = sunrise(HOUSE, DAY, tzinfo=SEOUL) + timedelta(hours=2)
    closes = sunset(HOUSE, DAY, tzinfo=SEOUL) - timedelta(hours=2)
    for start, end in rounds:
        begun = datetime.fromisoformat(local_time(start, SEOUL))
        assert opens - timedelta(seconds=SLACK) <= begun <= closes, begun
        assert ROUND - SLACK <= (end - start) / NS <= ROUND + SLACK
        assert (end - start) / NS <= MAX_ON
    assert sum(end - start for start, end in rounds) / NS <= MAX_PER_DAY


def _stored(history: History) -> dict[str, int]:
    """How many lines of each measurement and field the store has for the uplinks."""
    entries = Counter(entry.kind for entry in _journal(history))
    raw = {name: history.raw(name, 0, 2**62) for name in history.names(READING)}
    positions = {name: history.raw(name, 0, 2**62, ACTUATOR) for name in history.names(ACTUATOR)}
    return {
        "reading_quality": sum(map(len, raw.values())),
        "actuator_position": sum(map(len, positions.values())),
        "decision_target": entries[DECISION],
        "command_id": entries[COMMAND],
    }


async def _is_in_influxdb(influx: Influxd, counted: dict[str, int], store: Store) -> None:
    """What the controller has stored in its last second is delivered by its successor, as after every end."""
    await deliver(store, "influxdb", Influx1Settings(influx.url, influx.database))
    found = {name: influx.count(*name.split("_")) for name in counted}
    assert found == counted


async def _is_in_victoria(counted: dict[str, int], store: Store) -> None:
    """The same day once more, by a second uplink to a server of another kind."""
    with victoria() as server:
        await deliver(store, "second", Influx2Settings(server.url, "farm", "greenhouse", "secret"))
        assert {name: server.count(name) for name in counted} == counted
