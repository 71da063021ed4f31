"""The uplink against a real broker: announced, shown, asked, cut off, and tidied up."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, cast

import aiomqtt
import orjson
import pytest

from controller.config.settings import BrokerSettings, HomeAssistantSettings
from controller.core.plan import CompartmentPlan
from controller.model.commands import Override, Release
from controller.model.points import Quality
from controller.uplink.backoff import Backoff
from controller.uplink.home_assistant import HomeAssistant
from controller.uplink.home_assistant.topics import Topics
from tests.app.wait import until
from tests.support.mosquitto import Mosquitto, mosquitto
from tests.uplink.house import House, at_work, plan

BASE = "onsil/gimje_house_1_"


class Watcher:
    """What stands at the broker, and everything that came by."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.kept: dict[str, bytes] = {}
        self.came: list[tuple[str, bytes]] = []

    async def listen(self) -> None:
        await self.client.subscribe("#", qos=1)
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            topic = str(message.topic)
            self.kept[topic] = message.payload
            self.came.append((topic, message.payload))

    def state(self, kind: str, name: str) -> dict[str, object]:
        topic = next((t for t in self.kept if t.endswith(f"/{kind}/{name}/state")), None)
        return {} if topic is None else orjson.loads(self.kept[topic])

    def configs(self) -> dict[str, dict[str, object]]:
        return {t: orjson.loads(p) for t, p in self.kept.items() if t.endswith("/config") and p}

    def status(self) -> bytes | None:
        return next((p for t, p in self.kept.items() if t.startswith(BASE) and t.count("/") == 2), None)

    def command(self, actuator: str, verb: str) -> str:
        """The topic that the announcement gives."""
        for config in self.configs().values():
            for key in ("command_topic", "set_position_topic"):
                topic = str(config.get(key, ""))
                if topic.endswith(f"/{actuator}/{verb}"):
                    return topic
        raise AssertionError(f"nobody takes {verb} for {actuator}")


@pytest.fixture(scope="module")
def one_broker() -> Iterator[Mosquitto]:
    with mosquitto() as broker:
        yield broker


@pytest.fixture
def broker(one_broker: Mosquitto) -> Mosquitto:
    one_broker.stop()  # nothing is kept from the test before
    one_broker.start()
    return one_broker


@contextlib.asynccontextmanager
async def watching(broker: Mosquitto) -> AsyncIterator[Watcher]:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        watcher = Watcher(client)
        task = asyncio.create_task(watcher.listen())
        try:
            yield watcher
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def settings(broker: Mosquitto, **more: object) -> HomeAssistantSettings:
    return replace(HomeAssistantSettings(BrokerSettings("127.0.0.1", broker.port), override=600.0), **more)  # type: ignore[arg-type]


def uplink(house: House, told: HomeAssistantSettings) -> HomeAssistant:
    quick = Backoff(random.Random(1), first=0.05, longest=0.05)
    return HomeAssistant(told, house.inventory(), house.core, house.emit, house.clock, backoff=quick)


async def test_everything_is_announced_and_shown(broker: Mosquitto) -> None:
    house = House(plan())
    house.reads("air.temperature", 4.0)
    house.reads("outside.rain", 1.0)
    house.reads("air.co2", float("nan"), Quality.BAD)
    made = uplink(house, settings(broker))
    async with watching(broker) as watcher, at_work(made.run, house, made.changed):
        await until(lambda: watcher.status() == b"online")
        await until(lambda: watcher.state("alarm", "Frost").get("value") == "on")
        configs = watcher.configs()
        assert len(configs) == 8 + 1 + 3 * 2 + 1 + 1 + 1
        assert watcher.state("point", "air.temperature") == {"value": 4.0, "quality": "good"}
        assert watcher.state("point", "outside.rain")["value"] == "on"
        assert watcher.state("point", "air.co2") == {"value": None, "quality": "bad"}
        assert watcher.state("point", "tank.ph") == {"value": None, "quality": "stale"}
        assert watcher.state("setpoint", "heating_temperature")["value"] == 18.0
        assert watcher.state("house", "alarms")["names"] == ["Frost"]
        heater = watcher.state("actuator", "heater")
        assert (heater["value"], heater["by_hand"]) == ("on", None)
        assert "Heat" in str(heater["why"])
        assert made.status() == {"name": "home assistant", "online": True, "note": ""}
        # what an announcement names is published, and nothing else is
        named = {str(c["state_topic"]) for c in configs.values() if "state_topic" in c}
        assert named == {topic for topic in watcher.kept if topic.endswith("/state")}


