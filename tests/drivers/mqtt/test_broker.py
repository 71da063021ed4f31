"""The driver against a real mosquitto, with virtual devices and with a plain client in their place."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from controller.model.commands import Followed, Verb
from controller.model.points import Quality
from controller.model.ports import FieldInput
from simulators.devices.mqtt import build, serve
from simulators.devices.mqtt_link import Broker
from simulators.devices.mqtt_tasmota import VirtualTasmota
from tests.drivers.mqtt.field import (
    SLAB_TOPIC,
    Recorder,
    RunningClock,
    alongside,
    client,
    device,
    make,
    order,
    running,
    slab,
    until,
    valve,
)
from tests.support.mosquitto import Mosquitto, mosquitto


@dataclass
class Garden:
    """The true values around the virtual devices, and what their relays do to it."""

    values: dict[str, float] = field(default_factory=dict)

    def read(self, point: str) -> float:
        return self.values.get(point, math.nan)

    def write(self, point: str, value: float) -> None:
        self.values[point] = value


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running_broker:
        yield running_broker


@pytest.fixture
async def recorder() -> Recorder:
    return Recorder()


def tasmota(broker: Mosquitto, clock: RunningClock, garden: Garden) -> VirtualTasmota:
    virtual = build(Broker(broker.url), [valve()], clock, garden.read, garden.write)[0]
    assert isinstance(virtual, VirtualTasmota)
    return virtual


def uplink(time: datetime, key: str, **fields: object) -> str:
    return json.dumps({"deduplicationId": key, "time": time.isoformat(), "object": fields})


async def test_telemetry_becomes_readings_in_the_points_units(broker: Mosquitto, recorder: Recorder) -> None:
    clock, garden = RunningClock(), Garden({"slab_a.water_content": 61.2, "slab_a.ec": 2.4, "slab_a.drain": 1.5})
    probe = slab()
    async with running(make(broker.url, clock, probe), recorder):
        work = asyncio.create_task(serve(broker.url, [probe], RunningClock(3000), garden.read, garden.write))
        async with alongside(work):
            await until(lambda: recorder.readings("slab_a.drain"))
    reading = recorder.readings("slab_a.water_content")[0]
    assert reading.value == pytest.approx(61.2)
    assert reading.quality is Quality.GOOD
    assert recorder.readings("slab_a.ec")[0].value == pytest.approx(2.4)
    assert recorder.readings("slab_a.drain")[0].value == pytest.approx(1.5)


async def test_a_command_is_followed_and_confirmed(broker: Mosquitto, recorder: Recorder) -> None:
    clock, garden = RunningClock(), Garden()
    virtual = tasmota(broker, clock, garden)
    driver = make(broker.url, clock, valve())
    async with alongside(asyncio.create_task(virtual.run())), running(driver, recorder):
        await until(lambda: Followed.RESTING in recorder.followed("valve.relay"))
        driver.send(order(7, "valve.relay", Verb.ON, clock.now(), seconds=120))
        await until(lambda: Followed.RUNNING in recorder.followed("valve.relay"))
        assert garden.values["valve.relay"] == 1.0
        driver.send(order(8, "valve.relay", Verb.ON, clock.now(), seconds=120, renews=True))
        await until(lambda: recorder.reports("valve.relay")[-1].command_id == 8)
        driver.send(order(9, "valve.relay", Verb.OFF, clock.now()))
        await until(lambda: recorder.reports("valve.relay")[-1].command_id == 9)
    assert garden.values["valve.relay"] == 0.0
    assert [(r.followed, r.verb, r.command_id) for r in recorder.reports("valve.relay")][:5] == [
        (Followed.BACK, None, None),
        (Followed.RESTING, Verb.OFF, None),
        (Followed.RUNNING, Verb.ON, 7),
        (Followed.RUNNING, Verb.ON, 8),
        (Followed.RESTING, Verb.OFF, 9),
    ]
    assert virtual.journal.received("cmnd/valve_a/PulseTime1") == ["220"]
    assert virtual.journal.received("cmnd/valve_a/POWER1")[-3:] == ["ON", "ON", "OFF"]


async def test_a_lease_ends_at_the_device_without_the_driver(broker: Mosquitto, recorder: Recorder) -> None:
    garden = Garden()
    clock = RunningClock(speed=60)
    virtual = tasmota(broker, clock, garden)
    driver = make(broker.url, clock, valve())
    async with alongside(asyncio.create_task(virtual.run())):
        async with running(driver, recorder):
            await until(lambda: Followed.RESTING in recorder.followed("valve.relay"))
            driver.send(order(1, "valve.relay", Verb.ON, clock.now(), seconds=60))
            await until(lambda: garden.values["valve.relay"] == 1.0)
        await until(lambda: garden.values["valve.relay"] == 0.0)
    assert virtual.journal.received("cmnd/valve_a/POWER1")[-1] == "ON"


async def test_a_broker_that_goes_and_comes_back(broker: Mosquitto, recorder: Recorder) -> None:
    clock, garden = RunningClock(), Garden()
    probe = device("probe", {"profile": "json", "topic": "probe"}, air__temperature="temperature")
    virtual = tasmota(broker, clock, garden)
    driver = make(broker.url, clock, valve(), probe)
    async with alongside(asyncio.create_task(virtual.run())), running(driver, recorder):
        await until(lambda: Followed.RESTING in recorder.followed("valve.relay"))
        broker.stop()
        await until(lambda: Followed.LOST in recorder.followed("valve.relay"))
        assert not driver.health().online
        lost = recorder.readings("air.temperature")
        assert [(reading.quality, math.isnan(reading.value)) for reading in lost] == [(Quality.STALE, True)]
        driver.send(order(1, "valve.relay", Verb.ON, clock.now()))
        broker.start()
        await until(lambda: recorder.followed("valve.relay").count(Followed.BACK) == 2)
        driver.send(order(2, "valve.relay", Verb.ON, clock.now()))
        await until(lambda: recorder.reports("valve.relay")[-1].command_id == 2)
        assert driver.health().online
        assert driver.health().reconnects == 1
    lost = [report.command_id for report in recorder.reports("valve.relay") if report.followed is Followed.LOST]
    assert lost == [None, 1]
    assert virtual.journal.received("cmnd/valve_a/POWER1").count("ON") == 1


async def test_of_many_commands_in_one_turn_the_last_one_counts(broker: Mosquitto, recorder: Recorder) -> None:
    clock, garden = RunningClock(), Garden()
    virtual = tasmota(broker, clock, garden)
    driver = make(broker.url, clock, valve())
    async with alongside(asyncio.create_task(virtual.run())), running(driver, recorder):
        await until(lambda: Followed.RESTING in recorder.followed("valve.relay"))
        for number in range(1, 100):
            driver.send(order(number, "valve.relay", Verb.ON if number % 2 else Verb.OFF, clock.now()))
        driver.send(order(100, "valve.relay", Verb.OFF, clock.now()))
        await until(lambda: [report for report in recorder.reports("valve.relay") if report.command_id == 100])
        await until(lambda: virtual.journal.received("cmnd/valve_a/POWER1")[-2:] == ["ON", "OFF"])
    assert garden.values["valve.relay"] == 0.0


async def test_what_is_no_output_is_refused(broker: Mosquitto, recorder: Recorder) -> None:
    clock = RunningClock()
    async with running(driver := make(broker.url, clock, valve()), recorder):
        driver.send(order(1, "no.such", Verb.ON, clock.now()))
        driver.send(order(2, "valve.relay", Verb.OPEN, clock.now()))
        await until(lambda: recorder.reports("no.such"))
        await until(lambda: [report for report in recorder.reports("valve.relay") if report.command_id == 2])
    assert recorder.followed("no.such") == [Followed.REFUSED]


async def test_the_last_will_says_a_device_is_lost(broker: Mosquitto, recorder: Recorder) -> None:
    clock = RunningClock()
    box = valve(valve__relay="power/1", air__temperature="DS18B20.Temperature")
    driver = make(broker.url, clock, box)
    async with client(broker.url) as device_client, running(driver, recorder):
        await device_client.publish("tele/valve_a/LWT", "Online", qos=1, retain=True)
        await until(lambda: recorder.followed("valve.relay") == [Followed.BACK])
        await device_client.publish("tele/valve_a/SENSOR", '{"DS18B20":{"Temperature":20.6},"TempUnit":"C"}', qos=1)
        await until(lambda: recorder.readings("air.temperature"))
        await device_client.publish("tele/valve_a/LWT", "Offline", qos=1, retain=True)
        await until(lambda: Followed.LOST in recorder.followed("valve.relay"))
        assert not driver.health().devices[0].online
        await device_client.publish("tele/valve_a/LWT", "Online", qos=1, retain=True)
        await until(lambda: recorder.followed("valve.relay")[-1] is Followed.BACK)
    assert recorder.readings("air.temperature")[0][1::2] == (20.6, Quality.GOOD)
    assert recorder.readings("air.temperature")[1].quality is Quality.STALE


async def test_a_retained_message_counts_only_with_a_recent_time_of_its_own(
    broker: Mosquitto, recorder: Recorder
) -> None:
    clock = RunningClock()
    now = datetime.now(UTC)
    other = device("old", {"profile": "chirpstack", "topic": "old/event/up"}, old__temperature="object.temp_soil")
    box = valve(valve__relay="power/1", air__temperature="DS18B20.Temperature")
    async with client(broker.url) as sender:
        await sender.publish("tele/valve_a/SENSOR", '{"DS18B20":{"Temperature":99}}', qos=1, retain=True)
        await sender.publish("stat/valve_a/POWER1", "ON", qos=1, retain=True)
        await sender.publish("tele/valve_a/LWT", "Online", qos=1, retain=True)
        await sender.publish("old/event/up", uplink(now - timedelta(minutes=30), "k", temp_soil=99), 1, True)
        await sender.publish(SLAB_TOPIC, uplink(now - timedelta(minutes=30), "l", water_soil=55.0), 1, True)
        async with running(make(broker.url, clock, box, slab(), other), recorder):
            await until(lambda: recorder.readings("slab_a.water_content"))
            await until(lambda: recorder.followed("valve.relay") == [Followed.BACK])
            await sender.publish("tele/valve_a/SENSOR", '{"DS18B20":{"Temperature":21}}', qos=1)
            await sender.publish("old/event/up", uplink(now, "m", temp_soil=18), 1)
            await until(lambda: recorder.readings("air.temperature") and recorder.readings("old.temperature"))
    reading = recorder.readings("slab_a.water_content")[0]
    assert clock.now().seconds_since(reading.at) == pytest.approx(1800, abs=60)
    assert [r.value for r in recorder.readings("air.temperature")] == [21.0]
    assert [r.value for r in recorder.readings("old.temperature")] == [18.0]
    assert recorder.followed("valve.relay") == [Followed.BACK]


async def test_copies_of_an_uplink_count_once(broker: Mosquitto, recorder: Recorder) -> None:
    now = datetime.now(UTC)
    async with client(broker.url) as sender, running(make(broker.url, RunningClock(), slab()), recorder):
        await sender.publish(SLAB_TOPIC, uplink(now, "a", water_soil=50), 1, True)
        await until(lambda: recorder.readings("slab_a.water_content"))
        for key, value in (("a", 50), ("a", 50), ("b", 51), ("a", 50), ("c", 52)):
            await sender.publish(SLAB_TOPIC, uplink(now, key, water_soil=value), 1)
        await until(lambda: recorder.readings("slab_a.water_content")[-1].value == 52)
    assert [r.value for r in recorder.readings("slab_a.water_content")] == [50, 51, 52]
    assert recorder.readings("slab_a.ec") == []


async def test_a_flood_of_rubbish_is_counted_and_skipped(broker: Mosquitto, recorder: Recorder) -> None:
    driver = make(broker.url, RunningClock(), slab(), valve())
    rubbish = [b"", b"{", b"\xff\xfe", b"[1]", b"null", b'{"object":', b"NaN", b"1e999", b"[" * 5000]
    wrong = [b'{"object":{"water_soil":"wet"}}', b'{"object":{"water_soil":1e300}}', b'{"object":{"water_soil":[]}}']
    async with client(broker.url) as sender, running(driver, recorder):
        await until(lambda: driver.health().online)
        for _ in range(20):
            for payload in (*rubbish, *wrong):
                await sender.publish(SLAB_TOPIC, payload)
            for payload in rubbish:
                await sender.publish("tele/valve_a/STATE", payload)
        await sender.publish(SLAB_TOPIC, b'{"object":{"water_soil":44}}', 1)
        await until(lambda: recorder.readings("slab_a.water_content"))
    assert [r.value for r in recorder.readings("slab_a.water_content")] == [44]
    assert [health.errors for health in driver.health().devices] == [240, 180]
    assert recorder.followed("valve.relay") == []


class Slow(Recorder):
    """A controller that is busy with everything it gets."""

    def __call__(self, inputs: Sequence[FieldInput]) -> None:
        time.sleep(0.002)
        super().__call__(inputs)


async def test_a_flood_waits_for_a_slow_controller_and_nothing_is_lost() -> None:
    probe = device("probe", {"profile": "json", "topic": "probe"}, air__temperature="temperature")
    recorder = Slow()
    with mosquitto(settings="max_queued_messages 0") as broker:
        driver = make(broker.url, RunningClock(), probe)
        async with client(broker.url) as sender, running(driver, recorder):
            await until(lambda: driver.health().online)
            for number in range(2000):
                await sender.publish("probe", json.dumps({"temperature": number / 100}), 0)
            await until(lambda: recorder.inputs and recorder.inputs[-1][1] == 19.99, patience=60)
    values = [reading.value for reading in recorder.readings("air.temperature")]
    assert values == [number / 100 for number in range(2000)]


async def test_a_json_switch_is_commanded_by_its_own_words(broker: Mosquitto, recorder: Recorder) -> None:
    options: dict[str, object] = {
        "profile": "json",
        "topic": "zigbee2mqtt/fan",
        "command_topic": "zigbee2mqtt/fan/set",
        "payload_on": '{"state":"ON"}',
        "payload_off": '{"state":"OFF"}',
    }
    clock = RunningClock()
    driver = make(broker.url, clock, device("fan", options, fan__relay="state", fan__power="power"))
    async with client(broker.url) as plug, running(driver, recorder):
        await plug.subscribe("zigbee2mqtt/fan/set", 1)
        await until(lambda: recorder.followed("fan.relay") == [Followed.BACK])
        driver.send(order(3, "fan.relay", Verb.ON, clock.now()))
        message = await anext(aiter(plug.messages))
        assert (message.payload, message.retain) == (b'{"state":"ON"}', False)
        await plug.publish("zigbee2mqtt/fan", '{"state":"ON","power":41.5}', 1)
        await until(lambda: recorder.readings("fan.power"))
    assert recorder.readings("fan.power")[0].value == 41.5
    assert recorder.reports("fan.relay")[-1][1:5:2] == (Followed.RUNNING, Verb.ON)
    assert recorder.reports("fan.relay")[-1].command_id == 3


async def test_a_broker_with_a_password(recorder: Recorder) -> None:
    garden = Garden()
    with mosquitto("onsil", "greenhouse") as broker:
        wrong = make(broker.url, RunningClock(), valve(), username="onsil", password="glasshouse")
        async with running(wrong, recorder):
            await until(lambda: recorder.followed("valve.relay") == [Followed.LOST])
            assert "authori" in wrong.health().note.lower()
        right = make(broker.url, RunningClock(), valve(), username="onsil", password="greenhouse")
        work = serve(broker.url, [valve()], RunningClock(), garden.read, garden.write, "onsil", "greenhouse")
        async with alongside(asyncio.create_task(work)), running(right, recorder):
            await until(lambda: Followed.RESTING in recorder.followed("valve.relay"))
