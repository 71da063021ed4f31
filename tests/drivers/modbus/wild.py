"""A line on which anything happens, at once: for laws and for soaking."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable

from controller.model.ports import PointSettings
from drivers.kit import RealClock
from drivers.modbus import profile
from drivers.modbus.device import ProfileDevice
from drivers.modbus.ksx3267.codes import SENSORS
from drivers.modbus.ksx3267.device import KsNode
from drivers.modbus.line import Line
from drivers.modbus.link import Link, LinkLost, NoAnswer
from drivers.modbus.messages import BIT_READS, WORD_READS, FieldDevice, Request
from drivers.modbus.options import DeviceOptions
from drivers.modbus.pdu import Refused
from drivers.modbus.unit import Unit

from .korean import info

SENSOR_POINTS = [f"{sensor.names[0]}/{k}" for sensor in SENSORS.values() for k in (1, 2)]
POINTS = [
    *SENSOR_POINTS,
    *("switch/1", "retractable/1", "nutrient_supply/1", "area/3", "position/1", "ratio/1", "alert/1"),
    *("node_status", "control"),
]
_PROFILES = ("waveshare-io-8ch", "npk-soil-7in1", "elsner-p03", "r4d-relay-8")


class WildLink(Link):
    """Implements `Link`: refusals, silence, garbage, losses, and answers that say anything."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.asked = 0

    async def quiet(self) -> None:
        await asyncio.sleep(0)

    def examine(self) -> None:
        if self.dice.random() < 0.01:
            raise LinkLost("gone")

    async def ask(self, unit: int, request: Request, patience: float) -> tuple[int, ...]:
        self.asked += 1
        fate = self.dice.random()
        if fate < 0.1:
            raise Refused(self.dice.randrange(256))
        if fate < 0.3:
            raise NoAnswer(garbled=self.dice.random() < 0.5)
        if fate < 0.301:
            raise LinkLost("gone")
        if request.function in BIT_READS:
            return tuple(self.dice.randrange(2) for _ in range(request.count))
        if request.function not in WORD_READS:
            return ()
        if request.count == 8 and self.dice.random() < 0.9:
            return info(self.dice.randrange(1, 4), 24)
        return tuple(self.dice.randrange(0x10000) for _ in range(request.count))

    def hurry(self) -> None: ...


def wild_line(link: WildLink) -> tuple[Line, list[str]]:
    """A driver on this link with boards and a node, and its outputs."""

    @contextlib.asynccontextmanager
    async def opened(_: Callable[[], None]) -> AsyncIterator[Link]:
        yield link

    units = [_unit(name, _all_of(name)) for name in _PROFILES]
    units.append(_unit("ks-x-3267", KsNode([PointSettings(name, name) for name in POINTS])))
    outputs = [output for unit in units for output in unit.device.outputs]
    return Line("wild", opened, units, RealClock(1000)), outputs


def _unit(name: str, made: FieldDevice) -> Unit:
    return Unit(name, DeviceOptions(1, name, 0.001), made, 0.0, 0.0)


def _all_of(name: str) -> ProfileDevice:
    known = profile.load(name)
    return ProfileDevice([PointSettings(f"{name}.{source}", source) for source in known.sources], known)
