"""What names mean, against sums done by hand; and answers of the two services."""

from __future__ import annotations

import json
import math
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.forecast.hours import HOUR, VARIABLES, Forecast, Wanted, value, wanted
from drivers.forecast.services import SERVICES
from drivers.forecast.services.nonsense import Nonsense

from .service import SEOUL, kma, open_meteo

MIDNIGHT = int(datetime(2026, 6, 21, tzinfo=SEOUL).timestamp())


def at(clock: str) -> float:
    """The time of day on the day of the forecast."""
    hour, minute = clock.split(":")
    return MIDNIGHT + int(hour) * HOUR + int(minute) * 60


def asked(name: str) -> Wanted:
    found = wanted(name)
    assert isinstance(found, Wanted), found
    return found


def hourly(series: list[float]) -> dict[int, float]:
    return {MIDNIGHT + hour * HOUR: value for hour, value in enumerate(series)}


DAYS = Forecast(
    {
        "temperature": hourly([float(hour % 24) for hour in range(73)]),
        "radiation": hourly([100.0 if 6 < hour % 24 <= 18 else 0.0 for hour in range(73)]),
        "rain": hourly([2.0 if hour in (9, 10) else 0.0 for hour in range(73)]),
        "wind_direction": hourly([350.0, 10.0, *([20.0] * 71)]),
    },
    MIDNIGHT,
    9 * HOUR,
)


@pytest.mark.parametrize(
    ("name", "clock", "expected"),
    [
        ("temperature_3h", "09:00", 12.0),
        ("temperature_3h", "09:30", 12.5),
        ("temperature_min_6h", "09:30", 9.5),
        ("temperature_max_6h", "09:30", 15.5),
        ("temperature_mean_6h", "09:30", 12.5),
        ("temperature_max_today", "03:00", 23.0),
        ("temperature_min_tomorrow", "03:00", 0.0),
        ("temperature_min_rest", "20:00", 0.0),  # the midnight at its end is 0 °C
        ("radiation_1h", "05:30", 100.0),  # half past six is in the hour before seven
        ("radiation_sum_today", "03:00", 432.0),  # 12 h of 100 W/m²: 1200 Wh/m² = 432 J/cm²
        ("radiation_sum_rest", "12:00", 216.0),
        ("radiation_sum_rest", "12:30", 198.0),
        ("radiation_sum_3h", "17:00", 36.0),
        ("rain_sum_2h", "08:30", 3.0),
        ("rain_max_12h", "03:00", 2.0),
        ("wind_direction_1h", "00:00", 10.0),
        ("wind_direction_1h", "23:15", 20.0),
    ],
)
def test_what_a_name_means(name: str, clock: str, expected: float) -> None:
    assert value(DAYS, asked(name), at(clock)) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["temperature_72h", "temperature_max_72h", "cloud_3h", "cloud_max_today"])
def test_where_the_forecast_does_not_reach_there_is_no_value(name: str) -> None:
    assert math.isnan(value(DAYS, asked(name), at("10:00")))


def test_one_missing_hour_makes_the_whole_unknown() -> None:
    hours = hourly([1.0] * 25)
    del hours[MIDNIGHT + 12 * HOUR]
    forecast = Forecast({"rain": hours}, MIDNIGHT, 9 * HOUR)
    assert math.isnan(value(forecast, asked("rain_sum_today"), at("08:00")))
    assert value(forecast, asked("rain_sum_2h"), at("08:00")) == 2.0


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("temperature", "variables: temperature"),
        ("temprature_3h", "variables: temperature"),
        ("temperature_today", "temperature_max_today"),
        ("temperature_sum_today", "has no sum"),
        ("temperature_99h", "72h"),
        ("temperature_max_0h", "72h"),
        ("wind_direction_max_today", "direction"),
    ],
)
def test_a_name_that_means_nothing_is_explained(name: str, says: str) -> None:
    found = wanted(name)
    assert isinstance(found, str)
    assert says in found


