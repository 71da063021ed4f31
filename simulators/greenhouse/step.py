"""The step itself, and many of them in a row along the weather."""

from __future__ import annotations

import math
from collections.abc import MutableSequence, Sequence

from simulators.weather import table as w

from . import books as b
from . import climate as m
from . import constants as k
from . import controls as c
from . import parameters as par
from . import states as s
from .climate import convect, evaporated, moisten, move_air, radiate, shine
from .crop import grow, photosynthesis
from .moist_air import mist, vapour_density
from .outputs import observe
from .solve import eliminate


def hang_soil(
    dt: float, deep: float, state: Sequence[float], p: Sequence[float], ground: MutableSequence[float]
) -> tuple[float, float]:
    """Eliminate the soil from below: what the floor sees of it, as a conductance and a flow (8.4).

    `ground` keeps for each layer how its new temperature follows from that of the layer above.
    """
    capacity = p[par.SOIL_CAPACITY] * 16 / dt
    above = p[par.SOIL_SOIL] / 8
    below, flow = p[par.SOIL_SOIL] / 16, p[par.SOIL_SOIL] / 16 * deep
    for layer in range(4, -1, -1):
        if layer == 0:
            above = p[par.FLOOR_SOIL]
        whole = capacity + above + below
        given = capacity * state[s.SOIL_1 + layer] + flow
        ground[2 * layer] = given / whole
        ground[2 * layer + 1] = above / whole
        below, flow = above - above * above / whole, above * given / whole
        capacity *= 0.5
        above *= 2
    return below, flow


