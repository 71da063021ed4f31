"""Device profiles: what is known of a Modbus device, as data. One YAML file a device, beside this module."""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from controller.model.errors import NOWHERE, ConfigError, Place, one_of
from controller.model.ports import Source
from controller.model.units import UnitError, parse_duration, unit

from .values import Order, Type, encode, width

KOREAN = ("ks-x-3267", "ks-x-3288", "ks-b-7958")  # not files: their nodes say themselves what they are


def _seconds(text: object) -> object:
    if not isinstance(text, str):
        raise ValueError(f"{text!r} needs a unit (write {text} ms or {text} s)")
    try:
        return parse_duration(text)
    except UnitError as error:
        raise ValueError(str(error)) from error


def _known(symbol: str) -> str:
    try:
        unit(symbol)
    except UnitError as error:
        raise ValueError(f"{error} ({error.suggestion})") from error
    return symbol


_LAST = 0xFFFF  # address, and number in a register
_TIME = {"type": "string", "pattern": r"^\d+(\.\d+)? ?(ms|s|min|h)$", "description": 'a time, as "50 ms"'}
Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0), WithJsonSchema(_TIME)]
Word = Annotated[int, Field(ge=0, le=0xFFFF)]
Symbol = Annotated[str, AfterValidator(_known)]
"""A unit."""


