"""A virtual KS X 3267 node with the default maps of Annex A, or an integrated one. No I/O.

It answers function 3 everywhere and function 16 where commands go (clause 5.2); an operation is carried out once for
every new opid. As the standard has it, registers carry their own number on the wire.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from controller.model.ports import DeviceSettings, PointSettings

from .ks_actuator import Actuator, Travel
from .ks_map import (
    ACTUATOR_NODE,
    ACTUATOR_WORDS,
    INTEGRATED_NODE,
    SENSOR_WORDS,
    Device,
    NodeMap,
    Slot,
    device,
    node_map,
    tells_position,
)
from .modbus_function import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ_HOLDING,
    WRITE_REGISTERS,
    Refusal,
    carry_out,
)
from .modbus_numbers import from_low_word_first, low_word_first, registers

_PROTOCOL = 10
_CODES = 101
_NODE_STATUS, _NODE_COMMAND = 201, 501
_ERROR = 1
_RESET = 1


class _Block(NamedTuple):
    """`size` registers that are read as one, from `first`."""

    first: int
    size: int
    words: Callable[[float], Sequence[int]]


class KsNode:
    """Implements simulators.line.Slave.

    `read` gives a point's true value, `write` takes 1.0 or 0.0 for a switch's point and the opening in % for a motor's;
    `travel` tells how long the motor at a point takes.
    """

    def __init__(
        self,
        settings: DeviceSettings,
        read: Callable[[str], float],
        write: Callable[[str, float], None],
        travel: Callable[[str], Travel],
        serial: int = 1,
    ) -> None:
        self._read = read
        self._serial = serial
        self._opid = 0
        positions = {point.source: known for point in settings.points if (known := tells_position(point.source))}
        wired: dict[Device, PointSettings] = {
            device(point.source): point for point in settings.points if point.source not in positions
        }
        self.map: NodeMap = node_map(wired, set(positions.values()))
        self.actuators: dict[str, Actuator] = {}
        blocks = [_Block(1, 8, self._information), _Block(_CODES, self.map.channels, self._codes)]
        blocks.append(_Block(_NODE_STATUS, 2, lambda now: (self._opid, 0)))
        self._commands: dict[int, Actuator] = {}
        self._told: set[int] = set()  # the registers of all commands
        self._written: dict[int, int] = {}
        for slot in self.map.slots:
            point = wired.get(slot.device)
            if slot.write is None:
                blocks.append(_Block(slot.read, slot.status_words, self._sensor(point)))
                continue
            actuator = _actuator(slot, point, write, travel)
            self.actuators[point.name if point is not None else f"slot {slot.index}"] = actuator
            self._commands[slot.write] = actuator
            self._told.update(range(slot.write, slot.write + slot.command_words))
            blocks.append(_Block(slot.read, slot.status_words, _status(actuator)))
        self._blocks = {block.first + i: block for block in blocks for i in range(block.size)}
        self._empty = _empty_slots(self.map)

    def answer(self, pdu: bytes, now: float) -> bytes:
        """The answer to a function with its data."""
        self.advance(now)
        return carry_out(self, pdu, now)

    def advance(self, now: float) -> None:
        """Let time pass: motors move, timed operations end."""
        for actuator in self.actuators.values():
            actuator.advance(now)

    def power_cycle(self, now: float) -> None:
        """The power was gone for a moment, or the node was told to reset."""
        self._opid = 0
        self._written.clear()
        for actuator in self.actuators.values():
            actuator.power_cycle(now)

    def read(self, function: int, address: int, count: int, now: float) -> Sequence[int]:
        if function != READ_HOLDING:
            raise Refusal(ILLEGAL_FUNCTION)
        found: list[int] = []
        while len(found) < count:
            here = address + len(found)
            block = self._blocks.get(here)
            if block is not None:
                # the words of one block are of one moment
                found += block.words(now)[here - block.first :]
            elif here in self._empty or self._writable(here):
                found.append(self._written.get(here, 0))
            else:
                raise Refusal(ILLEGAL_ADDRESS)
        return found[:count]

    def write_coil(self, address: int, word: int, now: float) -> None:
        raise Refusal(ILLEGAL_FUNCTION)

    def write_coils(self, address: int, bits: Sequence[int], now: float) -> None:
        raise Refusal(ILLEGAL_FUNCTION)

    def write_registers(self, function: int, address: int, words: Sequence[int], now: float) -> None:
        if function != WRITE_REGISTERS:
            raise Refusal(ILLEGAL_FUNCTION)
        written = dict(enumerate(words, address))
        if not all(self._writable(register) for register in written):
            raise Refusal(ILLEGAL_ADDRESS)
        wanted = self._written | written
        meant = [first for first in self._commands if first in written or first + 1 in written]
        if any(not self._commands[first].knows(wanted.get(first, 0)) for first in meant):
            raise Refusal(ILLEGAL_VALUE)
        self._written = wanted
        for first in meant:
            seconds = from_low_word_first([wanted.get(first + 2, 0), wanted.get(first + 3, 0)])
            operation, opid, position = (wanted.get(first + place, 0) for place in (0, 1, 4))
            self._commands[first].obey(operation, opid, seconds, now, position)
        if _NODE_COMMAND in written:
            self._obey(wanted[_NODE_COMMAND], wanted.get(_NODE_COMMAND + 1, 0), now)

    def _obey(self, operation: int, opid: int, now: float) -> None:
        """An operation of the node itself: only the reset does something."""
        if opid == self._opid:
            return
        if operation == _RESET:
            self.power_cycle(now)
        self._opid = opid

    def _writable(self, register: int) -> bool:
        if not self._commands:
            return False
        if _NODE_COMMAND <= register < _NODE_COMMAND + 2:
            return True
        return register in self._told

    def _information(self, now: float) -> Sequence[int]:
        return (0, 0, self.map.type, 0, _PROTOCOL, self.map.channels, *low_word_first(self._serial))

    def _codes(self, now: float) -> Sequence[int]:
        fitted = {slot.index: slot.code for slot in self.map.slots}
        return [fitted.get(index, 0) for index in range(1, self.map.channels + 1)]

    def _sensor(self, point: PointSettings | None) -> Callable[[float], Sequence[int]]:
        def words(now: float) -> Sequence[int]:
            if point is None:
                return (0, 0, 0)
            value = (self._read(point.name) - point.shift) / point.factor
            return (*registers(value, "f32", "CDAB"), 0 if math.isfinite(value) else _ERROR)

        return words


def _actuator(
    slot: Slot, point: PointSettings | None, write: Callable[[str, float], None], travel: Callable[[str], Travel]
) -> Actuator:
    if point is None:
        return Actuator(slot.device.code, Travel(60.0, 60.0), lambda value: None, slot.level_2)
    name = point.name
    return Actuator(slot.device.code, travel(name), lambda value: write(name, value), slot.level_2)


def _status(actuator: Actuator) -> Callable[[float], Sequence[int]]:
    def words(now: float) -> Sequence[int]:
        timed = (actuator.opid, actuator.status, *low_word_first(actuator.remaining(now)))
        return (*timed, round(actuator.position)) if actuator.level_2 else timed

    return words


def _empty_slots(node: NodeMap) -> set[int]:
    """The status registers of slots without a device, which a default node has all the same and which read 0."""
    if node.type == INTEGRATED_NODE:
        return set()
    words = ACTUATOR_WORDS if node.type == ACTUATOR_NODE else SENSOR_WORDS
    return set(range(203, 203 + words * node.channels))