@given(
    st.sampled_from(["temperature", "radiation", "rain"]),
    st.integers(1, 48),
    st.floats(0, 23.99),
    st.lists(st.floats(-50, 1500), min_size=80, max_size=80),
)
def test_a_mean_lies_between_the_extremes(variable: str, hours: int, clock: float, series: list[float]) -> None:
    forecast = Forecast({variable: hourly(series)}, MIDNIGHT, 9 * HOUR)
    low, mean, high = (
        value(forecast, asked(f"{variable}_{how}_{hours}h"), MIDNIGHT + clock * HOUR) for how in ("min", "mean", "max")
    )
    assert low - 1e-9 <= mean <= high + 1e-9


def test_open_meteo() -> None:
    service = SERVICES["open-meteo"]
    address = service.address("https://api.open-meteo.com/v1/forecast?latitude=35.8&longitude=126.88", 0.0)
    query = parse_qs(urlsplit(address).query)
    assert query["latitude"] == ["35.8"]
    assert "shortwave_radiation" in query["hourly"][0].split(",")
    assert query["wind_speed_unit"] == ["ms"]
    body = open_meteo(MIDNIGHT, {"temperature_2m": [10.0, None, 12.5], "shortwave_radiation": [0.0, 0.0, 40.0]})
    forecast = service.read(body, 5.0)
    assert forecast.values["temperature"] == {MIDNIGHT: 10.0, MIDNIGHT + 2 * HOUR: 12.5}
    assert forecast.values["radiation"][MIDNIGHT + 2 * HOUR] == 40.0
    assert (forecast.received, forecast.offset) == (5.0, 9 * HOUR)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"error": true, "reason": "Latitude must be in range of -90 to 90."}', "Latitude must be in range"),
        (b"<html>502</html>", "no forecast"),
        (b"{}", "no forecast"),
        (b"[]", "no forecast"),
        (open_meteo(MIDNIGHT + 60, {"temperature_2m": [1.0]}), "no whole hour"),
        (open_meteo(MIDNIGHT, {"temperature_2m": [1.0]}).replace(b"u00b0C", b"u00b0F"), "do not choose units"),
    ],
)
def test_open_meteo_without_a_forecast(body: bytes, says: str) -> None:
    with pytest.raises(Nonsense, match=says):
        SERVICES["open-meteo"].read(body, 0.0)


def test_kma() -> None:
    start = datetime(2026, 6, 21, 6, tzinfo=SEOUL)
    body = kma(
        start,
        {
            "TMP": ["17", "19.5", "-999"],
            "REH": ["80", "75", "70"],
            "WSD": ["1.2", "1.4", "2.0"],
            "PCP": ["강수없음", "1mm 미만", "6.2mm"],
            "POP": ["0", "30", "60"],
            "SKY": ["1", "3", "4"],
            "PTY": ["0", "1", "1"],
        },
    )
    forecast = SERVICES["kma"].read(body, 5.0)
    six = int(start.timestamp())
    assert forecast.values["temperature"][six + HOUR] == 19.5
    assert math.isnan(forecast.values["temperature"][six + 2 * HOUR])
    assert list(forecast.values["rain"].values()) == [0.0, 0.5, 6.2]
    assert list(forecast.values["cloud"].values()) == [25.0, 70.0, 95.0]
    assert "radiation" not in forecast.values


@pytest.mark.parametrize(
    ("text", "amount"), [("30.0~50.0mm", 40.0), ("50.0mm 이상", 50.0), ("1.0mm 미만", 0.5), ("0", 0.0)]
)
def test_amounts_of_rain_as_they_are_written(text: str, amount: float) -> None:
    forecast = SERVICES["kma"].read(kma(datetime(2026, 6, 21, 6, tzinfo=SEOUL), {"PCP": [text]}), 0.0)
    assert list(forecast.values["rain"].values()) == [amount]


