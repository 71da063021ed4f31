"""The field's own process: `python -m simulators.demo.field_process --site DIR --folder DIR`.

Its first line on standard output tells where each bus can be reached. Then it answers questions, one JSON object a
line, until standard input ends:

    {"do": "state"}                                     the truth in the greenhouse
    {"do": "unplug", "bus": "rs485"}, {"do": "plug", ...}   pull a serial line's adapter out, put it back
    {"do": "silence", "bus": "rs485", "address": 3}, {"do": "restore", ...}   a device that is out of order
    {"do": "noise", "bus": "rs485", "flipped": 0.02}        so many bytes of a serial line are damaged from now on
    {"do": "lie", "point": "air.temperature", "value": 95}  a wrong instrument; without a value, right again
    {"do": "press"}                                     the buttons on the radio probes: they measure and send at once
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Coroutine, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from controller.app.clock import parse_clock
from controller.config import Configuration, load
from controller.model.errors import ConfigError
from controller.model.ports import BusSettings
from controller.model.time import NS, Clock
from simulators.devices import modbus, mqtt
from simulators.devices.mqtt_chirpstack import VirtualProbe
from simulators.devices.mqtt_device import VirtualDevice
from simulators.devices.mqtt_link import Broker
from simulators.faults.file import load as load_faults
from simulators.line import Pace, SerialLine

from .broker import embedded_broker
from .field import Field

_TICK = 0.01  # real s between two looks at what goes on by itself


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="field_process", description="A simulated field.")
    parser.add_argument("--site", type=Path, required=True, metavar="DIR", help="holds site.yaml and rules.yaml")
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="where serial ports appear")
    parser.add_argument("--clock", type=parse_clock, default="", metavar="CLOCK", help="SPEED@REAL=SIMULATED")
    parser.add_argument("--broker", metavar="URL", help="use this MQTT broker instead of an embedded one")
    parser.add_argument("--seed", type=int, default=1, help="of weather and scatter")
    parser.add_argument("--storm", action="store_true", help="let a storm come up")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong when, as YAML")
    parser.add_argument("--start", type=datetime.fromisoformat, metavar="TIME", help="when `after` of a fault begins")
    parser.add_argument("--paced", action="store_true", help="bytes take their time on serial lines")
    return parser.parse_args()


class FieldProcess:
    """The field with its lines and the devices behind its broker."""

    def __init__(self, arguments: argparse.Namespace, configuration: Configuration) -> None:
        self._arguments = arguments
        self._buses = configuration.buses
        self._clock: Clock = arguments.clock
        now, faults = self._clock.now(), None
        if arguments.faults is not None:
            faults = load_faults(arguments.faults, configuration.plan, arguments.start or now.utc())
        self._field = Field(configuration.plan, now, arguments.seed, arguments.storm, faults)
        self._lines: dict[str, SerialLine] = {}
        self._probes: list[VirtualProbe] = []
        self._addresses: dict[str, str] = {}

    async def run(self) -> None:
        """Serve until standard input ends."""
        questions = await _standard_input()
        async with contextlib.AsyncExitStack() as stack:
            work: list[Coroutine[Any, Any, None]] = [self._go_on()]
            for driver, settings in ((bus.driver, bus.settings) for bus in self._buses):
                if driver == "modbus":
                    stack.enter_context(self._line(settings))
                elif driver == "mqtt":
                    self._addresses[settings.name] = await self._broker(stack)
                    work += [virtual.run() for virtual in self._behind_broker(settings)]
            tasks = [asyncio.create_task(each) for each in work]
            stack.push_async_callback(_end, tasks)
            print(json.dumps(self._addresses), flush=True)
            answering = asyncio.create_task(self._answer(questions))
            done, _ = await asyncio.wait((answering, *tasks), return_when=asyncio.FIRST_COMPLETED)
            answering.cancel()
            for task in done:
                task.result()

    def _line(self, settings: BusSettings) -> SerialLine:
        slaves = modbus.build(settings.devices, self._field.read, self._field.write, self._field.travel)
        self._field.devices += slaves.values()
        pace = Pace(int(str(settings.options.get("baudrate", 9600)))) if self._arguments.paced else None
        link = self._arguments.folder / settings.name
        line = SerialLine(link, slaves, lambda: self._clock.now().mono_ns / NS, pace)
        self._lines[settings.name] = line
        self._addresses[settings.name] = str(link)
        return line

    async def _broker(self, stack: contextlib.AsyncExitStack) -> str:
        if self._arguments.broker is None:
            self._arguments.broker = await stack.enter_async_context(embedded_broker())
        return str(self._arguments.broker)

    def _behind_broker(self, settings: BusSettings) -> list[VirtualDevice]:
        username, password = (settings.options.get(key) for key in ("username", "password"))
        broker = Broker(
            self._addresses[settings.name],
            None if username is None else str(username),
            None if password is None else str(password),
        )
        devices = mqtt.build(broker, settings.devices, self._clock, self._field.read, self._field.write)
        self._probes += [device for device in devices if isinstance(device, VirtualProbe)]
        return devices

    async def _go_on(self) -> None:
        while True:
            self._field.advance(self._clock.now().mono_ns / NS)
            await asyncio.sleep(_TICK)

    async def _answer(self, questions: asyncio.StreamReader) -> None:
        while line := await questions.readline():
            print(json.dumps(await self._do(json.loads(line))), flush=True)

    async def _do(self, question: Mapping[str, Any]) -> dict[str, Any]:
        match question:
            case {"do": "state"}:
                return self._field.state()
            case {"do": "unplug", "bus": bus}:
                self._lines[bus].unplug()
            case {"do": "plug", "bus": bus}:
                self._lines[bus].plug()
            case {"do": "silence", "bus": bus, "address": address}:
                self._lines[bus].silent.add(address)
            case {"do": "restore", "bus": bus, "address": address}:
                self._lines[bus].silent.discard(address)
            case {"do": "noise", "bus": bus, "flipped": share}:
                self._lines[bus].faults.flipped = share
            case {"do": "lie", "point": point, "value": value}:
                self._field.lies[point] = value
            case {"do": "lie", "point": point}:
                self._field.lies.pop(point, None)
            case {"do": "press"}:
                for probe in self._probes:
                    await probe.report()
            case _:
                return {"error": "there is no such question"}
        return {}


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb", 0))
    return reader


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main() -> int:
    """Run the field; the exit code."""
    # a terminal's Ctrl-C is meant for the controller, which ends this process by closing its standard input
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(FieldProcess(arguments, load(arguments.site)).run())
    except ConfigError as error:
        print(f"field: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
