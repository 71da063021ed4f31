"""The edge node at a real broker, as a host application written by others understands it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import orjson
import pytest

from controller.config.settings import BrokerSettings, SparkplugSettings
from controller.model.commands import Override, Release
from controller.model.events import Measured, Moved
from controller.model.points import Quality
from controller.store import Store
from controller.uplink.backoff import Backoff
from controller.uplink.sparkplug import Sparkplug
from controller.uplink.sparkplug.codec import Metric, Payload, Type, encode
from tests.app.wait import until
from tests.support.mosquitto import Mosquitto, mosquitto
from tests.uplink.house import House, at_work, plan
from tests.uplink.sparkplug.others import Onlooker, interpreter, onlooker

NODE = "Gimje house 1"


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    interpreter()


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as broker:
        yield broker


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as store:
        yield store


def uplink(house: House, broker: Mosquitto, store: Store, host: str | None = None) -> Sparkplug:
    told = SparkplugSettings(BrokerSettings("127.0.0.1", broker.port), "farm", NODE, host, 600.0)
    quick = Backoff(random.Random(1), first=0.05, longest=0.05)
    return Sparkplug(
        told, house.inventory(), house.core, house.emit, house.clock, store.outbox, backoff=quick, gather=0.05
    )


async def publish(broker: Mosquitto, topic: str, payload: bytes, retain: bool = False) -> None:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.publish(topic, payload, 1, retain)


async def state(broker: Mosquitto, online: bool, at: int) -> None:
    payload = orjson.dumps({"online": online, "timestamp": at})
    await publish(broker, "spBv1.0/STATE/scada", payload, retain=True)


def bd_seqs(host: Onlooker, kind: str = "NBIRTH") -> list[int]:
    return [int(m["value"]) for m in host.metrics(kind) if m["name"] == "bdSeq"]


async def test_a_host_of_others_sees_birth_news_and_death(broker: Mosquitto, store: Store) -> None:
    house = House(plan())
    house.reads("air.temperature", 4.0)
    house.reads("outside.rain", 1.0)
    house.reads("air.co2", float("nan"), Quality.BAD)
    made = uplink(house, broker, store)
    async with onlooker("farm", broker.port) as host:
        async with at_work(made.run, house, made.changed):
            await until(lambda: host.of("NBIRTH"))
            await until(lambda: host.value("alarms/Frost") is True)
            assert host.value("points/air.temperature") == 4.0
            assert host.value("points/outside.rain") is True
            assert host.value("setpoints/heating_temperature") == 18.0
            assert host.value("actuators/heater/position") == 100.0
            assert "Heat" in host.value("actuators/heater/cause")
            born = {m["name"]: m for m in host.metrics("NBIRTH")}
            assert born["points/air.temperature"]["properties"]["key_value"] == {"Quality": 192, "engUnit": "°C"}
            assert born["points/air.co2"]["isNull"] is True
            assert born["points/air.co2"]["properties"]["key_value"]["Quality"] == 0
            assert born["points/tank.ph"]["properties"]["key_value"]["Quality"] == 500
            house.reads("air.temperature", 21.0)
            await until(lambda: host.value("points/air.temperature") == 21.0)
            numbers = [int(payload.get("seq", 0)) for kind, payload in host.messages if kind in ("NBIRTH", "NDATA")]
            assert numbers == list(range(len(numbers)))
        await until(lambda: host.of("NDEATH"))
        (death,) = host.metrics("NDEATH")
        assert (death["name"], death.get("value")) == ("bdSeq", born["bdSeq"].get("value"))


async def test_commands_of_the_host_are_overrides(broker: Mosquitto, store: Store) -> None:
    house = House(plan())
    made = uplink(house, broker, store)
    topic = f"spBv1.0/farm/NCMD/{NODE}"
    async with onlooker("farm", broker.port) as host:
        release = Metric("actuators/heater/override", None, Type.DOUBLE)
        opened = Metric("actuators/irrigation_a/override", True, Type.BOOLEAN)
        await publish(broker, topic, encode(Payload([opened])), retain=True)  # kept by the broker: never obeyed
        async with at_work(made.run, house, made.changed):
            await until(lambda: host.of("NBIRTH"))
            host.command(NODE, **{"actuators/roof_vent/override": 40.0})
            await until(lambda: house.requests)
            host.command(NODE, **{"actuators/heater/override": True})
            await until(lambda: len(house.requests) == 2)
            nonsense = [
                Metric("actuators/roof_vent/override", 140.0, Type.DOUBLE),
                Metric("actuators/roof_vent/override", "open", Type.STRING),
                Metric("actuators/nobody/override", 1.0, Type.DOUBLE),
                Metric("points/air.temperature", 1.0, Type.DOUBLE),
            ]
            await publish(broker, topic, encode(Payload(nonsense)))
            await publish(broker, topic, encode(Payload([release])))
            await until(lambda: len(house.requests) == 3)
            assert house.requests == [
                Override("roof_vent", 40.0, 600.0, "Sparkplug farm"),
                Override("heater", 100.0, 600.0, "Sparkplug farm"),
                Release("heater", "Sparkplug farm"),
            ]
            await until(lambda: host.value("actuators/roof_vent/override") == 40.0)
            births = len(host.of("NBIRTH"))
            host.command(NODE, **{"Node Control/Rebirth": True})
            await until(lambda: len(host.of("NBIRTH")) == births + 1)
            first, again = (
                next(m for m in payload["metrics"] if m["name"] == "bdSeq").get("value")
                for payload in host.of("NBIRTH")
            )
            assert first == again


async def test_it_waits_for_its_host_and_tells_later_what_happened_meanwhile(broker: Mosquitto, store: Store) -> None:
    house = House(plan())
    made = uplink(house, broker, store, host="scada")

    def happens(value: float) -> None:
        at = house.clock.now()
        house.reads("air.temperature", value)
        store.append([Measured("air.temperature", value, Quality.GOOD, at), Moved("roof_vent", value, at)])

    def past(host: Onlooker) -> list[float]:
        found = host.metrics("NDATA")
        return [m["value"] for m in found if m.get("isHistorical") and m["name"] == "points/air.temperature"]

    async with onlooker("farm", broker.port) as host, at_work(made.run, house, made.changed):
        await until(lambda: made.status()["note"] == "waits for the host scada")
        happens(11.0)
        happens(12.0)
        assert not host.of("NBIRTH")
        await state(broker, True, 1000)
        await until(lambda: host.of("NBIRTH"))
        await until(lambda: past(host) == [11.0, 12.0])
        assert host.value("points/air.temperature") == 12.0
        moved = [m["value"] for m in host.metrics() if m.get("isHistorical") and m["name"].endswith("vent/position")]
        assert moved == [11.0, 12.0]
        happens(13.0)
        await until(lambda: host.value("points/air.temperature") == 13.0)
        await state(broker, False, 500)  # older than what is known
        await state(broker, False, 2000)
        await until(lambda: host.of("NDEATH"))
        await until(lambda: made.status()["note"] == "waits for the host scada")
        happens(14.0)
        happens(15.0)
        await state(broker, True, 3000)
        await until(lambda: len(host.of("NBIRTH")) == 2)
        await until(lambda: past(host)[-2:] == [14.0, 15.0])
        assert past(host).count(14.0) == 1
        first, second = bd_seqs(host)
        assert second == (first + 1) % 256


async def test_a_command_that_is_nonsense_ends_nothing(broker: Mosquitto, store: Store) -> None:
    house = House(plan())
    made = uplink(house, broker, store)
    topic = f"spBv1.0/farm/NCMD/{NODE}"
    async with at_work(made.run, house, made.changed):
        await until(lambda: made.status()["online"])
        for nonsense in (b"\x12\xff", b"", b"ON", b"\x0f"):
            await publish(broker, topic, nonsense)
        await publish(broker, topic, encode(Payload([Metric("actuators/heater/override", 100, Type.INT32)])))
        await until(lambda: house.requests)
        assert house.requests == [Override("heater", 100.0, 600.0, "Sparkplug farm")]


async def test_the_broker_tells_of_a_death_that_we_cannot_tell(broker: Mosquitto, store: Store) -> None:
    house = House(plan())
    lines: list[asyncio.StreamWriter] = []

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", broker.port)
        lines.append(back)
        pumps = [asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for each, end in zip(pumps, (writer, back), strict=True):
            each.cancel()
            end.transport.abort()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)

    cable = await asyncio.start_server(through, "127.0.0.1", 0)
    told = SparkplugSettings(BrokerSettings("127.0.0.1", cable.sockets[0].getsockname()[1]), "farm", NODE)
    quick = Backoff(random.Random(1), first=0.05, longest=0.05)
    made = Sparkplug(told, house.inventory(), house.core, house.emit, house.clock, store.outbox, backoff=quick)
    async with onlooker("farm", broker.port) as host, at_work(made.run, house, made.changed):
        await until(lambda: host.of("NBIRTH"))
        lines[0].transport.abort()  # the cable is cut
        await until(lambda: len(host.of("NBIRTH")) == 2)
        await until(lambda: host.of("NDEATH"))
        born, again = bd_seqs(host)
        assert bd_seqs(host, "NDEATH") == [born]
        assert again == (born + 1) % 256
    cable.close()


async def test_what_is_stored_while_the_broker_is_away_is_told_when_it_is_back(broker: Mosquitto, store: Store) -> None:
    house = House(plan())
    made = uplink(house, broker, store)
    async with at_work(made.run, house, made.changed):
        await until(lambda: made.status()["online"])
        broker.stop()
        await until(lambda: not made.status()["online"])
        store.append([Measured("air.temperature", 17.0, Quality.GOOD, house.clock.now())])
        await until(lambda: store.counters()["pending"] == 1)
        broker.start()
        async with onlooker("farm", broker.port) as host:
            await until(lambda: store.counters()["pending"] == 0)
            assert made.status()["online"]
            # the onlooker may have come too late for it; what it has seen of the past is what was stored
            seen = [m["value"] for m in host.metrics("NDATA") if m.get("isHistorical")]
            assert seen in ([], [17.0])