async def test_a_state_comes_again_only_when_it_changed_and_at_most_once_a_second(broker: Mosquitto) -> None:
    house = House(plan())
    made = uplink(house, settings(broker))
    async with watching(broker) as watcher, at_work(made.run, house, made.changed):
        await until(lambda: watcher.status() == b"online")
        seen = len(watcher.came)
        for value in range(100):
            house.reads("air.temperature", 20 + value / 10)
            await asyncio.sleep(0.001)
        await until(lambda: watcher.state("point", "air.temperature")["value"] == 29.9)
        topics = [topic for topic, _ in watcher.came[seen:]]
        assert 1 <= len([t for t in topics if t.endswith("air.temperature/state")]) <= 2
        assert not [t for t in topics if t.endswith("tank.ph/state")]


async def test_commands_are_overrides_that_end(broker: Mosquitto) -> None:
    house = House(plan())
    made = uplink(house, settings(broker))
    async with watching(broker) as watcher, at_work(made.run, house, made.changed):
        await until(lambda: watcher.status() == b"online")
        publish = watcher.client.publish
        await publish(watcher.command("roof_vent", "position"), "40")
        await publish(watcher.command("roof_vent", "set"), "OPEN")
        await publish(watcher.command("heater", "set"), "ON")
        await publish(watcher.command("irrigation_a", "set"), "OPEN")
        await publish(watcher.command("heater", "release"), "PRESS")
        await until(lambda: len(house.requests) == 5)
        assert house.requests == [
            Override("roof_vent", 40.0, 600.0, "Home Assistant"),
            Override("roof_vent", 100.0, 600.0, "Home Assistant"),
            Override("heater", 100.0, 600.0, "Home Assistant"),
            Override("irrigation_a", 100.0, 600.0, "Home Assistant"),
            Release("heater", "Home Assistant"),
        ]
        await until(lambda: watcher.state("actuator", "irrigation_a")["by_hand"] == "Home Assistant")
        assert watcher.state("actuator", "irrigation_a")["value"] == "open"
        assert watcher.state("actuator", "irrigation_a")["until"]
        await until(lambda: watcher.state("actuator", "roof_vent")["value"] in ("opening", "closing"))
        await publish(watcher.command("roof_vent", "set"), "STOP")
        await until(lambda: len(house.requests) == 6)
        stop = house.requests[-1]
        assert isinstance(stop, Override)
        assert 0 < stop.value <= 100


async def test_what_the_broker_has_kept_is_not_obeyed_and_nonsense_neither(broker: Mosquitto) -> None:
    house = House(plan())
    made = uplink(house, settings(broker))
    async with watching(broker) as watcher:
        node = made._topics.node
        await watcher.client.publish(f"onsil/{node}/actuator/heater/set", "ON", retain=True)
        async with at_work(made.run, house, made.changed):
            await until(lambda: watcher.status() == b"online")
            for verb, payload in (
                ("heater/set", "TOGGLE"),
                ("heater/position", "40"),
                ("roof_vent/position", "140"),
                ("roof_vent/position", "nan"),
                ("roof_vent/position", "wide"),
                ("roof_vent/set", b"\xff\xfe"),
                ("roof_vent/set", ""),
                ("nobody/set", "ON"),
            ):
                await watcher.client.publish(f"onsil/{node}/actuator/{verb}", payload, qos=1)
            await watcher.client.publish(watcher.command("irrigation_a", "set"), "OPEN", qos=1)
            await until(lambda: house.requests)
            assert [request.actuator for request in house.requests] == ["irrigation_a"]


async def test_all_is_said_again_when_home_assistant_starts(broker: Mosquitto) -> None:
    house = House(plan())
    made = uplink(house, settings(broker))
    async with watching(broker) as watcher, at_work(made.run, house, made.changed):
        await until(lambda: watcher.status() == b"online")
        seen = len(watcher.came)
        await watcher.client.publish("homeassistant/status", "offline")
        await watcher.client.publish("homeassistant/status", "online")
        configs = {t for t in watcher.kept if t.endswith("/config")}
        await until(lambda: configs <= {topic for topic, _ in watcher.came[seen:]})
        await until(lambda: any(t.endswith("tank.ph/state") for t, _ in watcher.came[seen:]))


def removals(watcher: Watcher, since: int) -> list[bool]:
    """Of each announcement of the device: whether it takes a sensor back."""
    devices = [orjson.loads(payload) for t, payload in watcher.came[since:] if "/device/" in t and payload]
    return [{"platform": "sensor"} in device["components"].values() for device in devices]


