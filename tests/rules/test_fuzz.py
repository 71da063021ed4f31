"""Whatever is written: a tree that compiles, or a ConfigError, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model.errors import ConfigError, Place
from controller.rules.compiler import Definition, compile_expression
from controller.rules.parser import Text, parse_bounds, parse_condition, parse_demand, parse_pace, parse_window

from .scope import GREENHOUSE, NAN

WORDS = (
    *("air.temperature", "outside.rain", "heater", "roof_vent", "period", "radiation_sum", "bonus", "time", "온도"),
    *("5", "5 °C", "0 %", "3 min", "2 K", "1e3", "08:00", "sunrise", "sunset", "at", "least", "every", "ago"),
    *("and", "or", "not", "for", "is", "since", "last", "start", "wet", "on", "bad", "day"),
    *("<", ">=", "+", "-", "*", "/", "(", ")", ",", "..", "=", "&", "°", "%"),
    *("min(", "clamp(", "ramp(", "average(", "rate(", "angle("),
)
soup = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


def refusal(act: Callable[[], object]) -> ConfigError | None:
    """The error with which something is refused; any other exception comes through."""
    try:
        act()
    except ConfigError as error:
        return error
    return None


@settings(max_examples=400, deadline=None)
@given(st.one_of(soup, st.text(max_size=40)))
def test_a_text_is_read_or_refused_with_its_place(text: str) -> None:
    written = Text(text, Place("rules.yaml", 3, 5))

    def run() -> None:
        compiled = compile_expression(written, parse_condition(written), GREENHOUSE)
        compiled.run([NAN] * 200)
        compiled.run([1.0] * 200)

    parsers = (parse_demand, parse_window, parse_bounds, parse_pace)
    for act in (run, *(partial(parse, written) for parse in parsers)):
        error = refusal(act)
        if error is not None:
            assert error.place.line == 3
            assert 5 <= error.place.column <= 5 + len(text)


@pytest.mark.parametrize("text", ["9" * 400 + " °C > 3 °C", "air.temperature > " + "9" * 400 + " °C"])
def test_a_number_without_end_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="too large a number"):
        parse_condition(Text(text))


def test_definitions_that_double_each_other_are_refused_in_time() -> None:
    definitions = {
        f"d{n}": Definition(Text(f"d{n + 1} + d{n + 1}"), parse_condition(Text(f"d{n + 1} + d{n + 1}")))
        for n in range(40)
    }
    definitions["d40"] = Definition(Text("1 K"), parse_condition(Text("1 K")))
    with pytest.raises(ConfigError, match="becomes too long"):
        compile_expression(Text("d0 > 1 K"), parse_condition(Text("d0 > 1 K")), GREENHOUSE, definitions)


def test_what_is_nested_too_deeply_is_refused() -> None:
    text = "abs(" * 220 + "bonus" + ")" * 220 + " > 1 K"
    with pytest.raises(ConfigError, match="too deeply nested"):
        compile_expression(Text(text), parse_condition(Text(text)), GREENHOUSE)
