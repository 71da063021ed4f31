"""What a format is: how one kind of device speaks. Pure; it knows neither the broker nor the controller's points."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from controller.model.commands import Command, Verb
from controller.model.ports import Source
from drivers.options import Options


class Shown(NamedTuple):
    """How an output stands: ON or OFF; OPEN or CLOSE while a motor runs, STOP while it rests; SET with its number.

    `end` is where a motor stands or heads for, OPEN or CLOSE, where the device says so. `value` is in the unit of the
    device.
    """

    does: Verb
    end: Verb | None = None
    value: float | None = None

    def answers(self, verb: Verb) -> bool:
        """Whether this is what `verb` asks for: a vent that is open already need not start to open."""
        return self.does is verb or (self.end is verb and self.does is Verb.STOP)


DEVICE = "device"
"""Who is there or not, where the device says so itself: if it comes and had not gone, it has restarted."""

ON, OFF = Shown(Verb.ON), Shown(Verb.OFF)
RESTS = Shown(Verb.STOP)


class Told(NamedTuple):
    """What one payload says.

    `values` are in the device's own units, NaN where the device says it has none. `present` says of the device, or of
    what it hangs on, whether it is there. `refused` has outputs that will not, and why. `wrong` counts wanted values
    that are no numbers. `wall_ns` is when the device measured (UTC), if it says so; `key` is the same in copies of one
    message.
    """

    values: Sequence[tuple[str, float]] = ()
    shown: Sequence[tuple[str, Shown]] = ()
    present: tuple[str, bool] | None = None
    refused: Sequence[tuple[str, str]] = ()
    wrong: int = 0
    wall_ns: int | None = None
    key: str = ""


Read = Callable[[bytes], Told | None]
"""What a payload says; None for rubbish. Never raises."""


class Message(NamedTuple):
    """Something to publish."""

    topic: str
    payload: str


class Format(Protocol):
    """One device, made from its options.

    `speaks_for_itself` is false where the device has no last will and no availability: it is then as reachable as the
    broker, and its silence shows as staleness of its points. `leases` says that ON ends by itself after the command's
    seconds, `times_runs` that a motor stops by itself after them, `remembers` that what the broker retains of an output
    holds as long as the device is there, and that the device does not repeat itself when it is told what it does
    already.
    """

    @property
    def speaks_for_itself(self) -> bool: ...

    @property
    def leases(self) -> bool: ...

    @property
    def times_runs(self) -> bool: ...

    @property
    def remembers(self) -> bool: ...

    def source(self, name: str) -> Source | str:
        """What the device offers under this name, or a hint of what it offers instead."""

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        """By whole topic: how to read the wanted sources from it, and whatever else the device says there."""

    def greeting(self, wanted: Collection[str]) -> Sequence[Message]:
        """What asks the device how it stands."""

    def order(self, source: str, command: Command) -> Sequence[Message]:
        """A command for the output of this name."""

    def forget(self) -> None:
        """The device may have forgotten what it was told."""


class Kind(Protocol):
    """Makes formats from options, of which these are the names. Raises ConfigError for wrong ones."""

    @property
    def OPTIONS(self) -> Collection[str]: ...

    def __call__(self, options: Options) -> Format: ...
