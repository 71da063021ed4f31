"""All exchanges of heat and vapour in the compartment, as a system of linear equations for its next state.

Every flow is a conductance times a difference of the *new* values, the conductances being those of the old ones, so
that the fast states (air, screens, cover, vapour: a minute and less) are stable at any length of step, and what leaves
one place arrives at the other to the last bit. What comes from outside is kept apart by what drives it (`lit` by the
sun, `to_sky` by the sky, `to_air` by the air outside), so that a step can follow the weather within its length.

Equations by their number in Vanthoor (2011), those of lamps and the second screen after Katzin (2021), table 7.4.
"""

from __future__ import annotations

import math
from collections.abc import MutableSequence, Sequence

from . import constants as k
from . import controls as c
from . import parameters as par
from . import states as s
from .crop import stomata
from .moist_air import saturation, saturation_slope, vapour_density
from .optics import nir_in_canopy, par_in_canopy, through_layers
from .ventilation import past_screen, through_openings

(LAMP, PIPE, SHADE, THERMAL, FLOOR, COVER, TOP, WET_TOP, CANOPY, AIR, WET) = range(11)
"""The unknowns: temperatures, and vapour as the pressure (Pa) that it would have at the old temperature."""

UNKNOWNS = 11

(COVER_OUTSIDE, SOIL) = range(UNKNOWNS, UNKNOWNS + 2)
"""These hang on one neighbour each and are eliminated by hand: the outside of the cover, and five layers of soil."""

NODES = UNKNOWNS + 6

DOOR_LEAKAGE = 14.0
"""Times the leakage of the closed house that an open door adds to it; assumed: cold air for another 4 W/(m²·K) in a
Venlo house and a usual wind."""

# what the parts of a step tell each other, by place in one flat vector
(
    LEAF_AREA,
    GAPS,  # share of thermal radiation that passes between the leaves
    LIGHT,  # W/m² above the canopy
    PAR_ABOVE,  # W/m² of sunlight
    PAR_CANOPY,  # W/m² of sunlight
    LAMP_CANOPY,  # W/m² of the lamps' PAR
    SUN_GAIN,  # of the sun's radiation, absorbed anywhere
    ROOF_FLOW,  # m³/(m²·s)
    OUT_FLOW,  # m³/(m²·s), directly from below the screens
    SCREEN_FLOW,  # m³/(m²·s)
    HEC_THERMAL,  # W/(m²·K), air to screen
    HEC_SHADE,
    HEC_COVER,  # W/(m²·K), top to cover
    EVAPORATION,  # kg/(m²·s·Pa), leaf to air
    EVAPORATION_PRESSURE,  # Pa, saturation at the leaf
    ON_THERMAL,  # kg/(m²·s·Pa), condensation
    ON_THERMAL_PRESSURE,
    ON_SHADE,
    ON_SHADE_PRESSURE,
    ON_COVER,
    ON_COVER_PRESSURE,
    FOG_DRIED,  # kg/(m²·s)
    FOG_FALLEN,  # kg/(m²·s)
    PHOTONS,  # µmol/(m²·s) above the canopy
    NOTES,
) = range(25)


def couple(matrix: MutableSequence[float], one: int, other: int, conductance: float) -> None:
    """An exchange between two unknowns, W/(m²·K)."""
    matrix[one * UNKNOWNS + one] += conductance
    matrix[other * UNKNOWNS + other] += conductance
    matrix[one * UNKNOWNS + other] -= conductance
    matrix[other * UNKNOWNS + one] -= conductance


def couple_out(matrix: MutableSequence[float], outwards: MutableSequence[float], one: int, conductance: float) -> None:
    """An exchange of an unknown with something outside, W/(m²·K)."""
    matrix[one * UNKNOWNS + one] += conductance
    outwards[one] += conductance


def radiance(one: float, other: float) -> float:
    """Conductance (W/(m²·K)) of black-body exchange between two temperatures in °C: exact for these two (8.38)."""
    x, y = one + k.KELVIN, other + k.KELVIN
    return k.STEFAN_BOLTZMANN * (x * x + y * y) * (x + y)


