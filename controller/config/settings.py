"""What the two files come to, as the rest of the controller takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from controller.core.plan import Plan
from controller.model.ports import BusSettings


@dataclass(frozen=True, slots=True)
class Texts:
    """The two files as they were read."""

    site: str
    rules: str


class ConfiguredBus(NamedTuple):
    """A bus, and the name of the driver that serves it."""

    driver: str
    settings: BusSettings


@dataclass(frozen=True, slots=True)
class Influx1Settings:
    """A database of an InfluxDB 1.x server."""

    url: str
    database: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Influx2Settings:
    """A bucket of an InfluxDB 2 or 3 server, or of what takes the same writes."""

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class UplinkSettings:
    """Where events go, and what may wait for it: for `keep` seconds and in `max_size` bytes; None is the store's own
    choice."""

    influxdb: Influx1Settings | Influx2Settings | None = None
    keep: float | None = None
    max_size: int | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """site.yaml and rules.yaml, checked. `notify` has the addresses for each priority."""

    plan: Plan
    buses: tuple[ConfiguredBus, ...]
    uplink: UplinkSettings
    notify: Mapping[str, tuple[str, ...]]
    texts: Texts
