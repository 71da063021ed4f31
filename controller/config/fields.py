"""The kinds of values in both files: lengths of time, positions, conditions, names. Each is parsed where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from controller.core.plan import Expression
from controller.model.errors import ConfigError, one_of
from controller.model.units import UNITS, Unit, UnitError, parse_measure
from controller.rules.parser import (
    OVER_TIME,
    STATES,
    Demand,
    Text,
    parse_condition,
    parse_demand,
    parse_window,
)
from controller.rules.tree import Tree, Window, children

from .document import Mapping as MappingOf
from .document import Real, Whole, Word

Schema = Mapping[str, Any]

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_RESERVED = frozenset(
    {"and", "or", "not", "for", "is", "since", "every", "ago", "at", "period", "time", "sunrise", "sunset"}
    | {"clamp", "min", "max", "abs", *OVER_TIME, *STATES, "keep"}
)
_DEEPEST = 50  # operators inside each other: what a person writes has five
_SIZES = {"kB": 1e3, "MB": 1e6, "GB": 1e9}
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
            return self._parse(text_of(value))
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
        return text_of(value)
    except ConfigError as error:
        raise _wrong(error) from None


def _key(key: str) -> Text:
    assert isinstance(key, Word)
    return Text(str(key), key.place)


def text_of(value: object) -> Text:
    """A word or number of a document with its place. Raises ConfigError for anything else."""
    match value:
        case Word():
            return Text(str(value), value.place)
        case Whole() | Real():
            return Text(value.written, value.place)
        case bool():
            word = "true" if value else "false"
            raise ConfigError(f"{word} means nothing here", suggestion=f"write {'on' if value else 'off'}")
        case None:
            raise ConfigError("a value is missing here", suggestion="write it behind the colon")
        case _:
            raise ConfigError("a single value is expected here", suggestion="write it on one line")


def measure(text: Text, unit: Unit, *, low: float | None = None) -> float:
    """A number in `unit`, not below `low`. Raises ConfigError."""
    try:
        value = parse_measure(text.text, unit)
    except UnitError as error:
        written = text.text.strip()
        if re.fullmatch(r"[-+]?\d+(\.\d+)?", written) and unit.symbol:
            raise text.error(f"{written} has no unit", 0, f"write {written} {unit}") from None
        raise text.error(str(error), 0, error.suggestion) from None
    if low is not None and value < low:
        raise text.error(f"{text.text} is too little", 0, "it must be more than 0" if low else "it cannot be negative")
    return value


def _duration(text: Text) -> float:
    seconds = measure(text, UNITS["s"], low=0.0)
    if seconds > 366 * 86400:
        raise text.error(f"{text.text} is too long", 0, "at most 366 d")
    return seconds


def _duration_above_zero(text: Text) -> float:
    seconds = _duration(text)
    if not seconds:
        raise text.error("this cannot be 0", 0, "write it like 5 min")
    return seconds


def _share(text: Text) -> float:
    value = measure(text, UNITS["%"], low=0.0)
    if value > 100:
        raise text.error(f"{text.text} is more than all", 0, "a position is 0 % to 100 %")
    return value


def _safe(text: Text) -> float | None:
    word = text.text.strip()
    if word == "keep":
        return None
    if word in STATES:
        return STATES[word]
    if re.fullmatch(r"[a-z]+", word):
        raise text.error(f"an actuator cannot be {word!r}", 0, one_of(word, [*STATES, "keep"]))
    return _share(text)


def _flow(text: Text) -> float:
    """L/s, where the file says L/min or the like."""
    per_minute = measure(text, UNITS["L/min"], low=0.0)
    if not per_minute:
        raise text.error("a valve without flow waters nothing", 0, "write it like 24 L/min")
    return per_minute / 60


def _size(text: Text) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(\w*)", text.text.strip())
    if found is None or found[2] not in _SIZES:
        raise text.error(f"{text.text!r} is not a size", 0, "write it like 500 MB")
    size = float(found[1]) * _SIZES[found[2]]
    if not 1e6 <= size <= 1e15:
        raise text.error(f"{text.text} is no sensible size", 0, "at least 1 MB")
    return int(size)


def _expression(text: Text) -> Expression:
    try:
        tree = parse_condition(text)
        if _depth(tree) > _DEEPEST:
            raise text.error("this is too deeply nested", 0, "give a part of it a name of its own under setpoints:")
    except RecursionError:
        raise text.error("this is too long", 0, "divide it") from None
    return Expression(text, tree)


def _depth(tree: Tree) -> int:
    level, depth = [tree], 0
    while level:
        level, depth = [child for node in level for child in children(node)], depth + 1
    return depth


def _name(text: Text) -> Text:
    """The name of a point, an actuator, a setpoint or a period."""
    if not _NAME.fullmatch(text.text):
        hint = "use letters, digits and _, with dots between the parts: air.temperature"
        raise text.error(f"{text.text!r} cannot be a name", 0, hint)
    if text.text in _RESERVED:
        raise text.error(f"{text.text!r} is a word of the language", 0, "choose another name")
    return text


def _word(text: Text) -> Text:
    if not text.text.strip():
        raise text.error("a text is missing here", 0, "write it between the quotes")
    return text


def _url(text: Text) -> str:
    try:
        parts = urlsplit(text.text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise text.error("this is no web address", 0, "write it like http://localhost:8086")
    return text.text.rstrip("/")


def _timezone(text: Text) -> str:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(text.text)
    except (OSError, ValueError, LookupError):
        known = one_of(text.text, available_timezones())
        raise text.error(f"there is no time zone {text.text!r}", 0, known if "mean" in known else "") from None
    return text.text


def _measured(description: str, *examples: str) -> Schema:
    return {"type": "string", "pattern": _NUMBER_AND_UNIT, "description": description, "examples": list(examples)}


_DURATION = _measured("A length of time with its unit: ms, s, min, h or d.", "30 s", "5 min", "6 h")
_NAMED = {"type": "string", "pattern": r"^[^\s.\d][^\s.]*(\.[^\s.\d][^\s.]*)*$"}
_CONDITION = {"type": ["string", "number"]}

Duration = Annotated[float, Parsed(_duration, _DURATION)]
"""Seconds."""
DurationAboveZero = Annotated[float, Parsed(_duration_above_zero, _DURATION)]
"""Seconds, more than none."""
Share = Annotated[float, Parsed(_share, _measured("A part of the whole opening, in %.", "3 %"))]
"""0 to 100 %."""
SafePosition = Annotated[
    float | None,
    Parsed(
        _safe,
        {
            "type": "string",
            "description": "The position taken when what it depends on fails; keep leaves it as it is.",
            "anyOf": [{"enum": [*STATES, "keep"]}, {"pattern": _NUMBER_AND_UNIT}],
            "examples": ["0 %", "off", "closed", "keep"],
        },
    ),
]
"""% of opening; None keeps the present position."""
Flow = Annotated[float, Parsed(_flow, _measured("What flows through the open valve.", "24 L/min"))]
"""L/s."""
Size = Annotated[int, Parsed(_size, _measured("A size in kB, MB or GB.", "500 MB"))]
"""Bytes."""
Condition = Annotated[
    Expression,
    Parsed(
        _expression,
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
        _expression,
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
Name = Annotated[Text, Parsed(_name, _NAMED)]
"""A name that can stand in a condition."""
Address = Annotated[Text, Parsed(lambda text: text, {"type": "string"})]
"""A text that may be empty, with its place."""
Setpoint = Annotated[
    Expression | Periods,
    _SetpointField(
        _expression,
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
Label = Annotated[Text, Parsed(_word, {"type": "string", "minLength": 1})]
"""Any text, with its place."""
Url = Annotated[str, Parsed(_url, {"type": "string", "examples": ["http://localhost:8086"]})]
"""An HTTP address."""
Travel = Annotated[
    tuple[float, float],
    _TravelField(
        _duration_above_zero,
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
    str, Parsed(_timezone, {"type": "string", "description": "An IANA time zone.", "examples": ["Asia/Seoul"]})
]
