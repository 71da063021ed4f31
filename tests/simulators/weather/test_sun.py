"""The sun, against the astral package."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from astral import Observer
from astral.sun import elevation

from simulators.weather import sun


@pytest.mark.parametrize(("latitude", "longitude"), [(35.8, 126.9), (52.0, 4.5), (-33.9, 151.2), (65.0, -20.0)])
@pytest.mark.parametrize("month", [1, 3, 6, 9, 12])
def test_the_sun_stands_where_astral_says(latitude: float, longitude: float, month: int) -> None:
    for hour in range(0, 24, 3):
        moment = datetime(2026, month, 17, hour, 20, tzinfo=UTC)
        ours = math.degrees(math.asin(sun.sine_of_elevation(moment.timestamp(), latitude, longitude)))
        theirs = elevation(Observer(latitude, longitude), moment, with_refraction=False)
        assert ours == pytest.approx(theirs, abs=0.05)


def test_a_clear_noon_in_june_sends_about_a_kilowatt() -> None:
    noon = datetime(2026, 6, 21, 3, 35, tzinfo=UTC)  # in Gimje
    sine = sun.sine_of_elevation(noon.timestamp(), 35.8, 126.9)
    assert 950 < sun.clear_sky(sine) < 1050
    assert sun.clear_sky(sun.sine_of_elevation((noon + timedelta(hours=12)).timestamp(), 35.8, 126.9)) == 0


@pytest.mark.parametrize("cover", [0.0, 0.3, 0.8, 1.0])
def test_clouds_and_radiation_tell_of_each_other(cover: float) -> None:
    assert sun.clouds_that_leave(sun.under_clouds(800.0, cover) / 800.0) == pytest.approx(cover, abs=1e-9)
