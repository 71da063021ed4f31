"""Which node a set of KS X 3267 devices makes, and where its registers lie. No I/O; shares no code with the driver.

Sources: KS X 3267:2022 Annex A by way of ebio-snu/ksspec_archive (MIT) and two independent implementations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

SWITCH, RETRACTABLE, RETRACTABLE_2 = 102, 112, 113
SENSOR_NODE, ACTUATOR_NODE, INTEGRATED_NODE = 1, 2, 3

# the names under which a site file knows a device, and the standard's code
CODES: dict[str, int] = {
    "air_temperature": 1, "temperature": 1, "outside_temperature": 1,
    "relative_humidity": 2, "humidity": 2, "outside_humidity": 2,
    "dew_point": 3,
    "rain_detector": 4,
    "flow": 5,
    "rainfall": 6,
    "solar_radiation": 7, "pyranometer": 7,
    "wind_speed": 8,
    "wind_direction": 9,
    "voltage": 10,
    "co2": 11,
    "ec": 12,
    "quantum": 13, "ppfd": 13,
    "soil_moisture": 14, "water_content": 14,
    "tensiometer": 15,
    "ph": 16,
    "soil_temperature": 17,
    "weight": 18,
    "low_water_level": 19,
    "high_temperature": 20,
    "energy": 21,
    "current": 22,
    "battery": 23,
    "barometric_pressure": 25,
    "wet_bulb_temperature": 26,
    "leaf_temperature": 27,
    "leaf_wetness": 28,
    "stem_diameter": 29,
    "fruit_diameter": 30,
    "fruit_length": 31,
    "brix": 32,
    "fruit_firmness": 33,
    "chlorophyll": 34,
    "switch": SWITCH,
    "retractable": RETRACTABLE,
}  # fmt: skip

# Annex A.1.3: what the 30 slots of the default sensor node hold
_SENSOR_SLOTS = (1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 1, 1, 1, 1, 1, 1, 1, 2, 2, 18, 18)
# Annex A.2.3: 16 switches and 8 retractables
_ACTUATOR_SLOTS = (SWITCH,) * 16 + (RETRACTABLE,) * 8

_FIRST_READ, _FIRST_WRITE = 203, 503
SENSOR_WORDS, ACTUATOR_WORDS = 3, 4
_STATUS_WORDS_2, _COMMAND_WORDS_2 = 5, 7
"""Of a retractable of level 2: its position, and in commands also its travel times, come behind the rest."""
_POSITION = "position/"


@dataclass(frozen=True, slots=True)
class Device:
    """The `number`-th device (from 1) of a code on a node."""

    code: int
    number: int

    @property
    def acts(self) -> bool:
        return self.code in (SWITCH, RETRACTABLE)


@dataclass(frozen=True, slots=True)
class Slot:
    """A fitted device: its place among the device codes (from 1), its status block and its command block.

    `level_2` is a retractable that knows its position.
    """

    device: Device
    index: int
    read: int
    write: int | None = None
    level_2: bool = False

    @property
    def code(self) -> int:
        return RETRACTABLE_2 if self.level_2 else self.device.code

    @property
    def status_words(self) -> int:
        if self.level_2:
            return _STATUS_WORDS_2
        return ACTUATOR_WORDS if self.device.acts else SENSOR_WORDS

    @property
    def command_words(self) -> int:
        if self.level_2:
            return _COMMAND_WORDS_2
        return ACTUATOR_WORDS if self.device.acts else 0


@dataclass(frozen=True, slots=True)
class NodeMap:
    """`type` 1 has sensors, 2 actuators, 3 both; `channels` is how many slots there are, fitted or not."""

    type: int
    channels: int
    slots: tuple[Slot, ...]


def device(source: str) -> Device:
    """The device a site file names: "wind_speed/1". Raises ValueError."""
    name, slash, number = source.partition("/")
    if name not in CODES or not slash or not number.isdecimal():
        raise ValueError(f"a node has no {source!r}")
    return Device(CODES[name], int(number))


def tells_position(source: str) -> Device | None:
    """The retractable whose position a site file asks for with "position/1"; None for anything else."""
    number = source.removeprefix(_POSITION)
    return Device(RETRACTABLE, int(number)) if number != source and number.isdecimal() else None


def node_map(wanted: Iterable[Device], level_2: Collection[Device] = ()) -> NodeMap:
    """The node that has these devices, and those of the same kind with lower numbers. Those of `level_2` are of that.

    Sensors alone or actuators alone make a default node of Annex A, as far as it has room for them. Else the node is an
    integrated one, whose blocks follow one another as the automatic layout of KS X 3286 has it.
    """
    fitted = _with_lower_numbers([*wanted, *level_2])
    if level_2:
        return NodeMap(INTEGRATED_NODE, len(fitted), _one_after_another(fitted, level_2))
    if not any(each.acts for each in fitted):
        slots = _default(fitted, _SENSOR_SLOTS)
        if slots is not None:
            return NodeMap(SENSOR_NODE, len(_SENSOR_SLOTS), slots)
    elif all(each.acts for each in fitted):
        slots = _default(fitted, _ACTUATOR_SLOTS)
        if slots is not None:
            return NodeMap(ACTUATOR_NODE, len(_ACTUATOR_SLOTS), slots)
    return NodeMap(INTEGRATED_NODE, len(fitted), _one_after_another(fitted, ()))


def _with_lower_numbers(wanted: Iterable[Device]) -> list[Device]:
    most: dict[int, int] = {}
    for each in wanted:
        most[each.code] = max(most.get(each.code, 0), each.number)
    return [Device(code, number) for code, last in sorted(most.items()) for number in range(1, last + 1)]


def _default(fitted: Sequence[Device], codes: Sequence[int]) -> tuple[Slot, ...] | None:
    seen: dict[int, int] = {}
    slots = []
    for i, code in enumerate(codes):
        seen[code] = seen.get(code, 0) + 1
        here = Device(code, seen[code])
        if here in fitted:
            stride = ACTUATOR_WORDS if here.acts else SENSOR_WORDS
            write = _FIRST_WRITE + stride * i if here.acts else None
            slots.append(Slot(here, i + 1, _FIRST_READ + stride * i, write))
    return tuple(slots) if len(slots) == len(fitted) else None


def _one_after_another(fitted: Sequence[Device], level_2: Collection[Device]) -> tuple[Slot, ...]:
    slots = []
    read, write = _FIRST_READ, _FIRST_WRITE
    for index, each in enumerate(fitted, 1):
        slot = Slot(each, index, read, write if each.acts else None, each in level_2)
        slots.append(slot)
        read += slot.status_words
        write += slot.command_words
    return tuple(slots)
