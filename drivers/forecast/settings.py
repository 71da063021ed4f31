"""The options of forecasts, checked."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from controller.model.errors import ConfigError, one_of
from controller.model.ports import BusSettings, DeviceSettings
from drivers.options import Options

from .hours import Wanted, wanted
from .services import SERVICES, Service

_POLL, _MAX_AGE = 3600.0, 6 * 3600.0  # s


class ForecastOptions(NamedTuple):
    """One forecast: whom to ask, how often (s), for how long an answer holds (s), and where it is kept."""

    service: Service
    url: str
    poll: float
    max_age: float
    cache: Path | None


def check_bus(bus: BusSettings) -> None:
    """A bus of forecasts has no options. Raises ConfigError."""
    Options(bus.options, bus.places, bus.place, f"bus {bus.name}", ())


def forecast_options(device: DeviceSettings) -> ForecastOptions:
    """The options of a device. Raises ConfigError."""
    known = ("profile", "url", "poll", "max_age", "cache")
    read = Options(device.options, device.places, device.place, f"device {device.name}", known)
    profile, url, place = read.text("profile"), read.text("url"), read.place("profile")
    if profile is None:
        raise ConfigError(
            f"device {device.name} has no profile", read.place("profile"), "known: " + ", ".join(SERVICES)
        )
    if profile not in SERVICES:
        raise ConfigError(f"there is no forecast {profile!r}", place, one_of(profile, SERVICES))
    if url is None or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        hint = "write https://api.open-meteo.com/v1/forecast?latitude=35.8&longitude=126.9, for example"
        raise ConfigError(f"a forecast needs a url, not {url!r}", read.place("url"), hint)
    cache = read.text("cache")
    return ForecastOptions(
        SERVICES[profile],
        url,
        read.seconds("poll", _POLL, 60.0),
        read.seconds("max_age", _MAX_AGE, 600.0),
        None if cache is None else Path(cache),
    )


def asked(device: DeviceSettings, name: str) -> Wanted:
    """What a point asks of the forecast. Raises ConfigError."""
    place = next((point.place for point in device.points if point.source == name), device.place)
    service, found = forecast_options(device).service, wanted(name)
    if isinstance(found, str):
        raise ConfigError(f"a forecast offers no {name!r}", place, found)
    if found.variable not in service.offers:
        raise ConfigError(
            f"{device.options['profile']} offers no {found.variable}", place, one_of(found.variable, service.offers)
        )
    if found.day == "today" and not service.from_midnight:
        other = name.removesuffix("today") + "rest"
        raise ConfigError(f"{device.options['profile']} begins with the present", place, f"write {other}")
    return found
