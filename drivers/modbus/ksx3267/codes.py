"""Device, status and operation codes of the Korean standards, and the names under which site.yaml knows the devices.

Sources: ebio-snu/ksspec_archive (codes.json; MIT) for all tables. Sensor codes 1 to 18 and the actuators 102 and 112
stand in KS X 3267:2022; sensor codes from 19 on and the other actuators in the draft of KS B 7958-5 only.

A name is the device's with its number among those of its kind: `wind_speed/1` is the first anemometer of the node. Code
1 is "air temperature" whether it hangs inside or outside: `air_temperature/1`, `temperature/1` and
`outside_temperature/1` are the same sensor. The same holds for the other synonyms below. Switches of all levels are
counted together, and so are retractables.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

from controller.model.commands import Followed, Verb
from controller.model.errors import ConfigError, Place, one_of
from controller.model.points import Quality
from controller.model.ports import Source

SWITCH, RETRACTABLE, NUTRIENT_SUPPLY = 102, 112, 202
"""Families of actuators, each by the code of its level 1."""

EVENT = 24


class SensorCode(NamedTuple):
    """A kind of sensor: the standard's name for it, and ours, of which we give the first.

    `low` and `high` are wide bounds: what lies beyond them is no measurement. A flag is 0 or 1 for a yes or no.
    """

    standard: str
    names: tuple[str, ...]
    unit: str = ""
    low: float = 0.0
    high: float = 1e9
    flag: bool = False


SENSORS: dict[int, SensorCode] = {
    1: SensorCode("air-temperature-sensor", ("air_temperature", "temperature", "outside_temperature"), "°C", -90, 150),
    2: SensorCode("relative-humidity-sensor", ("relative_humidity", "humidity", "outside_humidity"), "%", 0, 105),
    3: SensorCode("dewpoint-sensor", ("dew_point",), "°C", -90, 150),
    4: SensorCode("rain-detector", ("rain_detector",), flag=True),
    5: SensorCode("cumulative-flow-sensor", ("flow",), "L"),
    6: SensorCode("rainfall-sensor", ("rainfall",), "mm", 0, 1e6),
    7: SensorCode("pyranometer", ("solar_radiation", "pyranometer"), "W/m²", -50, 2500),
    8: SensorCode("wind-speed-sensor", ("wind_speed",), "m/s", 0, 120),
    9: SensorCode("wind-direction-sensor", ("wind_direction",), "°", 0, 360),
    10: SensorCode("voltage-sensor", ("voltage",), "V", -1000, 1000),
    11: SensorCode("CO2-sensor", ("co2",), "ppm", 0, 100000),
    12: SensorCode("EC-sensor", ("ec",), "dS/m", 0, 100),
    13: SensorCode("quantum-sensor", ("quantum", "ppfd"), "µmol/(m²·s)", -50, 10000),
    14: SensorCode("soil-moisture-sensor", ("soil_moisture", "water_content"), "%", 0, 105),
    15: SensorCode("tensiometer", ("tensiometer",), "kPa", -3000, 3000),
    16: SensorCode("pH-sensor", ("ph",), "pH", 0, 14),
    17: SensorCode("soil-temperature-sensor", ("soil_temperature",), "°C", -90, 150),
    18: SensorCode("weight-sensor", ("weight",), "kg", -10000, 1e6),
    19: SensorCode("low-water-level-detector", ("low_water_level",), flag=True),
    20: SensorCode("high-temperature-detector", ("high_temperature",), flag=True),
    21: SensorCode("watt-hour-meter", ("energy",), "kWh"),
    22: SensorCode("current-sensor", ("current",), "A", -10000, 10000),
    23: SensorCode("battery-level-sensor", ("battery",), "%", 0, 105),
    EVENT: SensorCode("event-detector", ("event",)),
    25: SensorCode("barometric-pressure-sensor", ("barometric_pressure",), "hPa", 300, 1200),
    26: SensorCode("wet-bulb-temperature-sensor", ("wet_bulb_temperature",), "°C", -90, 150),
    27: SensorCode("leaf-temperature-sensor", ("leaf_temperature",), "°C", -90, 150),
    28: SensorCode("leaf-wetness-sensor", ("leaf_wetness",), "%", 0, 105),
    29: SensorCode("stem-diameter-sensor", ("stem_diameter",), "mm", 0, 10000),
    30: SensorCode("fruit-diameter-sensor", ("fruit_diameter",), "mm", 0, 10000),
    31: SensorCode("fruit-length-sensor", ("fruit_length",), "mm", 0, 10000),
    32: SensorCode("brix-sensor", ("brix",), "", 0, 100),
    33: SensorCode("fruit-firmness-sensor", ("fruit_firmness",), "", 0, 10000),
    34: SensorCode("chlorophyll-sensor", ("chlorophyll",), "", 0, 1000),
}

# code: family and level
ACTUATORS: dict[int, tuple[int, int]] = {
    **{101 + level: (SWITCH, level) for level in range(3)},
    **{111 + level: (RETRACTABLE, level) for level in range(3)},
    **{201 + level: (NUTRIENT_SUPPLY, level) for level in range(5)},
}
_FAMILIES = {SWITCH: "switch", RETRACTABLE: "retractable", NUTRIENT_SUPPLY: "nutrient_supply"}

DISPLAY = 301
TYPES: dict[str, int] = {
    **{sensor.standard: code for code, sensor in SENSORS.items()},
    # spellings that the standards had before, or allow besides
    "temperature-sensor": 1,
    "humidity-sensor": 2,
    "battery-sensor": 23,
    "event-trigger": EVENT,
    **{f"switch/level{level}": 101 + level for level in range(3)},
    **{f"retractable/level{level}": 111 + level for level in range(3)},
    **{f"nutrient-supply/level{level}": 201 + level for level in range(5)},
    "fnd": DISPLAY,
    "reserved": 0,
}
"""The `Type` of a description, as a device code."""


class Part(IntEnum):
    """What else of a node can be read or commanded, besides its devices. Negative: these are no device codes."""

    NODE_STATUS = -1
    CONTROL = -2  # 1 local, 2 remote, 3 by hand at the node
    POSITION = -3  # of a retractable of level 2, %
    RATIO = -4  # of a switch of level 2, %; negative where it runs backwards
    AREA = -5  # zones of the first nutrient supply that are watered together, as an output
    ALERT = -6  # of a nutrient supply
    TARGET_EC = -7  # what the nutrient supply is told to mix at its next start
    TARGET_PH = -8
    TARGET_RATIO = -9  # at what ratio a switch of level 2 is to run, from its next order on


_PARTS = {
    "node_status": Part.NODE_STATUS,
    "control": Part.CONTROL,
    "position": Part.POSITION,
    "ratio": Part.RATIO,
    "area": Part.AREA,
    "alert": Part.ALERT,
    "target_ec": Part.TARGET_EC,
    "target_ph": Part.TARGET_PH,
    "target_ratio": Part.TARGET_RATIO,
}
_SINGLE = (Part.NODE_STATUS, Part.CONTROL, Part.TARGET_EC, Part.TARGET_PH)
_NUMBERS = {Part.TARGET_EC: "dS/m", Part.TARGET_PH: "pH", Part.TARGET_RATIO: "%"}
_OUTPUTS = {SWITCH: "switch", RETRACTABLE: "motor", NUTRIENT_SUPPLY: "switch", Part.AREA: "switch"}

_CODE_OF: dict[str, int] = {
    **{name: code for code, sensor in SENSORS.items() for name in sensor.names},
    **{name: code for code, name in _FAMILIES.items()},
    **_PARTS,
}
_MOST = 100  # channels of a node
_ZONES = re.compile(r"([1-9][0-9]{0,2})(?:-([1-9][0-9]{0,2}))?")


class Operation(IntEnum):
    """What a command block can say. OFF and STOP are the same."""

    OFF = 0
    CONTROL = 2
    ON = 201
    TIMED_ON = 202
    DIRECTIONAL_ON = 203
    OPEN = 301
    CLOSE = 302
    TIMED_OPEN = 303
    TIMED_CLOSE = 304
    SET_POSITION = 305
    ONCE_SUPPLY = 401
    WATER_SUPPLY = 402
    NUTRIENT_SUPPLY = 403
    AREA_WATER_SUPPLY = 404
    AREA_NUTRIENT_SUPPLY = 405


class Control(IntEnum):
    """Who has the right to command a node."""

    LOCAL = 1
    REMOTE = 2
    MANUAL = 3  # cannot be changed from afar


class Status(IntEnum):
    """What a status word can say. 202, 303 and 304 are held by hand as KS B 7958 and some older nodes say it."""

    READY = 0
    ERROR = 1
    BUSY = 2
    VOLTAGE_ERROR = 3
    CURRENT_ERROR = 4
    TEMPERATURE_ERROR = 5
    FUSE_ERROR = 6
    NEED_REPLACE = 101
    NEED_CALIBRATION = 102
    NEED_CHECK = 103
    ON = 201
    MANUAL_WORKING = 202
    USER_CONTROL = 299
    OPENING = 301
    CLOSING = 302
    MANUAL_OPENING = 303
    MANUAL_CLOSING = 304
    MANUAL_CONTROL = 399
    PREPARING = 401
    SUPPLYING = 402
    FINISHING = 403


_STATUS_NAMES = {int(status): status.name.lower().replace("_", " ") for status in Status}
_HELD = {
    Status.MANUAL_WORKING,
    Status.USER_CONTROL,
    Status.MANUAL_OPENING,
    Status.MANUAL_CLOSING,
    Status.MANUAL_CONTROL,
}
_RUNNING: dict[int, Verb] = {
    Status.ON: Verb.ON,
    Status.OPENING: Verb.OPEN,
    Status.CLOSING: Verb.CLOSE,
    Status.PREPARING: Verb.ON,
    Status.SUPPLYING: Verb.ON,
    Status.FINISHING: Verb.ON,
}
_ERRORS = {Status.ERROR, *range(Status.VOLTAGE_ERROR, Status.FUSE_ERROR + 1), *range(900, 1000)}

_ALERTS = (
    "high EC",
    "low EC",
    "high pH",
    "low pH",
    "low flow",
    "high temperature",
    "low temperature",
    "abnormal",
    "low level",
    "overload",
)


def status_text(status: int) -> str:
    """A status word in words."""
    known = _STATUS_NAMES.get(status)
    if known is not None:
        return known
    return f"vendor error {status}" if 900 <= status <= 999 else f"unknown status {status}"


def alert_text(alert: int) -> str:
    """An alert of a nutrient supply in words; "" for none."""
    if not alert:
        return ""
    return _ALERTS[alert - 1] if alert <= len(_ALERTS) else f"alert {alert}"


def is_error(status: int) -> bool:
    """Whether a node of this status is out of order."""
    return status in _ERRORS


def quality(status: int) -> Quality:
    """How far a sensor's value can be trusted. One that only asks for calibration still measures."""
    if status in (Status.READY, Status.NEED_CALIBRATION):
        return Quality.GOOD
    return Quality.STALE if status == Status.BUSY else Quality.BAD


