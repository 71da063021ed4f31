"""Options of a Modbus bus and of its devices, as site.yaml gives them: checked, with the place of every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from controller.model.errors import ConfigError, Place, did_you_mean, one_of
from controller.model.ports import BusSettings, DeviceSettings
from controller.model.units import UNITS, Unit, UnitError, parse_duration, parse_measure

from . import profile
from .ksx3267 import description
from .ksx3267.blocks import MOST, Recipe
from .ksx3267.description import Description
from .ksx3267.node import NodeOptions
from .profile import KOREAN

BAUDRATES = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
PARITIES = {"none": "N", "even": "E", "odd": "O", "n": "N", "e": "E", "o": "O"}
_WAYS = ("port", "url", "host")
_SERIAL_KEYS = ("baudrate", "parity", "stop_bits")
_DEVICE_KEYS = ("address", "profile", "poll", "timeout", "settle")
_KOREAN_KEYS = ("address_offset", "control", "description", "ec", "ph", "positions", "zone_1")
_ZONE_1 = ("lowest bit", "highest bit")


class SerialOptions(NamedTuple):
    """A serial line."""

    port: str
    baudrate: int = 9600
    parity: str = "N"
    stop_bits: int = 1

    @property
    def character(self) -> float:
        """How long one character takes on the wire (s)."""
        return (9 + self.stop_bits + (self.parity != "N")) / self.baudrate

    @property
    def silence(self) -> float:
        """The silence before a frame (s): 3.5 characters, and above 19200 baud the fixed time of the standard."""
        return 3.5 * self.character if self.baudrate <= 19200 else 0.00175


class TcpOptions(NamedTuple):
    """A Modbus TCP server: a node of its own, or a gateway to a serial line. `rtu`: a plain serial server instead."""

    host: str
    port: int = 502
    rtu: bool = False


class BusOptions(NamedTuple):
    """A bus. `timeout` is how long a device may take to begin its answer (s, real time)."""

    link: SerialOptions | TcpOptions
    timeout: float = 0.3


class DeviceOptions(NamedTuple):
    """One device on the line. `poll` in s of the clock; `timeout` and `settle` in s of real time."""

    address: int
    profile: str
    poll: float = 5.0
    timeout: float | None = None
    settle: float | None = None
    korean: NodeOptions = NodeOptions()


class _Keys:
    """The options of one entry, each with its place."""

    def __init__(self, options: Mapping[str, object], places: Mapping[str, Place], place: Place) -> None:
        self._options = options
        self._places = places
        self._place = place

    def place(self, key: str) -> Place:
        return self._places.get(key, self._place)

    def error(self, key: str, message: str, suggestion: str = "") -> ConfigError:
        return ConfigError(message, self.place(key), suggestion)

    def only(self, known: tuple[str, ...], useless: Mapping[str, str] | None = None) -> None:
        """`useless` says of options that exist elsewhere why they do not here."""
        for key in self._options:
            if key not in known:
                raise self.error(key, f"there is no option {key!r} here", (useless or {}).get(key, one_of(key, known)))

    def required(self, key: str, example: str) -> object:
        if key not in self._options:
            near = next((k for k in self._options if did_you_mean(k, [key])), None)
            place = key if near is None else near
            raise self.error(place, f"{key!r} is missing", f"write {key}: {example}")
        return self._options[key]

    def text(self, key: str, example: str) -> str:
        value = self.required(key, example)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"{key} must be a text, not {value!r}", f"write {key}: {example}")
        return value

    def whole(self, key: str, value: object) -> int:
        """A whole number, also where it is written as a text ("0x14" or quoted)."""
        try:
            if isinstance(value, str):
                return int(value, 0)
            if isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value):
                return int(value)
        except (ValueError, OverflowError):
            pass
        raise self.error(key, f"{key} must be a whole number, not {value!r}")

    def choice(self, key: str, default: int, allowed: tuple[int, ...]) -> int:
        value = self.whole(key, self._options.get(key, default))
        if value not in allowed:
            raise self.error(key, f"{key} cannot be {value}", "use " + ", ".join(map(str, allowed)))
        return value

    def seconds(self, key: str, default: str, most: float, *, zero: bool = False) -> float:
        value = self._options.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, f"{key} needs a unit: {value!r}", f"write {key}: {value} s")
        try:
            seconds = parse_duration(value)
        except UnitError as error:
            raise self.error(key, f"{key}: {error}", error.suggestion) from error
        if not (0 <= seconds <= most) or (seconds == 0 and not zero):
            raise self.error(key, f"{key} cannot be {value}", f"use more than 0 s and at most {most:g} s")
        return seconds

    def measure(self, key: str, example: str, target: Unit, most: float) -> float:
        """A number with its unit, in `target`."""
        try:
            value = parse_measure(self.text(key, example), target)
        except UnitError as error:
            raise self.error(key, f"{key}: {error}", error.suggestion) from error
        if not 0 <= value <= most:
            raise self.error(key, f"{key} cannot be {self._options[key]}", f"use 0 to {most:g} {target}")
        return value

    def has(self, key: str) -> bool:
        return key in self._options

    def get(self, key: str) -> object:
        return self._options.get(key)


def bus_options(bus: BusSettings) -> BusOptions:
    """The options of the bus itself. Raises ConfigError."""
    keys = _Keys(bus.options, bus.places, bus.place)
    ways = [key for key in _WAYS if keys.has(key)]
    if len(ways) > 1:
        raise keys.error(ways[1], f"{ways[0]} and {ways[1]} exclude each other", "one bus is one line")
    if ways in (["url"], ["host"]):
        keys.only(("timeout", *ways), dict.fromkeys(_SERIAL_KEYS, "a network has none"))
        return BusOptions(_server(keys, ways[0]), keys.seconds("timeout", "1 s", 10.0))
    keys.only((*_WAYS, *_SERIAL_KEYS, "timeout"))
    port = keys.text("port", "/dev/ttyUSB0")
    parity = str(keys.get("parity") or "none").casefold()
    if parity not in PARITIES:
        raise keys.error("parity", f"there is no parity {keys.get('parity')!r}", "use none, even or odd")
    line = SerialOptions(
        port, keys.choice("baudrate", 9600, BAUDRATES), PARITIES[parity], keys.choice("stop_bits", 1, (1, 2))
    )
    return BusOptions(line, keys.seconds("timeout", "0.3 s", 10.0))


def _server(keys: _Keys, key: str) -> TcpOptions:
    """The server of `url: tcp://name:port` or `host: name:port`; the port may be left out.

    A plain serial server, `url: rtu+tcp://name:port`, has no usual port.
    """
    example = "tcp://192.168.0.12:502" if key == "url" else "192.168.0.12"
    text = keys.text(key, example)
    scheme, mark, rest = text.partition("://") if key == "url" else ("tcp", "://", text)
    if scheme not in ("tcp", "rtu+tcp") or not mark:
        raise keys.error(key, f"{text!r} is no address of a Modbus TCP server", f"write url: {example}")
    try:
        parts = urlsplit(f"tcp://{rest}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise keys.error(key, f"{text!r}: {error}", f"write {key}: {example}") from error
    if not host or parts.path not in ("", "/") or parts.query or parts.username:
        raise keys.error(key, f"{text!r} is no address of a Modbus TCP server", f"write {key}: {example}")
    if scheme == "rtu+tcp" and port is None:
        raise keys.error(key, f"{text!r} lacks the port of the serial server", f"write url: rtu+tcp://{host}:8899")
    return TcpOptions(host, port or 502, scheme == "rtu+tcp")


def device_options(device: DeviceSettings) -> DeviceOptions:
    """The options of one device. Raises ConfigError."""
    keys = _Keys(device.options, device.places, device.place)
    known: tuple[str, ...] = _DEVICE_KEYS
    if device.options.get("profile") in KOREAN:
        known = (*known, *_KOREAN_KEYS)
    keys.only(known)
    name = keys.text("profile", "xy-md02")
    own = 1 if name in KOREAN else profile.find(name, keys.place("profile")).default_address
    address = keys.whole("address", keys.required("address", "1"))
    if not 1 <= address <= 247 and address != own:
        raise keys.error("address", f"address cannot be {address}", "Modbus addresses are 1 to 247")
    return DeviceOptions(
        address,
        name,
        keys.seconds("poll", "5 s", 86400.0),
        keys.seconds("timeout", "", 10.0) if keys.has("timeout") else None,
        keys.seconds("settle", "", 10.0, zero=True) if keys.has("settle") else None,
        _node_options(keys) if name in KOREAN else NodeOptions(),
    )


def _node_options(keys: _Keys) -> NodeOptions:
    """What only nodes of the Korean standards have. Raises ConfigError."""
    control = keys.get("control")
    if control not in (None, "remote"):
        raise keys.error("control", f"control cannot be {control!r}", "write control: remote, or leave it out")
    positions = keys.get("positions")
    if positions not in (None, "node"):
        raise keys.error("positions", f"positions cannot be {positions!r}", "write positions: node, or leave it out")
    zone_1 = keys.get("zone_1") or _ZONE_1[0]
    if zone_1 not in _ZONE_1:
        raise keys.error("zone_1", f"zone_1 cannot be {zone_1!r}", f"write zone_1: {' or '.join(_ZONE_1)}")
    recipe = None
    if keys.has("ec") or keys.has("ph"):
        ec = keys.measure("ec", f"{Recipe().ec} mS/cm", UNITS["dS/m"], MOST.ec)
        recipe = Recipe(ec, keys.measure("ph", f"{Recipe().ph} pH", UNITS["pH"], MOST.ph))
    return NodeOptions(
        keys.choice("address_offset", 0, (0, -1)) if keys.has("address_offset") else None,
        _description(keys) if keys.has("description") else None,
        control == "remote",
        recipe,
        positions == "node",
        zone_1 == _ZONE_1[1],
    )


def _description(keys: _Keys) -> Description:
    """The node's KS X 3286 file, which lies beside site.yaml. Raises ConfigError."""
    name = keys.text("description", "node.json")
    path = Path(keys.place("description").file).parent / name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise keys.error("description", f"the description {str(path)!r} cannot be read: {error}") from error
    return description.parse(text, str(path))


def all_device_options(bus: BusSettings) -> tuple[DeviceOptions, ...]:
    """The options of every device, no address twice. Raises ConfigError."""
    taken: dict[int, str] = {}
    found = []
    for device in bus.devices:
        options = device_options(device)
        if options.address in taken:
            place = device.places.get("address", device.place)
            other = taken[options.address]
            raise ConfigError(f"{device.name} and {other} both have address {options.address}", place, "change one")
        taken[options.address] = device.name
        found.append(options)
    return tuple(found)
