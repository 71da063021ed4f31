"""The step itself, and many of them in a row along the weather.

Two implicit stages with one matrix: the singly diagonally implicit Runge-Kutta method of second order that forgets what
is fast at once (Alexander, 1977). Each stage has the weather of its time; conductances are those at the start of the
step. What has flowed is the mean of both stages with the weights of the method, so that the books close to rounding.
"""

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
from .outputs import SIZE as OUTPUTS
from .outputs import observe
from .solve import factorise, substitute

GAMMA = 1 - math.sqrt(0.5)
"""Where the first stage stands within the step, and the weight of the second in what flows."""

BEYOND = (1 - GAMMA) / GAMMA
"""How far the second stage starts beyond the first."""

VAPOUR = w.WIDTH
"""Place of the density of vapour outside (kg/m³), behind a row of the weather table."""

CO2_MOLE = 44e-3
"""mg/µmol."""

MOST_TAKEN = 0.5
"""Of the CO2 in the air the crop takes no more than this share in one step; matters for steps of an hour only."""

MOVED = 0.1
"""A vent, a screen or the heater that has changed by more than this since the last call has just moved."""

SETTLING = 60.0
"""s: so long the house needs to get used to it."""

QUICKER = 3
"""Into so many parts a step is cut meanwhile."""

(STATE, CONTROL, PARAMETERS, BOOK, OUTPUT) = range(5)
(FIRST, LAST, MEAN, SETTLED, MATRIX, START, HOLD, SOURCE, LIT, TO_SKY, TO_AIR, GROUND, FLOW, NEW, NOTES, ROWS) = range(
    5, 21
)
"""The vectors that make up a house. After the five that matter to others: the weather of both stages and its mean; how
vents, screens and heater stood when last looked at; and what a step works with, node by node."""

WIDTH = max(s.SIZE, c.SIZE, par.SIZE, b.SIZE, OUTPUTS, w.WIDTH + 1, m.UNKNOWNS**2, m.NODES, m.NOTES)


def store(
    dt: float,
    state: Sequence[float],
    p: Sequence[float],
    matrix: MutableSequence[float],
    start: MutableSequence[float],
    hold: MutableSequence[float],
) -> None:
    """Begin the system of equations with what is stored: the values now, and capacities over a stage's length `dt`."""
    air, top = state[s.AIR], state[s.TOP]
    heat = p[par.HEAT_OF_AIR]
    moist, moist_top = k.LATENT * vapour_density(1.0, air), k.LATENT * vapour_density(1.0, top)
    hold[m.LAMP], start[m.LAMP] = p[par.LAMP_HEAT], state[s.LAMP]
    hold[m.PIPE], start[m.PIPE] = p[par.PIPE_CAPACITY], state[s.PIPE]
    hold[m.SHADE], start[m.SHADE] = p[par.SHADE_SCREEN_CAPACITY], state[s.SHADE_SCREEN]
    hold[m.THERMAL], start[m.THERMAL] = p[par.THERMAL_SCREEN_CAPACITY], state[s.THERMAL_SCREEN]
    hold[m.FLOOR], start[m.FLOOR] = p[par.FLOOR_CAPACITY], state[s.FLOOR]
    hold[m.COVER], start[m.COVER] = p[par.COVER_CAPACITY], state[s.COVER_INSIDE]
    hold[m.TOP], start[m.TOP] = p[par.TOP_HEIGHT] * heat, top
    hold[m.WET_TOP], start[m.WET_TOP] = p[par.TOP_HEIGHT] * moist_top, state[s.VAPOUR_TOP] * k.LATENT / moist_top
    hold[m.CANOPY], start[m.CANOPY] = canopy_capacity(state, p), state[s.CANOPY]
    hold[m.AIR], start[m.AIR] = p[par.AIR_HEIGHT] * heat, air
    hold[m.WET], start[m.WET] = p[par.AIR_HEIGHT] * moist, state[s.VAPOUR] * k.LATENT / moist
    hold[m.COVER_OUTSIDE], start[m.COVER_OUTSIDE] = p[par.COVER_CAPACITY], state[s.COVER_OUTSIDE]
    for layer in range(5):
        hold[m.SOIL + layer] = p[par.SOIL_CAPACITY] * 2**layer
        start[m.SOIL + layer] = state[s.SOIL_1 + layer]
    for node in range(m.NODES):
        hold[node] /= dt
    for place in range(m.UNKNOWNS * m.UNKNOWNS):
        matrix[place] = 0.0
    for node in range(m.UNKNOWNS):
        matrix[node * m.UNKNOWNS + node] = hold[node]


