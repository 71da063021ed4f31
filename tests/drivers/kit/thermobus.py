"""A whole driver in one file, as another package would bring it: a box with a thermometer and a heater, asked over TCP.

A question is a line with a number and a word: "7 T?", "8 ON 300", "9 OFF". The answer begins with the same number:
"7 T=21.5", "8 H=1". The box switches the heater off by itself when its seconds have passed.
"""

from __future__ import annotations

import asyncio
import contextlib
import math

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.errors import ConfigError, one_of
from controller.model.points import Quality, Reading
from controller.model.ports import BusHealth, BusSettings, DeviceHealth, DeviceSettings, Emit, FieldInput, Source
from controller.model.time import Clock
from drivers.options import Options

SOURCES = {"temperature": Source("°C"), "heater": Source(output="switch")}
PATIENCE, ATTEMPTS, RECONNECT = 0.2, 3, 0.2  # s for an answer; unanswered questions until it is lost; s


class ThermobusFactory:
    """What the entry point names. Implements controller.model.ports.DriverFactory."""

    def check(self, bus: BusSettings) -> None:
        _address(bus)
        if len(bus.devices) != 1:
            raise ConfigError("a thermobus has one box", bus.place, "give each box a bus of its own")
        _poll(bus.devices[0])

    def source(self, device: DeviceSettings, name: str) -> Source:
        if name not in SOURCES:
            raise ConfigError(f"a box offers no {name!r}", device.place, one_of(name, SOURCES))
        return SOURCES[name]

    def open(self, bus: BusSettings, clock: Clock) -> ThermobusDriver:
        return ThermobusDriver(bus, clock)


class ThermobusDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock) -> None:
        (device,) = bus.devices
        self._address, self._poll, self._clock = _address(bus), _poll(device), clock
        self._readings = [point for point in device.points if point.source == "temperature"]
        self._heaters = [point.name for point in device.points if point.source == "heater"]
        self._box = DeviceHealth(device.name)
        self._health = BusHealth(bus.name, devices=[self._box])
        self._emit: Emit = _nowhere
        self._orders: dict[str, Command] = {}  # the newest of each output
        self._ordered = asyncio.Event()
        self._lost = False
        self._number = self._unanswered = 0

    def health(self) -> BusHealth:
        return self._health

    def send(self, command: Command) -> None:
        self._orders.pop(command.output, None)  # a newer command replaces an older one that waits
        self._orders[command.output] = command
        self._ordered.set()

    async def run(self, emit: Emit) -> None:
        self._emit = emit
        try:
            while True:
                try:
                    await self._serve()
                except (OSError, EOFError) as error:
                    self._health.reconnects += self._health.online
                    self._health.online, self._health.note = False, str(error) or "the connection was closed"
                    self._lose(self._health.note)
                await self._rest(RECONNECT)
        finally:
            self._health.online = False

    async def _serve(self) -> None:
        """One connection. Ends with OSError or EOFError."""
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            self._health.online, self._health.note = True, ""
            loop, due = asyncio.get_running_loop(), 0.0
            while True:
                if self._orders:
                    await self._obey(self._orders.pop(next(iter(self._orders))), reader, writer)
                elif loop.time() >= due:
                    due = loop.time() + self._clock.real_seconds(self._poll)
                    await self._measure(reader, writer)
                else:
                    await self._rest(due - loop.time())
        finally:
            writer.close()

    async def _measure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = await self._ask("T?", "T=", reader, writer)
        if said is not None:
            now = self._clock.now()
            self._emit([Reading(point.name, said * point.factor + point.shift, now) for point in self._readings])

    async def _obey(self, command: Command, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said = None
        followed, verb = Followed.REFUSED, command.verb
        if command.output in self._heaters and command.verb in (Verb.ON, Verb.OFF):
            on = command.verb is Verb.ON
            said = await self._ask(f"ON {math.ceil(command.seconds or 0)}" if on else "OFF", "H=", reader, writer)
            if said is None:
                followed = Followed.LOST
            else:
                followed, verb = (Followed.RUNNING, Verb.ON) if said else (Followed.RESTING, Verb.OFF)
        self._emit([Report(command.output, followed, self._clock.now(), verb, command.id, self._box.note)])

    async def _ask(
        self, what: str, expected: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> float | None:
        """The number in the answer; None where there is none in time. What answers another question is passed over."""
        self._number += 1
        self._box.requests += 1
        writer.write(f"{self._number} {what}\n".encode())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while line := await reader.readline():
                    value = _number(line, f"{self._number} {expected}")
                    if value is not None:
                        self._answered()
                        return value
                    self._box.errors += 1
                raise EOFError
        self._box.timeouts += 1
        self._unanswered += 1
        if self._unanswered >= ATTEMPTS or self._orders:
            self._lose("the box does not answer")
        return None

    def _answered(self) -> None:
        self._unanswered = 0
        self._box.online, self._box.note = True, ""
        if self._lost:
            self._lost = False
            self._emit([Report(name, Followed.BACK, self._clock.now()) for name in self._heaters])

    def _lose(self, why: str) -> None:
        """Say once that everything is gone, and answer what waits."""
        now = self._clock.now()
        said: list[FieldInput] = [
            Report(command.output, Followed.LOST, now, command.verb, command.id, why)
            for command in self._orders.values()
        ]
        self._orders.clear()
        if not self._lost:
            self._lost, self._box.online, self._box.note = True, False, why
            said += [Reading.missing(point.name, now, Quality.STALE, why) for point in self._readings]
            said += [Report(name, Followed.LOST, now, note=why) for name in self._heaters]
        if said:
            self._emit(said)

    async def _rest(self, seconds: float) -> None:
        """Until then, or until there is an order."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.001)):
                await self._ordered.wait()
        self._ordered.clear()


def _number(line: bytes, expected: str) -> float | None:
    """What stands behind the expected words, as far as it can be a temperature or a state."""
    try:
        text = line.decode("ascii").strip()
        value = float(text.removeprefix(expected)) if text.startswith(expected) else math.nan
    except ValueError:
        return None
    return value if -90 <= value <= 150 else None


def _address(bus: BusSettings) -> tuple[str, int]:
    read = Options(bus.options, bus.places, bus.place, f"bus {bus.name}", ("host", "port"))
    return read.text_or("host", "127.0.0.1"), read.required_whole("port", 1, 65535)


def _poll(device: DeviceSettings) -> float:
    read = Options(device.options, device.places, device.place, f"device {device.name}", ("poll",))
    return read.seconds("poll", 5.0, 0.1)


def _nowhere(_: object) -> None:
    """Before `run` there is nobody to tell."""


factory = ThermobusFactory()
