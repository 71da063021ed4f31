"""Numbers of rules.yaml that can be turned: setpoints, or one period of one."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from controller.model.errors import ConfigError, one_of
from controller.model.units import UnitError, factor, parse_measure, unit

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
    place, key = _find(document, wanted.name)
    return _number(str(place[key]), wanted.unit, wanted.name)


def _read(rules: str) -> tuple[Any, Any]:
    from ruamel.yaml import YAML

    parser = YAML()
    parser.preserve_quotes = True
    parser.width = 10_000
    return parser.load(rules), parser


def _find(document: Any, name: str) -> tuple[Any, str]:
    """The mapping in which a number stands, and its key there."""
    setpoints = document.get("setpoints") or {}
    setpoint, _, period = name.partition(".")
    if setpoint not in setpoints:
        raise ConfigError(f"there is no setpoint {setpoint!r}", suggestion=one_of(setpoint, setpoints))
    if not isinstance(setpoints[setpoint], Mapping):
        if period:
            raise ConfigError(f"{setpoint} is the same in all periods", suggestion=f"write {setpoint}=...")
        return setpoints, setpoint
    periods = [str(key) for key in setpoints[setpoint]]
    if period not in periods:
        raise ConfigError(
            f"which period of {setpoint}?", suggestion=one_of(period, [f"{setpoint}.{p}" for p in periods])
        )
    return setpoints[setpoint], period


def _number(text: str, symbol: str, name: str) -> float:
    try:
        wanted = unit(symbol)
        parts = text.split(maxsplit=1)
        factor(unit(parts[1] if len(parts) > 1 else ""), wanted)
        return parse_measure(text, wanted)
    except UnitError as error:
        raise ConfigError(f"{name} is {text!r}: {error}", suggestion="only plain numbers can be turned") from None
