"""The driver against a service on this machine: asks, keeps, grows stale, comes back."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import drivers.forecast
from controller.model.commands import Followed, Verb
from controller.model.errors import ConfigError, Place
from controller.model.points import Quality
from controller.model.ports import BusSettings, DeviceSettings, PointSettings
from controller.model.units import QUANTITIES, quantity_of
from drivers.forecast import factory
from drivers.kit.bench import Heard, RealClock, at_work, order, soon

from .service import open_meteo, serving

POINT = "forecast.temperature"
PLACE = Place("site.yaml", 7, 5)


def answer(temperature: float, hours: int = 96) -> bytes:
    """The same temperature for days, from yesterday on: the service's clock is that of the test."""
    start = int(time.time() // 3600 - 24) * 3600
    return open_meteo(start, {"temperature_2m": [temperature] * (24 + hours)})


def device(service: str, **more: object) -> DeviceSettings:
    options = {"profile": "open-meteo", "url": service, **more}
    points = (PointSettings(POINT, "temperature_3h", place=PLACE),)
    return DeviceSettings("meteo", options, points, PLACE)


def bus(*devices: DeviceSettings) -> BusSettings:
    return BusSettings("weather", {}, devices, PLACE)


def good(heard: Heard) -> list[float]:
    return [reading.value for reading in heard.readings(POINT) if reading.quality is Quality.GOOD]


async def test_a_forecast_is_said_again_and_again_and_asked_for_seldom() -> None:
    with serving(lambda _: (200, answer(21.5))) as service:
        driver, heard = factory.open(bus(device(service.url)), RealClock(600.0)), Heard()
        async with at_work(driver, heard):
            await soon(lambda: len(good(heard)) >= 3)
            assert set(good(heard)) == {21.5}
            assert len(service.asked) == 1
            assert "hourly=temperature_2m," in service.asked[0]
            health = driver.health()
            assert (health.online, health.devices[0].online, health.devices[0].note) == (True, True, "")


async def test_it_holds_while_the_service_is_away_until_it_is_old_and_comes_back() -> None:
    said: list[tuple[int, bytes]] = [(200, answer(18.0))]
    with serving(lambda _: said[-1]) as service:
        settings = bus(device(service.url, poll="1 min", max_age="30 min"))
        driver, heard = factory.open(settings, RealClock(600.0)), Heard()
        async with at_work(driver, heard):
            await soon(lambda: good(heard))
            said.append((503, b"busy"))
            await soon(lambda: driver.health().devices[0].note)
            assert "127.0.0.1 answers 503" in driver.health().devices[0].note
            assert heard.readings(POINT)[-1].quality is Quality.GOOD  # as good as it was a minute ago
            await soon(lambda: heard.readings(POINT)[-1].quality is Quality.STALE)
            assert "503" in heard.readings(POINT)[-1].note
            said.append((200, b"<html>"))
            await soon(lambda: "no forecast" in driver.health().devices[0].note)
            said.append((200, answer(12.0)))
            await soon(lambda: good(heard)[-1] == 12.0)


async def test_a_kept_forecast_bridges_a_restart(tmp_path: Path) -> None:
    kept = tmp_path / "forecast.json"
    with serving(lambda _: (200, answer(19.0))) as service:
        settings, url = bus(device(service.url, cache=str(kept))), service.url
        async with at_work(factory.open(settings, RealClock()), heard := Heard()):
            await soon(lambda: good(heard) and kept.exists())
    assert url not in kept.read_text()
    async with at_work(factory.open(settings, RealClock()), heard := Heard()):
        await soon(lambda: good(heard))
        assert good(heard)[-1] == 19.0
    elsewhere = bus(device(url.replace("/forecast", "/other"), cache=str(kept)))
    async with at_work(driver := factory.open(elsewhere, RealClock()), heard := Heard()):
        await soon(lambda: driver.health().devices[0].timeouts)
        assert not good(heard)
    kept.write_text("{")
    async with at_work(driver := factory.open(settings, RealClock()), heard := Heard()):
        await soon(lambda: driver.health().devices[0].timeouts)
        assert not good(heard)


async def test_a_service_that_never_answers_holds_up_nobody() -> None:
    with serving(lambda _: (200, answer(20.0))) as slow, serving(lambda _: (200, answer(22.0))) as quick:
        slow.held.clear()
        other = DeviceSettings(
            "other",
            {"profile": "open-meteo", "url": quick.url},
            (PointSettings("other.temperature", "temperature_max_24h"),),
        )
        driver, heard = factory.open(bus(device(slow.url), other), RealClock()), Heard()
        async with at_work(driver, heard):
            await soon(lambda: slow.asked and [r for r in heard.readings("other.temperature") if r.value == 22.0])
            assert heard.readings(POINT)[-1].quality is Quality.STALE
            command = order("forecast.x", Verb.ON)
            driver.send(command)
            await soon(lambda: heard.answers(command))
            assert heard.answers(command)[0].followed is Followed.REFUSED
        # and it ends, though the answer has not come


async def test_what_is_no_http_ends_nothing() -> None:
    said = [b"\0\0\0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b""]

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said[min(driver.health().devices[0].requests, len(said)) - 1])
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    driver, heard = factory.open(bus(device(url, poll="1 min")), RealClock(6000.0)), Heard()
    async with server, at_work(driver, heard):
        await soon(lambda: driver.health().devices[0].requests > len(said))
        assert driver.health().devices[0].errors >= 2
        assert heard.readings(POINT)[-1].quality is Quality.STALE


async def test_what_lies_beyond_the_forecast_is_bad() -> None:
    with serving(lambda _: (200, answer(20.0, hours=2))) as service:
        async with at_work(factory.open(bus(device(service.url)), RealClock()), heard := Heard()):
            await soon(lambda: [r for r in heard.readings(POINT) if r.quality is Quality.BAD])
            assert "does not reach" in heard.readings(POINT)[-1].note


@pytest.mark.parametrize(
    ("source", "unit"),
    [("temperature_3h", "°C"), ("radiation_sum_today", "J/cm²"), ("radiation_max_today", "W/m²"), ("rain_6h", "mm")],
)
def test_units(source: str, unit: str) -> None:
    assert factory.source(device("http://x/"), source).unit == unit


@pytest.mark.parametrize(
    ("options", "source", "says"),
    [
        ({"profile": "meteo"}, "temperature_3h", "did you mean open-meteo"),
        ({"profile": None}, "temperature_3h", "no profile"),
        ({"url": "ftp://x"}, "temperature_3h", "needs a url"),
        ({"url": None}, "temperature_3h", "needs a url"),
        ({"poll": "1 s"}, "temperature_3h", "60 s"),
        ({"key": "x"}, "temperature_3h", "no option key"),
        ({}, "temperature", "offers no 'temperature'"),
        ({"profile": "kma"}, "radiation_3h", "kma offers no radiation"),
        ({"profile": "kma"}, "temperature_max_today", "write temperature_max_rest"),
    ],
)
def test_wrong_settings(options: dict[str, object], source: str, says: str) -> None:
    made = device("http://x/", **options)
    made = DeviceSettings(made.name, made.options, (PointSettings(POINT, source, place=PLACE),), PLACE)
    with pytest.raises(ConfigError) as caught:
        factory.check(bus(made))
    assert says in str(caught.value)
    assert caught.value.place.line == 7
    assert caught.value.suggestion


def test_a_bus_of_forecasts_has_no_options() -> None:
    with pytest.raises(ConfigError, match="no option url"):
        factory.check(BusSettings("weather", {"url": "http://x"}, (), PLACE))


def test_the_example_of_the_readme() -> None:
    text = (Path(drivers.forecast.__file__).parent / "README.md").read_text()
    example = YAML(typ="safe").load(text.split("```yaml")[1].split("```")[0])
    for name, entry in example["devices"].items():
        points = tuple(PointSettings(point, source) for point, source in entry.pop("points").items())
        assert entry.pop("bus") in example["buses"]
        settings = DeviceSettings(name, entry, points)
        factory.check(bus(settings))
        for point in points:
            said = example["sensors"].get(point.name, {}).get("quantity")
            quantity = QUANTITIES[said] if said else quantity_of(point.name)
            assert quantity is not None, point.name
            assert quantity.unit.symbol == factory.source(settings, point.source).unit
