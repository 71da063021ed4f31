"""What the kernel says of a thermometer, as °C. Pure.

Source: Linux kernel documentation, w1_therm: `temperature` has thousandths of a degree, `w1_slave` the scratchpad with
the result of its checksum.
"""

from __future__ import annotations

import re

from drivers.polling import Trouble

LOWEST, HIGHEST = -55.0, 125.0  # °C: what these thermometers can measure
_AFTER_POWER_UP = 85.0  # °C: stands in the scratchpad until the first conversion
_SLAVE = re.compile(r"(?:[0-9a-f]{2} ){9}: crc=[0-9a-f]{2} (YES|NO)\n(?:[0-9a-f]{2} ){9}t=(-?\d{1,6})\s*")


def from_temperature(text: str) -> float:
    """Of a kernel since 5.7. Raises Trouble."""
    text = text.strip()
    if not re.fullmatch(r"-?\d{1,6}", text):
        raise Trouble("no temperature" if text else "the conversion failed")
    return _plausible(int(text) / 1000)


def from_slave(text: str) -> float:
    """Of any kernel. Raises Trouble."""
    match = _SLAVE.fullmatch(text)
    if match is None:
        raise Trouble("no scratchpad")
    if match[1] != "YES":
        raise Trouble("wrong checksum")
    if text.startswith("00 " * 9):
        # a shorted line reads as zeros, whose checksum is right
        raise Trouble("the line is shorted")
    return _plausible(int(match[2]) / 1000)


def _plausible(value: float) -> float:
    if value == _AFTER_POWER_UP:
        raise Trouble("it has lost its power during the conversion")
    if not LOWEST <= value <= HIGHEST:
        raise Trouble(f"{value:g} °C cannot be")
    return value
