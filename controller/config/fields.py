"""The kinds of values in both files, as annotated types: each is parsed where it stands, and explained to editors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.plan import Expression
from controller.model.errors import ConfigError
from controller.rules.parser import STATES, Demand, Text, parse_demand, parse_window
from controller.rules.tree import Window

from . import texts
from .nodes import Mapping as MappingOf
from .nodes import Word

Schema = Mapping[str, Any]

_NUMBER_AND_UNIT = r"^\s*[-+]?\d+(\.\d+)?\s*\S*\s*$"


@dataclass(frozen=True, slots=True)
class Periods:
    """A value for each period, by its name, and the ramp between them."""

    values: tuple[tuple[Text, Expression], ...]
    ramp: Text | None


class Parsed:
    """Annotates a field whose value is made from its text by `parse`, which raises ConfigError."""

    def __init__(self, parse: Callable[[Text], Any], schema: Schema) -> None:
        self._parse = parse
        self._schema = dict(schema)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return dict(self._schema)

    def _validate(self, value: object) -> Any:
        try:
            return self._parse(texts.text_of(value))
        except ConfigError as error:
            raise _wrong(error) from None


class _SetpointField(Parsed):
    """One expression, or one for each period with a ramp."""

    def _validate(self, value: object) -> Any:
        if not isinstance(value, MappingOf):
            return super()._validate(value)
        values = [(_key(key), super(_SetpointField, self)._validate(value[key])) for key in value if key != "ramp"]
        ramp = _text(value["ramp"]) if "ramp" in value else None
        if not values:
            raise _wrong(ConfigError("no period has a value here", value.place, "write {day: 19 °C, night: 16 °C}"))
        return Periods(tuple(values), ramp)


class _TravelField(Parsed):
    """One time, or one for each direction."""

    def _validate(self, value: object) -> Any:
        if not isinstance(value, MappingOf):
            seconds = super()._validate(value)
            return seconds, seconds
        for key in value:
            if key not in ("open", "close"):
                raise _wrong(ConfigError(f"there is no {str(key)!r} here", value.key(key), "known: open, close"))
        if len(value) < 2:
            raise _wrong(ConfigError("travel_time needs both ways", value.place, "write {open: 180 s, close: 150 s}"))
        return super()._validate(value["open"]), super()._validate(value["close"])


def _wrong(error: ConfigError) -> PydanticCustomError:
    return PydanticCustomError("onsil", "wrong", {"error": error})


def _text(value: object) -> Text:
    try:
        return texts.text_of(value)
    except ConfigError as error:
        raise _wrong(error) from None


def _key(key: str) -> Text:
    assert isinstance(key, Word)
    return Text(str(key), key.place)


def _measured(description: str, *examples: str) -> Schema:
    return {"type": "string", "pattern": _NUMBER_AND_UNIT, "description": description, "examples": list(examples)}


_DURATION = _measured("A length of time with its unit: ms, s, min, h or d.", "30 s", "5 min", "6 h")
_NAMED = {"type": "string", "pattern": r"^[^\s.\d][^\s.]*(\.[^\s.\d][^\s.]*)*$"}
_CONDITION = {"type": ["string", "number"]}

Duration = Annotated[float, Parsed(texts.duration, _DURATION)]
"""Seconds."""
DurationAboveZero = Annotated[float, Parsed(texts.duration_above_zero, _DURATION)]
"""Seconds, more than none."""
Share = Annotated[float, Parsed(texts.share, _measured("A part of the whole opening, in %.", "3 %"))]
"""0 to 100 %."""
SafePosition = Annotated[
    float | None,
    Parsed(
        texts.safe_position,
        {
            "type": "string",
            "description": "The position taken when what it depends on fails; keep leaves it as it is.",
            "anyOf": [{"enum": [*STATES, "keep"]}, {"pattern": _NUMBER_AND_UNIT}],
            "examples": ["0 %", "off", "closed", "keep"],
        },
    ),
]
"""% of opening; None keeps the present position."""
Flow = Annotated[float, Parsed(texts.flow, _measured("What flows through the open valve.", "24 L/min"))]
"""L/s."""
Size = Annotated[int, Parsed(texts.size, _measured("A size in kB, MB or GB.", "500 MB"))]
"""Bytes."""
Condition = Annotated[
    Expression,
    Parsed(
        texts.expression,
        _CONDITION
        | {
            "description": "A condition on points, setpoints, actuators, the period and the time.",
            "examples": ["air.temperature < 5 °C for 2 min", "period is night and outside.temperature < 8 °C"],
        },
    ),
]
Value = Annotated[
    Expression,
    Parsed(
        texts.expression,
        _CONDITION
        | {
            "description": "A number with its unit, or a calculation.",
            "examples": ["16 °C", "heating_temperature + 4 °C"],
        },
    ),
]
DayWindow = Annotated[
    Window,
    Parsed(
        parse_window,
        {
            "type": "string",
            "description": "A part of the day, by the clock or by the sun.",
            "examples": ["sunrise + 2 h .. sunset", "08:00 .. 17:30"],
        },
    ),
]
Asked = Annotated[
    tuple[Text, Demand],
    Parsed(
        lambda text: (text, parse_demand(text)),
        {
            "type": "string",
            "description": "What is asked of the actuator.",
            "examples": ["on", "off", "70 %", "at least 10 %", "at most 5 %", "on for 30 s every 5 min", "keep"],
        },
    ),
]
"""The text and what it asks."""
Name = Annotated[Text, Parsed(texts.name, _NAMED)]
"""A name that can stand in a condition."""
Address = Annotated[Text, Parsed(lambda text: text, {"type": "string"})]
"""A text that may be empty, with its place."""
Setpoint = Annotated[
    Expression | Periods,
    _SetpointField(
        texts.expression,
        {
            "description": "A value, or one for each period.",
            "anyOf": [
                {"type": ["string", "number"]},
                {
                    "type": "object",
                    "properties": {"ramp": _measured("How fast it changes at most.", "2 °C/h")},
                    "additionalProperties": {"type": ["string", "number"]},
                },
            ],
            "examples": ["heating_temperature + 4 °C", {"night": "16 °C", "day": "19 °C", "ramp": "2 °C/h"}],
        },
    ),
]
Label = Annotated[Text, Parsed(texts.label, {"type": "string", "minLength": 1})]
"""Any text, with its place."""
Url = Annotated[str, Parsed(texts.url, {"type": "string", "examples": ["http://localhost:8086"]})]
"""An HTTP address."""
Travel = Annotated[
    tuple[float, float],
    _TravelField(
        texts.duration_above_zero,
        {
            "description": "How long the motor runs for the whole way.",
            "anyOf": [
                _DURATION,
                {
                    "type": "object",
                    "properties": {"open": _DURATION, "close": _DURATION},
                    "required": ["open", "close"],
                    "additionalProperties": False,
                },
            ],
            "examples": ["180 s", {"open": "180 s", "close": "150 s"}],
        },
    ),
]
"""Seconds from closed to open, and from open to closed."""
Timezone = Annotated[
    str, Parsed(texts.time_zone, {"type": "string", "description": "An IANA time zone.", "examples": ["Asia/Seoul"]})
]
