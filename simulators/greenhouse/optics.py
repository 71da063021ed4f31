"""Sunlight through the cover, the screens and the lamps.

Layers from above: roof, thermal screen, shade screen, lamps; each reflects alike on both sides, lamps not at all. The
sums of all reflections between layers follow Vanthoor (2011), 8.14-8.15, as corrected by Katzin et al. (2020), A4-A6.
Unlike there each layer keeps what it absorbs itself, so that no light is counted twice.
"""

from __future__ import annotations


def through_layers(
    roof_transmission: float,
    roof_reflection: float,
    thermal_transmission: float,
    thermal_reflection: float,
    thermal_closed: float,
    shade_transmission: float,
    shade_reflection: float,
    shade_closed: float,
    lamp_area: float,
) -> tuple[float, float, float, float, float, float]:
    """Shares of the light that falls on the roof.

    Transmitted below the lamps; absorbed by roof, thermal screen, shade screen and lamps; and the share of light from
    below that the layers throw back.
    """
    t_thermal = 1 - thermal_closed * (1 - thermal_transmission)
    r_thermal = thermal_closed * thermal_reflection
    t_shade = 1 - shade_closed * (1 - shade_transmission)
    r_shade = shade_closed * shade_reflection
    t_lamps = 1 - lamp_area

    between_screens = 1 - r_thermal * r_shade
    r_screens = r_thermal + t_thermal * t_thermal * r_shade / between_screens
    onto_thermal = roof_transmission / (1 - roof_reflection * r_screens)
    onto_shade = onto_thermal * t_thermal / between_screens
    by_roof = (1 - roof_transmission - roof_reflection) * (1 + r_screens * onto_thermal)
    by_thermal = (1 - t_thermal - r_thermal) * (onto_thermal + r_shade * onto_shade)
    by_shade = (1 - t_shade - r_shade) * onto_shade
    by_lamps = lamp_area * t_shade * onto_shade

    r_below_thermal = r_thermal + t_thermal * t_thermal * roof_reflection / (1 - r_thermal * roof_reflection)
    r_below_shade = r_shade + t_shade * t_shade * r_below_thermal / (1 - r_shade * r_below_thermal)
    thrown_back = t_lamps * t_lamps * r_below_shade
    return t_lamps * t_shade * onto_shade, by_roof, by_thermal, by_shade, by_lamps, thrown_back


def par_in_canopy(above: float, reflection: float, floor_reflection: float, beyond: float) -> tuple[float, float]:
    """PAR absorbed by canopy and floor (W/m²) of `above` that comes down on the canopy, 8.26-8.29, 8.35.

    `beyond` is the share that the leaves let through.
    """
    by_canopy = above * (1 - reflection) * (1 - beyond) * (1 + beyond * floor_reflection)
    by_floor = above * (1 - floor_reflection) * beyond
    return by_canopy, by_floor


def nir_in_canopy(
    transmitted: float, thrown_back: float, reflection: float, floor_reflection: float, beyond: float
) -> tuple[float, float]:
    """Shares of the NIR on the roof that canopy and floor absorb after all reflections, 8.30-8.34.

    `transmitted` of it comes through the layers above the canopy, which throw back `thrown_back` of what returns;
    `beyond` is the share that the leaves let through.
    """
    canopy = reflection * (1 - beyond)
    between = 1 - canopy * floor_reflection
    below = canopy + beyond * beyond * floor_reflection / between
    onto_canopy = transmitted / (1 - thrown_back * below)
    by_floor = (1 - floor_reflection) * onto_canopy * beyond / between
    return onto_canopy * (1 - below) - by_floor, by_floor
