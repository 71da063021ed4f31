"""Names of the two files as people read them: air.temperature is the air temperature, roof_vent the roof vent."""

from __future__ import annotations

from controller.core.plan import placed
from controller.web.language import N_, Speech

_WORDS = {
    "air": N_("Air"),
    "outside": N_("Outside"),
    "slab": N_("Slab"),
    "soil": N_("Soil"),
    "leaf": N_("Leaf"),
    "pipe": N_("Pipe"),
    "water": N_("Water"),
    "bed": N_("Bed"),
    "drain": N_("Drain"),
    "temperature": N_("temperature"),
    "humidity": N_("humidity"),
    "co2": N_("CO2"),
    "vpd": N_("VPD"),
    "dew_point": N_("dew point"),
    "humidity_deficit": N_("humidity deficit"),
    "radiation": N_("radiation"),
    "radiation_sum": N_("radiation sum"),
    "ppfd": N_("light"),
    "dli": N_("daily light"),
    "wind_speed": N_("wind speed"),
    "wind_direction": N_("wind direction"),
    "rain": N_("rain"),
    "rainfall": N_("rainfall"),
    "water_content": N_("water content"),
    "ec": N_("EC"),
    "ph": N_("pH"),
    "flow": N_("flow"),
    "volume": N_("volume"),
    "pressure": N_("pressure"),
    "weight": N_("weight"),
    "level": N_("level"),
    "height": N_("height"),
    "power": N_("power"),
    "energy": N_("energy"),
    "position": N_("position"),
    "wetness": N_("wetness"),
    "roof_vent": N_("Roof vent"),
    "side_vent": N_("Side vent"),
    "vent": N_("Vent"),
    "shade_screen": N_("Shade screen"),
    "thermal_screen": N_("Thermal screen"),
    "energy_screen": N_("Energy screen"),
    "blackout_screen": N_("Blackout screen"),
    "screen": N_("Screen"),
    "heater": N_("Heater"),
    "boiler": N_("Boiler"),
    "fan": N_("Fan"),
    "fans": N_("Fans"),
    "fogger": N_("Fogger"),
    "irrigation": N_("Irrigation"),
    "valve": N_("Valve"),
    "co2_valve": N_("CO2 valve"),
    "lamp": N_("Lamp"),
    "lamps": N_("Lamps"),
    "pump": N_("Pump"),
    "drip": N_("Drip line"),
    "heating_temperature": N_("Heating temperature"),
    "ventilation_temperature": N_("Ventilation temperature"),
    "light_bonus": N_("Light bonus"),
    "shadow": N_("Shadow"),
    "night": N_("Night"),
    "morning": N_("Morning"),
    "day": N_("Day"),
    "evening": N_("Evening"),
}


def compartment_of(name: str, say: Speech) -> str:
    """The compartment that a name belongs to; "" where it is shared."""
    return placed(name, say.places)[0]


def label(name: str, say: Speech) -> str:
    """The name in words, or as it is written where one of its parts has no word; behind its compartment's."""
    compartment, rest = placed(name, say.places)
    place, words = say.places.get(compartment, ""), _in_words(rest, say)
    return f"{place} · {words}" if place else words


def _in_words(name: str, say: Speech) -> str:
    parts = []
    for part in name.split("."):
        words = _words(part, say)
        if words is None:
            return name
        parts.append(words)
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def _words(part: str, say: Speech) -> str | None:
    """A part like slab_a: the longest known word at its beginning, then short numbers or letters."""
    pieces = part.split("_")
    for end in range(len(pieces), 0, -1):
        known = _WORDS.get("_".join(pieces[:end]))
        rest = pieces[end:]
        if known is not None and all(piece.isdigit() or len(piece) == 1 for piece in rest):
            return " ".join([say(known), *(piece.upper() for piece in rest)])
    return None