def step(
    dt: float,
    outside: Sequence[float],
    state: MutableSequence[float],
    control: Sequence[float],
    p: Sequence[float],
    book: MutableSequence[float],
    matrix: MutableSequence[float],
    right: MutableSequence[float],
    notes: MutableSequence[float],
    ground: MutableSequence[float],
) -> None:
    """Let `dt` s pass under the weather `outside` (a row of the weather table, that at the end of the step)."""
    out, sky, wind = outside[w.TEMPERATURE], outside[w.SKY], outside[w.WIND_SPEED]
    out_vapour = vapour_density(outside[w.VAPOUR_PRESSURE], out)
    leaf_area = p[par.LEAF_AREA_SPECIFIC] * state[s.LEAF]
    notes[m.LEAF_AREA] = leaf_area
    notes[m.GAPS] = math.exp(-p[par.LEAF_FIR_EXTINCTION] * leaf_area)
    canopy_capacity = p[par.LEAF_HEAT] * max(leaf_area, 0.01)

    # what is stored
    for place in range(m.UNKNOWNS * m.UNKNOWNS):
        matrix[place] = 0.0
    store(matrix, right, m.LAMP, p[par.LAMP_HEAT] / dt, state[s.LAMP])
    store(matrix, right, m.PIPE, p[par.PIPE_CAPACITY] / dt, state[s.PIPE])
    store(matrix, right, m.SHADE, p[par.SHADE_SCREEN_CAPACITY] / dt, state[s.SHADE_SCREEN])
    store(matrix, right, m.THERMAL, p[par.THERMAL_SCREEN_CAPACITY] / dt, state[s.THERMAL_SCREEN])
    store(matrix, right, m.FLOOR, p[par.FLOOR_CAPACITY] / dt, state[s.FLOOR])
    store(matrix, right, m.COVER, p[par.COVER_CAPACITY] / dt, state[s.COVER_INSIDE])
    store(matrix, right, m.TOP, p[par.TOP_HEIGHT] * p[par.HEAT_OF_AIR] / dt, state[s.TOP])
    store(matrix, right, m.CANOPY, canopy_capacity / dt, state[s.CANOPY])
    store(matrix, right, m.AIR, p[par.AIR_HEIGHT] * p[par.HEAT_OF_AIR] / dt, state[s.AIR])
    air, top = state[s.AIR], state[s.TOP]
    dense, dense_top = vapour_density(1.0, air), vapour_density(1.0, top)
    matrix[m.WET * m.UNKNOWNS + m.WET] = k.LATENT * p[par.AIR_HEIGHT] * dense / dt
    right[m.WET] = k.LATENT * p[par.AIR_HEIGHT] * state[s.VAPOUR] / dt
    matrix[m.WET_TOP * m.UNKNOWNS + m.WET_TOP] = k.LATENT * p[par.TOP_HEIGHT] * dense_top / dt
    right[m.WET_TOP] = k.LATENT * p[par.TOP_HEIGHT] * state[s.VAPOUR_TOP] / dt

    # what flows
    shine(max(outside[w.RADIATION], 0.0), control, p, right, notes)
    radiate(sky, state, control, p, matrix, right, notes)
    move_air(out, wind, state, control, p, notes)
    convect(out, wind, state, control, p, matrix, right, notes)
    moisten(out_vapour, state, control, p, matrix, right, notes)
    pipe_heat = control[c.HEATER] * p[par.HEATER_PIPE_POWER]
    air_heat = control[c.HEATER] * p[par.HEATER_AIR_POWER]
    fan = control[c.FAN] * p[par.FAN_POWER]
    right[m.PIPE] += pipe_heat
    right[m.AIR] += air_heat + fan

    # the outside of the cover and the soil hang on one neighbour each
    through = p[par.COVER_CONDUCTANCE]
    whole = p[par.COVER_CAPACITY] / dt + through + notes[m.SKY_COVER] + notes[m.OUT_COVER]
    given = p[par.COVER_CAPACITY] / dt * state[s.COVER_OUTSIDE] + notes[m.COVER_GAIN]
    given += notes[m.SKY_COVER] * sky + notes[m.OUT_COVER] * out
    matrix[m.COVER * m.UNKNOWNS + m.COVER] += through - through * through / whole
    right[m.COVER] += through * given / whole
    conductance, flow = hang_soil(dt, outside[w.SOIL], state, p, ground)
    matrix[m.FLOOR * m.UNKNOWNS + m.FLOOR] += conductance
    right[m.FLOOR] += flow

    eliminate(m.UNKNOWNS, matrix, right)

    # what has flowed
    lost = 0.0
    for node in range(m.UNKNOWNS):
        if node != m.WET and node != m.WET_TOP and node != m.COVER and node != m.TOP and node != m.AIR:
            lost += notes[node] * (right[node] - sky)
    cover_outside = (given + through * right[m.COVER]) / whole
    book[b.SKY] += dt * (lost + notes[m.SKY_COVER] * (cover_outside - sky))
    book[b.COVER] += dt * notes[m.OUT_COVER] * (cover_outside - out)
    heat = p[par.HEAT_OF_AIR]
    roof_flow, out_flow, screen_flow = notes[m.ROOF_FLOW], notes[m.OUT_FLOW], notes[m.SCREEN_FLOW]
    book[b.VENTED_HEAT] += dt * heat * (out_flow * (right[m.AIR] - out) + roof_flow * (right[m.TOP] - out))
    vapour, vapour_top = right[m.WET] * dense, right[m.WET_TOP] * dense_top
    vented = dt * (out_flow * (vapour - out_vapour) + roof_flow * (vapour_top - out_vapour))
    book[b.VENTED_VAPOUR] += vented
    book[b.VENTED_LATENT] += k.LATENT * vented
    book[b.SUN] += dt * notes[m.SUN_GAIN]
    book[b.PIPE_HEAT] += dt * pipe_heat
    book[b.AIR_HEAT] += dt * air_heat
    book[b.FAN] += dt * fan
    lamps = control[c.LAMP] * p[par.LAMP_POWER]
    book[b.LAMP] += dt * lamps
    book[b.LAMP_COOLING] += dt * lamps * p[par.LAMP_COOLING_SHARE]

    leaf = dt * evaporated(notes[m.EVAPORATION], state[s.CANOPY], right[m.CANOPY], right[m.WET])
    transpired, dew = max(leaf, 0.0), max(-leaf, 0.0)
    condensed = evaporated(notes[m.ON_THERMAL], state[s.THERMAL_SCREEN], right[m.THERMAL], right[m.WET])
    condensed += evaporated(notes[m.ON_SHADE], state[s.SHADE_SCREEN], right[m.SHADE], right[m.WET])
    condensed += evaporated(notes[m.ON_COVER], state[s.COVER_INSIDE], right[m.COVER], right[m.WET_TOP])
    book[b.TRANSPIRED] += transpired
    book[b.FOGGED] += dt * (notes[m.FOG_DRIED] + notes[m.FOG_FALLEN])

    # new temperatures and vapour; mist where the air is more than saturated
    co2_ppm = state[s.CO2] * p[par.CO2_PPM] * (air + k.KELVIN)
    state[s.LAMP], state[s.PIPE] = right[m.LAMP], right[m.PIPE]
    state[s.SHADE_SCREEN], state[s.THERMAL_SCREEN] = right[m.SHADE], right[m.THERMAL]
    state[s.FLOOR], state[s.COVER_INSIDE] = right[m.FLOOR], right[m.COVER]
    state[s.COVER_OUTSIDE], state[s.CANOPY] = cover_outside, right[m.CANOPY]
    upper = right[m.FLOOR]
    for layer in range(5):
        upper = ground[2 * layer] + ground[2 * layer + 1] * upper
        state[s.SOIL_1 + layer] = upper
    book[b.GROUND] += dt * p[par.SOIL_SOIL] / 16 * (upper - outside[w.SOIL])
    warmed = mist(vapour, right[m.AIR], heat / k.LATENT)
    warmed_top = mist(vapour_top, right[m.TOP], heat / k.LATENT)
    state[s.AIR], state[s.TOP] = right[m.AIR] + warmed, right[m.TOP] + warmed_top
    state[s.VAPOUR] = vapour - warmed * heat / k.LATENT
    state[s.VAPOUR_TOP] = vapour_top - warmed_top * heat / k.LATENT
    fallen = (warmed * p[par.AIR_HEIGHT] + warmed_top * p[par.TOP_HEIGHT]) * heat / k.LATENT
    book[b.CONDENSED] += dt * (notes[m.FOG_FALLEN] - condensed) + dew + fallen

    # the crop, and CO2 in the two bodies of air
    photons = k.PHOTONS_PER_JOULE * notes[m.PAR_CANOPY] + p[par.LAMP_PHOTONS] * notes[m.LAMP_CANOPY]
    assimilated = photosynthesis(leaf_area, photons, state[s.CANOPY], co2_ppm, p)
    fixed = grow(dt, assimilated, state, p, book)
    grown = p[par.LEAF_HEAT] * max(p[par.LEAF_AREA_SPECIFIC] * state[s.LEAF], 0.01)
    book[b.GROWTH] += (grown - canopy_capacity) * state[s.CANOPY]
    above = k.PHOTONS_PER_JOULE * notes[m.PAR_ABOVE] + p[par.LAMP_PHOTONS] * p[par.LAMP_PAR_SHARE] * lamps
    notes[m.PHOTONS] = above
    book[b.PHOTONS] += 1e-6 * dt * above

    dosed = control[c.CO2] * p[par.CO2_RATE]
    out_co2 = outside[w.CO2] / (p[par.CO2_PPM] * (out + k.KELVIN))
    hold, hold_top = p[par.AIR_HEIGHT] / dt, p[par.TOP_HEIGHT] / dt
    whole_top = hold_top + screen_flow + roof_flow
    given_top = hold_top * state[s.CO2_TOP] + roof_flow * out_co2
    given_air = hold * state[s.CO2] + dosed - fixed + out_flow * out_co2 + screen_flow * given_top / whole_top
    carbon = given_air / (hold + out_flow + screen_flow - screen_flow * screen_flow / whole_top)
    carbon_top = (given_top + screen_flow * carbon) / whole_top
    state[s.CO2], state[s.CO2_TOP] = carbon, carbon_top
    book[b.CO2_DOSED] += dt * dosed
    book[b.CO2_FIXED] += dt * fixed
    book[b.CO2_VENTED] += dt * (out_flow * (carbon - out_co2) + roof_flow * (carbon_top - out_co2))

    water_slab(dt, transpired, state, control, p, book)