def followed(status: int) -> tuple[Followed, Verb | None]:
    """What an actuator's status says of it. Errors and unknown codes mean that it will not follow."""
    if status == Status.READY:
        return Followed.RESTING, None
    if status in _HELD:
        return Followed.HELD, None
    verb = _RUNNING.get(status)
    return (Followed.RUNNING, verb) if verb is not None else (Followed.REFUSED, None)


def family(code: int) -> int:
    """What a device code is counted as: actuators of all levels together, everything else by itself."""
    return ACTUATORS[code][0] if code in ACTUATORS else code


class Wanted(NamedTuple):
    """The `number`-th device (from 1) of a family; or a `Part` of a node, of which `zones` are those of an area."""

    family: int
    number: int
    zones: tuple[int, ...] = ()

    @property
    def device(self) -> Wanted:
        """The device that this is a part of."""
        owner = (
            {
                Part.POSITION: RETRACTABLE,
                Part.RATIO: SWITCH,
                Part.TARGET_RATIO: SWITCH,
                Part.ALERT: NUTRIENT_SUPPLY,
            }.get(Part(self.family))
            if self.family < 0
            else None
        )
        if self.family == Part.AREA:
            return Wanted(NUTRIENT_SUPPLY, 1)
        return self if owner is None else Wanted(owner, self.number)

    @property
    def is_number(self) -> bool:
        """Whether it takes a number."""
        return self.family in _NUMBERS

    @property
    def is_output(self) -> bool:
        return self.family in _OUTPUTS


