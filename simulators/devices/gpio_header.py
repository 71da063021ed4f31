"""A virtual GPIO chip: `request` is what the driver's factory takes, the rest is the hand at its pins."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Wiring(Protocol):
    """What the driver says of a line when it asks for it."""

    @property
    def output(self) -> bool: ...

    @property
    def active_low(self) -> bool: ...


class Change(NamedTuple):
    pin: int
    on: bool
    number: int


class VirtualHeader:
    """`journal` has every level that an output took, as (pin, voltage high).

    `buffer` edges are kept while nobody reads.
    """

    def __init__(self, buffer: int = 1024) -> None:
        self.there = True
        self.voltage: dict[int, bool] = {}
        self.journal: list[tuple[int, bool]] = []
        self.wiring: Mapping[int, Wiring] = {}
        self._buffer = buffer
        self._edges: list[Change] = []
        self._numbers: dict[int, int] = {}
        self._near = self._far = -1

    def request(self, chip: str, wanted: Mapping[int, Wiring]) -> VirtualHeader:
        self._must_be_there(chip)
        if self._near >= 0:
            raise OSError(errno.EBUSY, "Device or resource busy", chip)
        self.wiring = wanted
        self._far, self._near = os.pipe()
        os.set_blocking(self._far, False)
        os.set_blocking(self._near, False)
        self._edges.clear()
        self._numbers.clear()
        for pin, line in wanted.items():
            if line.output:
                self.set(pin, False)
        return self

    # the driver's side

    def fileno(self) -> int:
        return self._far

    def edges(self) -> list[Change]:
        self._must_be_there()
        while True:
            try:
                os.read(self._far, 4096)
            except BlockingIOError:
                break
        found, self._edges = self._edges, []
        return found

    def get(self, pin: int) -> bool:
        self._must_be_there()
        return self.voltage.get(pin, False) != self.wiring[pin].active_low

    def set(self, pin: int, on: bool) -> None:
        self._must_be_there()
        self.voltage[pin] = on != self.wiring[pin].active_low
        self.journal.append((pin, self.voltage[pin]))

    def release(self) -> None:
        os.close(self._near)
        os.close(self._far)
        self._near = self._far = -1

    # the hand at the pins

    def drive(self, pin: int, high: bool) -> None:
        """Put a voltage on an input."""
        if self.voltage.get(pin, False) == high:
            return
        self.voltage[pin] = high
        if self._near < 0 or pin not in self.wiring:
            return
        self._numbers[pin] = self._numbers.get(pin, 0) + 1
        self._edges.append(Change(pin, high != self.wiring[pin].active_low, self._numbers[pin]))
        del self._edges[: -self._buffer]
        os.write(self._near, b"x")

    def pulse(self, pin: int, times: int = 1) -> None:
        """So many pulses in the active direction."""
        low = self.wiring[pin].active_low
        for _ in range(times):
            self.drive(pin, not low)
            self.drive(pin, low)

    def stray(self) -> None:
        """An edge of a line that nobody has asked for."""
        if self._near >= 0:
            self._edges.append(Change(99, True, 1))
            os.write(self._near, b"x")

    def pull_out(self) -> None:
        """The chip is gone; whoever reads from it is told so."""
        self.there = False
        if self._near >= 0:
            os.write(self._near, b"x")

    def _must_be_there(self, chip: str = "") -> None:
        if not self.there:
            raise OSError(errno.ENODEV, "No such device", chip or None)
