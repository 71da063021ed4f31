"""A serial line made of a pseudo terminal, and slaves of our own at its far end that can misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import termios
import time
import tty
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pymodbus.framer import FramerRTU

from controller.model.commands import Cause, Command, Level, Report, Verb
from controller.model.points import Reading
from controller.model.ports import BusSettings, DeviceSettings, Driver, FieldInput, PointSettings
from controller.model.time import Instant
from drivers.kit import soon
from drivers.modbus import factory
from tests.support.mosquitto import free_port


class RealClock:
    """The operating system's time, `speed` times faster."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._origin = time.monotonic_ns()

    def now(self) -> Instant:
        gone = int((time.monotonic_ns() - self._origin) * self._speed)
        return Instant(gone, 1_700_000_000_000_000_000 + gone)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(self.real_seconds(seconds))

    def real_seconds(self, seconds: float) -> float:
        return seconds / self._speed


@dataclass
class Slave:
    """A device with registers and coils. Its faults are fields; `writes` is its journal."""

    words: dict[int, int] = field(default_factory=dict)
    coils: dict[int, int] = field(default_factory=dict)
    silent: bool = False
    lag: float = 0.0  # s until it answers
    garbled: bool = False
    noise: bytes = b""
    swallow: int = 0  # so many writes are carried out, but their answers are lost on the way
    refuses: int | None = None
    written: Callable[[int, Sequence[int]], None] | None = None
    writes: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)

    def put(self, start: int, *words: int) -> None:
        self.words.update(enumerate(words, start))

    def answer(self, pdu: bytes) -> bytes:
        function, start, value = struct.unpack(">BHH", pdu[:5])
        if self.refuses is not None:
            return bytes((function | 0x80, self.refuses))
        try:
            if function in (1, 2):
                bits = [self.coils[start + i] for i in range(value)]
                packed = sum(bit << i for i, bit in enumerate(bits)).to_bytes((value + 7) // 8, "little")
                return bytes((function, len(packed))) + packed
            if function in (3, 4):
                words = [self.words[start + i] for i in range(value)]
                return struct.pack(f">BB{value}H", function, 2 * value, *words)
        except KeyError:
            return bytes((function | 0x80, 2))
        values = (value,) if function in (5, 6) else struct.unpack(f">{value}H", pdu[6:])
        self.writes.append((function, start, values))
        if self.written is not None:
            self.written(start, values)
        elif function == 5:
            self.coils[start & 0xFF] = int(value != 0)
        else:
            self.put(start, *values)
        return pdu[:5]


class Bench:
    """The far end of a line: frames that came in, and the slaves that answer them."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.slaves: dict[int, Slave] = {}
        self.frames: list[bytes] = []
        self.speed: int | None = None  # baud at which the slaves hear anything; None: at all
        self.echoes = False  # the adapter hears itself
        self.hangs = False  # the adapter passes nothing on until it is opened anew
        self._master = self._filler = -1
        self._buffer = b""

    def connect(self) -> None:
        """A new pseudo terminal under the port's name."""
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(slave))
        os.close(slave)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def disconnect(self) -> None:
        """The adapter is pulled out: port gone, name gone."""
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            self._master = -1
            self.link.unlink(missing_ok=True)

    async def block(self) -> None:
        """Fill the adapter with what it cannot send."""
        asyncio.get_running_loop().remove_reader(self._master)
        self._filler = os.open(self.link, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        full = 0
        while full < 5:  # the kernel moves it on behind our back
            full += 1
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(self._filler, bytes(4096))
                    full = 0
            await asyncio.sleep(0.01)

    def unblock(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.read(self._master, 4096)
        os.close(self._filler)
        self._buffer = b""
        asyncio.get_running_loop().add_reader(self._master, self._read)

    def _read(self) -> None:
        try:
            self._buffer += os.read(self._master, 4096)
        except OSError:  # nobody has the other end open
            self.hangs = False
            asyncio.get_running_loop().remove_reader(self._master)
            asyncio.get_running_loop().call_later(0.02, self._watch, self._master)
            return
        while len(self._buffer) >= 8:
            size = 8 if self._buffer[1] not in (15, 16) else 9 + self._buffer[6]
            if len(self._buffer) < size:
                return
            frame, self._buffer = self._buffer[:size], self._buffer[size:]
            self.frames.append(frame)
            if self.echoes:
                self.say(frame)
            if self.speed is not None and termios.tcgetattr(self._master)[4] != getattr(termios, f"B{self.speed}"):
                continue
            slave = self.slaves.get(frame[0])
            if slave is not None and not slave.silent and not self.hangs:
                said = slave.answer(frame[1:-2])
                if not said:
                    continue
                answer = frame[:1] + said
                if slave.swallow and frame[1] in (5, 6, 15, 16):
                    slave.swallow -= 1
                    continue
                crc = FramerRTU.compute_CRC(answer) ^ (0x5555 if slave.garbled else 0)
                self._later(slave.lag, slave.noise + answer + crc.to_bytes(2, "big"))

    def say(self, data: bytes) -> None:
        """Put bytes on the line that nobody asked for."""
        os.write(self._master, data)

    def _later(self, lag: float, data: bytes) -> None:
        if lag:
            asyncio.get_running_loop().call_later(lag, self._still, self._master, data)
        else:
            os.write(self._master, data)

    def _still(self, master: int, data: bytes) -> None:
        if master == self._master:
            os.write(master, data)

    def _watch(self, master: int) -> None:
        if master == self._master:
            asyncio.get_running_loop().add_reader(master, self._read)


class NetworkBench:
    """The far end of a network: a Modbus TCP server with the same slaves."""

    def __init__(self) -> None:
        self.slaves: dict[int, Slave] = {}
        self.port = free_port()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def connect(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def disconnect(self) -> None:
        """The server is switched off, with all its connections."""
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.close()
            await soon(lambda: not self._writers)
            self._server = None

    def say(self, data: bytes) -> None:
        """Put bytes on every connection that nobody asked for."""
        for writer in self._writers:
            writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readexactly(7)
                pdu = await reader.readexactly(int.from_bytes(head[4:6], "big") - 1)
                slave = self.slaves.get(head[6])
                if slave is None or slave.silent:
                    continue
                answer = slave.answer(pdu)
                frame = head[:4] + (len(answer) + 1).to_bytes(2, "big") + head[6:7] + answer
                if slave.lag:
                    asyncio.get_running_loop().call_later(slave.lag, writer.write, frame)
                else:
                    writer.write(frame)
        self._writers.discard(writer)
        writer.close()


class Heard:
    """What the driver has emitted."""

    def __init__(self) -> None:
        self.all: list[FieldInput] = []

    def __call__(self, inputs: Sequence[FieldInput]) -> None:
        self.all += inputs

    def readings(self, point: str) -> list[Reading]:
        return [entry for entry in self.all if isinstance(entry, Reading) and entry.point == point]

    def reports(self, output: str) -> list[Report]:
        return [entry for entry in self.all if isinstance(entry, Report) and entry.output == output]

    async def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.005)


def device(name: str, points: dict[str, str], **options: object) -> DeviceSettings:
    return DeviceSettings(name, options, tuple(PointSettings(p, source) for p, source in points.items()))


_ids = iter(range(1, 1_000_000))


def command(output: str, verb: Verb, seconds: float | None = None, *, renews: bool = False) -> Command:
    return Command(next(_ids), output, verb, Instant(0, 0), Cause(Level.HAND, "test"), seconds, renews)


class Running:
    """A driver at work on the bench."""

    def __init__(self, driver: Driver, heard: Heard) -> None:
        self.driver = driver
        self.heard = heard

    async def told(self, given: Command) -> Report:
        """Send a command and wait for the report that answers it."""

        def answers() -> list[Report]:
            return [report for report in self.heard.reports(given.output) if report.command_id == given.id]

        self.driver.send(given)
        await self.heard.until(answers)
        return answers()[0]


Start = Callable[..., contextlib.AbstractAsyncContextManager[Running]]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "port")
    made.connect()
    yield made
    made.disconnect()


@pytest.fixture
def start(tmp_path: Path) -> Start:
    @contextlib.asynccontextmanager
    async def run(*devices: DeviceSettings, speed: float = 1.0, **options: object) -> AsyncIterator[Running]:
        settings = BusSettings("rs485", {"port": str(tmp_path / "port"), **options}, devices)
        factory.check(settings)
        heard = Heard()
        driver = factory.open(settings, RealClock(speed))
        task = asyncio.create_task(driver.run(heard))
        try:
            yield Running(driver, heard)
            assert not task.done(), task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    return run
