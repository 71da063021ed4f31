"""What a scan has found, as a fragment of site.yaml: every point named, its unit beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from controller.model.ports import Source
from controller.model.units import QUANTITIES, Quantity, likeliest, quantity_of, unit

from .options import SerialOptions
from .scan import Finding

_PARITIES = {"N": "none", "E": "even", "O": "odd"}
# what a source measures where its name does not say it
_QUANTITIES = {
    "flow": "volume",
    "input": "contact",
    "low_water_level": "contact",
    "high_temperature": "contact",
    "ppfd": "ppfd",
    "quantum": "ppfd",
    "rain_detector": "rain",
    "soil_moisture": "water_content",
}
_REMARKS = {"nutrient_supply": "# its own programme, once; area/1, area/2, ... are its zones"}
_SHORT = {"air_temperature": "temperature", "relative_humidity": "humidity", "solar_radiation": "radiation"}


def fragment(port: str, findings: Sequence[Finding], thorough: bool = True) -> str:
    """The buses, devices and sensors of what was found at this port; `thorough` where every line setting was tried."""
    links = list(dict.fromkeys(finding.link for finding in findings))
    names = {link: "rs485" if len(links) == 1 else _bus_name(link) for link in links}
    lines = ["buses:"]
    for link in links:
        lines += _bus(port, names[link], link)
        if link is not None and not thorough:
            lines.append("    # devices with other line settings have not been looked for: onsil scan --thorough does")
    lines.append("devices:")
    sensors: list[str] = []
    for finding in findings:
        device, special = _device(finding, names[finding.link], _device_name(finding, len(links) > 1))
        lines += device
        sensors += special
    if sensors:
        lines += ["sensors:", *sensors]
    return "\n".join(lines) + "\n"


def _bus_name(link: SerialOptions | None) -> str:
    return "network" if link is None else f"rs485_{link.baudrate}_{_PARITIES[link.parity]}"


def _bus(port: str, name: str, link: SerialOptions | None) -> Iterator[str]:
    yield f"  {name}:"
    yield "    driver: modbus"
    if link is None:
        yield f"    url: {port}"
        return
    yield f"    port: {port}"
    yield f"    baudrate: {link.baudrate}"
    if link.parity != "N":
        yield f"    parity: {_PARITIES[link.parity]}"


def _device_name(finding: Finding, settings_differ: bool) -> str:
    base = "node" if finding.profile.startswith("ks-") else finding.profile.replace("-", "_") or "unknown"
    speed = f"_{finding.link.baudrate}" if settings_differ and finding.link is not None else ""
    return f"{base}_{finding.address}{speed}"


def _device(finding: Finding, bus: str, name: str) -> tuple[list[str], list[str]]:
    """The device's lines, and those of its sensors whose names do not say what they measure."""
    if not finding.profile:
        return [f"  # address {finding.address}: {finding.note}"], []
    lines = [f"  {name}:".ljust(40) + f"# {finding.title}"]
    lines += [f"    bus: {bus}", f"    address: {finding.address}", f"    profile: {finding.profile}"]
    if finding.also:
        lines[-1] = lines[-1].ljust(40) + "# or " + ", ".join(finding.also)
    lines += [f"    {key}: {value}" for key, value in finding.options.items()]
    if finding.note:
        lines.append(f"    # {finding.note}")
    sensors = []
    taken: Counter[str] = Counter()
    points = []
    for source, offers in finding.sources.items():
        quantity, base = _point(source, offers)
        taken[base] += 1
        several = offers.output is not None or taken[base] > 1
        point = f"{name}.{base}" + (f"_{taken[base]}" if several else "")
        value = finding.values.get(source)
        shown = _REMARKS.get(base, "") if value is None else f"# {value:g} {offers.unit}".rstrip()
        points.append(f"      {point}: {source}".ljust(56) + shown)
        if quantity is not None and quantity_of(point) is not quantity:
            sensors.append(f"  {point}: {{quantity: {quantity.name}}}")
    lines += ["    points:", *(line.rstrip() for line in points)] if points else ["    points: {}"]
    return lines, sensors


def _point(source: str, offers: Source) -> tuple[Quantity | None, str]:
    """What a source measures (None for an output), and the last word of its point's name, its number left out."""
    base = source.partition("/")[0]
    if offers.output is not None:
        return None, base
    if base in _QUANTITIES:
        found = QUANTITIES[_QUANTITIES[base]]
        return found, found.name
    named = quantity_of(f"x.{base}")
    if named is not None and named.unit.dimension == unit(offers.unit).dimension:
        return named, _SHORT.get(base, base)
    dimension = unit(offers.unit).dimension
    if not offers.unit or dimension == unit("").dimension:
        return QUANTITIES["number"], base
    return likeliest(dimension) or QUANTITIES["number"], base
