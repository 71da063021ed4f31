"""What is printed parses to the same tree, and reads as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.units import UNITS
from controller.rules.parser import Text, parse_condition, parse_window
from controller.rules.printer import print_tree
from controller.rules.tree import (
    And,
    Binary,
    Call,
    Compare,
    DayTime,
    ElapsedSinceStart,
    Held,
    Is,
    Name,
    Negate,
    Not,
    Number,
    Or,
    Over,
    SinceStart,
    Tree,
    Window,
    Within,
    names_in,
    walk,
)

names = st.sampled_from(["air.temperature", "roof_vent", "heating_temperature", "slab_a.ec", "온도"]).map(Name)
lengths = st.one_of(st.integers(1, 10_000).map(float), st.sampled_from([60.0, 600.0, 3600.0, 86400.0, 0.5]))
units = st.sampled_from([UNITS[symbol] for symbol in ("", "°C", "%", "W/m²", "µmol/(m²·s)", "mol/(m²·d)", "h", "K/h")])
figures = st.one_of(st.integers(0, 1000).map(float), st.sampled_from([0.5, 1.25, 1e-3]))
numbers = st.builds(Number, figures, units)
daytimes = st.one_of(
    st.integers(0, 1439).map(lambda minutes: DayTime("clock", minutes * 60.0)),
    st.builds(DayTime, st.sampled_from(["sunrise", "sunset"]), st.integers(-300, 300).map(lambda m: m * 60.0)),
)
windows = st.builds(Window, daytimes, daytimes)
calculations = st.recursive(
    st.one_of(numbers, names, st.builds(lambda n, s: Over("ago", n, s), names, lengths), st.builds(SinceStart, names)),
    lambda inner: st.one_of(
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(Negate, inner),
        st.builds(lambda *parts: Call("clamp", parts), inner, inner, inner),
        st.builds(Over, st.sampled_from(["average", "minimum", "maximum", "rate"]), inner, lengths),
    ),
    max_leaves=8,
)
facts = st.one_of(
    st.builds(Compare, st.sampled_from(["<", "<=", ">", ">="]), calculations, calculations),
    st.builds(lambda name, state: Is(name.name, state), names, st.sampled_from(["on", "wet", "day", "bad"])),
    st.builds(Within, windows),
    st.builds(ElapsedSinceStart, lengths),
)
conditions = st.recursive(
    facts,
    lambda inner: st.one_of(
        st.builds(And, inner, inner),
        st.builds(Or, inner, inner),
        st.builds(Not, inner),
        st.builds(Held, inner, lengths),
    ),
    max_leaves=8,
)


@given(st.one_of(conditions, calculations))
def test_what_is_printed_parses_to_the_same_tree(tree: Tree) -> None:
    text = print_tree(tree)
    assert parse_condition(Text(text)) == tree
    assert print_tree(parse_condition(Text(text))) == text


@given(windows)
def test_parts_of_the_day_too(window: Window) -> None:
    assert parse_window(Text(str(window))) == window


@pytest.mark.parametrize(
    "text",
    [
        "air.temperature < heating_temperature - 0.5 °C",
        "air.humidity_deficit < 2 g/m³ for 10 min and period is morning",
        "radiation_sum since last start > 120 J/cm² or 3 h since last start",
        "2 °C * clamp(outside.radiation / 800 W/m², 0, 1)",
        "outside.rain is not wet for 10 min",
        "not (heater is on or fan is on)",
        "average(air.temperature, 10 min) > air.temperature 1 h ago + 2 °C",
        "time is 08:00 .. sunset - 2 h",
        "outside.wind_speed < 11 m/s for 15 min",
    ],
)
def test_the_farmers_own_text_comes_back(text: str) -> None:
    assert print_tree(parse_condition(Text(text))) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("air.temperature≥5 °C", "air.temperature >= 5 °C"),
        ("((air.temperature)) > (5°C)", "air.temperature > 5 °C"),
        ("outside.radiation > 1e3 W/m2", None),
        ("air.temperature > 5 ℃", "air.temperature > 5 °C"),
    ],
)
def test_other_spellings_mean_the_same(text: str, plain: str | None) -> None:
    if plain is not None:
        tree, other = parse_condition(Text(text)), parse_condition(Text(plain))
        assert [type(node) for node in walk(tree)] == [type(node) for node in walk(other)]


def test_offsets_point_into_the_text() -> None:
    text = "air.temperature > 5 °C and outside.rain is wet"
    tree = parse_condition(Text(text))
    assert isinstance(tree, And)
    assert text[tree.right.at :] == "outside.rain is wet"


def test_names_are_listed_once_in_the_order_of_the_text() -> None:
    tree = parse_condition(Text("b > 1 and a > 2 and b > 3 and c is on"))
    assert names_in(tree) == ["b", "a", "c"]
