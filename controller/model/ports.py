"""The protocols by which the controller meets the outside: drivers and where they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from .commands import Command, Report
from .errors import NOWHERE, Place
from .points import Reading
from .time import Clock

FieldInput = Reading | Report
Emit = Callable[[Sequence[FieldInput]], None]
"""Takes what a driver has read. Never blocks and never raises."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something a device offers, by the name that site.yaml gives on the right of `points:`.

    `unit` is what the device delivers ("°C", "" for on/off and pure numbers); `output` says that it can be commanded:
    "switch" takes ON and OFF, "motor" takes OPEN, CLOSE and STOP, "number" takes SET in `unit`. `delay` is how much
    later than others the device may follow and say so (s), because it listens only now and then.
    """

    unit: str = ""
    output: str | None = None
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class PointSettings:
    """One entry of a device's `points:`. `factor` and `shift` turn the device's unit into the point's quantity's.

    For an output that takes a number they turn the device's unit into that of the setting.
    """

    name: str
    source: str
    factor: float = 1.0
    shift: float = 0.0
    stale_after: float = 60.0
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """One device of site.yaml. `options` are its keys besides bus and points, as written."""

    name: str
    options: Mapping[str, object]
    points: tuple[PointSettings, ...]
    place: Place = NOWHERE
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BusSettings:
    """One bus of site.yaml with its devices. `options` are its keys besides `driver`, as written."""

    name: str
    options: Mapping[str, object]
    devices: tuple[DeviceSettings, ...]
    place: Place = NOWHERE
    places: Mapping[str, Place] = field(default_factory=dict)


@dataclass(slots=True)
class DeviceHealth:
    """Counters of one device since the start of the driver.

    `errors` counts everything that came wrong; of these, `garbled` were damaged on the way (a wrong CRC) and `refusals`
    were said by the device itself (a Modbus exception). `timeouts` counts what did not come at all. `note` is for
    people, and says also why a device cannot be reached; `complaint` is a fault that it reports of itself.
    """

    name: str
    online: bool = False
    requests: int = 0
    errors: int = 0
    garbled: int = 0
    refusals: int = 0
    timeouts: int = 0
    note: str = ""
    complaint: str = ""


@dataclass(slots=True)
class BusHealth:
    """How a bus is doing; `note` says in words what is wrong, `reconnects` counts the connections that were lost."""

    name: str
    online: bool = False
    note: str = ""
    reconnects: int = 0
    devices: list[DeviceHealth] = field(default_factory=list)


class Driver(Protocol):
    """One bus. It owns its connection: reconnecting is its own work, and what it cannot read it reports as quality."""

    async def run(self, emit: Emit) -> None:
        """Serve the bus until cancelled. Raises nothing but CancelledError and programming errors."""

    def send(self, command: Command) -> None:
        """Take a command for one of this bus's outputs. Returns at once; what became of it comes as a Report."""

    def health(self) -> BusHealth: ...


class DriverFactory(Protocol):
    """What an entry point in `onsil.drivers` offers. Its methods raise `ConfigError` with a place and a suggestion."""

    def check(self, bus: BusSettings) -> None:
        """Whether the bus's and its devices' options are right."""

    def source(self, device: DeviceSettings, name: str) -> Source:
        """What the device offers under this name; the error for an unknown name says what there is."""

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        """Make the driver. No I/O happens before `run`."""


@runtime_checkable
class Described(Protocol):
    """What a `DriverFactory` may be besides, where its devices are described by files of their own."""

    def schema(self) -> Mapping[str, object]:
        """The JSON Schema of such a file."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan has found: a line for each device, and all of it as a fragment of site.yaml ("" for nothing)."""

    lines: tuple[str, ...]
    fragment: str


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far a scan is: `part` from 0 to 1, in words what it is `at`, and what it has found so far."""

    part: float
    at: str
    scanned: Scanned


class Scanner(Protocol):
    """What an entry point in `onsil.scanners` offers: finds out what is on a bus, and never writes to a device."""

    example: str
    """How a target is written: "/dev/ttyUSB0"."""

    def covers(self, target: str) -> bool:
        """Whether this is a target of its kind."""

    async def scan(self, target: str, tell: Callable[[ScanProgress], None], thorough: bool) -> Scanned:
        """Look for devices. `tell` takes how far it is, at every step; `thorough` leaves nothing out.

        Raises OSError where the target cannot be reached, ConfigError where it is written wrongly.
        """
