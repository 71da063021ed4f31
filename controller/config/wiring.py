"""Buses, devices and their points: what the drivers say to the first half of site.nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from controller.model.errors import ConfigError, Place, one_of
from controller.model.ports import BusSettings, DeviceSettings, DriverFactory, PointSettings, Source
from controller.model.units import Quantity, UnitError, factor, unit
from controller.rules.parser import Text

from . import drivers, nodes
from .problems import Problems
from .settings import ConfiguredBus
from .site_file import Device, SiteFile

_KELVIN = 273.15


@dataclass(frozen=True, slots=True)
class Delivered:
    """A point that a device offers: by which name, and what the driver says of it."""

    name: Text
    device: str
    settings: PointSettings
    source: Source


@dataclass(slots=True)
class Wiring:
    """The points of all devices by name, and what is needed to make the buses once the points' quantities are known."""

    points: dict[str, Delivered] = field(default_factory=dict)
    buses: dict[str, BusSettings] = field(default_factory=dict)
    drivers: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Points that something is wrong with: nothing that follows from that needs to be said."""
    numbers: dict[str, PointSettings] = field(default_factory=dict)
    """Outputs that take a number, with the factor from the device's unit to the setting's."""

    def give_unit(self, output: Text, scale: float) -> None:
        """Say by what a device's number is multiplied to be that of its setting."""
        self.numbers[output.text] = replace(self.points[output.text].settings, factor=scale)

    def finished(self, treated: Mapping[str, PointSettings]) -> tuple[ConfiguredBus, ...]:
        """The buses, with each point as it is treated."""
        made = []
        treated = {**treated, **self.numbers}
        for name, bus in self.buses.items():
            devices = tuple(
                replace(device, points=tuple(treated.get(point.name, point) for point in device.points))
                for device in bus.devices
            )
            made.append(ConfiguredBus(self.drivers[name], replace(bus, devices=devices)))
        return tuple(made)


def wire(site: SiteFile, document: nodes.Mapping, problems: Problems) -> Wiring:
    """Ask the drivers about every bus, device and point; what they refuse goes to `problems`."""
    wiring = Wiring()
    factories: dict[str, DriverFactory] = {}
    devices: dict[str, list[DeviceSettings]] = {name.text: [] for name in site.buses}
    for name, bus in site.buses.items():
        with problems.caught():
            factories[name.text] = drivers.factory(bus.driver.text, bus.driver.place)
            wiring.drivers[name.text] = bus.driver.text
    for name, device in site.devices.items():
        if device.bus.text not in devices:
            hint = one_of(device.bus.text, devices) if devices else "name it under buses:"
            problems.add(device.bus.error(f"there is no bus {device.bus.text!r}", 0, hint))
            wiring.refused.update(point.text for point in device.points)
            continue
        settings = _device(name, device, _entry(document, "devices", name))
        devices[device.bus.text].append(settings)
        if device.bus.text in factories:
            _offer(wiring, factories[device.bus.text], name, device, settings, problems)
        else:
            wiring.refused.update(point.text for point in device.points)
    for name in site.buses:
        if name.text in factories:
            entry = _entry(document, "buses", name)
            bus_settings = BusSettings(
                name.text, _options(entry, "driver"), tuple(devices[name.text]), name.place, entry.places
            )
            wiring.buses[name.text] = bus_settings
            _check(factories[name.text], bus_settings, problems)
    return wiring


def _entry(document: nodes.Mapping, section: str, name: Text) -> nodes.Mapping:
    return cast("nodes.Mapping", cast("nodes.Mapping", document[section])[name.text])


def _options(entry: nodes.Mapping, *without: str) -> dict[str, object]:
    return {str(key): nodes.plain(value) for key, value in entry.items() if key not in without}


def _device(name: Text, device: Device, entry: nodes.Mapping) -> DeviceSettings:
    points = tuple(
        PointSettings(point.text, source.text, place=source.place) for point, source in device.points.items()
    )
    return DeviceSettings(name.text, _options(entry, "bus", "points"), points, name.place, entry.places)


def _offer(
    wiring: Wiring,
    factory: DriverFactory,
    name: Text,
    device: Device,
    settings: DeviceSettings,
    problems: Problems,
) -> None:
    for point, point_settings in zip(device.points, settings.points, strict=True):
        known = wiring.points.get(point.text)
        if known is not None:
            message = f"{point.text} comes from {known.device} already, on line {known.name.place.line}"
            problems.add(point.error(message, 0, f"give it another name, like {point.text}_2"))
            continue
        try:
            source = factory.source(settings, point_settings.source)
        except ConfigError as error:
            problems.add(error)
            wiring.refused.add(point.text)
        else:
            wiring.points[point.text] = Delivered(point, name.text, point_settings, source)


def _check(factory: DriverFactory, bus: BusSettings, problems: Problems) -> None:
    """The bus alone, each device alone, and all together: so that each mistake is found, and those between devices."""
    before = len(problems)
    parts = [replace(bus, devices=())]
    parts += [replace(bus, devices=(device,)) for device in bus.devices]
    for part in parts:
        with problems.caught():
            factory.check(part)
    if len(problems) == before:
        with problems.caught():
            factory.check(bus)


def conversion(delivered: Delivered, quantity: Quantity, said: Text | None) -> tuple[float, float]:
    """Factor and shift from the device's unit to the quantity's. `said` is the unit that site.yaml names.

    Raises ConfigError where the units do not fit, or nobody says the device's.
    """
    target, place = quantity.unit, delivered.name.place
    try:
        source = unit(said.text if said else delivered.source.unit)
    except UnitError as error:
        raise ConfigError(str(error), said.place if said else place, error.suggestion) from None
    if not source.symbol and target.symbol not in ("", "pH", "°"):
        message = f"{delivered.device} does not say in which unit it delivers {delivered.name.text}"
        hint = f"write {delivered.name.text}: {{unit: {target}}} under sensors:, if it is {target}"
        raise ConfigError(message, delivered.settings.place, hint)
    try:
        scale = factor(source, target)
    except UnitError as error:
        raise _misfit(delivered, quantity, source.symbol, said.place if said else None, error.suggestion) from None
    shift = -_KELVIN if source.symbol == "K" and target.symbol == "°C" else 0.0
    return scale, shift


def _misfit(delivered: Delivered, quantity: Quantity, symbol: str, place: Place | None, hint: str) -> ConfigError:
    name = delivered.name.text
    message = f"{delivered.settings.source} is in {symbol or 'plain numbers'}, but {name} is a {quantity.name}"
    return ConfigError(message, place or delivered.settings.place, f"{hint}, or name its quantity under sensors:")
