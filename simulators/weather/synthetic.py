"""Weather made up from a seed, for any place on earth.

Not a forecast and no climate record: a year with the right sun, plausible seasons, and clouds, wind and rain that hang
together as they do outside. Clouds, pressure systems and wind are autoregressive processes of first order; clouds dim
the sun and flatten the day's temperature wave, rain falls from thick clouds only and moistens the air.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from random import Random

from . import air, derived, sun
from .table import INTERVAL, WeatherTable

_DAY = 86400.0
_YEAR = 365.2422 * _DAY
_SOUTHERN_SHIFT = 0.5
_WARMEST = 202.0  # day of the year on the northern half of the earth
_WARMEST_HOUR = 15.0  # local solar time
_NO_CLOUDS = -1.0
_ROWS_PER_COURSE = 12  # the sun's declination is looked up anew every hour


def _memory(seconds: float) -> tuple[float, float]:
    """Of an autoregressive process with mean 0 and variance 1: what it keeps per INTERVAL, and what noise adds."""
    keep = math.exp(-INTERVAL / seconds)
    return keep, math.sqrt(1 - keep * keep)


_SYSTEM, _CLOUDS, _WIND = _memory(2.5 * _DAY), _memory(10 * 3600), _memory(8 * 3600)
_SHOWER, _FLICKER, _GUST = _memory(3 * 3600), _memory(900), _memory(600)


@dataclass(frozen=True, slots=True)
class Climate:
    """What is usual at a place.

    `mean` is the year's temperature, `swing` half the way from the coldest to the warmest month, `daily_swing` half the
    way from a clear night to a clear noon (all °C); `wind` the mean speed in m/s; `clouds` the mean cover, 0..1.
    """

    mean: float
    swing: float
    daily_swing: float = 5.5
    wind: float = 2.8
    clouds: float = 0.5

    @classmethod
    def at(cls, latitude: float) -> Climate:
        """A rough fit to zonal means over land near the sea."""
        return cls(mean=27.0 - 0.0080 * latitude**2, swing=0.5 + 0.27 * abs(latitude))


class SyntheticWeather(WeatherTable):
    """A table that grows as far as it is asked for; the same seed always makes the same weather.

    With `storm` a gale of more than 15 m/s with rain blows for some forty minutes, an hour after the start. With
    `clear` there is not a cloud in the sky.
    """

    def __init__(
        self,
        start: datetime,
        latitude: float,
        longitude: float,
        seed: int,
        *,
        storm: bool = False,
        clear: bool = False,
        climate: Climate | None = None,
    ) -> None:
        super().__init__(start, INTERVAL)
        self.climate = climate or Climate.at(latitude)
        self._unix = start.timestamp()
        self._latitude = latitude
        self._longitude = longitude
        self._storm = storm
        self._clear = clear
        self._random = Random(seed)
        draw = self._random.gauss
        self._system, self._clouds, self._wind, self._shower = (draw(0, 1) for _ in range(4))
        self._flicker = self._gust = 0.0
        self._direction = self._random.uniform(0, 360)
        self._course_at, self._course = 0.0, (0.0, 0.0, 0.0)
        self._grow(_DAY)

    def reach(self, seconds: float) -> bool:
        if seconds > self.seconds:
            self._grow(seconds + _DAY)
        return True

    def _grow(self, seconds: float) -> None:
        while self.seconds < seconds:
            self.values.extend(self._row(self.rows * self.interval))

    def _row(self, seconds: float) -> tuple[float, ...]:
        climate, draw = self.climate, self._random.gauss
        self._system = _SYSTEM[0] * self._system + _SYSTEM[1] * draw(0, 1)
        self._clouds = _CLOUDS[0] * self._clouds + _CLOUDS[1] * draw(0, 1)
        self._wind = _WIND[0] * self._wind + _WIND[1] * draw(0, 1)
        self._shower = _SHOWER[0] * self._shower + _SHOWER[1] * draw(0, 1)
        self._flicker = _FLICKER[0] * self._flicker + _FLICKER[1] * draw(0, 1)
        self._gust = _GUST[0] * self._gust + _GUST[1] * draw(0, 1)
        self._direction += draw(0, 4)

        unix = self._unix + seconds
        sine = self._sine(unix)
        season = unix / _YEAR % 1.0 - _WARMEST / 365 + (_SOUTHERN_SHIFT if self._latitude < 0 else 0.0)
        hour = (unix / 3600 + self._longitude / 15) % 24

        storm = self._storm_strength(seconds)
        thickness = 0.6 * self._clouds - 0.5 * self._system + 0.8 * (climate.clouds - 0.5)
        if self._clear:
            thickness = _NO_CLOUDS
        cover = min(max(0.5 + 0.55 * thickness, 0.0), 1.0)
        raining = (thickness > 0.75 and self._shower > 0.2) or storm > 0.5
        rain = (0.3 + 1.5 * abs(self._shower)) * (1 + 4 * storm) if raining else 0.0
        if raining:
            cover = 1.0
        broken = 4 * cover * (1 - cover)  # clouds flicker most where half the sky is blue
        dimming = min(max(cover + 0.25 * broken * self._flicker, 0.0), 1.0)
        radiation = sun.under_clouds(sun.clear_sky(sine), dimming)

        base = climate.mean + climate.swing * math.cos(2 * math.pi * season) + 2.3 * self._system
        wave = climate.daily_swing * (1 - 0.65 * cover) * math.cos(2 * math.pi * (hour - _WARMEST_HOUR) / 24)
        temperature = base + wave - (1.5 if raining else 0.0) - 3 * storm
        depression = 4.5 * (1 - cover) + 1.5
        pressure = min(
            air.saturation(base - depression + (2.0 if raining else 0.0)), 0.99 * air.saturation(temperature)
        )
        breeze = climate.wind * math.exp(0.5 * self._wind - 0.125) * (0.8 + 0.4 * max(sine, 0.0))
        wind = max(breeze * (1 + 0.15 * self._gust), 0.0) * (1 - storm) + storm * (19.5 + 1.5 * self._gust)
        soil = climate.mean + 0.4 * climate.swing * math.cos(2 * math.pi * (season - 0.12))
        sky = air.sky_temperature(temperature, pressure, cover)
        return temperature, pressure, derived.USUAL_CO2, wind, self._direction, radiation, sky, soil, rain

    def _sine(self, unix: float) -> float:
        """Of the sun's elevation."""
        if self.rows % _ROWS_PER_COURSE == 0:
            self._course_at, self._course = unix, sun.course(unix, self._latitude, self._longitude)
        a, b, angle = self._course
        return a + b * math.cos(angle + sun.SIDEREAL * (unix - self._course_at))

    def _storm_strength(self, seconds: float) -> float:
        """0..1: rises from 50 minutes after the start, blows itself out after 100."""
        if not self._storm:
            return 0.0
        minutes = seconds / 60
        return min(max(min((minutes - 50) / 10, (110 - minutes) / 10), 0.0), 1.0)
