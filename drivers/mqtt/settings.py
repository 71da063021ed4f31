"""The options of a broker and of its devices, checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

from controller.model.errors import ConfigError, Place, one_of
from controller.model.ports import BusSettings, DeviceSettings

Profile = Literal["tasmota", "chirpstack", "json"]

_BUS_OPTIONS = ("url", "username", "password", "client_id")
_DEVICE_OPTIONS: dict[str, tuple[str, ...]] = {
    "tasmota": ("profile", "topic"),
    "chirpstack": ("profile", "topic"),
    "json": ("profile", "topic", "command_topic", "state", "payload_on", "payload_off"),
}


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """Where the broker is and who we are there. `client_id` "" leaves the choice to the driver."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """Where a device publishes, and for json how it is commanded: `state` is the path that shows on and off."""

    profile: Profile
    topic: str
    command_topic: str | None = None
    state: str = "state"
    payload_on: str = "ON"
    payload_off: str = "OFF"


def broker_options(bus: BusSettings) -> BrokerOptions:
    """The options of a bus. Raises ConfigError."""
    read = _Options(bus.options, bus.places, bus.place, f"bus {bus.name}", _BUS_OPTIONS)
    host, port = _address(read)
    username, password = read.text("username"), read.text("password")
    if password is not None and username is None:
        raise ConfigError("a password needs a username", read.place("password"), "add username:")
    return BrokerOptions(host, port, username, password, read.text("client_id") or "")


def device_options(device: DeviceSettings) -> DeviceOptions:
    """The options of a device. Raises ConfigError."""
    profile = device.options.get("profile")
    place = device.places.get("profile", device.place)
    if profile is None:
        raise ConfigError(f"device {device.name} has no profile", place, "known: " + ", ".join(_DEVICE_OPTIONS))
    if not isinstance(profile, str) or profile not in _DEVICE_OPTIONS:
        raise ConfigError(f"there is no MQTT profile {profile!r}", place, one_of(str(profile), _DEVICE_OPTIONS))
    read = _Options(device.options, device.places, device.place, f"profile {profile}", _DEVICE_OPTIONS[profile])
    topic = read.topic("topic")
    if topic is None:
        raise ConfigError(f"device {device.name} has no topic", device.place, _topic_example(profile))
    prefix, _, rest = topic.partition("/")
    if profile == "tasmota" and prefix in ("cmnd", "stat", "tele"):
        raise ConfigError(
            f"a Tasmota topic is written without its prefix {prefix}/",
            read.place("topic"),
            f"write {rest.rpartition('/')[0] or rest}",
        )
    command_topic = read.topic("command_topic")
    for key in ("state", "payload_on", "payload_off"):
        if key in device.options and command_topic is None:
            raise ConfigError(f"{key} means nothing without command_topic", read.place(key), "add command_topic:")
    return DeviceOptions(
        cast("Profile", profile),
        topic,
        command_topic,
        read.text("state") or "state",
        read.text("payload_on") or "ON",
        read.text("payload_off") or "OFF",
    )


class _Options:
    """Reads options and says where a wrong one stands. Refuses keys it does not know."""

    def __init__(
        self,
        options: Mapping[str, object],
        places: Mapping[str, Place],
        place: Place,
        owner: str,
        known: Collection[str],
    ) -> None:
        self._options, self._places, self._place = options, places, place
        for key in options:
            if key not in known:
                raise ConfigError(f"{owner} has no option {key}", self.place(key), one_of(key, known))

    def place(self, key: str) -> Place:
        return self._places.get(key, self._place)

    def text(self, key: str) -> str | None:
        value = self._options.get(key)
        if value is None:
            return None
        # YAML makes a number of a password of digits
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            raise ConfigError(f"{key} must be a text", self.place(key), f'write {key}: "..."')
        return str(value)

    def topic(self, key: str) -> str | None:
        value = self.text(key)
        if value is None:
            return None
        for sign in "+#":
            if sign in value:
                raise ConfigError(
                    f"{key} {value!r} has the wildcard {sign}",
                    self.place(key),
                    "every device needs its own whole topic",
                )
        if value.startswith("/") or value.endswith("/") or "\0" in value or len(value.encode()) > 1000:
            raise ConfigError(f"{key} {value!r} is no topic", self.place(key), f"write {value.strip('/')[:60]}")
        return value


def _address(read: _Options) -> tuple[str, int]:
    url, place = read.text("url"), read.place("url")
    example = "write mqtt://localhost:1883"
    if url is None:
        raise ConfigError("an MQTT bus needs a url", place, example)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{url!r} is no address of a broker", place, example) from None
    if parts.scheme == "mqtts":
        raise ConfigError("mqtts:// is not supported yet", place, "use mqtt:// inside a trusted network or a tunnel")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("a url must not hold a password", place, "use username: and password:")
    if parts.scheme != "mqtt" or not host or port == 0 or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ConfigError(f"{url!r} is no address of a broker", place, example)
    return host, port or 1883


def _topic_example(profile: str) -> str:
    return {
        "tasmota": "add topic: with the Topic of the device's MQTT page",
        "chirpstack": "add topic: application/<id>/device/<devEui>/event/up",
    }.get(profile, "add topic: where it publishes its JSON")