def shine(
    sun: float,
    control: Sequence[float],
    p: Sequence[float],
    lit: MutableSequence[float],
    source: MutableSequence[float],
    notes: MutableSequence[float],
) -> None:
    """Light of the sun and the lamps, as heat where it is absorbed (8.26-8.37; 7.5-7.12).

    `sun` is the global radiation outside, W/m² on the level; `lit` gets the share of it that each node absorbs,
    `source` the W/m² from the lamps.
    """
    leaf_area = notes[LEAF_AREA]
    beyond_par = math.exp(-p[par.LEAF_PAR_EXTINCTION] * leaf_area)
    beyond_nir = math.exp(-p[par.LEAF_NIR_EXTINCTION] * leaf_area)
    light = par_above = par_canopy = lamp_canopy = gained = 0.0
    if sun > 0.0:
        t_par, roof_par, thermal_par, shade_par, lamps_par, _ = through_layers(
            p[par.COVER_PAR_TRANSMISSION],
            p[par.COVER_PAR_REFLECTION],
            p[par.THERMAL_SCREEN_PAR_TRANSMISSION],
            p[par.THERMAL_SCREEN_PAR_REFLECTION],
            control[c.THERMAL_SCREEN],
            p[par.SHADE_SCREEN_PAR_TRANSMISSION],
            p[par.SHADE_SCREEN_PAR_REFLECTION],
            control[c.SHADE_SCREEN],
            p[par.LAMP_AREA],
        )
        t_nir, roof_nir, thermal_nir, shade_nir, lamps_nir, back_nir = through_layers(
            p[par.COVER_NIR_TRANSMISSION],
            p[par.COVER_NIR_REFLECTION],
            p[par.THERMAL_SCREEN_NIR_TRANSMISSION],
            p[par.THERMAL_SCREEN_NIR_REFLECTION],
            control[c.THERMAL_SCREEN],
            p[par.SHADE_SCREEN_NIR_TRANSMISSION],
            p[par.SHADE_SCREEN_NIR_REFLECTION],
            control[c.SHADE_SCREEN],
            p[par.LAMP_AREA],
        )
        red, infrared = k.PAR_SHARE, k.NIR_SHARE
        by_frame = p[par.AIR_SUN_ABSORBED]
        onto = 1 - by_frame
        par_share, par_floor = par_in_canopy(
            onto * t_par * red, p[par.LEAF_PAR_REFLECTION], p[par.FLOOR_PAR_REFLECTION], beyond_par
        )
        nir_canopy, nir_floor = nir_in_canopy(
            t_nir, back_nir, p[par.LEAF_NIR_REFLECTION], p[par.FLOOR_NIR_REFLECTION], beyond_nir
        )
        par_above = sun * onto * t_par * red
        par_canopy = sun * par_share
        light = sun * onto * (t_par * red + t_nir * infrared)
        lit[COVER_OUTSIDE] = roof_par * red + roof_nir * infrared
        lit[CANOPY] = par_share + onto * nir_canopy * infrared
        lit[FLOOR] = par_floor + onto * nir_floor * infrared
        lit[AIR] = by_frame * (t_par * red + (nir_canopy + nir_floor) * infrared)
        lit[THERMAL] = thermal_par * red + thermal_nir * infrared
        lit[SHADE] = shade_par * red + shade_nir * infrared
        lit[LAMP] = lamps_par * red + lamps_nir * infrared
        gained = lit[COVER_OUTSIDE] + lit[CANOPY] + lit[FLOOR] + lit[AIR] + lit[THERMAL] + lit[SHADE] + lit[LAMP]
    power = control[c.LAMP] * p[par.LAMP_POWER]
    if power > 0.0:
        red, infrared = p[par.LAMP_PAR_SHARE] * power, p[par.LAMP_NIR_SHARE] * power
        lamp_canopy, par_floor = par_in_canopy(red, p[par.LEAF_PAR_REFLECTION], p[par.FLOOR_PAR_REFLECTION], beyond_par)
        nir_canopy = infrared * (1 - p[par.LEAF_NIR_REFLECTION]) * (1 - beyond_nir)
        nir_floor = infrared * (1 - p[par.FLOOR_NIR_REFLECTION]) * beyond_nir
        source[CANOPY] += lamp_canopy + nir_canopy
        source[FLOOR] += par_floor + nir_floor
        source[AIR] += red + infrared - lamp_canopy - nir_canopy - par_floor - nir_floor
        source[LAMP] += power - red - infrared - p[par.LAMP_COOLING_SHARE] * power
        light += red + infrared
    notes[LIGHT], notes[PAR_ABOVE] = light, par_above
    notes[PAR_CANOPY], notes[LAMP_CANOPY] = par_canopy, lamp_canopy
    notes[SUN_GAIN] = gained


