"""Open-Meteo (open-meteo.com/en/docs), which needs no key for private use; its own server can be run in the house."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drivers.forecast.hours import HOUR, Forecast, plausible

from .nonsense import UNREADABLE, Nonsense

_HOURLY: Mapping[str, str] = {
    # radiation, precipitation and gusts are about the hour before their time, the others about the time itself
    "temperature": "temperature_2m",
    "humidity": "relative_humidity_2m",
    "wind_speed": "wind_speed_10m",
    "wind_gust": "wind_gusts_10m",
    "wind_direction": "wind_direction_10m",
    "cloud": "cloud_cover",
    "radiation": "shortwave_radiation",
    "rain": "precipitation",
    "rain_probability": "precipitation_probability",
}
_FARTHEST_EAST = 14 * HOUR  # of Greenwich
_UNITS = {"temperature": "°C", "wind_speed": "m/s", "wind_gust": "m/s", "radiation": "W/m²", "rain": "mm"}


class OpenMeteo:
    """Implements Service."""

    offers = frozenset(_HOURLY)
    from_midnight = True

    def address(self, url: str, now: float) -> str:
        asked = (
            f"hourly={','.join(_HOURLY.values())}&timeformat=unixtime&timezone=auto"
            "&wind_speed_unit=ms&forecast_days=5&past_days=1"
        )
        return f"{url}{'&' if '?' in url else '?'}{asked}"

    def read(self, body: bytes, received: float) -> Forecast:
        try:
            answer: dict[str, Any] = json.loads(body)
            if answer.get("error"):
                raise Nonsense(str(answer.get("reason", "the service refuses")))
            hourly, units, offset = answer["hourly"], answer["hourly_units"], int(answer["utc_offset_seconds"])
            times = [_hour(time) for time in hourly["time"]]
            values = {
                ours: {
                    time: plausible(ours, float(each))
                    for time, each in zip(times, hourly[theirs], strict=True)
                    if isinstance(each, int | float)
                }
                for ours, theirs in _HOURLY.items()
                if theirs in hourly
            }
            for ours, unit in _UNITS.items():
                said = units.get(_HOURLY[ours], unit)
                if said != unit:
                    raise Nonsense(f"{_HOURLY[ours]} is in {said}, not in {unit}: do not choose units in the url")
            if abs(offset) > _FARTHEST_EAST:
                raise ValueError(f"{offset} s is no time zone")
        except UNREADABLE as error:
            raise Nonsense(f"the answer is no forecast ({error})") from None
        return Forecast(values, received, offset)


def _hour(time: int) -> int:
    if not isinstance(time, int) or time % HOUR:
        raise ValueError(f"{time!r} is no whole hour")
    return time