def canopy_capacity(state: Sequence[float], p: Sequence[float]) -> float:
    """J/(m²·K), 8.20; the equations need a little even where no crop stands."""
    return p[par.LEAF_HEAT] * max(p[par.LEAF_AREA_SPECIFIC] * state[s.LEAF], 0.01)


def hang(
    p: Sequence[float],
    hold: Sequence[float],
    to_sky: Sequence[float],
    to_air: Sequence[float],
    matrix: MutableSequence[float],
    ground: MutableSequence[float],
) -> None:
    """Eliminate the outside of the cover and the soil, layer by layer from below (8.4).

    `ground` keeps for each of them the conductance to its inner neighbour over the sum of all it has.
    """
    inwards = p[par.COVER_CONDUCTANCE]
    ground[0] = inwards / (hold[m.COVER_OUTSIDE] + inwards + to_sky[m.COVER_OUTSIDE] + to_air[m.COVER_OUTSIDE])
    matrix[m.COVER * m.UNKNOWNS + m.COVER] += inwards * (1 - ground[0])
    below = p[par.SOIL_SOIL] / 16
    for layer in range(4, -1, -1):
        above = p[par.SOIL_SOIL] / 2 ** (layer - 1) if layer else p[par.FLOOR_SOIL]
        ground[1 + layer] = above / (hold[m.SOIL + layer] + above + below)
        below = above * (1 - ground[1 + layer])
    matrix[m.FLOOR * m.UNKNOWNS + m.FLOOR] += below


def stage(
    outside: Sequence[float],
    start: Sequence[float],
    hold: Sequence[float],
    source: Sequence[float],
    lit: Sequence[float],
    to_sky: Sequence[float],
    to_air: Sequence[float],
    matrix: Sequence[float],
    ground: Sequence[float],
    new: MutableSequence[float],
) -> None:
    """Solve for the `new` values of all unknowns that follow from those at the `start` of a stage."""
    sun, sky, out = outside[w.RADIATION], outside[w.SKY], outside[w.TEMPERATURE]
    for node in range(m.NODES):
        new[node] = source[node] + hold[node] * start[node] + lit[node] * sun + to_sky[node] * sky + to_air[node] * out
    vapour = outside[VAPOUR] - out
    new[m.WET] += to_air[m.WET] * vapour
    new[m.WET_TOP] += to_air[m.WET_TOP] * vapour
    new[m.COVER] += ground[0] * new[m.COVER_OUTSIDE]
    for layer in range(4, 0, -1):
        new[m.SOIL + layer - 1] += ground[1 + layer] * new[m.SOIL + layer]
    new[m.FLOOR] += ground[1] * new[m.SOIL]
    substitute(m.UNKNOWNS, matrix, new)


def hang_back(p: Sequence[float], ground: Sequence[float], new: MutableSequence[float]) -> None:
    """After `stage`: the temperatures of what had been eliminated, from within outwards."""
    new[m.COVER_OUTSIDE] = ground[0] * (new[m.COVER_OUTSIDE] / p[par.COVER_CONDUCTANCE] + new[m.COVER])
    inner = new[m.FLOOR]
    for layer in range(5):
        above = p[par.SOIL_SOIL] / 2 ** (layer - 1) if layer else p[par.FLOOR_SOIL]
        inner = ground[1 + layer] * (new[m.SOIL + layer] / above + inner)
        new[m.SOIL + layer] = inner


