"""Relays, motors, contacts and counters on a virtual header."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.commands import Followed, Verb
from controller.model.errors import ConfigError, Place
from controller.model.points import Quality
from controller.model.ports import BusSettings, DeviceSettings, Driver, PointSettings, Source
from drivers.gpio import factory as real
from drivers.gpio.factory import GpioFactory
from drivers.gpio.lines import LineOptions, Pull, request_lines
from drivers.kit import Heard, RealClock, at_work, order, soon
from simulators.devices.gpio_header import VirtualHeader

SPEED = 60.0


def device(name: str, points: dict[str, str], **options: object) -> DeviceSettings:
    settings = tuple(PointSettings(point, source) for point, source in points.items())
    return DeviceSettings(name, options, settings, Place("site.yaml", 9, 3))


RELAYS = device("board", {"pump": "pump", "fan": "fan"}, profile="relays", pins={"pump": 17, "fan": 27}, active="low")
VENT = device("vent", {"roof_vent": "motor"}, profile="motor", open=5, close=6)
DOOR = device(
    "door", {"door": "main"}, profile="contacts", pins={"main": 22}, pull="up", active="low", debounce="20 ms"
)
FLOW = device("meter", {"flow": "water"}, profile="pulses", pins={"water": 23}, unit="L", per_pulse=0.5)


def make(header: VirtualHeader, *devices: DeviceSettings) -> Driver:
    return GpioFactory(header.request).open(BusSettings("header", {}, devices), RealClock(SPEED))


async def test_relays_are_off_until_told_and_off_again_at_the_end() -> None:
    header, heard = VirtualHeader(), Heard()
    async with at_work(driver := make(header, RELAYS), heard):
        await soon(lambda: heard.reports("fan"))
        assert [report.followed for report in heard.reports("fan")] == [Followed.BACK, Followed.RESTING]
        assert header.voltage == {17: True, 27: True}  # low is on
        driver.send(on := order("pump", Verb.ON, 3600))
        assert header.voltage == {17: False, 27: True}
        await soon(lambda: heard.answers(on))
        assert heard.answers(on)[0].followed is Followed.RUNNING
        driver.send(off := order("pump", Verb.OFF))
        await soon(lambda: heard.answers(off))
        assert heard.answers(off)[0].followed is Followed.RESTING
        driver.send(order("fan", Verb.ON, 3600))
    assert header.voltage == {17: True, 27: True}


async def test_on_ends_when_nobody_renews_it() -> None:
    header, heard = VirtualHeader(), Heard()
    async with at_work(driver := make(header, RELAYS), heard):
        await soon(lambda: heard.reports("pump"))
        driver.send(order("pump", Verb.ON, 6))
        driver.send(order("pump", Verb.ON, 12, renews=True))
        await soon(lambda: header.voltage[17])
        await soon(lambda: heard.reports("pump")[-1].followed is Followed.RESTING)
        assert heard.reports("pump")[-1].command_id is None


async def test_a_motor_never_has_both_ways_on() -> None:
    header, heard = VirtualHeader(), Heard()
    async with at_work(driver := make(header, VENT), heard):
        await soon(lambda: heard.reports("roof_vent"))
        for verb in (Verb.OPEN, Verb.CLOSE, Verb.OPEN, Verb.STOP, Verb.CLOSE):
            driver.send(command := order("roof_vent", verb, None if verb is Verb.STOP else 600))
            assert header.voltage == {5: verb is Verb.OPEN, 6: verb is Verb.CLOSE}
            await soon(lambda command=command: heard.answers(command))
        driver.send(order("roof_vent", Verb.OPEN, 6))
        await soon(lambda: header.voltage == {5: False, 6: False})
        await soon(lambda: heard.reports("roof_vent")[-1].verb is Verb.STOP)
    voltage = {5: False, 6: False}
    for pin, high in header.journal:
        voltage[pin] = high
        assert not (voltage[5] and voltage[6])


async def test_a_contact_is_heard_at_once_and_said_again() -> None:
    header, heard = VirtualHeader(), Heard()
    header.voltage[22] = True
    async with at_work(make(header, DOOR), heard):
        await soon(lambda: heard.readings("door"))
        assert heard.readings("door")[0].value == 0.0  # pulled up, and active low
        header.drive(22, high=False)
        await soon(lambda: heard.readings("door")[-1].value == 1.0)
        header.drive(22, high=True)
        await soon(lambda: heard.readings("door")[-1].value == 0.0)
        seen = len(heard.readings("door"))
        await soon(lambda: len(heard.readings("door")) >= seen + 2)
    assert header.wiring[22] == LineOptions(False, True, Pull.UP, 0.02)


@pytest.mark.parametrize("buffer", [1024, 3])
async def test_every_pulse_counts_also_those_that_nobody_read(buffer: int) -> None:
    header, heard = VirtualHeader(buffer), Heard()
    async with at_work(make(header, FLOW), heard):
        await soon(lambda: heard.readings("flow"))
        header.pulse(23)
        await soon(lambda: heard.readings("flow")[-1].value == 0.5)
        header.pulse(23, times=100)
        await soon(lambda: heard.readings("flow")[-1].value == 50.5)
        header.drive(23, high=True)
        await soon(lambda: heard.readings("flow")[-1].value == 51.0)
    values = [reading.value for reading in heard.readings("flow")]
    assert values == sorted(values)


@given(st.lists(st.integers(1, 30), max_size=12), st.integers(2, 8))
def test_no_pulse_is_lost_or_counted_twice(bursts: list[int], buffer: int) -> None:
    async def play() -> float:
        header, heard = VirtualHeader(buffer), Heard()
        async with at_work(make(header, FLOW), heard):
            await soon(lambda: heard.readings("flow"))
            header.pulse(23)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            for burst in bursts:
                header.pulse(23, burst)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            return heard.readings("flow")[-1].value

    assert asyncio.run(play()) == (1 + sum(bursts)) * 0.5


async def test_a_chip_that_goes_and_comes_back() -> None:
    header, heard = VirtualHeader(), Heard()
    async with at_work(driver := make(header, RELAYS, DOOR), heard):
        await soon(lambda: heard.readings("door"))
        driver.send(order("pump", Verb.ON, 3600))
        header.pull_out()
        await soon(lambda: heard.reports("pump")[-1].followed is Followed.LOST)
        assert heard.readings("door")[-1].quality is Quality.STALE
        assert not driver.health().online
        driver.send(lost := order("fan", Verb.ON, 60))
        await soon(lambda: heard.answers(lost))
        assert heard.answers(lost)[0].followed is Followed.LOST
        header.there = True
        await soon(lambda: heard.reports("pump")[-1].followed is Followed.RESTING)
        assert header.voltage[17]
        assert driver.health().reconnects == 1
        assert heard.readings("door")[-1].quality is Quality.GOOD


async def test_what_cannot_be_is_refused() -> None:
    header, heard = VirtualHeader(), Heard()
    async with at_work(driver := make(header, RELAYS, VENT), heard):
        await soon(lambda: heard.reports("pump"))
        wrong = [order("pump", Verb.OPEN), order("roof_vent", Verb.ON), order("no.such", Verb.ON)]
        for command in wrong:
            driver.send(command)
        await soon(lambda: all(heard.answers(command) for command in wrong))
        assert {heard.answers(command)[0].followed for command in wrong} == {Followed.REFUSED}


async def test_a_chip_that_is_not_there_is_named() -> None:
    heard = Heard()
    settings = BusSettings("header", {"chip": "/dev/gpiochip99"}, (RELAYS, DOOR))
    async with at_work(driver := real.open(settings, RealClock()), heard):
        await soon(lambda: heard.readings("door"))
        assert driver.health().note
        assert heard.reports("pump")[-1].followed is Followed.LOST


def test_lines_are_asked_of_the_library_as_it_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings are made by the real library; only the chip is not there."""
    import gpiod
    from gpiod.line import Bias, Direction
    from gpiod.line import Edge as Detection

    asked: dict[int, gpiod.LineSettings] = {}

    def request(path: str, config: dict[int, gpiod.LineSettings], consumer: str, event_buffer_size: int) -> object:
        asked.update(config)
        return object()

    monkeypatch.setattr(gpiod, "request_lines", request)
    request_lines("/dev/gpiochip0", {17: LineOptions(True, True), 22: LineOptions(False, False, Pull.UP, 0.02)})
    assert (asked[17].direction, asked[17].active_low) == (Direction.OUTPUT, True)
    assert (asked[22].direction, asked[22].bias) == (Direction.INPUT, Bias.PULL_UP)
    assert asked[22].edge_detection is Detection.BOTH
    assert asked[22].debounce_period.total_seconds() == 0.02