@pytest.mark.parametrize(
    ("clock", "base"),
    [
        ("2026-06-21 02:14", "20260620 2300"),
        ("2026-06-21 02:15", "20260621 0200"),
        ("2026-06-21 05:10", "20260621 0200"),
        ("2026-06-21 12:00", "20260621 1100"),
        ("2026-06-21 23:59", "20260621 2300"),
        ("2026-06-21 00:30", "20260620 2300"),
    ],
)
def test_the_newest_issue_of_kma_is_asked_for(clock: str, base: str) -> None:
    now = datetime.strptime(clock, "%Y-%m-%d %H:%M").replace(tzinfo=SEOUL).timestamp()
    query = parse_qs(urlsplit(SERVICES["kma"].address("http://x/y?serviceKey=a%3D&nx=60&ny=89", now)).query)
    assert f"{query['base_date'][0]} {query['base_time'][0]}" == base
    assert query["serviceKey"] == ["a="]


def test_what_the_gateway_of_kma_says() -> None:
    body = (
        b"<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg><returnAuthMsg>"
        b"SERVICE_KEY_IS_NOT_REGISTERED_ERROR</returnAuthMsg></cmmMsgHeader></OpenAPI_ServiceResponse>"
    )
    with pytest.raises(Nonsense, match="SERVICE"):
        SERVICES["kma"].read(body, 0.0)
    refused = b'{"response": {"header": {"resultCode": "03", "resultMsg": "NO_DATA"}}}'
    with pytest.raises(Nonsense, match="NO_DATA"):
        SERVICES["kma"].read(refused, 0.0)


WORDS = (
    "response", "header", "resultCode", "00", "body", "items", "item", "category", "TMP", "PCP", "SKY", "fcstValue",
    "fcstDate", "fcstTime", "20260621", "00010101", "0000", "1.0mm 미만", "hourly", "hourly_units", "time", "error",
    "utc_offset_seconds", "temperature_2m", "precipitation", "°C", "mm", "reason", "-999", "1e400",
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.integers(-100, 100)
TREES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(WORDS), below, max_size=5),
    max_leaves=25,
)
VALUES = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=5))
OPEN_METEO = st.builds(
    lambda values, units, offset: {
        "hourly": {"time": [HOUR * n for n in range(len(values))], "temperature_2m": values, "precipitation": values},
        "hourly_units": units,
        "utc_offset_seconds": offset,
    },
    st.lists(VALUES, max_size=4),
    st.one_of(TREES, st.just({})),
    st.one_of(st.integers(), st.floats(), st.just(32400)),
)
KMA = st.builds(
    lambda items: {"response": {"header": {"resultCode": "00"}, "body": {"items": {"item": items}}}},
    st.lists(
        st.fixed_dictionaries(
            {
                "category": st.sampled_from(("TMP", "PCP", "SKY", "REH", "XXX")),
                "fcstDate": st.sampled_from(("20260621", "00010101", "99991231", "x")),
                "fcstTime": st.sampled_from(("0000", "2300", "2400")),
                "fcstValue": st.one_of(VALUES, st.sampled_from(WORDS)),
            }
        ),
        max_size=4,
    ),
)


@pytest.mark.parametrize("service", SERVICES)
@settings(deadline=None, max_examples=200)
@given(
    body=st.one_of(TREES, OPEN_METEO, KMA).map(lambda tree: json.dumps(tree).encode())
    | st.binary(max_size=40)
    | st.just(b"[" * 100_000),
    now=st.floats(0, 4e9),
)
def test_no_answer_makes_weather_that_cannot_be(service: str, body: bytes, now: float) -> None:
    try:
        found = SERVICES[service].read(body, now)
    except Nonsense:
        return
    for name, bounds in VARIABLES.items():
        for how in ("_3h", "" if bounds.circular else "_max_6h"):
            said = value(found, asked(f"{name}{how or '_1h'}"), now)
            assert math.isnan(said) or bounds.low <= said <= bounds.high
