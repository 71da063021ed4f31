"""The tests that every driver must pass, with one device behind a real mosquitto."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import AsyncIterator

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from controller.model.ports import BusSettings
from drivers.kit import Conformance, VirtualField
from drivers.mqtt import factory
from tests.drivers.mqtt.field import valve
from tests.support.mosquitto import Mosquitto, mosquitto

GARBAGE = (b"", b"{", b"\xff\xfe", b"[1]", b'{"DS18B20":{"Temperature":"warm"}}', b"null", b"\x00" * 3000)
AGAIN = 0.02  # s: it repeats what it measures


class MqttField(VirtualField):
    """A thermometer and a relay in one Tasmota, played by paho's threads.

    The tests count the tasks of their loop and the descriptors of the process, so that nothing of the field may come
    and go there by itself.
    """

    factory = factory
    point = "air.temperature"
    output = "fan"

    def __init__(self, broker: Mosquitto) -> None:
        self._broker = broker
        settings = valve(fan="power/1", air__temperature="DS18B20.Temperature")
        self.settings = BusSettings("broker", {"url": broker.url}, (settings,))
        self._value = self.initial
        self._on = self._silent = False
        self._said = 0
        self._client: Client | None = None
        self._over = threading.Event()
        self._speaker: threading.Thread | None = None

    async def measure(self, value: float) -> None:
        self._value = value

    def running(self) -> bool:
        return self._on

    async def lose_device(self) -> None:
        self._silent, self._on = True, False
        self._say("tele/valve_a/LWT", "Offline", retain=True)

    async def find_device(self) -> None:
        self._silent = False
        self._say("tele/valve_a/LWT", "Online", retain=True)

    async def lose_bus(self) -> None:
        self.disconnect()
        self._broker.stop()

    async def find_bus(self) -> None:
        self._broker.start()
        self.connect()

    async def garbage(self) -> None:
        self._say("tele/valve_a/SENSOR", GARBAGE[self._said % len(GARBAGE)])
        self._said += 1

    def connect(self) -> None:
        subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, "valve_a")
        self._client.on_connect = lambda *_: self._client and self._client.subscribe("cmnd/valve_a/+", 1)
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = lambda client, data, message: self._obey(message.topic, message.payload)
        self._client.connect("127.0.0.1", self._broker.port)
        self._client.loop_start()
        assert subscribed.wait(10)
        self._say("tele/valve_a/LWT", "Offline" if self._silent else "Online", retain=True)
        self._over.clear()
        self._speaker = threading.Thread(target=self._repeat)
        self._speaker.start()

    def disconnect(self) -> None:
        if self._client is not None and self._speaker is not None:
            self._over.set()
            self._speaker.join()
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    def _repeat(self) -> None:
        while not self._over.wait(AGAIN):
            if not self._silent:
                self._say("tele/valve_a/SENSOR", json.dumps({"DS18B20": {"Temperature": self._value}}))

    def _obey(self, topic: str, payload: bytes) -> None:
        if topic == "cmnd/valve_a/POWER1" and not self._silent:
            self._on = {b"ON": True, b"OFF": False}.get(payload, self._on)
            self._say("stat/valve_a/POWER1", "ON" if self._on else "OFF")

    def _say(self, topic: str, payload: str | bytes, retain: bool = False) -> None:
        if self._client is not None:
            self._client.publish(topic, payload, 0, retain)


class TestMqtt(Conformance):
    @contextlib.asynccontextmanager
    async def field(self) -> AsyncIterator[VirtualField]:
        with mosquitto() as broker:
            field = MqttField(broker)
            field.connect()
            try:
                yield field
            finally:
                field.disconnect()