async def test_what_is_gone_from_the_house_goes_from_home_assistant(broker: Mosquitto) -> None:
    before, after = House(plan()), House(plan(points={"air.temperature": "temperature"}))
    async with watching(broker) as watcher:
        for form in ("entities", "device"):
            old, new = uplink(before, settings(broker, discovery=form)), uplink(after, settings(broker, discovery=form))
            async with at_work(old.run, before, old.changed):
                await until(lambda: watcher.status() == b"online")
            await until(lambda: watcher.status() == b"offline")
            seen = len(watcher.came)
            async with at_work(new.run, after, new.changed):
                await until(lambda: watcher.status() == b"online")
                if form == "entities":
                    await until(lambda: len(watcher.configs()) == 1 + 1 + 3 * 2 + 1 + 1 + 1)
                else:
                    # the entities' own messages are taken back, the device's components one by one
                    await until(lambda: len(watcher.configs()) == 1)
                    await until(lambda seen=seen: removals(watcher, seen)[-2:] == [True, False])
            await until(lambda: watcher.status() == b"offline")


async def test_a_broker_that_went_away_and_a_house_that_did(broker: Mosquitto) -> None:
    house = House(plan())
    made = uplink(house, settings(broker))
    async with at_work(made.run, house, made.changed):
        async with watching(broker) as watcher:
            await until(lambda: watcher.status() == b"online")
        broker.stop()
        await until(lambda: not made.status()["online"])
        assert "cannot be reached" in made.status()["note"]
        house.reads("air.temperature", 21.5)
        broker.start()
        async with watching(broker) as watcher:
            await until(lambda: watcher.status() == b"online")
            await until(lambda: watcher.state("point", "air.temperature").get("value") == 21.5)


async def test_a_wrong_password_is_said() -> None:
    with mosquitto("onsil", "secret") as guarded:
        house = House(plan())
        told = HomeAssistantSettings(BrokerSettings("127.0.0.1", guarded.port, "onsil", "wrong"))
        made = uplink(house, told)
        async with at_work(made.run, house, made.changed):
            await until(lambda: "uthori" in made.status()["note"] or "password" in made.status()["note"])


NODE = Topics.of("Gimje house 1").node
EAST = CompartmentPlan("east", "동쪽 동", "East bay")
BAYS = {"east.air.temperature": "temperature", "outside.rain": "rain"}


def two_bays(*compartments: CompartmentPlan) -> House:
    """A house whose east vent and east temperature may belong to a compartment."""
    made = plan(points=BAYS)
    vent, *others = made.actuators
    return House(
        replace(
            made,
            actuators=(replace(vent, name="east.roof_vent"), *others),
            rules=(),
            alarms=(),
            compartments=compartments,
        )
    )


@pytest.mark.parametrize("form", ["entities", "device"])
async def test_a_compartment_is_a_device_of_its_own_in_its_area(broker: Mosquitto, form: str) -> None:
    house = two_bays(EAST)
    made = uplink(house, settings(broker, discovery=form))
    async with watching(broker) as watcher, at_work(made.run, house, made.changed):
        await until(lambda: watcher.status() == b"online")
        by_name = shown(watcher)
        assert set(by_name) == {"Gimje house 1", "Gimje house 1 East bay"}
        (main, own), (east, its_own) = by_name["Gimje house 1"], by_name["Gimje house 1 East bay"]
        assert its_own == {"air.temperature", "roof_vent", "roof_vent by the rules"}
        assert {"outside.rain", "heater", "alarms"} <= own
        assert east["via_device"] in main["identifiers"]
        assert east["suggested_area"] == "East bay"
        assert set(east["identifiers"]).isdisjoint(main["identifiers"])


async def test_what_moves_into_a_compartment_leaves_the_house(broker: Mosquitto) -> None:
    async with watching(broker) as watcher:
        before = two_bays()
        made = uplink(before, settings(broker, discovery="device"))
        async with at_work(made.run, before, made.changed):
            await until(lambda: "east.air.temperature" in shown(watcher).get("Gimje house 1", ({}, set()))[1])
        after = two_bays(EAST)
        made = uplink(after, settings(broker, discovery="device"))
        async with at_work(made.run, after, made.changed):
            # taken back from the house, and then said once more by the compartment
            await until(lambda: told(watcher)[-2:] == ["removed", "/east/config"])


def told(watcher: Watcher) -> list[str]:
    """What was announced of the temperature, in order: where, or that it is removed."""
    part = b'"point_east-air-temperature":'
    return [
        "removed" if part + b'{"platform":"sensor"}' in payload else topic.removeprefix(f"homeassistant/device/{NODE}")
        for topic, payload in watcher.came
        if part in payload
    ]


def shown(watcher: Watcher) -> dict[str, tuple[dict[str, Any], set[str]]]:
    """Each device with the names of its entities, whichever form they were announced in."""
    found: dict[str, tuple[dict[str, Any], set[str]]] = {}
    for config in watcher.configs().values():
        device = cast("dict[str, Any]", config["device"])
        parts = cast("dict[str, dict[str, Any]]", config.get("components", {"": config}))
        names = found.setdefault(device["name"], (device, set()))[1]
        names.update(str(part["name"]) for part in parts.values() if "name" in part)
    return found
