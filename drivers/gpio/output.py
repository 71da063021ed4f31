"""Relays and motors on pins, without the pins: commands become levels, and what is due is ended in time."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.time import Instant


class Level(NamedTuple):
    """A pin to be set."""

    pin: int
    on: bool


class Output:
    """`pins` by what sets them: ON for a relay, OPEN and CLOSE for a motor, which are never on together.

    ON lasts for the command's seconds unless it is renewed, and a motor runs for them: there is no timer in the pin,
    so that this ends with the process, which is why the driver lets go of a pin only when it is off.
    """

    def __init__(self, point: str, pins: dict[Verb, int]) -> None:
        self.point = point
        self.ends: Instant | None = None
        self._pins = pins
        self._rest = Verb.STOP if Verb.OPEN in pins else Verb.OFF
        self._does = self._rest

    @property
    def verbs(self) -> Collection[Verb]:
        return (*self._pins, self._rest)

    def command(self, command: Command, now: Instant) -> tuple[list[Level], Report]:
        """What to set, in this order, and what to say once it is set."""
        self._does = command.verb
        runs = command.verb is not self._rest
        self.ends = now.after(command.seconds) if runs and command.seconds is not None else None
        return self._levels(), self._report(now, command.id)

    def due(self, now: Instant) -> tuple[list[Level], Report] | None:
        """The end of what is over."""
        if self.ends is None or now.mono_ns < self.ends.mono_ns:
            return None
        self.rest()
        return self._levels(), self._report(now, None)

    def rest(self) -> None:
        """It is off, whatever it was told."""
        self._does, self.ends = self._rest, None

    def _levels(self) -> list[Level]:
        levels = [Level(pin, verb is self._does) for verb, pin in self._pins.items()]
        return sorted(levels, key=lambda level: level.on)  # what goes off goes off first

    def _report(self, now: Instant, command_id: int | None) -> Report:
        followed = Followed.RESTING if self._does is self._rest else Followed.RUNNING
        return Report(self.point, followed, now, self._does, command_id)
