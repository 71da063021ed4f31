"""What single values of both files mean: lengths of time, positions, names. Each function raises ConfigError."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from controller.core.plan import Expression
from controller.model.errors import ConfigError, one_of
from controller.model.units import UNITS, Unit, UnitError, parse_measure
from controller.rules.compiler import FUNCTIONS
from controller.rules.parser import OVER_TIME, STATES, Text, parse_bounds, parse_condition
from controller.rules.tree import Tree, children

from .nodes import Real, Whole, Word

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_RESERVED = frozenset(
    {"and", "or", "not", "for", "is", "since", "every", "ago", "at", "period", "time", "sunrise", "sunset"}
    | {*FUNCTIONS, *OVER_TIME, *STATES, "keep"}
)
_DEEPEST = 50  # operators inside each other: what a person writes has five
_AMOUNT = re.compile(r"\s*(?P<litres>\d\S*\s*(m?L|ml|l|m³|m3))(\s+by\s+(?P<meter>\S+)\s+within\s+(?P<longest>.+))?")
_FUNCTION = re.compile(r"(?P<name>[^\s()]+)\((?P<parameters>[^()]+)\)")
_SIZES = {"kB": 1e3, "MB": 1e6, "GB": 1e9}


@dataclass(frozen=True, slots=True)
class Band:
    """The width of a P-band; `below`: it ends below its start."""

    width: Expression
    below: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """`seconds` of open valve; or `litres`, at the most so many seconds long, as the point `meter` counts them."""

    seconds: float | None
    litres: float | None = None
    meter: Text | None = None


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


def duration(text: Text) -> float:
    """Seconds, at most a year of them."""
    seconds = measure(text, UNITS["s"], low=0.0)
    if seconds > 366 * 86400:
        raise text.error(f"{text.text} is too long", 0, "at most 366 d")
    return seconds


def duration_above_zero(text: Text) -> float:
    """Seconds, more than none."""
    seconds = duration(text)
    if not seconds:
        raise text.error("this cannot be 0", 0, "write it like 5 min")
    return seconds


def share(text: Text) -> float:
    """0 to 100 %."""
    value = measure(text, UNITS["%"], low=0.0)
    if value > 100:
        raise text.error(f"{text.text} is more than all", 0, "a position is 0 % to 100 %")
    return value


def safe_position(text: Text) -> float | None:
    """% of opening; None for keep."""
    word = text.text.strip()
    if word == "keep":
        return None
    if word in STATES:
        return STATES[word]
    if re.fullmatch(r"[a-z]+", word):
        raise text.error(f"an actuator cannot be {word!r}", 0, one_of(word, [*STATES, "keep"]))
    return share(text)


def flow(text: Text) -> float:
    """L/s, where the file says L/min or the like."""
    per_minute = measure(text, UNITS["L/min"], low=0.0)
    if not per_minute:
        raise text.error("a valve without flow waters nothing", 0, "write it like 24 L/min")
    return per_minute / 60


def area(text: Text) -> float:
    """m²."""
    found = measure(text, UNITS["m²"])
    if found <= 0:
        raise text.error(f"{text.text} is too little", 0, "it must be more than 0")
    return found


def size(text: Text) -> int:
    """Bytes."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(\w*)", text.text.strip())
    if found is None or found[2] not in _SIZES:
        raise text.error(f"{text.text!r} is not a size", 0, "write it like 500 MB")
    size = float(found[1]) * _SIZES[found[2]]
    if not 1e6 <= size <= 1e15:
        raise text.error(f"{text.text} is no sensible size", 0, "at least 1 MB")
    return int(size)


def expression(text: Text) -> Expression:
    """A condition or a calculation, not so deep that compiling it could fail."""
    try:
        tree = parse_condition(text)
        if _depth(tree) > _DEEPEST:
            raise text.error("this is too deeply nested", 0, "give a part of it a name of its own under setpoints:")
    except RecursionError:
        raise text.error("this is too long", 0, "divide it") from None
    return Expression(text, tree)


def bounds(text: Text) -> tuple[Expression, Expression]:
    """The lowest and the highest value: two calculations with two dots between."""
    low, high = parse_bounds(text)
    return Expression(text, low), Expression(text, high)


def band(text: Text) -> Band:
    """The width of a P-band, and whether it lies below its start."""
    written = text.text.rstrip()
    below = written.endswith(" below")
    return Band(expression(Text(written.removesuffix(" below"), text.place)), below)


def amount(text: Text) -> Amount:
    """What a round gives: a time, litres, or litres that a meter counts within a time."""
    found = _AMOUNT.fullmatch(text.text)
    if found is None:
        return Amount(duration_above_zero(text))
    litres = measure(Text(found["litres"], text.place), UNITS["L"], low=0.0)
    if not litres:
        raise text.error("this cannot be 0", 0, "write it like 60 L")
    if found["meter"] is None:
        return Amount(None, litres)
    meter = name(Text(found["meter"], text.place.right(found.start("meter"))))
    longest = duration_above_zero(Text(found["longest"], text.place.right(found.start("longest"))))
    return Amount(longest, litres, meter)


def definition(text: Text) -> tuple[Text, tuple[str, ...]]:
    """A name, or a function with its parameters: "by_sun(most, start)"."""
    found = _FUNCTION.fullmatch(text.text.strip())
    if found is None:
        return name(text), ()
    parameters = tuple(part.strip() for part in found["parameters"].split(","))
    for parameter in parameters:
        name(Text(parameter, text.place.right(text.text.find(parameter))))
    if len(set(parameters)) < len(parameters):
        raise text.error("two parameters have the same name", 0, "choose another name")
    return name(Text(found["name"], text.place)), parameters


def _depth(tree: Tree) -> int:
    level, depth = [tree], 0
    while level:
        level, depth = [child for node in level for child in children(node)], depth + 1
    return depth


def name(text: Text) -> Text:
    """The name of a point, an actuator, a setpoint or a period."""
    if not _NAME.fullmatch(text.text):
        hint = "use letters, digits and _, with dots between the parts: air.temperature"
        raise text.error(f"{text.text!r} cannot be a name", 0, hint)
    if text.text in _RESERVED:
        raise text.error(f"{text.text!r} is a word of the language", 0, "choose another name")
    return text


def label(text: Text) -> Text:
    """Any text but none."""
    if not text.text.strip():
        raise text.error("a text is missing here", 0, "write it between the quotes")
    return text


def url(text: Text) -> str:
    """An HTTP address without its last slash."""
    try:
        parts = urlsplit(text.text)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise text.error("this is no web address", 0, "write it like http://localhost:8086")
    return text.text.rstrip("/")


def time_zone(text: Text) -> str:
    """A zone of the IANA database."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(text.text)
    except (OSError, ValueError, LookupError):
        known = one_of(text.text, available_timezones())
        raise text.error(f"there is no time zone {text.text!r}", 0, known if "mean" in known else "") from None
    return text.text
