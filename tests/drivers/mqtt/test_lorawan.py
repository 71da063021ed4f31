"""Valves and relays on LoRaWAN: what is sent to them, what becomes of it, and whole valves over a real mosquitto."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.commands import Followed, Report, Verb
from controller.model.errors import NOWHERE, ConfigError
from controller.model.ports import DeviceSettings, Driver, Source
from controller.model.time import Instant
from drivers.mqtt.formats import FORMATS
from drivers.mqtt.formats.downlink import FORGOTTEN_AFTER, Payload
from drivers.mqtt.formats.shape import OFF, ON, Format, Message, Shown, Told
from drivers.options import Options
from simulators.devices.mqtt import build
from simulators.devices.mqtt_device import VirtualDevice
from simulators.devices.mqtt_link import Broker
from simulators.devices.mqtt_lorawan_valve import VirtualLorawanValve
from tests.drivers.mqtt.field import Recorder, RunningClock, alongside, device, make, order, running, until
from tests.support.mosquitto import Mosquitto, mosquitto

NOW = Instant(10**12, 1_760_000_000 * 10**9)
EUI = "24e124460c123456"
CHIRPSTACK, THINGS = f"application/7/device/{EUI}", "v3/farm@ttn/devices/valve-1"
TIMED = {"payload_on": "ff 1d a1 00 {seconds:u32le}", "payload_off": "ff1d0100"}


def payload(text: str) -> Payload:
    return Payload(Options({"payload_on": text}, {}, NOWHERE, "output valve", ("payload_on",)), "payload_on")


def box(profile: str = "chirpstack", **more: Any) -> Format:
    kind = FORMATS[profile]
    topic = f"{CHIRPSTACK}/event/up" if profile == "chirpstack" else f"{THINGS}/up"
    outputs = {"valve_1": {**TIMED, "state": "object.valve_1", "state_on": "open", "state_off": "close"}}
    if profile != "chirpstack":
        outputs["valve_1"]["state"] = "valve_1"
    options: dict[str, object] = {"topic": topic, "port": 85, "outputs": outputs, **more}
    return kind(Options(options, {}, NOWHERE, f"profile {profile}", kind.OPTIONS))


def send(valve: Format, verb: Verb, seconds: float | None = None, at: float = 0.0, source: str = "valve_1") -> Message:
    (message,) = valve.order(source, order(1, "x", verb, NOW.after(at), seconds))
    return message


def said(valve: Format, topic: str, document: object, *wanted: str) -> Told:
    found = valve.reads(wanted or ("valve_1",))[topic](orjson.dumps(document))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "seconds", "content"),
    [
        ("ff1d0100", None, b"\xff\x1d\x01\x00"),
        ("FF 1D A1 00 {seconds:u32le}", 90.0, b"\xff\x1d\xa1\x00\x5a\x00\x00\x00"),
        ("01{minutes:u8}", 90.0, b"\x01\x02"),
        ("01{seconds:u16be}", 90.2, b"\x01\x00\x5b"),
        ("05 01 {milliseconds:u16be}", 2.0, b"\x05\x01\x07\xd0"),
        ("{seconds:u24le}", 300.0, b"\x2c\x01\x00"),
        ("01{seconds:u8}", 300.0, b"\x01\xff"),
        ('{"valve": "open", "for": {seconds}}', 90.0, {"valve": "open", "for": 90}),
        ('{"a": {"b": {minutes}}}', 61.0, {"a": {"b": 2}}),
    ],
)
def test_a_payload_is_made_from_what_the_manual_says(text: str, seconds: float | None, content: object) -> None:
    assert payload(text).content(seconds) == content


@given(st.floats(0.001, 2**31), st.sampled_from(["u8", "u16le", "u16be", "u24le", "u32be"]))
def test_a_lease_in_a_payload_is_never_shorter_than_asked_nor_a_second_longer(seconds: float, kind: str) -> None:
    content = payload(f"{{seconds:{kind}}}").content(seconds)
    assert isinstance(content, bytes)
    width = int(kind[1:].rstrip("leb")) // 8
    assert len(content) == width
    length = int.from_bytes(content, "little" if kind.endswith("le") else "big")
    assert min(seconds, 256**width - 1) - 1e-6 <= length < seconds + 1


@pytest.mark.parametrize(
    "text", ["", "on", "f", "{seconds}", "01{seconds:u16}", "{not json", '{"a": {seconds:u8}', "[1]"]
)
def test_what_is_no_payload_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        payload(text)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"port": None}, "has no port"),
        ({"port": 224}, "port must be a whole number"),
        ({"topic": "up"}, "cannot be told from this topic"),
        ({"confirmed": False, "outputs": {"v": TIMED}}, "nothing would tell whether v obeys"),
        ({"outputs": {"v": {**TIMED, "state_on": "open"}}}, "state_on means nothing"),
        ({"outputs": {"v": {"payload_on": "01"}}}, "needs its payload_off"),
    ],
)
def test_mistakes_are_told(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        box(**wrong)


def test_a_downlink_of_chirpstack() -> None:
    valve = box()
    assert valve.source("valve_1") == Source(output="switch")
    assert valve.leases
    message = send(valve, Verb.ON, 90.0)
    assert message.topic == f"{CHIRPSTACK}/command/down"
    asked = orjson.loads(message.payload)
    assert asked.pop("id")
    data = base64.b64encode(bytes.fromhex("ff1da1005a000000")).decode()
    assert asked == {"devEui": EUI, "confirmed": True, "fPort": 85, "data": data}


def test_an_on_of_chirpstack_may_expire() -> None:
    asked = orjson.loads(send(box(expires=True), Verb.ON, 90.0).payload)
    assert asked["expiresAt"] == "2025-10-09T08:54:50.000+00:00"
    assert "expiresAt" not in orjson.loads(send(box(expires=True), Verb.OFF).payload)


def test_an_object_goes_to_the_codec() -> None:
    outputs = {"valve_1": {"payload_on": '{"valve": 1, "for": {seconds}}', "payload_off": '{"valve": 0}'}}
    asked = orjson.loads(send(box(outputs=outputs), Verb.ON, 60.0).payload)
    assert asked["object"] == {"valve": 1, "for": 60}
    assert "data" not in asked
    (downlink,) = orjson.loads(send(box("the-things-stack", outputs=outputs), Verb.OFF).payload)["downlinks"]
    assert downlink["decoded_payload"] == {"valve": 0}
    assert "frm_payload" not in downlink


def test_chirpstack_tells_what_became_of_a_downlink() -> None:
    valve = box()
    first = orjson.loads(send(valve, Verb.ON, 90.0).payload)["id"]
    ack = f"{CHIRPSTACK}/event/ack"
    assert said(valve, f"{CHIRPSTACK}/event/txack", {"queueItemId": first}) == Told()
    assert said(valve, ack, {"queueItemId": "another", "acknowledged": True}) == Told()
    assert said(valve, ack, {"queueItemId": first, "acknowledged": True}).shown == (("valve_1", Shown(Verb.ON)),)
    assert said(valve, ack, {"queueItemId": first, "acknowledged": True}) == Told()
    second = orjson.loads(send(valve, Verb.OFF).payload)["id"]
    assert second != first
    ((source, why),) = said(valve, ack, {"queueItemId": second}).refused
    assert (source, why) == ("valve_1", "the device has not acknowledged the downlink")
    send(valve, Verb.OFF)
    log = f"{CHIRPSTACK}/event/log"
    assert said(valve, log, {"level": "ERROR", "code": "UPLINK_MIC", "description": "x"}) == Told()
    failed = said(valve, log, {"level": "ERROR", "code": "DOWNLINK_PAYLOAD_SIZE", "description": "too long"})
    assert failed.refused == [("valve_1", "the network server says: too long")]


def test_an_order_that_waits_is_not_given_twice() -> None:
    """The controller repeats what nobody confirms; a queue of repetitions would be delivered long afterwards."""
    valve = box()
    asked = send(valve, Verb.ON, 300.0)
    assert valve.order("valve_1", order(2, "x", Verb.ON, NOW.after(30), 300.0)) == []
    assert send(valve, Verb.OFF, at=31) != asked
    # now that it is on the air, a repetition may help
    id = orjson.loads(send(valve, Verb.ON, 300.0, at=32).payload)["id"]
    said(valve, f"{CHIRPSTACK}/event/txack", {"queueItemId": id})
    assert send(valve, Verb.ON, 300.0, at=62)
    assert valve.order("valve_1", order(3, "x", Verb.ON, NOW.after(92), 300.0)) == []
    assert send(valve, Verb.ON, 300.0, at=62 + FORGOTTEN_AFTER)
    valve.forget()
    assert send(valve, Verb.ON, 300.0, at=63 + FORGOTTEN_AFTER)


def test_a_device_of_class_a_has_two_of_its_uplinks_to_answer() -> None:
    """An order given again meanwhile would open the valve a second time when nobody wants it any more."""
    valve = box(uplink_every="10 min")
    assert valve.source("valve_1") == Source(output="switch", delay=1200.0)
    first = orjson.loads(send(valve, Verb.ON, 300.0).payload)["id"]
    said(valve, f"{CHIRPSTACK}/event/txack", {"queueItemId": first})
    assert valve.order("valve_1", order(2, "x", Verb.ON, NOW.after(1199), 300.0)) == []
    assert send(valve, Verb.OFF, at=1199)
    assert send(valve, Verb.ON, 300.0, at=1199)
    assert valve.order("valve_1", order(3, "x", Verb.ON, NOW.after(3500), 300.0)) == []


def test_the_things_stack_is_pushed_and_what_contradicts_replaced() -> None:
    outputs = {"valve_1": TIMED, "valve_2": {"payload_on": "ff1d22 00", "payload_off": "ff1d0200"}}
    valve = box("the-things-stack", outputs=outputs)
    message = send(valve, Verb.ON, 90.0)
    assert message.topic == f"{THINGS}/down/push"
    (downlink,) = orjson.loads(message.payload)["downlinks"]
    (id,) = downlink.pop("correlation_ids")
    data = base64.b64encode(bytes.fromhex("ff1da1005a000000")).decode()
    assert downlink == {"f_port": 85, "frm_payload": data, "priority": "HIGH", "confirmed": True}
    assert send(valve, Verb.ON, source="valve_2").topic == f"{THINGS}/down/push"
    replaced = send(valve, Verb.OFF, at=20)
    assert replaced.topic == f"{THINGS}/down/replace"
    frames = [base64.b64decode(each["frm_payload"]).hex() for each in orjson.loads(replaced.payload)["downlinks"]]
    assert frames == ["ff1d0100", "ff1d2200"]
    stale = {"correlation_ids": ["as:up:1", id], "downlink_ack": {}}
    assert said(valve, f"{THINGS}/down/ack", stale) == Told()


def test_the_things_stack_tells_what_became_of_a_downlink() -> None:
    valve = box("the-things-stack")

    def event(name: str, verb: Verb, **more: object) -> Told:
        (downlink,) = orjson.loads(send(valve, verb, 60.0).payload)["downlinks"]
        ids = ["as:downlink:1", *downlink["correlation_ids"]]
        return said(valve, f"{THINGS}/down/{name}", {"correlation_ids": ids, f"downlink_{name}": more})

    assert event("ack", Verb.ON).shown == (("valve_1", ON),)
    assert event("nack", Verb.ON).refused == (("valve_1", "the device has not acknowledged the downlink"),)
    failed = event("failed", Verb.ON, error={"message_format": "no downlink path"})
    assert failed.refused == (("valve_1", "the network server says: no downlink path"),)
    assert event("sent", Verb.ON) == Told()
    # sent already: there is nothing left to replace
    assert send(valve, Verb.OFF).topic == f"{THINGS}/down/push"


@pytest.mark.parametrize(
    ("word", "shown"),
    [("open", ON), ("CLOSE", OFF), ("on", ON), (1, ON), (False, OFF), ("closed", None), (0.5, None), ([1], None)],
)
def test_an_uplink_shows_how_a_valve_stands(word: object, shown: Shown | None) -> None:
    told = said(
        box(), f"{CHIRPSTACK}/event/up", {"object": {"valve_1": word, "battery": 92}}, "valve_1", "object.battery"
    )
    assert told.shown == (() if shown is None else (("valve_1", shown),))
    assert told.values == [("object.battery", 92.0)]


# over a broker


def settings(profile: str) -> DeviceSettings:
    topic, prefix = (f"{CHIRPSTACK}/event/up", "object.") if profile == "chirpstack" else (f"{THINGS}/up", "")
    words = {"state_on": "open", "state_off": "close"}
    task = '{"valve_2_task": {"time_rule_enable": "enable", "valve_status": "open", "duration": {seconds}}}'
    stop = '{"valve_2_task": {"time_rule_enable": "disable", "valve_status": "close"}}'
    outputs = {
        "valve_1": {**TIMED, **words, "state": f"{prefix}valve_1"},
        "valve_2": {"payload_on": task, "payload_off": stop},
    }
    options: dict[str, object] = {"profile": profile, "topic": topic, "port": 85, "outputs": outputs}
    return device("box", options, a__relay="valve_1", b__relay="valve_2")


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with mosquitto() as running_broker:
        yield running_broker


@asynccontextmanager
async def playing(driver: Driver, recorder: Recorder, valve: VirtualDevice) -> AsyncIterator[None]:
    """Both at work; the valve has said that it is closed, which it says once in ten minutes."""
    async with running(driver, recorder):
        await until(lambda: driver.health().online)
        async with alongside(asyncio.create_task(valve.run())):
            await until(lambda: Followed.RESTING in recorder.followed("a.relay"))
            yield


def answers(recorder: Recorder, output: str, number: int) -> list[Report]:
    return [report for report in recorder.reports(output) if report.command_id == number]


@pytest.mark.parametrize("profile", ["chirpstack", "the-things-stack"])
async def test_valves_open_for_their_time_and_say_so(profile: str, broker: Mosquitto) -> None:
    clock, recorder = RunningClock(60.0), Recorder()
    stands: dict[str, float] = {}
    (valve,) = build(Broker(broker.url), [settings(profile)], clock, lambda point: 0.0, stands.__setitem__)
    driver = make(broker.url, clock, settings(profile))
    async with playing(driver, recorder, valve):
        for number, output in enumerate(("a.relay", "b.relay"), 1):
            driver.send(order(number, output, Verb.ON, clock.now(), 120.0))
            await until(lambda number=number, output=output: answers(recorder, output, number))
            assert answers(recorder, output, number)[0].followed is Followed.RUNNING
            assert stands[output] == 1.0
        # nobody renews the lease
        await until(lambda: stands == {"a.relay": 0.0, "b.relay": 0.0})
        await until(lambda: recorder.followed("a.relay")[-1] is Followed.RESTING)
        driver.send(order(3, "b.relay", Verb.OFF, clock.now()))
        await until(lambda: answers(recorder, "b.relay", 3))
        assert answers(recorder, "b.relay", 3)[0].followed is Followed.RESTING


@pytest.mark.parametrize("profile", ["chirpstack", "the-things-stack"])
async def test_a_valve_that_hears_nothing_refuses(profile: str, broker: Mosquitto) -> None:
    clock, recorder = RunningClock(60.0), Recorder()
    (valve,) = build(Broker(broker.url), [settings(profile)], clock, lambda point: 0.0, lambda point, value: None)
    assert isinstance(valve, VirtualLorawanValve)
    valve.deaf = True
    driver = make(broker.url, clock, settings(profile))
    async with playing(driver, recorder, valve):
        driver.send(order(1, "a.relay", Verb.ON, clock.now(), 120.0))
        await until(lambda: answers(recorder, "a.relay", 1))
        (report,) = answers(recorder, "a.relay", 1)
        assert (report.followed, report.note) == (Followed.REFUSED, "the device has not acknowledged the downlink")


async def test_a_valve_of_class_a_obeys_after_its_next_uplink(broker: Mosquitto) -> None:
    """And an opening that was taken back meanwhile does not reach it, where the network server can be told so."""
    clock, recorder = RunningClock(1.0), Recorder()
    stands: dict[str, float] = {}
    profile = "the-things-stack"
    (valve,) = build(Broker(broker.url), [settings(profile)], clock, lambda point: 0.0, stands.__setitem__)
    assert isinstance(valve, VirtualLorawanValve)
    valve.class_a = True
    driver = make(broker.url, clock, settings(profile))
    async with playing(driver, recorder, valve):
        driver.send(order(1, "a.relay", Verb.ON, clock.now(), 120.0))
        await until(lambda: valve.queue)
        driver.send(order(2, "a.relay", Verb.ON, clock.now(), 120.0))
        driver.send(order(3, "b.relay", Verb.ON, clock.now(), 120.0))
        await until(lambda: len(valve.queue) == 2)
        driver.send(order(4, "a.relay", Verb.OFF, clock.now()))
        await until(lambda: valve.journal.received(f"{THINGS}/down/replace"))
        assert not answers(recorder, "a.relay", 1)
        await valve.report()
        await until(lambda: answers(recorder, "a.relay", 4) and answers(recorder, "b.relay", 3))
        assert stands == {"a.relay": 0.0, "b.relay": 1.0}
        assert not answers(recorder, "a.relay", 1)
