"""What the two files come to, as the rest of the controller takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from controller.core.plan import Plan
from controller.model.errors import NOWHERE, Place
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
class BrokerSettings:
    """An MQTT broker, and who we are there. With `tls` its certificate is checked, against the file `ca` or the
    system's authorities; `certificate` and `key` are files of our own."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class HomeAssistantSettings:
    """Home Assistant's discovery. `discovery` is "entities" or "device"; a command holds for `override` seconds."""

    broker: BrokerSettings
    prefix: str = "homeassistant"
    discovery: str = "entities"
    override: float = 1800.0


@dataclass(frozen=True, slots=True)
class SparkplugSettings:
    """A Sparkplug edge node. `host` is the primary host that it waits for, if any; a command holds for `override`
    seconds."""

    broker: BrokerSettings
    group: str
    node: str
    host: str | None = None
    override: float = 1800.0


@dataclass(frozen=True, slots=True)
class UplinkSettings:
    """Where events go, and what may wait for it: for `keep` seconds and in `max_size` bytes; None is the store's own
    choice."""

    influxdb: Influx1Settings | Influx2Settings | None = None
    keep: float | None = None
    max_size: int | None = None
    home_assistant: HomeAssistantSettings | None = None
    sparkplug: SparkplugSettings | None = None


@dataclass(frozen=True, slots=True)
class TwinSettings:
    """The model beside the greenhouse: `structure` and `crop` are names, or files that end in .toml. It stands at
    `place`. `compartments` has both for those that have their own."""

    structure: str
    crop: str = "tomato"
    place: Place = field(default=NOWHERE, compare=False)
    compartments: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def of(self, compartment: str) -> tuple[str, str]:
        """Structure and crop of a compartment; "" is a site that has none."""
        return self.compartments.get(compartment, (self.structure, self.crop))


@dataclass(frozen=True, slots=True)
class Configuration:
    """site.yaml and rules.yaml, checked. `notify` has the addresses for each priority."""

    plan: Plan
    buses: tuple[ConfiguredBus, ...]
    uplink: UplinkSettings
    notify: Mapping[str, tuple[str, ...]]
    texts: Texts
    twin: TwinSettings | None = None
