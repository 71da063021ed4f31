"""What follows from a record of weather."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.weather.derived import dew_points


@given(st.lists(st.floats(-30, 40), min_size=1, max_size=60))
def test_the_dew_point_is_the_lowest_temperature_of_half_a_day_before_and_after(temperatures: list[float]) -> None:
    reach = 12
    expected = [min(temperatures[max(row - reach, 0) : row + reach + 1]) for row in range(len(temperatures))]
    assert dew_points(temperatures, 3600.0) == expected
