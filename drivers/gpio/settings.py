"""The options of a GPIO chip and of what is wired to its pins, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.model.errors import ConfigError, one_of
from controller.model.ports import BusSettings, DeviceSettings, Source
from drivers.options import Options

from .lines import LineOptions, Pull

Kind = Literal["relays", "motor", "contacts", "pulses"]

CHIP = "/dev/gpiochip0"
HIGHEST = 63  # no header has more lines

_OPTIONS: dict[Kind, tuple[str, ...]] = {
    "relays": ("pins", "active"),
    "motor": ("open", "close", "active"),
    "contacts": ("pins", "active", "pull", "debounce"),
    "pulses": ("pins", "active", "pull", "debounce", "unit", "per_pulse"),
}
_DEBOUNCE: dict[Kind, float] = {"contacts": 0.02, "pulses": 0.002}


@dataclass(frozen=True, slots=True)
class PinsOptions:
    """What is wired to some pins. `pins` by source; a motor has "open" and "close".

    `unit` and `per_pulse`: what one pulse counts for.
    """

    kind: Kind
    pins: dict[str, int]
    line: LineOptions
    unit: str = ""
    per_pulse: float = 1.0

    def source(self, name: str) -> Source | str:
        """What it offers under this name, or a hint of what it offers instead."""
        if self.kind == "motor":
            return Source(output="motor") if name == "motor" else "known: motor"
        if name not in self.pins:
            return one_of(name, self.pins)
        return Source(output="switch") if self.kind == "relays" else Source(self.unit)


def chip(bus: BusSettings) -> str:
    """The device file of a chip. Raises ConfigError."""
    return Options(bus.options, bus.places, bus.place, f"bus {bus.name}", ("chip",)).text_or("chip", CHIP)


def pins_options(device: DeviceSettings) -> PinsOptions:
    """The options of a device. Raises ConfigError."""
    profile = device.options.get("profile")
    place = device.places.get("profile", device.place)
    if profile not in _OPTIONS:
        message = f"there is no profile {profile!r} for pins" if profile else f"device {device.name} has no profile"
        raise ConfigError(message, place, one_of(str(profile), _OPTIONS))
    kind: Kind = profile
    known = ("profile", *_OPTIONS[kind])
    read = Options(device.options, device.places, device.place, f"profile {kind}", known)
    line = LineOptions(
        output=kind in ("relays", "motor"),
        active_low=read.choice("active", "high", ("high", "low")) == "low",
        pull=Pull(read.choice("pull", "none", tuple(Pull))),
        debounce=read.seconds("debounce", _DEBOUNCE.get(kind, 0.0), 0.0),
    )
    if kind == "motor":
        pins = {way: read.required_whole(way, 0, HIGHEST) for way in ("open", "close")}
    else:
        pins = read.wholes("pins", 0, HIGHEST)
    unit, per_pulse = ("", 1.0) if kind != "pulses" else (read.unit("unit"), read.number("per_pulse", 1.0))
    return PinsOptions(kind, pins, line, unit, per_pulse)


def check_together(bus: BusSettings) -> None:
    """Whether no pin is used twice. Raises ConfigError."""
    used: dict[int, str] = {}
    for device in bus.devices:
        for name, pin in pins_options(device).pins.items():
            other = used.setdefault(pin, f"{device.name} {name}")
            if other != f"{device.name} {name}":
                place = device.places.get("pins", device.place)
                raise ConfigError(f"pin {pin} is {other} already", place, "a pin has one use")