def radiate(
    sky: float,
    state: Sequence[float],
    control: Sequence[float],
    p: Sequence[float],
    matrix: MutableSequence[float],
    to_sky: MutableSequence[float],
    notes: Sequence[float],
) -> None:
    """Thermal radiation between all surfaces and the sky (table 8.3; 7.4)."""
    closed, shade_closed = control[c.THERMAL_SCREEN], control[c.SHADE_SCREEN]
    past_thermal = 1 - closed * (1 - p[par.THERMAL_SCREEN_FIR_TRANSMISSION])
    past_shade = 1 - shade_closed * (1 - p[par.SHADE_SCREEN_FIR_TRANSMISSION])
    past_lamps = 1 - p[par.LAMP_AREA]
    cover, through = p[par.COVER_EMISSION], p[par.COVER_FIR_TRANSMISSION]
    thermal, shade = p[par.THERMAL_SCREEN_FIR_EMISSION], p[par.SHADE_SCREEN_FIR_EMISSION]
    gaps = notes[GAPS]
    canopy = 1 - gaps
    pipe = p[par.PIPE_AREA] * p[par.PIPE_EMISSION]
    open_floor = 1 - k.PIPE_VIEW * p[par.PIPE_AREA]
    floor = p[par.FLOOR_EMISSION]

    t_canopy, t_floor, t_pipe = state[s.CANOPY], state[s.FLOOR], state[s.PIPE]
    t_cover, t_thermal, t_shade = state[s.COVER_INSIDE], state[s.THERMAL_SCREEN], state[s.SHADE_SCREEN]

    couple(matrix, CANOPY, FLOOR, canopy * floor * open_floor * radiance(t_canopy, t_floor))
    # what looks upwards sees the cover and the sky through it, past lamps and screens
    up = past_lamps * past_shade * past_thermal
    from_canopy, from_floor, from_pipe = canopy * up, floor * open_floor * gaps * up, pipe * k.PIPE_VIEW * gaps * up
    couple(matrix, CANOPY, COVER, from_canopy * cover * radiance(t_canopy, t_cover))
    couple(matrix, FLOOR, COVER, from_floor * cover * radiance(t_floor, t_cover))
    couple_out(matrix, to_sky, CANOPY, from_canopy * through * radiance(t_canopy, sky))
    couple_out(matrix, to_sky, FLOOR, from_floor * through * radiance(t_floor, sky))
    if pipe > 0.0:
        couple(matrix, PIPE, COVER, from_pipe * cover * radiance(t_pipe, t_cover))
        couple(matrix, PIPE, FLOOR, pipe * floor * k.PIPE_VIEW * radiance(t_pipe, t_floor))
        couple(matrix, PIPE, CANOPY, pipe * k.PIPE_VIEW * canopy * radiance(t_pipe, t_canopy))
        couple_out(matrix, to_sky, PIPE, from_pipe * through * radiance(t_pipe, sky))
    if closed > 0.0:
        seen = thermal * closed * past_lamps * past_shade
        couple(matrix, CANOPY, THERMAL, canopy * seen * radiance(t_canopy, t_thermal))
        couple(matrix, FLOOR, THERMAL, floor * open_floor * gaps * seen * radiance(t_floor, t_thermal))
        couple(matrix, PIPE, THERMAL, pipe * k.PIPE_VIEW * gaps * seen * radiance(t_pipe, t_thermal))
        couple(matrix, THERMAL, COVER, thermal * cover * closed * radiance(t_thermal, t_cover))
        couple_out(matrix, to_sky, THERMAL, thermal * closed * through * radiance(t_thermal, sky))
    if shade_closed > 0.0:
        seen = shade * shade_closed * past_lamps
        couple(matrix, CANOPY, SHADE, canopy * seen * radiance(t_canopy, t_shade))
        couple(matrix, FLOOR, SHADE, floor * open_floor * gaps * seen * radiance(t_floor, t_shade))
        couple(matrix, PIPE, SHADE, pipe * k.PIPE_VIEW * gaps * seen * radiance(t_pipe, t_shade))
        couple(matrix, SHADE, COVER, shade * cover * shade_closed * past_thermal * radiance(t_shade, t_cover))
        couple(matrix, SHADE, THERMAL, shade * thermal * shade_closed * closed * radiance(t_shade, t_thermal))
        couple_out(matrix, to_sky, SHADE, shade * shade_closed * through * past_thermal * radiance(t_shade, sky))
    if p[par.LAMP_AREA] > 0.0:
        t_lamp = state[s.LAMP]
        above = p[par.LAMP_AREA] * p[par.LAMP_EMISSION_UP]
        below = p[par.LAMP_AREA] * p[par.LAMP_EMISSION_DOWN]
        couple(matrix, LAMP, COVER, above * cover * past_thermal * past_shade * radiance(t_lamp, t_cover))
        couple(matrix, LAMP, THERMAL, above * thermal * closed * past_shade * radiance(t_lamp, t_thermal))
        couple(matrix, LAMP, SHADE, above * shade * shade_closed * radiance(t_lamp, t_shade))
        couple(matrix, LAMP, CANOPY, below * canopy * radiance(t_lamp, t_canopy))
        couple(matrix, LAMP, PIPE, below * pipe * k.PIPE_VIEW * gaps * radiance(t_lamp, t_pipe))
        couple(matrix, LAMP, FLOOR, below * floor * open_floor * gaps * radiance(t_lamp, t_floor))
        couple_out(matrix, to_sky, LAMP, above * through * past_thermal * past_shade * radiance(t_lamp, sky))
    to_sky[COVER_OUTSIDE] = cover * radiance(state[s.COVER_OUTSIDE], sky)


