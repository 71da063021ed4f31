"""The kinds of values in both files, as annotated types: each is parsed where it stands, and explained to editors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.plan import Expression
from controller.model.errors import ConfigError, one_of
from controller.rules.parser import STATES, Demand, Text, parse_daytime, parse_demand, parse_pace, parse_window
from controller.rules.tree import DayTime, Window

from . import texts
from .nodes import Mapping as MappingOf
from .nodes import Word

Schema = Mapping[str, Any]

_BETWEEN = ("ramp", "over", "shape")
_CORRECTED = ("value", "add", "add_within", "within")
_NUMBER_AND_UNIT = r"^\s*[-+]?\d+(\.\d+)?\s*\S*\s*$"


Shape = Literal["linear", "sine"]


@dataclass(frozen=True, slots=True)
class Periods:
    """A value for each period, by its name, and the ramp between them."""

    values: tuple[tuple[Text, Expression], ...]
    ramp: Text | None
    ramp_down: Text | None = None
    over: float | None = None
    shape: Shape = "linear"


@dataclass(frozen=True, slots=True)
class Corrected:
    """A value, what is added to it, and the bounds of both."""

    value: Expression | Periods
    add: tuple[Expression, ...] = ()
    add_within: tuple[Expression, Expression] | None = None
    within: tuple[Expression, Expression] | None = None


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
        return self._corrected(value) if "value" in value else self._periods(value)

    def _corrected(self, value: MappingOf) -> Corrected:
        for key in value:
            if key not in _CORRECTED:
                hint = one_of(key, _CORRECTED)
                raise _wrong(ConfigError(f"there is no {str(key)!r} here", value.key(key), hint))
        base = value["value"]
        made = self._periods(base) if isinstance(base, MappingOf) else super()._validate(base)
        add = value.get("add", ())
        if not isinstance(add, (list, tuple)):
            raise _wrong(ConfigError("add must be a list", value.key("add"), "begin each item with '- '"))
        corrections = tuple(super(_SetpointField, self)._validate(item) for item in add)
        return Corrected(made, corrections, self._bounds(value, "add_within"), self._bounds(value, "within"))

    @staticmethod
    def _bounds(value: MappingOf, key: str) -> tuple[Expression, Expression] | None:
        try:
            return texts.bounds(texts.text_of(value[key])) if key in value else None
        except ConfigError as error:
            raise _wrong(error) from None

    def _periods(self, value: MappingOf) -> Periods:
        periods = [key for key in value if key not in _BETWEEN]
        values = [(_key(key), super(_SetpointField, self)._validate(value[key])) for key in periods]
        if not values:
            raise _wrong(ConfigError("no period has a value here", value.place, "write {day: 19 °C, night: 16 °C}"))
        try:
            return _between(tuple(values), value)
        except ConfigError as error:
            raise _wrong(error) from None


def _between(values: tuple[tuple[Text, Expression], ...], value: MappingOf) -> Periods:
    """The periods' values with the ramp that `value` names. Raises ConfigError."""
    ramp: object = value.get("ramp")
    down: object = None
    if isinstance(ramp, MappingOf):
        if set(ramp) != {"up", "down"}:
            raise ConfigError("this ramp needs up and down", value.key("ramp"), "write {up: 2 °C/h, down: 4 °C/h}")
        down = ramp["down"]
        ramp = ramp["up"]
    shape = texts.text_of(value.get("shape", Word("linear")))
    if shape.text not in get_args(Shape):
        raise shape.error(f"there is no shape {shape.text!r}", 0, one_of(shape.text, get_args(Shape)))
    over = texts.duration_above_zero(texts.text_of(value["over"])) if "over" in value else None
    if over is not None and ramp is not None:
        raise ConfigError("a ramp has a pace or a time, not both", value.key("over"), "remove ramp or over")
    up, falling = (None if text is None else texts.text_of(text) for text in (ramp, down))
    return Periods(values, up, falling, over, cast("Shape", shape.text))


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
Area = Annotated[float, Parsed(texts.area, _measured("The floor, in m².", "1200 m²"))]
"""m²."""
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
    Expression | Periods | Corrected,
    _SetpointField(
        texts.expression,
        {
            "description": "A value, or one for each period.",
            "anyOf": [
                {"type": ["string", "number"]},
                {
                    "type": "object",
                    "properties": {
                        "ramp": _measured("How fast it changes at most.", "2 °C/h"),
                        "over": _DURATION,
                        "shape": {"enum": ["linear", "sine"]},
                    },
                    "additionalProperties": {"type": ["string", "number"]},
                },
                {
                    "type": "object",
                    "properties": {
                        "value": {"description": "A value, or one for each period."},
                        "add": {"type": "array", "items": {"type": "string"}, "description": "Corrections."},
                        "add_within": {"type": "string", "description": "Bounds of the sum of the corrections."},
                        "within": {"type": "string", "description": "Bounds of the result."},
                    },
                    "required": ["value"],
                    "additionalProperties": False,
                },
            ],
            "examples": ["heating_temperature + 4 °C", {"night": "16 °C", "day": "19 °C", "ramp": "2 °C/h"}],
        },
    ),
]
Bounds = Annotated[
    tuple[Expression, Expression],
    Parsed(
        texts.bounds,
        {"type": "string", "description": "The lowest and the highest value.", "examples": ["0 % .. 80 %"]},
    ),
]
BandOf = Annotated[
    texts.Band,
    Parsed(
        texts.band,
        {"type": "string", "description": "The width of the band, above or below.", "examples": ["6 °C", "4 K below"]},
    ),
]
PaceOf = Annotated[
    tuple[float, float],
    Parsed(parse_pace, {"type": "string", "description": "A step and its time.", "examples": ["5 % every 3 min"]}),
]
Given = Annotated[
    texts.Amount,
    Parsed(
        texts.amount,
        {
            "type": "string",
            "description": "How long the valve is open, or what it gives.",
            "examples": ["2 min", "60 L", "60 L by water.volume within 5 min"],
        },
    ),
]
TimeOfDay = Annotated[
    DayTime,
    Parsed(parse_daytime, {"type": "string", "description": "A time of day.", "examples": ["08:00", "sunrise + 2 h"]}),
]
Definition = Annotated[
    tuple[Text, tuple[str, ...]],
    Parsed(texts.definition, {"type": "string", "description": "A name, or a function with its parameters."}),
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
