"""The Korean weather service's forecast by villages (기상청 단기예보 조회서비스 2.0, getVilageFcst, at data.go.kr).

It is issued at 02, 05, 08, 11, 14, 17, 20 and 23 h and can be had ten minutes later. It has no radiation. The
categories and how amounts of rain are written: the service's 활용가이드, 단기예보 항목값.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from drivers.forecast.hours import Forecast, plausible

from .nonsense import UNREADABLE, Nonsense

_SEOUL = timezone(timedelta(hours=9))
_AVAILABLE = timedelta(minutes=15)
_FIRST, _EVERY = 2, 3  # h: the first issue of a day, and how often there is one
_CATEGORIES: Mapping[str, str] = {
    "TMP": "temperature",
    "REH": "humidity",
    "WSD": "wind_speed",
    "VEC": "wind_direction",
    "PCP": "rain",
    "POP": "rain_probability",
    "SKY": "cloud",
}
_SKY = {1: 25.0, 3: 70.0, 4: 95.0}  # %: the middles of 맑음 (0 to 5 tenths), 구름많음 (6 to 8) and 흐림 (9, 10)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Kma:
    """Implements Service."""

    offers = frozenset(_CATEGORIES.values())
    from_midnight = False

    def address(self, url: str, now: float) -> str:
        issued = _issued(datetime.fromtimestamp(now, _SEOUL))
        asked = f"dataType=JSON&numOfRows=1000&pageNo=1&base_date={issued:%Y%m%d}&base_time={issued:%H%M}"
        return f"{url}{'&' if '?' in url else '?'}{asked}"

    def read(self, body: bytes, received: float) -> Forecast:
        values: dict[str, dict[int, float]] = {}
        try:
            response: dict[str, Any] = json.loads(body)["response"]
            header = response["header"]
            if header["resultCode"] != "00":
                raise Nonsense(f"the service refuses: {header.get('resultMsg', header['resultCode'])}")
            for item in response["body"]["items"]["item"]:
                variable = _CATEGORIES.get(item["category"])
                if variable is not None:
                    value = _value(variable, str(item["fcstValue"]))
                    values.setdefault(variable, {})[_time(item["fcstDate"], item["fcstTime"])] = value
        except UNREADABLE as error:
            raise Nonsense(_said(body) or f"the answer is no forecast ({error})") from None
        if not values:
            raise Nonsense("the answer has no values")
        return Forecast(values, received, 9 * 3600)


def _issued(now: datetime) -> datetime:
    """The newest issue that can be had."""
    ready = now - _AVAILABLE - timedelta(hours=_FIRST)
    return ready.replace(minute=0, second=0, microsecond=0) - timedelta(hours=ready.hour % _EVERY - _FIRST)


def _time(date: str, clock: str) -> int:
    return int(datetime.strptime(date + clock, "%Y%m%d%H%M").replace(tzinfo=_SEOUL).astimezone(UTC).timestamp())


def _value(variable: str, text: str) -> float:
    if variable == "rain":
        return plausible(variable, _rain(text))
    number = float(text)
    if variable == "cloud":
        return _SKY.get(round(number), math.nan)
    # no value is written as a number that is 900 or farther from zero
    return plausible(variable, number)


def _rain(text: str) -> float:
    """mm of a text: 강수없음, 1mm 미만 (half of it), 6.2mm, 30.0~50.0mm (the middle), 50.0mm 이상 (that much)."""
    numbers = [float(number) for number in _NUMBER.findall(text)]
    if not numbers:
        return 0.0
    return numbers[0] / 2 if "미만" in text else sum(numbers) / len(numbers)


def _said(body: bytes) -> str:
    """What the gateway in front of the service says, in XML, whatever was asked for."""
    found = re.search(r"<(?:returnAuthMsg|errMsg)>([^<]+)<", body.decode("utf-8", "replace"))
    return f"the service refuses: {found[1]}" if found else ""