def move_air(
    outside: float,
    wind: float,
    state: Sequence[float],
    control: Sequence[float],
    p: Sequence[float],
    notes: MutableSequence[float],
) -> None:
    """How much air passes the vents, the cracks and the screens (8.65-8.76; 7.37-7.38)."""
    air, top = state[s.AIR], state[s.TOP]
    closed, shade_closed = control[c.THERMAL_SCREEN], control[c.SHADE_SCREEN]
    warmth = abs(air - outside) / (0.5 * (air + outside) + k.KELVIN)
    roof, side = through_openings(
        control[c.ROOF_VENT] * p[par.VENTS_ROOF_AREA],
        p[par.VENTS_ROOF_HEIGHT],
        control[c.SIDE_VENT] * p[par.VENTS_SIDE_AREA],
        p[par.VENTS_SIDE_HEIGHT],
        p[par.VENTS_SIDE_TO_ROOF],
        p[par.VENTS_DISCHARGE],
        p[par.VENTS_WIND],
        warmth,
        wind,
        max(closed, shade_closed),
    )
    leakage = p[par.VENTS_LEAKAGE] * (1 + control[c.DOOR] * DOOR_LEAKAGE) * max(wind, 0.25)  # 8.71, and a door
    notes[ROOF_FLOW] = p[par.VENTS_NET] * roof + p[par.VENTS_LEAKAGE_TOP] * leakage
    out = p[par.VENTS_NET] * (side + control[c.FAN] * p[par.FAN_EXHAUST])
    notes[OUT_FLOW] = out + (1 - p[par.VENTS_LEAKAGE_TOP]) * leakage
    density = p[par.DENSITY_TIMES_KELVIN] / (air + k.KELVIN)
    density_top = p[par.DENSITY_TIMES_KELVIN] / (top + k.KELVIN)
    difference = abs(air - top)
    flow = past_screen(closed, p[par.THERMAL_SCREEN_LEAKAGE], difference, density, density_top)
    if shade_closed > 0.0:
        flow = min(flow, past_screen(shade_closed, p[par.SHADE_SCREEN_LEAKAGE], difference, density, density_top))
    notes[SCREEN_FLOW] = flow


