"""What the tests of the MQTT driver share: clocks, settings and a recorder of what the driver emits."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import aiomqtt

from controller.model.commands import Cause, Command, Followed, Level, Report, Verb
from controller.model.points import Reading
from controller.model.ports import BusSettings, DeviceSettings, Driver, FieldInput, PointSettings
from controller.model.time import Clock, Instant
from drivers.mqtt import factory

CAUSE = Cause(Level.RULE, "test")


class RunningClock:
    """Real time from a fixed start, `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._origin, self._wall = time.monotonic_ns(), time.time_ns()

    def now(self) -> Instant:
        passed = int((time.monotonic_ns() - self._origin) * self._speed)
        return Instant(passed, self._wall + passed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real_seconds(seconds))

    def real_seconds(self, seconds: float) -> float:
        return seconds / self._speed


class Recorder:
    """Takes what the driver emits; tests wait for it."""

    def __init__(self) -> None:
        self.inputs: list[FieldInput] = []
        self._news = asyncio.Event()

    def __call__(self, inputs: Sequence[FieldInput]) -> None:
        self.inputs.extend(inputs)
        self._news.set()

    def readings(self, point: str) -> list[Reading]:
        return [entry for entry in self.inputs if isinstance(entry, Reading) and entry.point == point]

    def reports(self, output: str) -> list[Report]:
        return [entry for entry in self.inputs if isinstance(entry, Report) and entry.output == output]

    def followed(self, output: str) -> list[Followed]:
        return [report.followed for report in self.reports(output)]


async def until(condition: Callable[[], object], patience: float = 15.0) -> None:
    """Wait until the condition holds; fail when it never does."""
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(driver: Driver, recorder: Recorder) -> AsyncIterator[None]:
    task = asyncio.create_task(driver.run(recorder))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def alongside(work: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work


def client(url: str, name: str = "tester", username: str | None = None, password: str | None = None) -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1",
        int(url.rpartition(":")[2]),
        identifier=name,
        username=username,
        password=password,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )


def device(name: str, options: dict[str, object], **points: str | PointSettings) -> DeviceSettings:
    """Points are written with __ for the dot: irrigation__relay="power/1"."""
    settings = [
        PointSettings(key.replace("__", "."), value) if isinstance(value, str) else value
        for key, value in points.items()
    ]
    return DeviceSettings(name, options, tuple(settings))


def valve(**more: str | PointSettings) -> DeviceSettings:
    points = more or {"valve__relay": "power/1"}
    return device("valve_a", {"profile": "tasmota", "topic": "valve_a"}, **points)


SLAB_TOPIC = "application/7/device/a84041000181b3c2/event/up"


def slab() -> DeviceSettings:
    return device(
        "slab_a",
        {"profile": "chirpstack", "topic": SLAB_TOPIC},
        a=PointSettings("slab_a.water_content", "object.water_soil", stale_after=2700),
        b=PointSettings("slab_a.ec", "object.conduct_soil", factor=0.001, stale_after=2700),
        c=PointSettings("slab_a.drain", "object.drain_ml", factor=0.001, stale_after=2700),
    )


def bus(url: str, *devices: DeviceSettings, **options: object) -> BusSettings:
    return BusSettings("broker", {"url": url, **options}, devices)


def make(url: str, clock: Clock, *devices: DeviceSettings, **options: object) -> Driver:
    settings = bus(url, *devices, **options)
    factory.check(settings)
    return factory.open(settings, clock)


def order(id: int, output: str, verb: Verb, at: Instant, seconds: float | None = None, renews: bool = False) -> Command:
    return Command(id, output, verb, at, CAUSE, seconds, renews)