def step(dt: float, house: Sequence[MutableSequence[float]]) -> None:
    """Let `dt` s pass under the weather of both stages, and its mean, that stand in `house`."""
    state, control, p, book = house[STATE], house[CONTROL], house[PARAMETERS], house[BOOK]
    first, last, mean, matrix = house[FIRST], house[LAST], house[MEAN], house[MATRIX]
    start, hold, source, lit = house[START], house[HOLD], house[SOURCE], house[LIT]
    to_sky, to_air, ground, notes = house[TO_SKY], house[TO_AIR], house[GROUND], house[NOTES]
    flow, new = house[FLOW], house[NEW]
    notes[m.LEAF_AREA] = p[par.LEAF_AREA_SPECIFIC] * state[s.LEAF]
    notes[m.GAPS] = math.exp(-p[par.LEAF_FIR_EXTINCTION] * notes[m.LEAF_AREA])

    store(GAMMA * dt, state, p, matrix, start, hold)
    for node in range(m.NODES):
        source[node] = lit[node] = to_sky[node] = to_air[node] = 0.0
    shine(mean[w.RADIATION], control, p, lit, source, notes)
    radiate(mean[w.SKY], state, control, p, matrix, to_sky, notes)
    move_air(mean[w.TEMPERATURE], mean[w.WIND_SPEED], state, control, p, notes)
    convect(mean[w.WIND_SPEED], state, control, p, matrix, to_air, notes)
    moisten(state, control, p, matrix, to_air, source, notes)
    source[m.PIPE] += control[c.HEATER] * p[par.HEATER_PIPE_POWER]
    source[m.AIR] += control[c.HEATER] * p[par.HEATER_AIR_POWER] + control[c.FAN] * p[par.FAN_POWER]
    source[m.SOIL + 4] += p[par.SOIL_SOIL] / 16 * mean[w.SOIL]

    hang(p, hold, to_sky, to_air, matrix, ground)
    factorise(m.UNKNOWNS, matrix)
    stage(first, start, hold, source, lit, to_sky, to_air, matrix, ground, flow)
    hang_back(p, ground, flow)
    for node in range(m.NODES):
        start[node] += BEYOND * (flow[node] - start[node])
    stage(last, start, hold, source, lit, to_sky, to_air, matrix, ground, new)
    hang_back(p, ground, new)
    for node in range(m.NODES):
        flow[node] += GAMMA * (new[node] - flow[node])

    enter(dt, mean, state, control, p, book, flow, to_sky, to_air, notes)
    live(dt, mean, state, control, p, book, new, notes)


def enter(
    dt: float,
    outside: Sequence[float],
    state: MutableSequence[float],
    control: Sequence[float],
    p: Sequence[float],
    book: MutableSequence[float],
    flow: Sequence[float],
    to_sky: Sequence[float],
    to_air: Sequence[float],
    notes: Sequence[float],
) -> None:
    """Enter what has flowed, the nodes having had the mean values `flow`, and let the slab have its part of it."""
    out, sky = outside[w.TEMPERATURE], outside[w.SKY]
    lost = 0.0
    for node in range(m.NODES):
        lost += to_sky[node] * (flow[node] - sky)
    book[b.SKY] += dt * lost
    book[b.COVER] += dt * to_air[m.COVER_OUTSIDE] * (flow[m.COVER_OUTSIDE] - out)
    book[b.GROUND] += dt * p[par.SOIL_SOIL] / 16 * (flow[m.SOIL + 4] - outside[w.SOIL])
    roof, side = notes[m.ROOF_FLOW], notes[m.OUT_FLOW]
    book[b.VENTED_HEAT] += dt * (to_air[m.AIR] * (flow[m.AIR] - out) + to_air[m.TOP] * (flow[m.TOP] - out))
    vapour = vapour_density(flow[m.WET], state[s.AIR])
    vapour_top = vapour_density(flow[m.WET_TOP], state[s.TOP])
    vented = dt * (side * (vapour - outside[VAPOUR]) + roof * (vapour_top - outside[VAPOUR]))
    book[b.VENTED_VAPOUR] += vented
    book[b.VENTED_LATENT] += k.LATENT * vented

    lamps = control[c.LAMP] * p[par.LAMP_POWER]
    book[b.SUN] += dt * notes[m.SUN_GAIN] * outside[w.RADIATION]
    book[b.PIPE_HEAT] += dt * control[c.HEATER] * p[par.HEATER_PIPE_POWER]
    book[b.AIR_HEAT] += dt * control[c.HEATER] * p[par.HEATER_AIR_POWER]
    book[b.FAN] += dt * control[c.FAN] * p[par.FAN_POWER]
    book[b.LAMP] += dt * lamps
    book[b.LAMP_COOLING] += dt * lamps * p[par.LAMP_COOLING_SHARE]

    wet, wet_top = flow[m.WET], flow[m.WET_TOP]
    leaf = dt * evaporated(notes[m.EVAPORATION], state[s.CANOPY], notes[m.EVAPORATION_PRESSURE], flow[m.CANOPY], wet)
    condensed = -evaporated(
        notes[m.ON_THERMAL], state[s.THERMAL_SCREEN], notes[m.ON_THERMAL_PRESSURE], flow[m.THERMAL], wet
    )
    condensed -= evaporated(notes[m.ON_SHADE], state[s.SHADE_SCREEN], notes[m.ON_SHADE_PRESSURE], flow[m.SHADE], wet)
    condensed -= evaporated(
        notes[m.ON_COVER], state[s.COVER_INSIDE], notes[m.ON_COVER_PRESSURE], flow[m.COVER], wet_top
    )
    book[b.FOGGED] += dt * (notes[m.FOG_DRIED] + notes[m.FOG_FALLEN])
    book[b.TRANSPIRED] += max(leaf, 0.0)
    book[b.CONDENSED] += dt * (condensed + notes[m.FOG_FALLEN]) + max(-leaf, 0.0)
    water_slab(dt, max(leaf, 0.0), state, control, p, book)


