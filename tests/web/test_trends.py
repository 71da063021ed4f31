import pytest

from controller.store.history import Span
from controller.web.trends import trend


def minutes(*values: float) -> list[Span]:
    return [Span(60 * n, v, v, v, v) for n, v in enumerate(values)]


@pytest.mark.parametrize(("per_minute", "arrow"), [(0.0, 0), (0.005, 0), (0.02, 1), (-0.02, -1), (0.1, 2), (-0.1, -2)])
def test_the_arrow_of_a_temperature(per_minute: float, arrow: int) -> None:
    assert trend("air.temperature", minutes(*(20 + per_minute * n for n in range(15)))) == arrow


def test_noise_is_no_trend_and_few_minutes_are_none() -> None:
    assert trend("air.temperature", minutes(*[20, 20.1] * 7)) == 0
    assert trend("air.temperature", minutes(20, 21, 22, 23)) is None