def test_what_pins_offer() -> None:
    assert real.source(RELAYS, "pump") == Source(output="switch")
    assert real.source(VENT, "motor") == Source(output="motor")
    assert real.source(DOOR, "main") == Source("")
    assert real.source(FLOW, "water") == Source("L")


@pytest.mark.parametrize(
    "devices",
    [
        (device("a", {}, profile="relay", pins={"x": 1}),),
        (device("a", {}),),
        (device("a", {}, profile="relays"),),
        (device("a", {}, profile="relays", pins={}),),
        (device("a", {}, profile="relays", pins={"x": 99}),),
        (device("a", {}, profile="relays", pins={"x": "y"}),),
        (device("a", {}, profile="relays", pins={"x": 1}, pull="up"),),
        (device("a", {}, profile="relays", pins={"x": 1}, active="lo"),),
        (device("a", {}, profile="motor", open=1),),
        (device("a", {}, profile="motor", open=1, close=1),),
        (device("a", {}, profile="contacts", pins={"x": 1}, debounce="20"),),
        (device("a", {}, profile="pulses", pins={"x": 1}, unit="gallon"),),
        (device("a", {"p": "y"}, profile="relays", pins={"x": 1}),),
        (device("a", {"p": "x", "q": "x"}, profile="relays", pins={"x": 1}),),
        (RELAYS, device("b", {}, profile="relays", pins={"x": 17})),
    ],
)
def test_wrong_settings(devices: tuple[DeviceSettings, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        real.check(BusSettings("header", {}, devices, Place("site.yaml", 2, 3)))
    assert caught.value.suggestion
