"""What devices say of themselves at a broker, as findings. Pure.

Sources: Zigbee2MQTT's docs (bridge/devices, exposes), Tasmota's discovery messages (tasmota/discovery/…), Home
Assistant's docs (MQTT discovery, with its abbreviations), which ESPHome follows too, and Shelly's API docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import orjson

from controller.model.units import UNITS

from .formats.document import BIGGEST, decode, number, there

TOPICS = (
    "+/bridge/devices",
    "+/+/bridge/devices",
    "tasmota/discovery/+/config",
    "tasmota/discovery/+/sensors",
    "homeassistant/+/+/config",
    "homeassistant/+/+/+/config",
    "+/online",
    "application/+/device/+/event/up",
    "v3/+/devices/+/up",
)
"""Where devices say what they are."""

_DEEPEST = 4  # levels of a document that is searched for numbers
_MOST = 200  # sources of one device


@dataclass(frozen=True, slots=True)
class Offer:
    """A source of a device. `unit` is what it says it is in, "" where it does not; `output` as in Source.

    `binary` says that it is on or off only.
    """

    unit: str = ""
    output: str | None = None
    value: float | None = None
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A device: its name, the profile and options it needs in site.yaml, and what it offers by source."""

    name: str
    profile: str
    options: Mapping[str, object]
    offers: Mapping[str, Offer] = field(default_factory=dict)
    title: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The same for everything that is said of one device."""
        return self.profile, str(self.options.get("topic", self.name))

    def joined(self, other: Finding) -> Finding:
        """What two messages say of one device. Two of its values may have one name: the second gets a number."""
        values, offers = dict(_mapping(self.options.get("values"))), dict(self.offers)
        for name, offer in other.offers.items():
            value = _mapping(other.options.get("values")).get(name)
            free = name if value is None else next(each for each in numbered(name) if values.get(each, value) == value)
            offers[free] = offer
            if value is not None:
                values[free] = value
        options = {**self.options, **other.options} | ({"values": values} if values else {})
        return replace(self, options=options, offers=offers, title=self.title or other.title)


def found(topic: str, payload: bytes) -> list[Finding]:
    """What a message tells of devices; nothing where it tells nothing that makes sense. Never raises."""
    parts = topic.split("/")
    try:
        document: Any = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return []
    match parts:
        case [*base, "bridge", "devices"] if isinstance(document, list):
            return [finding for each in document if (finding := _zigbee("/".join(base), each)) is not None]
        case ["tasmota", "discovery", _, "config" | "sensors"] if isinstance(document, dict):
            return []  # these two belong together: see `tasmota`
        case ["homeassistant", "device", *_, "config"] if isinstance(document, dict):
            return _join(_home_assistant_device(document))
        case ["homeassistant", component, *_, "config"] if isinstance(document, dict):
            return _join(_home_assistant(component, document, _mapping(_either(document, "device", "dev"))))
        case ["application", _, "device", _, "event", "up"] if isinstance(document, dict):
            return _uplink("chirpstack", topic, document, document.get("object"), "object.")
        case ["v3", _, "devices", _, "up"] if isinstance(document, dict):
            fields = _mapping(document.get("uplink_message")).get("decoded_payload")
            return _uplink("the-things-stack", topic, document, fields, "")
    return []


# Zigbee2MQTT


def _zigbee(base: str, device: object) -> Finding | None:
    told = _mapping(device)
    name, definition = told.get("friendly_name"), _mapping(told.get("definition"))
    if not isinstance(name, str) or told.get("type") == "Coordinator" or told.get("disabled") or not definition:
        return None
    offers: dict[str, Offer] = {}
    for expose in _list(definition.get("exposes")):
        offers |= _exposed(_mapping(expose))
    title = " ".join(str(definition[key]) for key in ("vendor", "model", "description") if definition.get(key))
    options = {"topic": f"{base}/{name}"} | ({"bridge": f"{base}/bridge/state"} if "/" in base else {})
    return Finding(name, "zigbee2mqtt", options, offers, title)


def _exposed(expose: Mapping[str, Any]) -> dict[str, Offer]:
    """An entry of `exposes`: switches and covers are outputs, numbers and true or false are values."""
    kind, name = expose.get("type"), expose.get("property") or expose.get("name")
    features = [_mapping(feature) for feature in _list(expose.get("features"))]
    if kind == "switch":
        # what is told otherwise than by ON and OFF is no switch that the driver could command
        usual = [feature for feature in features if feature.get("value_on", "ON") == "ON"]
        states = [feature.get("property") for feature in usual if feature.get("name") == "state"]
        return {state: Offer(output="switch") for state in states if isinstance(state, str)}
    if kind == "cover":
        position = {"position": Offer("%")} if any(feature.get("name") == "position" for feature in features) else {}
        return {"cover": Offer(output="motor"), **position}
    if not isinstance(name, str) or expose.get("category") == "config" or name == "linkquality":
        return {}
    if kind == "numeric":
        return {name: Offer(str(expose.get("unit", "")))}
    return {name: Offer(binary=True)} if kind == "binary" and expose.get("value_on") is True else {}


# Tasmota


_FULL_TOPIC = "%prefix%/%topic%/"
_OTHER_FULL_TOPIC = re.compile(r"%prefix%/((?:[^%]+/)?)%topic%((?:/[^%]+)?)/")
_PREFIXES = ("cmnd", "stat", "tele")


def tasmota(config: bytes, sensors: bytes | None) -> Finding | None:
    """A device from its two discovery messages; a device that is told apart by shutters has those for outputs."""
    told = decode(config)
    topic = None if told is None else told.get("t")
    if told is None or not isinstance(topic, str) or not topic:
        return None
    name, full = str(told.get("dn") or topic), told.get("ft") or _FULL_TOPIC
    if full != _FULL_TOPIC:
        match = _OTHER_FULL_TOPIC.fullmatch(full) if isinstance(full, str) else None
        if match is None or told.get("tp", list(_PREFIXES)) != list(_PREFIXES):
            title = f"Tasmota, but not found under tele/..., stat/... and cmnd/...: its FullTopic is {full}"
            return Finding(name, "tasmota", {"topic": topic}, {}, title)
        topic = f"{match[1]}{topic}{match[2]}"
    relays = [each for each in _list(told.get("rl")) if isinstance(each, int)]
    offers = {f"power/{number}": Offer(output="switch") for number, kind in enumerate(relays, 1) if kind == 1}
    shutters = relays.count(3) // 2
    offers |= {f"shutter/{number}": Offer(output="motor") for number in range(1, shutters + 1)}
    measured = _mapping(None if sensors is None else decode(sensors)).get("sn")
    for path, value in _numbers(measured):
        if "." in path and not path.endswith(".Id"):
            offers[path] = Offer(value=value)
    return Finding(name, "tasmota", {"topic": topic}, offers, f"Tasmota {told.get('md', '')}".strip())


# Home Assistant's discovery


_LONG = {
    "stat_t": "state_topic",
    "cmd_t": "command_topic",
    "val_tpl": "value_template",
    "dev_cla": "device_class",
    "unit_of_meas": "unit_of_measurement",
    "avty_t": "availability_topic",
    "pl_on": "payload_on",
    "pl_off": "payload_off",
    "pl_avail": "payload_available",
    "stat_on": "state_on",
    "cmd_tpl": "command_template",
    "uniq_id": "unique_id",
    "obj_id": "object_id",
    "o": "origin",
}
_KNOWN_OTHERWISE = ("zigbee2mqtt", "onsil")  # publishers whose devices are known better than by this, or are our own
_ESPHOME = re.compile(r"(?P<node>[^/]+)/(?P<entity>(sensor|binary_sensor|switch|fan|valve|cover)/[^/]+)/state")
_TEMPLATE = re.compile(r"\{\{\s*value_json(?P<path>(?:\.\w+|\[['\"]\w+['\"]\])+)\s*(?:\|[^}]*)?\}\}")
_WHOLE = re.compile(r"\{\{\s*value\s*(\|[^}]*)?\}\}")
_STEP = re.compile(r"\w+")


def _home_assistant_device(document: Mapping[str, Any]) -> Iterator[Finding]:
    """One message for a whole device: components share what stands beside them."""
    shared = {key: value for key, value in document.items() if key not in ("cmps", "components")}
    for entry in _mapping(_either(document, "components", "cmps")).values():
        component = _either(_mapping(entry), "platform", "p")
        # one that has its platform only is taken away by this message
        if isinstance(component, str) and len(entry) > 1:
            yield from _home_assistant(component, {**shared, **entry}, _mapping(_either(document, "device", "dev")))


def _home_assistant(component: str, document: Mapping[str, Any], device: Mapping[str, Any]) -> Iterator[Finding]:
    told = _spelt_out(document)
    topic = told.get("state_topic")
    if not isinstance(topic, str) or "+" in topic or "#" in topic:
        return
    publisher = str(_mapping(told.get("origin")).get("name", "")).lower()
    if re.fullmatch(r"(tele|stat)/.*|.*/(SENSOR|STATE|RESULT)", topic) or publisher in _KNOWN_OTHERWISE:
        return
    unit = told.get("unit_of_measurement")
    offer = Offer(unit if isinstance(unit, str) else "", binary=component == "binary_sensor")
    match = _ESPHOME.fullmatch(topic)
    if match is not None and told.get("availability_topic", f"{match['node']}/status") == f"{match['node']}/status":
        kind = {"switch": "switch", "fan": "switch", "valve": "switch", "cover": "motor"}.get(match[3])
        versions = _either(device, "model", "mdl"), _either(device, "sw_version", "sw")
        title = " ".join(str(part) for part in versions if part)
        made = replace(offer, output=kind)
        yield Finding(match["node"], "esphome", {"topic": match["node"]}, {match["entity"]: made}, title)
        return
    if component == "sensor" or (component == "binary_sensor" and _in_usual_words(told)):
        yield from _plain(told, device, topic, offer)
    elif component == "switch" and isinstance(told.get("command_topic"), str):
        yield from _plain_switch(told, device, topic)


def _in_usual_words(told: Mapping[str, Any]) -> bool:
    """Whether something that is on or off says so in words that count as numbers."""
    words = (told.get("payload_on", "ON"), told.get("payload_off", "OFF"))
    return all(number(word) in (0.0, 1.0) for word in words)


def _path(told: Mapping[str, Any]) -> str | None:
    """Where in its JSON a value is by a simple template, "" for one that is the whole payload.

    None for other templates: they are programs, which nobody here runs.
    """
    template = told.get("value_template")
    if not isinstance(template, str) or _WHOLE.fullmatch(template.strip()):
        return ""
    match = _TEMPLATE.fullmatch(template.strip())
    return None if match is None else ".".join(_STEP.findall(match["path"]))


def _plain(told: Mapping[str, Any], device: Mapping[str, Any], topic: str, offer: Offer) -> Iterator[Finding]:
    """A value anywhere, by its topic and a simple template."""
    path = _path(told)
    if path is None:
        return
    value: dict[str, object] = {"topic": topic}
    if path:
        value["path"] = path
    if offer.unit in UNITS and offer.unit:
        value["unit"] = offer.unit
    names = (told.get(key) for key in ("object_id", "name", "device_class", "unique_id"))
    name = _slug(next((name for name in names if isinstance(name, str) and name), topic.rpartition("/")[2]))
    options: dict[str, object] = {"values": {name: value}, **_availability(told)}
    title = str(_either(device, "model", "mdl") or "")
    yield Finding(_device_name(device, topic), "json", options, {name: offer}, title)


def _plain_switch(told: Mapping[str, Any], device: Mapping[str, Any], topic: str) -> Iterator[Finding]:
    path = _path(told)
    if path is None or "command_template" in told:
        return
    state = path or "state"
    options: dict[str, object] = {"topic": topic, "command_topic": told["command_topic"], "state": state}
    words = (("payload_on", told.get("payload_on")), ("payload_off", told.get("payload_off")))
    options |= {key: str(word) for key, word in words if isinstance(word, (str, int, float))}
    options |= _availability(told)
    name = f"{_device_name(device, topic)} {told.get('name') or ''}".strip()
    yield Finding(name, "json", options, {state: Offer(output="switch")})


def _availability(told: Mapping[str, Any]) -> dict[str, object]:
    """The topic that says whether the device is there, where it says so in usual words."""
    topic, word = told.get("availability_topic"), told.get("payload_available", "online")
    usual = isinstance(word, str) and there(word.encode("utf-8", "replace"))
    return {"availability_topic": topic} if isinstance(topic, str) and usual else {}


def _spelt_out(document: Mapping[str, Any]) -> dict[str, Any]:
    """With long names, "~" replaced, and the only entry of `availability` in its place."""
    base = document.get("~")
    told = {_LONG.get(key, key): _based(value, base) for key, value in document.items()}
    said = _either(told, "availability", "avty")
    entries = said if isinstance(said, list) else [said]
    if len(entries) == 1 and "availability_topic" not in told:
        entry = _mapping(entries[0])
        told["availability_topic"] = _either(entry, "topic", "t")
        told["payload_available"] = _either(entry, "payload_available", "pl_avail") or "online"
    return told


def _based(value: Any, base: object) -> Any:
    """With the base topic in place of "~", at either end, in whatever is inside as well."""
    if isinstance(value, list):
        return [_based(each, base) for each in value]
    if isinstance(value, dict):
        return {key: _based(each, base) for key, each in value.items()}
    if not isinstance(value, str) or not isinstance(base, str) or value == "~":
        return value
    return base + value[1:] if value.startswith("~") else value[:-1] + base if value.endswith("~") else value


def _device_name(device: Mapping[str, Any], topic: str) -> str:
    name = device.get("name")
    return name if isinstance(name, str) and name else topic.partition("/")[0]


# LoRaWAN


_STATES = ("on", "off", "open", "close", "closed")  # what codecs say of relays and valves


def _uplink(profile: str, topic: str, document: Mapping[str, Any], fields: object, prefix: str) -> list[Finding]:
    offers = {f"{prefix}{path}": Offer(value=value) for path, value in _numbers(fields)}
    told = _mapping(document.get("deviceInfo")) or _mapping(document.get("end_device_ids"))
    name = str(told.get("deviceName") or told.get("device_id") or topic.split("/")[3])
    title = str(told.get("deviceProfileName", ""))
    states = [f"{prefix}{key}" for key, value in _mapping(fields).items() if str(value).lower() in _STATES]
    if states:
        title = f"{title}; to command {', '.join(states)} see outputs in drivers/mqtt/README.md".removeprefix("; ")
    return [Finding(name, profile, {"topic": topic}, offers, title)]


# Shelly


def shelly(prefix: str, status: bytes) -> Finding | None:
    """A device from its answer to Shelly.GetStatus."""
    told = _mapping(_mapping(decode(status)).get("result"))
    offers: dict[str, Offer] = {}
    for component, state in told.items():
        kind, colon, _ = component.partition(":")
        if not colon or not isinstance(state, dict):
            continue
        if kind in ("switch", "cover"):
            offers[component] = Offer(output="switch" if kind == "switch" else "motor")
        wanted = ("apower", "voltage", "current", "current_pos", "tC", "rh", "battery.percent")
        for path, value in _numbers(state):
            if path in wanted or (path == "state" and kind == "input"):
                offers[f"{component}.{path}"] = Offer(value=value)
    return Finding(prefix, "shelly", {"topic": prefix}, offers, "Shelly") if offers else None


# small helps


def _numbers(document: object, depth: int = 0) -> Iterator[tuple[str, float]]:
    """Every number in a document by its path."""
    if not isinstance(document, dict) or depth > _DEEPEST:
        return
    for index, (key, value) in enumerate(document.items()):
        if index >= _MOST or "." in key or not key or re.search(r"[\s/]", key):
            continue
        if isinstance(value, (int, float)) and abs(value) <= BIGGEST:
            yield key, float(value)
        else:
            yield from ((f"{key}.{below}", number) for below, number in _numbers(value, depth + 1))


def _join(findings: Iterator[Finding]) -> list[Finding]:
    joined: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        known = joined.get(finding.key)
        joined[finding.key] = finding if known is None else known.joined(finding)
    return list(joined.values())


def numbered(name: str) -> Iterator[str]:
    """The name, and then with 2, 3 and so on behind it."""
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "value"


def _either(document: Mapping[str, Any], long: str, short: str) -> Any:
    return document.get(long, document.get(short))


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
