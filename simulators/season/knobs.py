"""Numbers of rules.yaml that can be turned: setpoints, or one period of one.

A setpoint in a `for each` is called as it stands there, `<bay>.warmth`, and is turned for all of them at once.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from controller.model.errors import ConfigError, one_of
from controller.model.units import UnitError, factor, parse_measure, quantity_of, unit

from .ranges import Range


def turn(rules: str, values: Mapping[str, tuple[float, str]]) -> str:
    """The rules with other setpoints: `heating_temperature.night` (18.0, "°C") is one period of one.

    Comments stay. Raises ConfigError where there is no such number.
    """
    document, parser = _read(rules)
    for name, (value, symbol) in values.items():
        place, key = _find(document, name)
        _number(str(place[key]), symbol, name)
        place[key] = f"{value:.6g} {symbol}"
    written = io.StringIO()
    parser.dump(document, written)
    return written.getvalue()


def present(rules: str, wanted: Range) -> float:
    """What a number is now, in the unit of the range. Raises ConfigError."""
    document, _ = _read(rules)
    return _present(document, wanted)


def check(rules: str, wanted: Range) -> None:
    """Raises ConfigError where there is no such number, or where one end is nothing that such a setpoint can be."""
    document, _ = _read(rules)
    _present(document, wanted)
    quantity = quantity_of(_parted(wanted.name, _home(document, wanted.name))[0])
    try:
        scale = factor(unit(wanted.unit), quantity.unit) if quantity else 0.0
    except UnitError:  # a ramp is not a temperature
        return
    if quantity and not (quantity.low <= wanted.low * scale and wanted.high * scale <= quantity.high):
        raise ConfigError(
            f"{wanted.name}: {wanted.low:g}..{wanted.high:g} {wanted.unit} is more than a {quantity.name} can be",
            suggestion=f"{quantity.low:g}..{quantity.high:g} {quantity.unit}",
        )


def _read(rules: str) -> tuple[Any, Any]:
    from ruamel.yaml import YAML

    parser = YAML()
    parser.preserve_quotes = True
    parser.width = 10_000
    return parser.load(rules), parser


def _present(document: Any, wanted: Range) -> float:
    place, key = _find(document, wanted.name)
    return _number(str(place[key]), wanted.unit, wanted.name)


def _find(document: Any, name: str) -> tuple[Any, str]:
    """The mapping in which a number stands, and its key there."""
    place = _home(document, name)
    setpoint, period = _parted(name, place)
    key = setpoint
    if isinstance(place[key], Mapping) and "value" in place[key]:  # beside it stand corrections
        place, key = place[key], "value"
    if not isinstance(place[key], Mapping):
        if period:
            raise ConfigError(f"{setpoint} is the same in all periods", suggestion=f"write {setpoint}=...")
        return place, key
    periods = [str(each) for each, value in place[key].items() if not isinstance(value, Mapping)]
    if period not in periods:
        suggestion = one_of(name if period else "", [f"{setpoint}.{each}" for each in periods])
        raise ConfigError(f"which period of {setpoint}?", suggestion=suggestion)
    return place[key], period


def _home(document: Any, name: str) -> Mapping[str, Any]:
    """The setpoints among which this one stands. Raises ConfigError."""
    bodies = [document, *(body for key, body in document.items() if str(key).startswith("for each "))]
    among: list[Mapping[str, Any]] = [setpoints for body in bodies if (setpoints := body.get("setpoints"))]
    found = [setpoints for setpoints in among if _parted(name, setpoints)[0] in setpoints]
    if len(found) > 1:
        raise ConfigError(f"{name} stands in more than one `for each`", suggestion="write it out")
    if not found:
        known = [str(each) for setpoints in among for each in setpoints]
        raise ConfigError(f"there is no setpoint {name!r}", suggestion=one_of(name, known))
    return found[0]


def _parted(name: str, setpoints: Mapping[str, Any]) -> tuple[str, str]:
    """Setpoint and period; "" for all periods. The setpoint may have a dot itself: east.warmth."""
    first, _, last = name.rpartition(".")
    return (first, last) if first in setpoints else (name, "")


def _number(text: str, symbol: str, name: str) -> float:
    try:
        wanted = unit(symbol)
    except UnitError as error:
        raise ConfigError(f"{name}: {error}", suggestion=error.suggestion) from None
    parts = text.split(maxsplit=1)
    try:
        own = unit(parts[1] if len(parts) > 1 else "")
        parse_measure(text, own)
    except UnitError as error:
        raise ConfigError(f"{name} is {text!r}: {error}", suggestion="only plain numbers can be turned") from None
    try:
        return parse_measure(text, wanted)
    except UnitError:
        given = f"in {wanted}" if wanted.symbol else "a plain number"
        raise ConfigError(
            f"{name} is {text!r}, not {given}", suggestion=f"write {name}=LOW..HIGH {own}".rstrip()
        ) from None