def _ascending(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError("the lower end stands first")
    return ends


def _not_zero(scale: float) -> float:
    if not scale:
        raise ValueError("a scale of 0 would make every number the same (a decimal point is a point)")
    return scale


Range = Annotated[tuple[float, float], AfterValidator(_ascending)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Register(_Data):
    """One value to read. `address` is the one on the wire; `invalid` lists raw numbers that mean "no value".

    value = raw * scale + offset, in `unit`; outside `range` the sensor is wrong. `mask` says which bits of a
    single register count. With `channels` there are as many, in neighbouring registers, named `name/1`, `name/2` ...
    """

    function: Literal[1, 2, 3, 4] = 3
    address: Word
    type: Type = "u16"
    order: Order = "ABCD"
    scale: Annotated[float, AfterValidator(_not_zero)] = 1.0
    offset: float = 0.0
    unit: Symbol = ""
    mask: Annotated[Word, Field(ge=1)] | None = None
    invalid: tuple[float, ...] = ()
    range: Range | None = None
    channels: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _bits_are_bool(self) -> Register:
        if self.function in (1, 2) and self.type != "bool":
            raise ValueError("coils and contacts have type bool")
        if self.mask is not None and self.type not in ("bool", "u16"):
            raise ValueError("only a bool or u16 has a mask")
        return self


class Status(_Data):
    """A register in which the device says what is wrong with itself: `faults` names its bits, counted from 0.

    While one of them is set, no value of the device is good.
    """

    function: Literal[3, 4] = 3
    address: Word
    faults: Annotated[dict[Annotated[int, Field(ge=0, le=15)], str], Field(min_length=1)]


class Timer(_Data):
    """A timer in the device that switches the output off by itself.

    `base` + the time in units of `tick` is written in the way the output is written.
    """

    address: Word
    base: Word = 0
    tick: Annotated[Seconds, Field(gt=0)]
    longest: Annotated[Word, Field(ge=1)]

    @model_validator(mode="after")
    def _longest_fits(self) -> Timer:
        if self.base + self.longest > _LAST:
            raise ValueError("base and longest together do not fit into a register")
        return self


class Output(_Data):
    """An output that is switched by a coil (function 5) or a register (function 6), and read back from there."""

    write: Literal["coil", "register"] = "coil"
    address: Word
    channels: Annotated[int, Field(ge=1)] | None = None
    on: Word = 0xFF00
    off: Word = 0x0000
    reads_on: Word = 1
    timer: Timer | None = None


class Number(_Data):
    """A number that is written to a holding register (function 6, two with 16) and read back from there.

    What is written is (value - offset) / scale. `range` is what the device takes.
    """

    address: Word
    type: Literal["u16", "i16", "u32", "i32", "f32"] = "u16"
    order: Order = "ABCD"
    scale: Annotated[float, Field(gt=0)] = 1.0
    offset: float = 0.0
    unit: Symbol = ""
    range: Range
    channels: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _range_fits(self) -> Number:
        try:
            for end in self.range:
                encode(round((end - self.offset) / self.scale), self.type, self.order)
        except struct.error:
            raise ValueError(f"the range does not fit into {self.type}") from None
        return self


class Identification(_Data):
    """A read that only such a device is likely to answer, by which a scan knows it.

    Where `value` is given, with this first word; `address` stands for the device's own address on the line.
    """

    function: Literal[1, 2, 3, 4]
    address: Word
    count: Annotated[int, Field(ge=1, le=125)] = 1
    value: Word | Literal["address"] | None = None


class Serial(_Data):
    """The serial settings the device leaves the factory with."""

    baudrate: int = 9600
    parity: Literal["none", "even", "odd"] = "none"
    stop_bits: Literal[1, 2] = 1


Entry = Register | Output | Number


class Profile(_Data):
    """A device. `source` says where its facts come from; `gaps` are addresses that must not be read."""

    title: str
    source: str
    serial: Serial = Serial()
    default_address: Annotated[int, Field(ge=0, le=255)] = 1
    settle: Seconds = 0.0
    identification: Identification | None = None
    status: Status | None = None
    registers: dict[str, Register] = {}
    outputs: dict[str, Output] = {}
    numbers: dict[str, Number] = {}
    gaps: tuple[Annotated[tuple[int, int], AfterValidator(_ascending)], ...] = ()

    @model_validator(mode="after")
    def _names_and_addresses(self) -> Profile:
        names = [*self.registers, *self.outputs, *self.numbers]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"{twice!r} is there twice: registers, outputs and numbers share their names")
        for name, entry in self.sources.items():
            size = 1 if isinstance(entry, Output) else width(entry.type)
            timer = entry.timer if isinstance(entry, Output) else None
            if max(entry.address + size - 1, 0 if timer is None else timer.address) > _LAST:
                raise ValueError(f"{name!r} lies behind the last address, {_LAST:#x}")
        return self

    @functools.cached_property
    def sources(self) -> dict[str, Entry]:
        """Every name the device offers, each channel with its own address."""
        found: dict[str, Entry] = {}
        entries: dict[str, Entry] = {**self.registers, **self.outputs, **self.numbers}
        for name, entry in entries.items():
            if entry.channels is None:
                found[name] = entry
                continue
            step = 1 if isinstance(entry, Output) else width(entry.type)
            for k in range(entry.channels):
                found[f"{name}/{k + 1}"] = _channel(entry, k, step)
        return found


def source(entry: Entry) -> Source:
    """What an entry offers."""
    if isinstance(entry, Output):
        return Source(output="switch")
    return Source(entry.unit, "number" if isinstance(entry, Number) else None)


def _channel(entry: Entry, k: int, step: int) -> Entry:
    update: dict[str, object] = {"address": entry.address + k * step, "channels": None}
    if isinstance(entry, Output) and entry.timer is not None:
        update["timer"] = entry.timer.model_copy(update={"address": entry.timer.address + k})
    return entry.model_copy(update=update)


@functools.cache
def names() -> tuple[str, ...]:
    """The profiles there are, without the family of Korean standard nodes."""
    files = resources.files(__package__).joinpath("profiles").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


@functools.cache
def load(name: str) -> Profile:
    """The profile of this name. Raises ConfigError."""
    if name not in names():
        raise ConfigError(f"there is no profile {name!r}", suggestion=one_of(name, (*names(), *KOREAN)))
    file = f"{name}.yaml"
    return parse(resources.files(__package__).joinpath("profiles", file).read_text(encoding="utf-8"), file)


def find(name: str, place: Place = NOWHERE) -> Profile:
    """The profile that site.yaml names at `place`: one of ours, or a file beside site.yaml. Raises ConfigError."""
    if not name.endswith(".yaml"):
        if name not in names():
            suggestion = one_of(name, (*names(), *KOREAN)) + "; or a file: NAME.yaml"
            raise ConfigError(f"there is no profile {name!r}", place, suggestion)
        return load(name)
    path = Path(place.file).parent / name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the profile {str(path)!r} cannot be read: {error}", place) from error
    return parse(text, str(path))


def schema() -> dict[str, object]:
    """The JSON Schema of a profile."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Profile.model_json_schema()


def parse(text: str, file: str) -> Profile:
    """A profile from its text. Raises ConfigError that names the place and the entry that is wrong."""
    try:
        return Profile.model_validate(YAML(typ="safe", pure=True).load(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"not YAML: {error.problem or error.context}", _at(mark, file)) from error
    except (YAMLError, RecursionError) as error:
        raise ConfigError(f"not YAML: {error}", Place(file)) from error
    except ValidationError as error:
        # a misspelt key also makes the right one look missing: name what was written
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        where = [str(part) for part in first["loc"]]
        place = _at(_mark(YAML(typ="safe", pure=True).compose(text), where), file)
        owner, last = ".".join(where[:-1]) or "a profile", where[-1] if where else ""
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"{owner} has no option {last}", place, one_of(last, _keys(where[:-1]))) from error
        if first["type"] == "invalid_key":
            hint = "a decimal point is a point, and a text is in quotes"
            raise ConfigError(f"{owner} has no option {last}", place, hint) from error
        if first["type"] == "missing" and not last.isdigit():
            raise ConfigError(f"{owner} needs its {last}", place, f"write {last}: ...") from error
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{'.'.join(where) or owner}: {said}", place) from error


_PARTS: dict[str, type[_Data]] = {
    "registers": Register,
    "outputs": Output,
    "numbers": Number,
    "identification": Identification,
    "status": Status,
    "serial": Serial,
    "timer": Timer,
}


def _keys(inside: Sequence[str]) -> Iterable[str]:
    """What may stand at this depth of a profile."""
    return next((_PARTS[part] for part in reversed(inside) if part in _PARTS), Profile).model_fields


def _mark(node: Node | None, where: Sequence[str]) -> StreamMark | None:
    """Where an entry stands; where it is missing, what it is missing from."""
    mark = None if node is None else node.start_mark
    for part in where:
        if isinstance(node, MappingNode):
            found = next((pair for pair in node.value if pair[0].value == part), None)
            if found is None:
                break
            mark, node = found[0].start_mark, found[1]
        elif isinstance(node, SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            mark = node.start_mark
    return mark


def _at(mark: StreamMark | None, file: str) -> Place:
    return Place(file) if mark is None else Place(file, mark.line + 1, mark.column + 1)