def live(
    dt: float,
    outside: Sequence[float],
    state: MutableSequence[float],
    control: Sequence[float],
    p: Sequence[float],
    book: MutableSequence[float],
    new: Sequence[float],
    notes: MutableSequence[float],
) -> None:
    """Take over the `new` values, let vapour above saturation fall out as mist, let the crop live and CO2 move."""
    ppm = state[s.CO2] * p[par.CO2_PPM] * (state[s.AIR] + k.KELVIN)
    vapour = vapour_density(new[m.WET], state[s.AIR])
    vapour_top = vapour_density(new[m.WET_TOP], state[s.TOP])
    capacity = p[par.HEAT_OF_AIR] / k.LATENT
    warmed, warmed_top = mist(vapour, new[m.AIR], capacity), mist(vapour_top, new[m.TOP], capacity)
    state[s.AIR], state[s.TOP] = new[m.AIR] + warmed, new[m.TOP] + warmed_top
    state[s.VAPOUR], state[s.VAPOUR_TOP] = vapour - capacity * warmed, vapour_top - capacity * warmed_top
    book[b.CONDENSED] += capacity * (p[par.AIR_HEIGHT] * warmed + p[par.TOP_HEIGHT] * warmed_top)
    state[s.CANOPY], state[s.FLOOR] = new[m.CANOPY], new[m.FLOOR]
    state[s.THERMAL_SCREEN], state[s.SHADE_SCREEN] = new[m.THERMAL], new[m.SHADE]
    state[s.COVER_INSIDE], state[s.COVER_OUTSIDE] = new[m.COVER], new[m.COVER_OUTSIDE]
    state[s.PIPE], state[s.LAMP] = new[m.PIPE], new[m.LAMP]
    for layer in range(5):
        state[s.SOIL_1 + layer] = new[m.SOIL + layer]

    absorbed = k.PHOTONS_PER_JOULE * notes[m.PAR_CANOPY] + p[par.LAMP_PHOTONS] * notes[m.LAMP_CANOPY]
    assimilated = photosynthesis(notes[m.LEAF_AREA], absorbed, state[s.CANOPY], ppm, p)
    assimilated = min(assimilated, MOST_TAKEN * p[par.AIR_HEIGHT] * state[s.CO2] / (dt * CO2_MOLE))
    capacity = canopy_capacity(state, p)
    fixed = grow(dt, assimilated, state, p, book)
    book[b.GROWTH] += (canopy_capacity(state, p) - capacity) * state[s.CANOPY]
    lamps = control[c.LAMP] * p[par.LAMP_POWER] * p[par.LAMP_PAR_SHARE]
    notes[m.PHOTONS] = k.PHOTONS_PER_JOULE * notes[m.PAR_ABOVE] + p[par.LAMP_PHOTONS] * lamps
    book[b.PHOTONS] += 1e-6 * dt * notes[m.PHOTONS]

    dosed = control[c.CO2] * p[par.CO2_RATE]
    out = outside[w.CO2] / (p[par.CO2_PPM] * (outside[w.TEMPERATURE] + k.KELVIN))
    roof, side, past = notes[m.ROOF_FLOW], notes[m.OUT_FLOW], notes[m.SCREEN_FLOW]
    hold, hold_top = p[par.AIR_HEIGHT] / dt, p[par.TOP_HEIGHT] / dt
    whole_top = hold_top + past + roof
    given_top = hold_top * state[s.CO2_TOP] + roof * out
    given = hold * state[s.CO2] + dosed - fixed + side * out + past * given_top / whole_top
    state[s.CO2] = given / (hold + side + past - past * past / whole_top)
    state[s.CO2_TOP] = (given_top + past * state[s.CO2]) / whole_top
    book[b.CO2_DOSED] += dt * dosed
    book[b.CO2_FIXED] += dt * fixed
    book[b.CO2_VENTED] += dt * (side * (state[s.CO2] - out) + roof * (state[s.CO2_TOP] - out))


