"""A virtual device for everything that a profile describes: sensors and numbers in registers, relays with timers.

No I/O. The profile's data are shared with the driver; how they become registers is not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from controller.model.ports import DeviceSettings, PointSettings
from drivers.modbus.profile import Number, Output, Profile, Register

from .modbus_function import (
    DEVICE_FAILURE,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ_COILS,
    READ_HOLDING,
    WRITE_REGISTER,
    Refusal,
    carry_out,
)
from .modbus_numbers import registers

_ON, _OFF, _TOGGLE = 0xFF00, 0x0000, 0x5500
_ALL = 0x00FF  # a coil that stands for all of them (Waveshare)
_WORDS = {"u32": 2, "i32": 2, "f32": 2}

Read = Callable[[str], float]
Write = Callable[[str, float], None]


@dataclass(slots=True)
class Relay:
    """One output; `point` is what it switches in the greenhouse, `until` when its own timer ends it (s)."""

    output: Output
    point: str | None
    on: bool = False
    until: float | None = None


class _Cell(NamedTuple):
    """The `place`-th word of what is read at `first`; nothing is wired to it where `point` is None."""

    register: Register
    place: int
    point: PointSettings | None


class ProfileSlave:
    """Implements simulators.line.Slave. `read` gives a point's true value, `write` takes 1.0 or 0.0 for a relay."""

    def __init__(self, settings: DeviceSettings, profile: Profile, read: Read, write: Write) -> None:
        self._read, self._write = read, write
        wired = {point.source: point for point in settings.points}
        self._cells: dict[tuple[int, int], _Cell] = {}
        self._relays: dict[int, Relay] = {}
        self.words: dict[int, int] = {}  # of the numbers that can be set, by address
        for name, entry in profile.sources.items():
            point = wired.get(name)
            if isinstance(entry, Register):
                for place in range(_WORDS.get(entry.type, 1)):
                    self._cells[entry.function, entry.address + place] = _Cell(entry, place, point)
            elif isinstance(entry, Number):
                zero = registers(0.0, entry.type, entry.order)
                self.words |= {entry.address + place: word for place, word in enumerate(zero)}
            else:
                self._relays[entry.address] = Relay(entry, point.name if point is not None else None)
        self._zeros = _harmless(profile, set(self._cells), int(str(settings.options.get("address", 1)), 0))
        for relay in self._relays.values():
            self._tell(relay)

    @property
    def relays(self) -> list[Relay]:
        return list(self._relays.values())

    def answer(self, pdu: bytes, now: float) -> bytes:
        """The answer to a function with its data."""
        self.advance(now)
        return carry_out(self, pdu, now)

    def advance(self, now: float) -> None:
        """Let time pass: relays with a timer of their own switch off."""
        for relay in self._relays.values():
            if relay.until is not None and now >= relay.until:
                self._switch(relay, False)

    def power_cycle(self, now: float) -> None:
        """The power was gone for a moment: all relays fall off."""
        for relay in self._relays.values():
            self._switch(relay, False)

    def read(self, function: int, address: int, count: int, now: float) -> Sequence[int]:
        if function == READ_COILS and self._relays:
            return [int(self._relay(address + i, "coil").on) for i in range(count)]
        found: dict[int, tuple[int, ...]] = {}
        return [self._word(function, address + i, found) for i in range(count)]

    def write_coil(self, address: int, word: int, now: float) -> None:
        if address == _ALL and _ALL not in self._relays and self._relays:
            for each in self._relays:
                self.write_coil(each, word, now)
            return
        timed = next((r for r in self._relays.values() if r.output.timer and r.output.timer.address == address), None)
        if timed is not None and timed.output.timer is not None:
            if not 1 <= word <= timed.output.timer.longest:
                raise Refusal(ILLEGAL_VALUE)
            self._switch(timed, True, now + word * timed.output.timer.tick)
            return
        relay = self._relay(address, "coil")
        if word not in (_ON, _OFF, _TOGGLE):
            raise Refusal(ILLEGAL_VALUE)
        self._switch(relay, not relay.on if word == _TOGGLE else word == _ON)

    def write_coils(self, address: int, bits: Sequence[int], now: float) -> None:
        wanted = [self._relay(address + i, "coil") for i in range(len(bits))]
        for relay, bit in zip(wanted, bits, strict=True):
            self._switch(relay, bool(bit))

    def write_registers(self, function: int, address: int, words: Sequence[int], now: float) -> None:
        if address in self.words:
            if not all(address + i in self.words for i in range(len(words))):
                raise Refusal(ILLEGAL_ADDRESS)
            self.words |= {address + i: word for i, word in enumerate(words)}
            return
        if function != WRITE_REGISTER:
            raise Refusal(ILLEGAL_FUNCTION)
        relay = self._relay(address, "register")
        timer = relay.output.timer
        if words[0] in (relay.output.on, relay.output.off):
            self._switch(relay, words[0] == relay.output.on)
        elif timer is not None and 1 <= words[0] - timer.base <= timer.longest:
            self._switch(relay, True, now + (words[0] - timer.base) * timer.tick)
        else:
            raise Refusal(ILLEGAL_VALUE)

    def _relay(self, address: int, kind: str) -> Relay:
        relay = self._relays.get(address)
        if relay is None or relay.output.write != kind:
            raise Refusal(ILLEGAL_ADDRESS if self._relays else ILLEGAL_FUNCTION)
        return relay

    def _switch(self, relay: Relay, on: bool, until: float | None = None) -> None:
        relay.on, relay.until = on, until
        self._tell(relay)

    def _tell(self, relay: Relay) -> None:
        if relay.point is not None:
            self._write(relay.point, float(relay.on))

    def _word(self, function: int, address: int, found: dict[int, tuple[int, ...]]) -> int:
        cell = self._cells.get((function, address))
        if cell is not None:
            first = address - cell.place
            if first not in found:
                # the words of one number are of one moment
                found[first] = self._measure(cell)
            return found[first][cell.place]
        if function == READ_HOLDING and address in self.words:
            return self.words[address]
        relay = self._relays.get(address)
        if function == READ_HOLDING and relay is not None and relay.output.write == "register":
            return relay.output.reads_on if relay.on else relay.output.off
        if (function, address) in self._zeros:
            return self._zeros[function, address]
        served = {key for key, _ in (*self._cells, *self._zeros)}
        raise Refusal(ILLEGAL_ADDRESS if function in served else ILLEGAL_FUNCTION)

    def _measure(self, cell: _Cell) -> tuple[int, ...]:
        register, point = cell.register, cell.point
        if point is None:
            return registers(0.0, register.type, register.order)
        value = (self._read(point.name) - point.shift) / point.factor
        raw = (value - register.offset) / register.scale
        if not math.isfinite(raw):
            if register.invalid:
                raw = register.invalid[0]
            elif register.type != "f32":
                raise Refusal(DEVICE_FAILURE)
        return registers(raw, register.type, register.order)


def _harmless(profile: Profile, cells: set[tuple[int, int]], own: int) -> dict[tuple[int, int], int]:
    """Registers that can be read but mean nothing to us: those between others, those that identify the device, and a
    status without a fault.
    """
    found: dict[tuple[int, int], int] = {}
    for function in {function for function, _ in cells}:
        addresses = [address for f, address in cells if f == function]
        for address in range(min(addresses), max(addresses)):
            if not any(first <= address <= last for first, last in profile.gaps):
                found[function, address] = 0
    if profile.status is not None:
        found[profile.status.function, profile.status.address] = 0
    known = profile.identification
    if known is not None:
        found |= {(known.function, known.address + i): 0 for i in range(known.count)}
        if known.value is not None:
            found[known.function, known.address] = own if known.value == "address" else known.value
    return found
