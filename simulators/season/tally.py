"""What is counted while a season runs, by its place in one flat vector."""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

from simulators.greenhouse import outputs
from simulators.greenhouse.moist_air import saturation

(
    SECONDS,
    TOO_COLD,  # s below the temperature band
    TOO_HOT,  # s above it
    COLD,  # °C·s below it
    HOT,  # °C·s above it
    TOO_HUMID,  # s with a VPD below its band
    TOO_DRY,  # s above it
    CO2_LOW,  # s below the CO2 band while there is light
    CO2_HIGH,  # s above it
    WET,  # s with leaves colder than the dew point
    RISK,  # s with wet leaves, or air so humid that they count as wet
    WARMTH,  # °C·s: for the mean temperature
    COLDEST,  # °C
    HOTTEST,  # °C
    SALT,  # mS/cm · s: for the mean EC of the slab
    SATURATION,  # % · s: for the mean humidity
    SIZE,
) = range(17)

_POINTS = {name: place for place, (name, _) in enumerate(outputs.POINTS)}
_TEMPERATURE, _HUMIDITY, _CO2 = _POINTS["air.temperature"], _POINTS["air.humidity"], _POINTS["air.co2"]
_LIGHT, _WET, _EC = _POINTS["air.ppfd"], _POINTS["canopy.wet"], _POINTS["slab.ec"]

HUMID = 90.0
"""%: leaves count as wet from here on (Sentelhas et al., 2008, Agricultural and Forest Meteorology 148)."""

BRIGHT = 50.0
"""µmol/(m²·s): light in which a crop can use CO2."""


def fresh() -> list[float]:
    """Nothing counted yet."""
    tally = [0.0] * SIZE
    tally[COLDEST], tally[HOTTEST] = 1e9, -1e9
    return tally


def count(dt: float, output: Sequence[float], bands: Sequence[float], tally: MutableSequence[float]) -> None:
    """The last `dt` s were as `output` shows. `bands` are those of `Bands.numbers`."""
    air, humidity, co2 = output[_TEMPERATURE], output[_HUMIDITY], output[_CO2]
    tally[SECONDS] += dt
    if air < bands[0]:
        tally[TOO_COLD] += dt
        tally[COLD] += dt * (bands[0] - air)
    if air > bands[1]:
        tally[TOO_HOT] += dt
        tally[HOT] += dt * (air - bands[1])
    vpd = 0.001 * saturation(air) * (1.0 - 0.01 * humidity)
    if vpd < bands[2]:
        tally[TOO_HUMID] += dt
    if vpd > bands[3]:
        tally[TOO_DRY] += dt
    if co2 < bands[4] and output[_LIGHT] > BRIGHT:
        tally[CO2_LOW] += dt
    if co2 > bands[5]:
        tally[CO2_HIGH] += dt
    if output[_WET] != 0.0:
        tally[WET] += dt
    if output[_WET] != 0.0 or humidity >= HUMID:
        tally[RISK] += dt
    tally[WARMTH] += dt * air
    tally[COLDEST] = min(tally[COLDEST], air)
    tally[HOTTEST] = max(tally[HOTTEST], air)
    tally[SALT] += dt * output[_EC]
    tally[SATURATION] += dt * humidity
