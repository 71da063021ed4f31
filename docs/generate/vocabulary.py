"""Quantities and units."""

from __future__ import annotations

from collections import defaultdict

from controller.model.units import QUANTITIES, UNITS, Dimension, Quantity, best_unit, show_duration

from .markdown import code, table


def page() -> str:
    """Both tables."""
    quantities = [
        (code(quantity.name), code(quantity.unit) if quantity.unit.symbol else _words(quantity), *_treatment(quantity))
        for quantity in QUANTITIES.values()
    ]
    by_dimension: defaultdict[Dimension, list[str]] = defaultdict(list)
    for unit in UNITS.values():
        if unit.symbol:
            by_dimension[unit.dimension].append(unit.symbol)
    units = [
        (
            code(best_unit(dimension).symbol) if best_unit(dimension).symbol else "(a number)",
            ", ".join(map(code, names)),
        )
        for dimension, names in by_dimension.items()
    ]
    parts = (
        "# Quantities and units",
        "Every number of the two files carries its unit. Units are checked before anything runs, and converted where "
        "they fit: `1.1 kPa` and `1100 Pa` are the same, `air.temperature > 40 %` is a mistake.",
        "## Quantities",
        "The last word of a point's name says what it measures: `air.temperature_2`, `bench.leaf.temperature` and "
        "`forecast.night_min_temperature` are temperatures. Where it does not, `sensors:` in site.yaml says "
        "`quantity:`. A sensor gets the treatment of its quantity wherever site.yaml says nothing else: a value "
        "outside the range or a faster change is bad, an older value is no value.",
        table(("quantity", "unit inside", "range", "fastest change", "stale after"), quantities),
        "A counter only ever counts up; a fall is a device that began anew.",
        "## Units",
        "Each line is one kind of unit: what can be written, and first what Onsil shows.",
        table(("shown as", "can be written as"), units),
    )
    return "\n\n".join(parts) + "\n"


def _words(quantity: Quantity) -> str:
    return " or ".join(map(code, quantity.states)) if quantity.states else "(a number)"


def _treatment(quantity: Quantity) -> tuple[str, str, str]:
    symbol = quantity.unit.symbol
    span = f"{quantity.low:g} .. {quantity.high:g} {symbol}".rstrip() + (", a counter" if quantity.counter else "")
    rate = "" if quantity.max_rate is None else f"{quantity.max_rate * 60:g} {symbol}/min"
    return "" if quantity.states else span, rate, show_duration(quantity.stale_after)
