"""The options of a broker and of its devices, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from controller.model.errors import ConfigError, one_of
from controller.model.ports import BusSettings, DeviceSettings
from drivers.options import Options

from .formats import FORMATS
from .formats.shape import Format

_BUS_OPTIONS = ("url", "username", "password", "client_id", "session", "ca", "certificate", "key")
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """Files in PEM format. Without `ca` the system's certificates are trusted."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class BrokerOptions:
    """Where the broker is and who we are there.

    `client_id` "" leaves the choice to the driver. With `session` the broker keeps what comes while we are away.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client_id: str = ""
    session: bool = False
    tls: TlsOptions | None = None


def broker_options(bus: BusSettings) -> BrokerOptions:
    """The options of a bus. Raises ConfigError."""
    read = Options(bus.options, bus.places, bus.place, f"bus {bus.name}", _BUS_OPTIONS)
    scheme, host, port = _address(read)
    username, password = read.text("username"), read.text("password")
    if password is not None and username is None:
        raise ConfigError("a password needs a username", read.place("password"), "add username:")
    session, client_id = read.flag("session", False), read.text_or("client_id", "")
    if session and not client_id:
        raise ConfigError("a session needs a client_id that stays", read.place("session"), "add client_id:")
    return BrokerOptions(host, port, username, password, client_id, session, _tls(read, scheme))


def make_format(device: DeviceSettings) -> Format:
    """How the device speaks. Raises ConfigError for wrong options."""
    profile = device.options.get("profile")
    place = device.places.get("profile", device.place)
    if profile is None:
        raise ConfigError(f"device {device.name} has no profile", place, "known: " + ", ".join(FORMATS))
    if not isinstance(profile, str) or profile not in FORMATS:
        raise ConfigError(f"there is no MQTT profile {profile!r}", place, one_of(str(profile), FORMATS))
    made = FORMATS[profile]
    known = ("profile", *made.OPTIONS)
    return made(Options(device.options, device.places, device.place, f"profile {profile}", known))


def _address(read: Options) -> tuple[str, str, int]:
    url, place = read.text("url"), read.place("url")
    example = "write mqtt://localhost:1883, or mqtts:// for TLS"
    if url is None:
        raise ConfigError("an MQTT bus needs a url", place, example)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{url!r} is no address of a broker", place, example) from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError("a url must not hold a password", place, "use username: and password:")
    wrong = port == 0 or parts.path not in ("", "/") or parts.query or parts.fragment
    if parts.scheme not in _PORTS or not host or wrong:
        raise ConfigError(f"{url!r} is no address of a broker", place, example)
    return parts.scheme, host, port or _PORTS[parts.scheme]


def _tls(read: Options, scheme: str) -> TlsOptions | None:
    files = {key: _file(read, key) for key in ("ca", "certificate", "key")}
    if scheme == "mqtts":
        for one, other in (("certificate", "key"), ("key", "certificate")):
            if files[one] and not files[other]:
                raise ConfigError(f"{one} needs {other} too", read.place(one), f"add {other}:")
        return TlsOptions(**files)
    for key, file in files.items():
        if file is not None:
            raise ConfigError(f"{key} means nothing without TLS", read.place(key), "write url: mqtts://...")
    return None


def _file(read: Options, key: str) -> Path | None:
    text = read.text(key)
    return None if text is None else Path(text)
