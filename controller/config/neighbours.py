"""The uplinks that go through an MQTT broker: which broker, and names that can stand in its topics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from controller.core.core import LONGEST_OVERRIDE
from controller.model.errors import one_of
from controller.model.units import show_duration
from controller.rules.parser import Text

from .problems import Problems
from .settings import BrokerSettings, HomeAssistantSettings, SparkplugSettings
from .site_file import HomeAssistant, Sparkplug
from .wiring import Wiring

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXAMPLE = "write mqtt://server:1883, or mqtts:// for TLS"


def home_assistant(told: HomeAssistant | None, wiring: Wiring, problems: Problems) -> HomeAssistantSettings | None:
    """The settings; what is wrong goes to `problems`."""
    if told is None:
        return None
    with problems.caught():
        prefix = "homeassistant" if told.prefix is None else _topic(told.prefix)
        override = _override(told, told.override)
        return HomeAssistantSettings(_broker(told, wiring), prefix, told.discovery, override)
    return None


def sparkplug(told: Sparkplug | None, site: str, wiring: Wiring, problems: Problems) -> SparkplugSettings | None:
    """The settings; what is wrong goes to `problems`. `site` is the site's name."""
    if told is None:
        return None
    with problems.caught():
        node = re.sub(r"[+#/]", "_", site) if told.node is None else _level(told.node)
        host = None if told.host is None else _level(told.host)
        override = _override(told, told.override)
        return SparkplugSettings(_broker(told, wiring), _level(told.group), node, host, override)
    return None


def _override(told: HomeAssistant | Sparkplug, seconds: float) -> float:
    if seconds > LONGEST_OVERRIDE:
        longest = show_duration(LONGEST_OVERRIDE)
        raise told.broker.error(f"an override of {show_duration(seconds)} is too long", 0, f"at most {longest}")
    return seconds


def _broker(told: HomeAssistant | Sparkplug, wiring: Wiring) -> BrokerSettings:
    where = told.broker
    if "://" in where.text:
        username, password = _text(told.username), _text(told.password)
        return _made(where, where.text, username, password, {"ca": _text(told.ca)})
    for key in (told.username, told.password, told.ca):
        if key is not None:
            raise key.error(f"the bus {where.text} has its own", 0, "remove it here")
    bus = wiring.buses.get(where.text)
    brokers = [name for name, each in wiring.buses.items() if str(each.options.get("url", "")).startswith("mqtt")]
    if bus is None or where.text not in brokers:
        hint = one_of(where.text, brokers) if brokers else _EXAMPLE
        what = "is no broker" if bus is not None else "does not exist"
        raise where.error(f"the bus {where.text!r} {what}", 0, hint)
    options = {key: _plain(bus.options.get(key)) for key in ("url", "username", "password", "ca", "certificate", "key")}
    return _made(where, options.pop("url") or "", options.pop("username"), options.pop("password"), options)


def _made(
    where: Text, url: str, username: str | None, password: str | None, files: Mapping[str, str | None]
) -> BrokerSettings:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise where.error(f"{url!r} is no address of a broker", 0, _EXAMPLE) from None
    if parts.scheme not in _PORTS or not host or port == 0 or parts.path not in ("", "/"):
        raise where.error(f"{url!r} is no address of a broker", 0, _EXAMPLE)
    if parts.username is not None or parts.password is not None:
        raise where.error("an address must not hold a password", 0, "use username: and password:")
    if password is not None and username is None:
        raise where.error("a password needs a username", 0, "add username:")
    tls = parts.scheme == "mqtts"
    if not tls and files.get("ca") is not None:
        raise where.error("ca means nothing without TLS", 0, "write mqtts://...")
    return BrokerSettings(host, port or _PORTS[parts.scheme], username, password, tls, **files)


def _topic(text: Text) -> str:
    if re.search(r"[+#\0]", text.text) or text.text.startswith("/") or text.text.endswith("/"):
        raise text.error(f"{text.text!r} cannot begin a topic", 0, "write homeassistant")
    return text.text


def _level(text: Text) -> str:
    if re.search(r"[+#/\0]", text.text):
        raise text.error(f"{text.text!r} cannot stand in a topic", 0, "leave out +, # and /")
    return text.text


def _text(text: Text | None) -> str | None:
    return None if text is None else text.text


def _plain(value: object) -> str | None:
    return None if value is None else str(value)
