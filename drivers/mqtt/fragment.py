"""What a scan of a broker has found, as a fragment of site.yaml: every point named, its unit set. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from controller.model.errors import NOWHERE, ConfigError
from controller.model.ports import Source
from controller.model.units import QUANTITIES, UNITS, Quantity, likeliest, quantity_of, unit
from drivers.options import Options

from .discovery import Finding, Offer, numbered
from .formats import FORMATS

_SPELLINGS = {"uS/cm": "µS/cm", "μS/cm": "µS/cm", "l": "L", "hpa": "hPa", "W/m2": "W/m²"}
_QUANTITIES = {
    # what is measured where the name does not say it in our words
    "conduct_soil": "ec",
    "conductivity": "ec",
    "soil_conductivity": "ec",
    "moisture": "water_content",
    "soil_moisture": "water_content",
    "vwc": "water_content",
    "water_soil": "water_content",
}
_SYMBOL = re.compile(r"[\w°µ²³/·()]+")
_WORD = re.compile(r"[A-Za-z_][\w.\-]*([/:][\w.\-]+)*")


def fragment(
    url: str, findings: Sequence[Finding], username: str | None = None, others: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The bus, the devices and the sensors of what was found at this broker, to which we are `username`.

    `others` are the other options of the bus.
    """
    lines = ["buses:", "  broker:", "    driver: mqtt", f"    url: {_scalar(url)}"]
    if username is not None:
        lines += [f"    username: {_scalar(username)}", "    password: ${MQTT_PASSWORD}"]
    lines += [f"    {key}: {_scalar(value)}" for key, value in others.items()]
    lines.append("devices:")
    sensors: list[str] = []
    taken: set[str] = set()
    for finding in findings:
        name = _free(slug(finding.name), taken)
        taken.add(name)
        device, special = _device(name, finding)
        lines += device
        sensors += special
    if not findings:
        lines[-1] = "devices: {}"
    return "\n".join([*lines, *(["sensors:", *sensors] if sensors else [])]) + "\n"


def slug(name: str) -> str:
    """A name as site.yaml takes it: small letters, digits and underscores."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return text if text[:1].isalpha() else f"device_{text}".rstrip("_")


def _device(name: str, finding: Finding) -> tuple[list[str], list[str]]:
    """The device's lines, and those of its sensors whose names or sources do not say what they measure."""
    lines = [f"  {name}:" + (f"  # {_comment(finding.title)}" if finding.title else "")]
    lines += ["    bus: broker", f"    profile: {finding.profile}"]
    lines += [f"    {key}: {_value(value)}" for key, value in finding.options.items()]
    sensors: list[str] = []
    points: list[str] = []
    taken: set[str] = set()
    for source, offer in finding.offers.items():
        delivered = _delivered(finding, source)
        known = None if delivered is None else _point(source, offer, delivered)
        if delivered is None or known is None:
            points.append(f"      # {_comment(source)} cannot be a source" + _in(offer))
            continue
        quantity, word = known
        point = _free(f"{name}.{word}", taken)
        taken.add(point)
        points.append(f"      {point}: {_scalar(source)}" + _shown(offer))
        if quantity is not None and (special := _sensor(point, quantity, offer, delivered)):
            sensors.append(special)
    lines += ["    points:", *points] if taken else [*points, "    points: {}"]
    return lines, sensors


def _delivered(finding: Finding, source: str) -> Source | None:
    """What the driver will say of this source."""
    kind = FORMATS[finding.profile]
    try:
        found = kind(Options(finding.options, {}, NOWHERE, finding.profile, kind.OPTIONS)).source(source)
    except ConfigError:
        return None
    return found if isinstance(found, Source) else None


def _point(source: str, offer: Offer, delivered: Source) -> tuple[Quantity | None, str] | None:
    """What a source measures (None for an output), and the last word of its point's name; None where nothing here has
    its unit.
    """
    if delivered.output is not None:
        return None, "motor" if delivered.output == "motor" else "relay"
    word = slug(re.split(r"[./:]", source)[-1])
    said = _unit(offer, delivered)
    dimension = unit(said).dimension
    named = QUANTITIES.get(_QUANTITIES.get(word, "")) or quantity_of(f"x.{word}")
    if named is not None and named.unit.dimension == dimension:
        return named, word
    if not said:
        return QUANTITIES["state" if offer.binary else "number"], word
    best = likeliest(dimension)
    return None if best is None else (best, word)


def _sensor(point: str, quantity: Quantity, offer: Offer, delivered: Source) -> str:
    said: Mapping[str, str] = {
        **({} if quantity_of(point) is quantity else {"quantity": quantity.name}),
        **({} if _unit(offer, delivered) == delivered.unit else {"unit": _unit(offer, delivered)}),
    }
    return f"  {point}: {{{', '.join(f'{key}: {_scalar(value)}' for key, value in said.items())}}}" if said else ""


def _unit(offer: Offer, delivered: Source) -> str:
    """What the device says, where we know it; else what the driver takes it for."""
    said = _SPELLINGS.get(offer.unit, offer.unit)
    return unit(said).symbol if said in UNITS and said else delivered.unit


def _in(offer: Offer) -> str:
    return f": it is in {_comment(offer.unit)}" if offer.unit else ""


def _shown(offer: Offer) -> str:
    known = _SPELLINGS.get(offer.unit, offer.unit)
    if offer.unit and known not in UNITS:
        return f"  # in {_comment(offer.unit)}, which is no unit here"
    return "" if offer.value is None else f"  # {offer.value:g} at the moment"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_value(item)}" for key, item in value.items()) + "}"
    return _scalar(value)


def _scalar(value: object) -> str:
    """Plain where YAML cannot misunderstand it, else in quotes, where JSON is YAML."""
    text = str(value)
    plain = _WORD.fullmatch(text) or (text in UNITS and _SYMBOL.fullmatch(text))
    return text if plain else json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    return " ".join(text.split())[:80]


def _free(name: str, taken: set[str]) -> str:
    return next(each for each in numbered(name) if each not in taken)
