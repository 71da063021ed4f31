"""Where the sun stands and what a clear sky lets through."""

from __future__ import annotations

import math

SOLAR_CONSTANT = 1361.0
"""W/m² (Kopp and Lean, 2011)."""

_DAY = 86400.0
_YEAR = 365.2422
_J2000_DAYS = 10957.5  # from 1970-01-01 00:00 to 2000-01-01 12:00 UTC


SIDEREAL = math.radians(360.98564736629) / _DAY
"""rad/s by which the hour angle of the stars runs; that of the sun runs slower by one turn a year."""


def course(unix: float, latitude: float, longitude: float) -> tuple[float, float, float]:
    """The sun's way around this time: the sine of its height above the horizon is a + b · cos(h).

    `unix` in s, `latitude` and `longitude` in degrees north and east; returns a, b and the hour angle h in rad.
    Low-precision formulas of the Astronomical Almanac (Michalsky, 1988); within 0.02° from 1950 to 2050.
    """
    days = unix / _DAY - _J2000_DAYS
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = math.radians(357.528 + 0.9856003 * days)
    ecliptic = math.radians(mean_longitude + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    obliquity = math.radians(23.439 - 4e-7 * days)
    sine = math.sin(ecliptic)
    right_ascension = math.atan2(math.cos(obliquity) * sine, math.cos(ecliptic))
    sine_declination = math.sin(obliquity) * sine
    cosine_declination = math.sqrt(1.0 - sine_declination * sine_declination)
    sidereal = 280.46061837 + 360.98564736629 * days  # Greenwich mean sidereal time, degrees
    hour_angle = math.radians(sidereal + longitude) - right_ascension
    north = math.radians(latitude)
    return math.sin(north) * sine_declination, math.cos(north) * cosine_declination, hour_angle


def sine_of_elevation(unix: float, latitude: float, longitude: float) -> float:
    """Sine of the sun's height above the horizon; negative at night. Arguments as of `course`."""
    a, b, hour_angle = course(unix, latitude, longitude)
    return a + b * math.cos(hour_angle)


def clear_sky(sine: float) -> float:
    """Global radiation under a clear sky, W/m² on the level (Haurwitz, 1945)."""
    return 1098.0 * sine * math.exp(-0.057 / sine) if sine > 0.001 else 0.0


def extraterrestrial(unix: float, sine: float) -> float:
    """Radiation outside the atmosphere, W/m² on the level; the earth's distance after Spencer (1971), first term."""
    angle = 2 * math.pi * (unix / _DAY % _YEAR) / _YEAR
    return SOLAR_CONSTANT * (1 + 0.033 * math.cos(angle)) * max(sine, 0.0)


def under_clouds(clear: float, cover: float) -> float:
    """Global radiation under a cloud cover of 0..1, W/m² (Kasten and Czeplak, 1980)."""
    return float(clear * (1.0 - 0.75 * cover**3.4))


def clouds_that_leave(share: float) -> float:
    """The cloud cover under which this share of the clear sky's radiation comes through: inverse of `under_clouds`."""
    return float(min(max((1.0 - share) / 0.75, 0.0), 1.0) ** (1 / 3.4))