def convect(
    wind: float,
    state: Sequence[float],
    control: Sequence[float],
    p: Sequence[float],
    matrix: MutableSequence[float],
    to_air: MutableSequence[float],
    notes: MutableSequence[float],
) -> None:
    """Sensible heat between surfaces and air and with the air that moves (table 8.4; 7.31-7.33)."""
    air, top = state[s.AIR], state[s.TOP]
    couple(matrix, CANOPY, AIR, 2 * p[par.LEAF_CONVECTION] * notes[LEAF_AREA])
    rise = state[s.FLOOR] - air
    couple(matrix, FLOOR, AIR, 1.7 * math.pow(rise, 0.33) if rise > 0 else 1.3 * math.pow(-rise, 0.25))
    if p[par.PIPE_AREA] > 0.0:
        couple(matrix, PIPE, AIR, 1.99 * p[par.PIPE_AREA] * math.pow(abs(state[s.PIPE] - air), 0.32))
    couple(matrix, LAMP, AIR, p[par.LAMP_CONVECTION])
    notes[HEC_THERMAL] = notes[HEC_SHADE] = 0.0
    closed, shade_closed = control[c.THERMAL_SCREEN], control[c.SHADE_SCREEN]
    if closed > 0.0:
        screen = state[s.THERMAL_SCREEN]
        notes[HEC_THERMAL] = k.SCREEN_CONVECTION * closed * math.pow(abs(air - screen), 0.33)
        couple(matrix, AIR, THERMAL, notes[HEC_THERMAL])
        couple(matrix, THERMAL, TOP, k.SCREEN_CONVECTION * closed * math.pow(abs(screen - top), 0.33))
    if shade_closed > 0.0:
        screen = state[s.SHADE_SCREEN]
        notes[HEC_SHADE] = k.SCREEN_CONVECTION * shade_closed * math.pow(abs(air - screen), 0.33)
        couple(matrix, AIR, SHADE, notes[HEC_SHADE])
        couple(matrix, SHADE, TOP, k.SCREEN_CONVECTION * shade_closed * math.pow(abs(screen - top), 0.33))
    inside = p[par.COVER_CONVECTION_INSIDE] * p[par.COVER_AREA]
    notes[HEC_COVER] = inside * math.pow(abs(top - state[s.COVER_INSIDE]), 0.33)
    couple(matrix, TOP, COVER, notes[HEC_COVER])
    blown = p[par.COVER_CONVECTION_WIND] * math.pow(wind, p[par.COVER_CONVECTION_EXPONENT])
    to_air[COVER_OUTSIDE] = p[par.COVER_AREA] * (p[par.COVER_CONVECTION_STILL] + blown)
    heat = p[par.HEAT_OF_AIR]
    couple(matrix, AIR, TOP, heat * notes[SCREEN_FLOW])
    couple_out(matrix, to_air, AIR, heat * notes[OUT_FLOW])
    couple_out(matrix, to_air, TOP, heat * notes[ROOF_FLOW])


def evaporate(
    matrix: MutableSequence[float],
    source: MutableSequence[float],
    surface: int,
    vapour: int,
    conductance: float,
    temperature: float,
    pressure: float,
) -> None:
    """Vapour from a wet surface into air (or, the other way, condensation), with the heat it takes along.

    `conductance` in kg/(m²·s·Pa), `temperature` the surface's old one and `pressure` saturation there. The saturation
    pressure follows the surface's new temperature along the tangent; heat and vapour use the same line, so that none is
    lost.
    """
    slope = saturation_slope(temperature, pressure)
    heat = k.LATENT * conductance
    rest = heat * (pressure - slope * temperature)
    matrix[surface * UNKNOWNS + surface] += heat * slope
    matrix[surface * UNKNOWNS + vapour] -= heat
    source[surface] -= rest
    matrix[vapour * UNKNOWNS + vapour] += heat
    matrix[vapour * UNKNOWNS + surface] -= heat * slope
    source[vapour] += rest


def evaporated(conductance: float, old: float, pressure: float, new: float, vapour: float) -> float:
    """What `evaporate` stands for, kg/(m²·s), once the `new` temperature and the `vapour` pressure of air are known."""
    return conductance * (pressure + saturation_slope(old, pressure) * (new - old) - vapour)


