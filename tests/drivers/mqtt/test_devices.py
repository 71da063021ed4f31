"""Every kind of device that has a virtual one, over a real mosquitto: values, commands, leases, coming and going."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from controller.model.commands import Followed, Report, Verb
from controller.model.points import Quality
from controller.model.ports import DeviceSettings, PointSettings
from simulators.devices.mqtt import build
from simulators.devices.mqtt_device import VirtualDevice
from simulators.devices.mqtt_esphome import VirtualEspHome
from simulators.devices.mqtt_link import Broker
from simulators.devices.mqtt_shelly import VirtualShelly
from simulators.devices.mqtt_zigbee2mqtt import VirtualZigbee2Mqtt
from tests.drivers.mqtt.field import Recorder, RunningClock, alongside, client, device, make, order, running, until
from tests.support.mosquitto import Mosquitto, mosquitto

SPEED = 60.0

BOXES: dict[str, DeviceSettings] = {
    "tasmota": device(
        "box",
        {"profile": "tasmota", "topic": "box"},
        pump="power/1",
        air__temperature="SHT3X.Temperature",
    ),
    "shelly": device(
        "box",
        {"profile": "shelly", "topic": "shellypro-1"},
        pump="switch:0",
        vent="cover:0",
        air__temperature="temperature:100.tC",
        pump__power="switch:0.apower",
    ),
    "zigbee2mqtt": device(
        "box",
        {"profile": "zigbee2mqtt", "topic": "zigbee2mqtt/house/box", "on_time": True},
        pump="state_l1",
        vent="cover",
        air__temperature="temperature",
    ),
    "esphome": device(
        "box",
        {"profile": "esphome", "topic": "node"},
        pump="switch/pump",
        vent="cover/vent",
        air__temperature="sensor/air_temperature",
        vent__position=PointSettings("vent.position", "cover/vent/position"),
    ),
}
LEASING = ("tasmota", "shelly", "zigbee2mqtt")
MOVING = ("shelly", "zigbee2mqtt", "esphome")


class Garden:
    def __init__(self) -> None:
        self.values: dict[str, float] = {"air.temperature": 21.5, "pump.power": 40.0}

    def read(self, point: str) -> float:
        return self.values[point]

    def write(self, point: str, value: float) -> None:
        self.values[point] = value


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running_broker:
        yield running_broker


@pytest.fixture
def garden() -> Garden:
    return Garden()


@pytest.fixture
async def recorder() -> Recorder:
    return Recorder()


def virtual(profile: str, broker: Mosquitto, clock: RunningClock, garden: Garden) -> VirtualDevice:
    return build(Broker(broker.url), [BOXES[profile]], clock, garden.read, garden.write)[0]


def answer(recorder: Recorder, output: str, number: int) -> Report | None:
    return next((report for report in recorder.reports(output) if report.command_id == number), None)


@pytest.mark.parametrize("profile", BOXES)
async def test_it_is_read_and_commanded(profile: str, broker: Mosquitto, garden: Garden, recorder: Recorder) -> None:
    clock = RunningClock(SPEED)
    box = virtual(profile, broker, clock, garden)
    driver = make(broker.url, clock, BOXES[profile])
    async with running(driver, recorder), alongside(asyncio.create_task(box.run())):
        await until(lambda: recorder.readings("air.temperature"))
        assert recorder.readings("air.temperature")[-1][1::2] == (21.5, Quality.GOOD)
        await until(lambda: Followed.RESTING in recorder.followed("pump"))
        for number, verb in enumerate((Verb.OFF, Verb.ON, Verb.ON, Verb.OFF, Verb.OFF), 1):
            driver.send(order(number, "pump", verb, clock.now(), 3600 if verb is Verb.ON else None))
            await until(lambda number=number: answer(recorder, "pump", number))
            report = answer(recorder, "pump", number)
            assert report is not None
            assert report.verb is verb
            assert report.followed is (Followed.RUNNING if verb is Verb.ON else Followed.RESTING)
            assert garden.values["pump"] == (verb is Verb.ON)


@pytest.mark.parametrize("profile", LEASING)
async def test_on_ends_by_itself_when_nobody_renews_it(
    profile: str, broker: Mosquitto, garden: Garden, recorder: Recorder
) -> None:
    clock = RunningClock(SPEED)
    box = virtual(profile, broker, clock, garden)
    async with alongside(asyncio.create_task(box.run())):
        async with running(driver := make(broker.url, clock, BOXES[profile]), recorder):
            await until(lambda: Followed.RESTING in recorder.followed("pump"))
            driver.send(order(1, "pump", Verb.ON, clock.now(), seconds=60))
            await until(lambda: answer(recorder, "pump", 1))
            driver.send(order(2, "pump", Verb.ON, clock.now(), seconds=90, renews=True))
            await until(lambda: answer(recorder, "pump", 2))
            assert garden.values["pump"] == 1.0
        await until(lambda: garden.values["pump"] == 0.0)


@pytest.mark.parametrize("profile", MOVING)
async def test_a_motor_runs_as_long_as_it_is_told_to(
    profile: str, broker: Mosquitto, garden: Garden, recorder: Recorder
) -> None:
    clock = RunningClock(SPEED / 3)
    box = virtual(profile, broker, clock, garden)
    driver = make(broker.url, clock, BOXES[profile])
    async with running(driver, recorder), alongside(asyncio.create_task(box.run())):
        await until(lambda: Followed.RESTING in recorder.followed("vent"))
        driver.send(order(1, "vent", Verb.CLOSE, clock.now(), seconds=66))
        await until(lambda: answer(recorder, "vent", 1))
        driver.send(order(2, "vent", Verb.OPEN, clock.now(), seconds=30))
        await until(lambda: answer(recorder, "vent", 2))
        # it takes 60 s from end to end
        await until(lambda: garden.values["vent"] > 0)
        assert 45 <= garden.values["vent"] < 100
        await until(lambda: recorder.followed("vent")[-1] is Followed.RESTING)
        driver.send(order(3, "vent", Verb.OPEN, clock.now(), seconds=120))
        await until(lambda: answer(recorder, "vent", 3))
        driver.send(order(4, "vent", Verb.STOP, clock.now()))
        await until(lambda: answer(recorder, "vent", 4))
        assert garden.values["vent"] < 100


@pytest.mark.parametrize("profile", BOXES)
async def test_its_last_will_is_heard_and_its_return(
    profile: str, broker: Mosquitto, garden: Garden, recorder: Recorder
) -> None:
    clock = RunningClock(SPEED)
    driver = make(broker.url, clock, BOXES[profile])
    async with running(driver, recorder):
        async with alongside(asyncio.create_task(virtual(profile, broker, clock, garden).run())):
            await until(lambda: recorder.readings("air.temperature"))
        # a client that ends properly has no last will: it is said in its place
        await _die(profile, broker)
        await until(lambda: Followed.LOST in recorder.followed("pump"))
        assert recorder.readings("air.temperature")[-1].quality is Quality.STALE
        driver.send(order(1, "pump", Verb.ON, clock.now(), 60))
        await until(lambda: answer(recorder, "pump", 1))
        lost = answer(recorder, "pump", 1)
        assert lost is not None
        assert lost.followed is Followed.LOST
        async with alongside(asyncio.create_task(virtual(profile, broker, clock, garden).run())):
            await until(lambda: recorder.followed("pump")[-1] is Followed.RESTING)
            await until(lambda: recorder.readings("air.temperature")[-1].quality is Quality.GOOD)
        assert recorder.followed("pump").count(Followed.BACK) == 2


async def _die(profile: str, broker: Mosquitto) -> None:
    topic, word = {
        "tasmota": ("tele/box/LWT", "Offline"),
        "shelly": ("shellypro-1/online", "false"),
        "zigbee2mqtt": ("zigbee2mqtt/bridge/state", '{"state":"offline"}'),
        "esphome": ("node/status", "offline"),
    }[profile]
    async with client(broker.url) as hand:
        await hand.publish(topic, word, 1, retain=True)


async def test_a_zigbee_device_may_be_away_while_its_bridge_is_there(
    broker: Mosquitto, garden: Garden, recorder: Recorder
) -> None:
    clock = RunningClock(SPEED)
    box = virtual("zigbee2mqtt", broker, clock, garden)
    assert isinstance(box, VirtualZigbee2Mqtt)
    driver = make(broker.url, clock, BOXES["zigbee2mqtt"])
    async with running(driver, recorder), alongside(asyncio.create_task(box.run())):
        await until(lambda: Followed.RESTING in recorder.followed("pump"))
        await box.be(available=False)
        await until(lambda: Followed.LOST in recorder.followed("pump"))
        await box.be(available=True)
        await until(lambda: recorder.followed("pump")[-1] is Followed.RESTING)


async def test_a_shelly_that_refuses_says_why(broker: Mosquitto, garden: Garden, recorder: Recorder) -> None:
    clock = RunningClock(SPEED)
    box = virtual("shelly", broker, clock, garden)
    assert isinstance(box, VirtualShelly)
    wrong = device("box", {"profile": "shelly", "topic": "shellypro-1"}, pump="switch:7")
    driver = make(broker.url, clock, wrong)
    async with running(driver, recorder), alongside(asyncio.create_task(box.run())):
        await until(lambda: recorder.followed("pump") == [Followed.BACK])
        driver.send(order(1, "pump", Verb.ON, clock.now(), 60))
        await until(lambda: answer(recorder, "pump", 1))
    report = answer(recorder, "pump", 1)
    assert report is not None
    assert report.followed is Followed.REFUSED
    assert "not found" in report.note


async def test_what_esphome_retains_of_a_switch_counts(broker: Mosquitto, garden: Garden, recorder: Recorder) -> None:
    """It says nothing when it is told to be what it is already, so its last word is its answer."""
    clock = RunningClock(SPEED)
    box = virtual("esphome", broker, clock, garden)
    assert isinstance(box, VirtualEspHome)
    async with alongside(asyncio.create_task(box.run())):
        await until(lambda: box.journal.sent("node/switch/pump/state"))
        async with running(driver := make(broker.url, clock, BOXES["esphome"]), recorder):
            await until(lambda: set(recorder.followed("pump")) >= {Followed.BACK, Followed.RESTING})
            driver.send(order(1, "pump", Verb.OFF, clock.now()))
            await until(lambda: answer(recorder, "pump", 1))
            assert len(box.journal.sent("node/switch/pump/state")) == 1


@pytest.mark.parametrize("profile", BOXES)
async def test_no_command_is_retained(profile: str, broker: Mosquitto, garden: Garden, recorder: Recorder) -> None:
    clock = RunningClock(SPEED)
    box = virtual(profile, broker, clock, garden)
    driver = make(broker.url, clock, BOXES[profile])
    async with running(driver, recorder), alongside(asyncio.create_task(box.run())):
        await until(lambda: Followed.RESTING in recorder.followed("pump"))
        driver.send(order(1, "pump", Verb.ON, clock.now(), 60))
        await until(lambda: answer(recorder, "pump", 1))
    async with client(broker.url, "late") as late:
        await late.subscribe("#")
        await late.publish("end", "", 1)
        async for message in late.messages:
            if str(message.topic) == "end":
                break
            assert message.retain
            ending = str(message.topic).rpartition("/")[2]
            assert ending not in ("set", "get", "command", "rpc"), message.topic
            assert not str(message.topic).startswith("cmnd/"), message.topic
