"""Device, status and operation codes of KS X 3267:2022, and the names under which site.yaml knows the devices.

Sources: ebio-snu/ksspec_archive (codes.json; MIT) for all tables; codes 19 to 34 stand in the draft KS B 7958-5 only.

A name is the standard name with the number of the device among those of its code: `wind_speed/1` is the first
anemometer of the node. Code 1 is "air temperature" whether it hangs inside or outside: `air_temperature/1`,
`temperature/1` and `outside_temperature/1` are the same sensor. The same holds for the other synonyms below.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from controller.model.commands import Followed, Verb
from controller.model.errors import ConfigError, Place, one_of
from controller.model.points import Quality
from controller.model.ports import Source

SWITCH = 102
RETRACTABLE = 112
ACTUATORS = {SWITCH: "switch", RETRACTABLE: "retractable"}


class SensorCode(NamedTuple):
    """A kind of sensor: its names, the first is the standard's; its unit; whether it is a yes or no."""

    names: tuple[str, ...]
    unit: str = ""
    flag: bool = False


SENSORS: dict[int, SensorCode] = {
    1: SensorCode(("air_temperature", "temperature", "outside_temperature"), "°C"),
    2: SensorCode(("relative_humidity", "humidity", "outside_humidity"), "%"),
    3: SensorCode(("dew_point",), "°C"),
    4: SensorCode(("rain_detector",), flag=True),
    5: SensorCode(("flow",), "L"),
    6: SensorCode(("rainfall",), "mm"),
    7: SensorCode(("solar_radiation", "pyranometer"), "W/m²"),
    8: SensorCode(("wind_speed",), "m/s"),
    9: SensorCode(("wind_direction",), "°"),
    10: SensorCode(("voltage",), "V"),
    11: SensorCode(("co2",), "ppm"),
    12: SensorCode(("ec",), "dS/m"),
    13: SensorCode(("quantum", "ppfd"), "µmol/(m²·s)"),
    14: SensorCode(("soil_moisture", "water_content"), "%"),
    15: SensorCode(("tensiometer",), "kPa"),
    16: SensorCode(("ph",), "pH"),
    17: SensorCode(("soil_temperature",), "°C"),
    18: SensorCode(("weight",), "kg"),
    19: SensorCode(("low_water_level",), flag=True),
    20: SensorCode(("high_temperature",), flag=True),
    21: SensorCode(("energy",), "kWh"),
    22: SensorCode(("current",), "A"),
    23: SensorCode(("battery",), "%"),
    25: SensorCode(("barometric_pressure",), "hPa"),
    26: SensorCode(("wet_bulb_temperature",), "°C"),
    27: SensorCode(("leaf_temperature",), "°C"),
    28: SensorCode(("leaf_wetness",), "%"),
    29: SensorCode(("stem_diameter",), "mm"),
    30: SensorCode(("fruit_diameter",), "mm"),
    31: SensorCode(("fruit_length",), "mm"),
    32: SensorCode(("brix",)),
    33: SensorCode(("fruit_firmness",)),
    34: SensorCode(("chlorophyll",)),
}

_CODE_OF = {name: code for code, sensor in SENSORS.items() for name in sensor.names} | {
    name: code for code, name in ACTUATORS.items()
}
_MOST = 100  # channels of a node


class Operation(IntEnum):
    """What a command block can say. OFF and STOP are the same."""

    OFF = 0
    ON = 201
    TIMED_ON = 202
    OPEN = 301
    CLOSE = 302
    TIMED_OPEN = 303
    TIMED_CLOSE = 304


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


_STATUS_NAMES = {int(status): status.name.lower().replace("_", " ") for status in Status}
_HELD = {
    Status.MANUAL_WORKING,
    Status.USER_CONTROL,
    Status.MANUAL_OPENING,
    Status.MANUAL_CLOSING,
    Status.MANUAL_CONTROL,
}
_RUNNING: dict[int, Verb] = {Status.ON: Verb.ON, Status.OPENING: Verb.OPEN, Status.CLOSING: Verb.CLOSE}


def status_text(status: int) -> str:
    """A status word in words."""
    known = _STATUS_NAMES.get(status)
    if known is not None:
        return known
    return f"vendor error {status}" if 900 <= status <= 999 else f"unknown status {status}"


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


class Wanted(NamedTuple):
    """The `number`-th device (from 1) of a code."""

    code: int
    number: int


def wanted(name: str, place: Place = Place()) -> Wanted:
    """Which device a name means. Raises ConfigError with a suggestion."""
    base, slash, number = name.partition("/")
    code = _CODE_OF.get(base)
    if code is None:
        raise ConfigError(f"a ks-x-3267 node offers no {name!r}", place, one_of(base, _CODE_OF))
    if not slash or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= _MOST:
        raise ConfigError(f"{name!r} does not say which {base}", place, f"write {base}/1 for the first one")
    return Wanted(code, int(number))


def name_of(device: Wanted) -> str:
    """The standard's name of a device."""
    known = SENSORS.get(device.code)
    base = known.names[0] if known is not None else ACTUATORS.get(device.code, f"code_{device.code}")
    return f"{base}/{device.number}"


def source(name: str, place: Place = Place()) -> Source:
    """What a node offers under this name. Raises ConfigError with a suggestion."""
    code = wanted(name, place).code
    if code in ACTUATORS:
        return Source(output="motor" if code == RETRACTABLE else "switch")
    return Source(unit=SENSORS[code].unit)