def moisten(
    state: Sequence[float],
    control: Sequence[float],
    p: Sequence[float],
    matrix: MutableSequence[float],
    to_air: MutableSequence[float],
    source: MutableSequence[float],
    notes: MutableSequence[float],
) -> None:
    """Transpiration, condensation, fog and the vapour that moves with the air (8.42-8.52, 8.64).

    What `to_air` says of vapour is driven by its density outside (kg/m³).
    """
    air, canopy = state[s.AIR], state[s.CANOPY]
    dense, dense_top = vapour_density(1.0, air), vapour_density(1.0, state[s.TOP])
    pressure, pressure_top = state[s.VAPOUR] / dense, state[s.VAPOUR_TOP] / dense_top

    co2 = state[s.CO2] * p[par.CO2_PPM] * (air + k.KELVIN)
    at_leaf = saturation(canopy)
    resistance = stomata(notes[LIGHT], co2, at_leaf - pressure, p)
    boundary = p[par.STOMATA_BOUNDARY] / (1 + p[par.FAN_STIRRING] * control[c.FAN])
    water = state[s.SLAB_WATER] / p[par.SLAB_VOLUME]
    wilting = 0.01 * p[par.SLAB_WILTING]
    supplied = min(max((water - wilting) / (0.01 * p[par.SLAB_STRESS] - wilting), 0.0), 1.0)
    conductance = 2 * p[par.HEAT_OF_AIR] * notes[LEAF_AREA]
    conductance *= supplied / (k.LATENT * k.PSYCHROMETRIC * (boundary + resistance))  # 8.48
    notes[EVAPORATION], notes[EVAPORATION_PRESSURE] = conductance, at_leaf
    evaporate(matrix, source, CANOPY, WET, conductance, canopy, at_leaf)

    notes[ON_THERMAL] = notes[ON_SHADE] = notes[ON_COVER] = 0.0
    if notes[HEC_THERMAL] > 0.0:
        screen = state[s.THERMAL_SCREEN]
        notes[ON_THERMAL_PRESSURE] = saturation(screen)
        if pressure > notes[ON_THERMAL_PRESSURE]:
            notes[ON_THERMAL] = k.CONDENSATION * notes[HEC_THERMAL]
            evaporate(matrix, source, THERMAL, WET, notes[ON_THERMAL], screen, notes[ON_THERMAL_PRESSURE])
    if notes[HEC_SHADE] > 0.0:
        screen = state[s.SHADE_SCREEN]
        notes[ON_SHADE_PRESSURE] = saturation(screen)
        if pressure > notes[ON_SHADE_PRESSURE]:
            notes[ON_SHADE] = k.CONDENSATION * notes[HEC_SHADE]
            evaporate(matrix, source, SHADE, WET, notes[ON_SHADE], screen, notes[ON_SHADE_PRESSURE])
    cover = state[s.COVER_INSIDE]
    notes[ON_COVER_PRESSURE] = saturation(cover)
    if pressure_top > notes[ON_COVER_PRESSURE]:
        notes[ON_COVER] = k.CONDENSATION * notes[HEC_COVER]
        evaporate(matrix, source, COVER, WET_TOP, notes[ON_COVER], cover, notes[ON_COVER_PRESSURE])

    fog = control[c.FOGGER] * p[par.FOGGER_RATE]
    notes[FOG_DRIED] = notes[FOG_FALLEN] = 0.0
    if fog > 0.0:  # droplets dry on their way down if the air can take them up
        deficit = saturation(air) - pressure
        notes[FOG_DRIED] = fog * min(max(deficit / p[par.FOGGER_FULL_DEFICIT], 0.0), 1.0)
        notes[FOG_FALLEN] = fog - notes[FOG_DRIED]
        source[AIR] -= k.LATENT * notes[FOG_DRIED]
        source[WET] += k.LATENT * notes[FOG_DRIED]

    flow, out, roof = notes[SCREEN_FLOW], notes[OUT_FLOW], notes[ROOF_FLOW]
    matrix[WET * UNKNOWNS + WET] += k.LATENT * dense * (flow + out)
    matrix[WET * UNKNOWNS + WET_TOP] -= k.LATENT * dense_top * flow
    matrix[WET_TOP * UNKNOWNS + WET_TOP] += k.LATENT * dense_top * (flow + roof)
    matrix[WET_TOP * UNKNOWNS + WET] -= k.LATENT * dense * flow
    to_air[WET] = k.LATENT * out
    to_air[WET_TOP] = k.LATENT * roof