def wanted(name: str, place: Place = Place()) -> Wanted:
    """Which device a name means. Raises ConfigError with a suggestion."""
    base, slash, number = name.partition("/")
    code = _CODE_OF.get(base)
    if code is None:
        raise ConfigError(f"a ks-x-3267 node offers no {name!r}", place, one_of(base, _CODE_OF))
    if code in _SINGLE:
        if slash:
            raise ConfigError(f"a node has one {base} only", place, f"write {base}")
        return Wanted(code, 1)
    if code == Part.AREA:
        zones = _zones(number)
        if not zones:
            raise ConfigError(f"{name!r} does not say which zones", place, "write area/1, area/1-4 or area/1+3+5")
        return Wanted(code, zones[0], zones)
    if not slash or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= _MOST:
        raise ConfigError(f"{name!r} does not say which {base}", place, f"write {base}/1 for the first one")
    return Wanted(code, int(number))


def _zones(text: str) -> tuple[int, ...]:
    """Zones like 3, 1-4 and 1+3-5, ascending; none where this does not say any."""
    found: set[int] = set()
    for part in text.split("+"):
        match = _ZONES.fullmatch(part)
        if match is None:
            return ()
        first = int(match[1])
        last = int(match[2] or first)
        if not 1 <= first <= last <= _MOST:
            return ()
        found |= {*range(first, last + 1)}
    return tuple(sorted(found))


def name_of(device: Wanted) -> str:
    """The name that we give a device."""
    known = SENSORS.get(device.family)
    base = known.names[0] if known is not None else _FAMILIES.get(device.family)
    if base is None:
        base = next((name for name, part in _PARTS.items() if part == device.family), f"code_{device.family}")
    number = "+".join(map(str, device.zones)) or device.number
    return base if device.family in _SINGLE else f"{base}/{number}"


def source(name: str, place: Place = Place()) -> Source:
    """What a node offers under this name. Raises ConfigError with a suggestion."""
    code = wanted(name, place).family
    if code in _NUMBERS:
        return Source(_NUMBERS[Part(code)], "number")
    if code in _OUTPUTS:
        return Source(output=_OUTPUTS[code])
    if code in (Part.POSITION, Part.RATIO):
        return Source(unit="%")
    return Source(unit=SENSORS[code].unit if code in SENSORS else "")
