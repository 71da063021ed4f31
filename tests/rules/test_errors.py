"""Every mistake in an expression: where it stands, what is wrong, and the way out."""

from __future__ import annotations

import pytest

from controller.model.errors import ConfigError, Place
from controller.model.units import UNITS
from controller.rules.compiler import compile_expression
from controller.rules.parser import Text, parse_condition, parse_demand, parse_range, parse_window

from .scope import GREENHOUSE

CONDITIONS = [
    # text, column, part of the message, part of the suggestion
    ("air.temperature > 40 %", 19, "air.temperature (in °C) and 40 % cannot go together", "write it in °C"),
    ("air.temperature > 40", 19, "and 40 cannot go together", "write it in °C"),
    ("air.temprature > 4 °C", 1, "there is no point 'air.temprature'", "did you mean air.temperature?"),
    ("air.temperature > 4 °D", 21, "there is no unit '°D'", ""),
    ("air.temperature = 4 °C", 17, "cannot read '='", "compare with < or >"),
    ("air.temperature > 4 °C & heater is on", 24, "cannot read '&'", "write 'and' or 'or'"),
    ("air.temperature >", 18, "ends too early", "expected"),
    ("(air.temperature > 4 °C", 24, "ends too early", "expected"),
    ("air.temperature > 4 °C) and heater is on", 23, "cannot read ')'", ""),
    ("outside.rain is wett", 17, "outside.rain cannot be 'wett'", "did you mean wet?"),
    ("outside.rain is on", 17, "outside.rain cannot be 'on'", "known: bad, dry, good, stale, wet"),
    ("outside.rain > 3", 1, "outside.rain has no number", "write 'outside.rain is dry'"),
    ("period is dya", 11, "period cannot be 'dya'", "did you mean day?"),
    ("air.temperature for 5 min", 1, "a condition is expected here, not a number", "compare it"),
    ("air.temperature > 4 °C for 5 kPa", 28, "'5 kPa' is not a length of time".replace("'", ""), "write it like 5 min"),
    ("air.temperature and heater is on", 1, "a condition is expected here", "compare it with < or >"),
    ("not air.temperature", 5, "a condition is expected here", ""),
    ("heater is on + 4 > 3", 18, "cannot read '>'", ""),
    ("air.temperature + outside.temperature > 4 °C", 19, "two temperatures cannot be added", "a difference like 4 K"),
    ("bonus - air.temperature > 4 °C", 9, "cannot be taken from a difference", "the temperature first"),
    ("air.temperature > bonus", 19, "compared with a difference", "both in K"),
    ("air.temperature - outside.temperature > air.temperature", 41, "compared with a difference", ""),
    ("max(air.temperature, bonus) > 3 °C", 22, "compared with a difference", ""),
    ("air.temperature + air.humidity > 4 °C", 19, "cannot go together", "write it in °C"),
    ("klamp(air.temperature, 0 °C, 5 °C) > 3 °C", 1, "there is no function 'klamp'", "did you mean clamp?"),
    ("clamp(air.temperature, 0 °C) > 3 °C", 1, "clamp takes 3 values", ""),
    ("clamp(air.temperature, 0 %, 5 °C) > 3 °C", 24, "cannot go together", "°C"),
    ("average(air.temperature) > 3 °C", 1, "average takes a value and a time", "average(..., 10 min)"),
    ("average(air.temperature, 3 kPa) > 3 °C", 1, "average takes a value and a time", ""),
    ("rate(air.temperature, 10 min) > 3 °C", 33, "cannot go together", ""),
    ("time is 25:00 .. 26:00", 9, "there is no time 25:00", "08:00"),
    ("time is noon .. 13:00", 9, "noon is not a time of day", "a clock time like 08:00"),
    ("time is sunrice .. 13:00", 9, "sunrice is not a time of day", "did you mean sunrise?"),
    ("heater is 08:00 .. 09:00", 1, "only the time can be inside a part of the day", "time is"),
    ("air.temperature since last start > 3 °C", 1, "cannot be counted since the last start", ""),
    ("(2 * radiation_sum) since last start > 3", 2, "only a sum can be counted", "write radiation_sum"),
    ("3 kPa since last start", 1, "only a time or a sum can be counted", ""),
    ("5 is on", 1, "only a name can be 'on'", ""),
    ("heater is", 10, "ends too early", "a name"),
    ("", 1, "ends too early", ""),
]


@pytest.mark.parametrize(("text", "column", "message", "suggestion"), CONDITIONS)
def test_a_wrong_condition_is_answered_with_place_and_way_out(
    text: str, column: int, message: str, suggestion: str
) -> None:
    written = Text(text, Place("rules.yaml", 7, 11))
    with pytest.raises(ConfigError) as caught:
        compile_expression(written, parse_condition(written), GREENHOUSE)
    assert message in caught.value.message
    assert suggestion in caught.value.suggestion
    assert caught.value.place == Place("rules.yaml", 7, 10 + column)


@pytest.mark.parametrize(
    ("text", "column", "message", "suggestion"),
    [
        ("at least 10", 10, "10 is not a position", "write it like 70 %"),
        ("at lest 10 %", 4, "cannot read 'lest' here", ""),
        ("120 %", 1, "120 % is beyond fully open", "0 % to 100 %"),
        ("onn", 1, "an actuator cannot be 'onn'", "did you mean on?"),
        ("off for 3 s every 5 min", 1, "a pulse is 'on for ...', not 'off'", ""),
        ("on for 5 min every 3 min", 8, "a pulse must be shorter than its interval", ""),
        ("on for 5 % every 3 min", 8, "5 % is not a length of time", ""),
    ],
)
def test_a_wrong_demand(text: str, column: int, message: str, suggestion: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_demand(Text(text, Place("rules.yaml", 3, 1)))
    assert message in caught.value.message
    assert suggestion in caught.value.suggestion
    assert caught.value.place.column == column


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("60 .. -30 °C", "the lower bound must stand first"),
        ("-30 .. 60 %", "not a unit of this quantity"),
        ("-30 °C", "ends too early"),
    ],
)
def test_a_wrong_range(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_range(Text(text, Place("site.yaml", 3, 1)), UNITS["°C"])


@pytest.mark.parametrize("text", ["sunset", "8 .. 9", "sunrise + 2 kPa .. sunset", "08:00 .. 24:01"])
def test_a_wrong_part_of_the_day(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_window(Text(text, Place("rules.yaml", 3, 1)))


def test_no_text_of_a_file_reaches_the_compiled_code() -> None:
    compiled = GREENHOUSE.compile("air.temperature > 4 °C and outside.rain is wet or roof_vent < 5 %")
    assert "air" not in compiled.code
    assert "wet" not in compiled.code