def water_slab(
    dt: float,
    transpired: float,
    state: MutableSequence[float],
    control: Sequence[float],
    p: Sequence[float],
    book: MutableSequence[float],
) -> None:
    """Water and salts of the slab: dripped in, part of it straight through, taken up, and drained above its capacity.

    Roots take up salts at the crop's usual concentration where the slab is as strong as the feed, less where it is
    weaker, and at most twice as much where it is stronger (half saturation at the feed).
    """
    given = dt * control[c.IRRIGATION] * p[par.IRRIGATION_RATE]
    bypass = given * p[par.SLAB_BYPASS]
    water = state[s.SLAB_WATER] + given - bypass
    salt = state[s.SLAB_SALT] + (given - bypass) * p[par.IRRIGATION_EC]
    ec = salt / water
    taken = 2 * p[par.UPTAKE_EC] * transpired * ec / (ec + p[par.IRRIGATION_EC])
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
    house: Sequence[MutableSequence[float]],
) -> None:
    """From `begin` to `end` (s after the weather's start) in steps of at most `longest` s.

    While a vent, a screen or the heater has just moved, the conductances of the start of a step mislead, and steps are
    shorter. `weather` holds rows of the weather table, `interval` s apart; between them everything follows straight
    lines. `house` are ROWS vectors of WIDTH numbers: state, controls, parameters, books, what there is to see, and room
    to work in.
    """
    control, settled = house[CONTROL], house[SETTLED]
    moved = False
    for place in (c.ROOF_VENT, c.SIDE_VENT, c.THERMAL_SCREEN, c.SHADE_SCREEN, c.HEATER):
        moved = moved or abs(control[place] - settled[place]) > MOVED
        settled[place] = control[place]
    middle = min(begin + SETTLING, end) if moved else begin
    walk(begin, middle, longest / QUICKER, weather, interval, house)
    walk(middle, end, longest, weather, interval, house)
    look_outside(end / interval, weather, house[LAST])
    observe(house[NOTES][m.PHOTONS], house[LAST], house[STATE], house[PARAMETERS], house[BOOK], house[OUTPUT])


def walk(
    begin: float,
    end: float,
    longest: float,
    weather: Sequence[float],
    interval: float,
    house: Sequence[MutableSequence[float]],
) -> None:
    """Equal steps of at most `longest` s from `begin` to `end`; none where these are the same."""
    first, last, mean = house[FIRST], house[LAST], house[MEAN]
    steps = math.ceil((end - begin) / longest - 1e-9)
    dt = (end - begin) / max(steps, 1)
    for number in range(steps):
        look_outside((begin + (number + GAMMA) * dt) / interval, weather, first)
        look_outside((begin + (number + 1) * dt) / interval, weather, last)
        for column in range(w.WIDTH + 1):
            mean[column] = first[column] + GAMMA * (last[column] - first[column])
        step(dt, house)


def look_outside(position: float, weather: Sequence[float], outside: MutableSequence[float]) -> None:
    """The weather at a place between two rows, counted in rows, with the vapour's density; the last row holds on."""
    row = max(min(int(position), len(weather) // w.WIDTH - 2), 0)
    share = min(position - row, 1.0)
    begin = row * w.WIDTH
    for column in range(w.WIDTH):
        here = weather[begin + column]
        outside[column] = here + share * (weather[begin + w.WIDTH + column] - here)
    outside[VAPOUR] = vapour_density(outside[w.VAPOUR_PRESSURE], outside[w.TEMPERATURE])