def store(
    matrix: MutableSequence[float], right: MutableSequence[float], node: int, capacity: float, old: float
) -> None:
    """Heat that a node keeps: `capacity` in W/(m²·K), its heat capacity over the length of the step."""
    matrix[node * m.UNKNOWNS + node] = capacity
    right[node] = capacity * old


def water_slab(
    dt: float,
    transpired: float,
    state: MutableSequence[float],
    control: Sequence[float],
    p: Sequence[float],
    book: MutableSequence[float],
) -> None:
    """Water and salts of the slab: dripped in, part of it straight through, taken up, and drained above its capacity.

    Roots take up salts at the crop's usual concentration, or at the slab's where that is less.
    """
    given = dt * control[c.IRRIGATION] * p[par.IRRIGATION_RATE]
    bypass = given * p[par.SLAB_BYPASS]
    water = state[s.SLAB_WATER] + given - bypass
    salt = state[s.SLAB_SALT] + (given - bypass) * p[par.IRRIGATION_EC]
    taken = transpired * min(p[par.UPTAKE_EC], salt / water)
    water -= transpired
    salt -= taken
    above = max(water - 0.01 * p[par.SLAB_CAPACITY] * p[par.SLAB_VOLUME], 0.0)
    drained = above * dt / (dt + p[par.SLAB_DRAIN_TIME])
    washed = salt * drained / water
    state[s.SLAB_WATER] = water - drained
    state[s.SLAB_SALT] = salt - washed
    book[b.IRRIGATED] += given
    book[b.DRAINED] += bypass + drained
    book[b.SALT_GIVEN] += given * p[par.IRRIGATION_EC]
    book[b.SALT_TAKEN] += taken
    book[b.SALT_DRAINED] += bypass * p[par.IRRIGATION_EC] + washed


def advance(
    begin: float,
    end: float,
    longest: float,
    weather: Sequence[float],
    interval: float,
    state: MutableSequence[float],
    control: Sequence[float],
    p: Sequence[float],
    book: MutableSequence[float],
    output: MutableSequence[float],
    matrix: MutableSequence[float],
    right: MutableSequence[float],
    notes: MutableSequence[float],
    ground: MutableSequence[float],
    outside: MutableSequence[float],
) -> None:
    """From `begin` to `end` (s after the weather's start) in equal steps of at most `longest` s.

    `weather` holds rows of the weather table, `interval` s apart; between them everything follows straight lines.
    Afterwards `output` shows what there is to see. `matrix`, `right`, `notes`, `ground` and `outside` are room to
    work in.
    """
    steps = math.ceil((end - begin) / longest - 1e-9)
    dt = (end - begin) / max(steps, 1)
    for number in range(1, steps + 1):
        look_outside((begin + number * dt) / interval, weather, outside)
        step(dt, outside, state, control, p, book, matrix, right, notes, ground)
    if steps == 0:
        look_outside(end / interval, weather, outside)
    observe(notes[m.PHOTONS], outside, state, p, book, output)


def look_outside(position: float, weather: Sequence[float], outside: MutableSequence[float]) -> None:
    """The weather at a place between two rows, counted in rows; the last row holds on."""
    row = max(min(int(position), len(weather) // w.WIDTH - 2), 0)
    share = min(position - row, 1.0)
    first = row * w.WIDTH
    for column in range(w.WIDTH):
        here = weather[first + column]
        outside[column] = here + share * (weather[first + w.WIDTH + column] - here)
