"""What a node's registers mean, as KS X 3286 describes it. No I/O.

A description is a JSON file (class "node") that gives the node's own areas and those of its devices, slot by slot.
Where its list of devices is empty, they follow one another in the order of the device codes that the node itself gives
(automatic layout). ebio-snu/ksspec_archive (SPEC.md; MIT) is the source of the form.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from controller.model.errors import ConfigError, Place

from . import items
from .codes import TYPES

_log = logging.getLogger(__name__)


class Region(NamedTuple):
    """Registers that are read together: where they begin and what they hold."""

    start: int
    items: tuple[str, ...]

    @property
    def size(self) -> int:
        return items.size(self.items)


class Writes(NamedTuple):
    """Where commands are written, and what each operation takes; None stands for every operation not named."""

    start: int
    layouts: Mapping[int | None, tuple[str, ...]]

    @property
    def size(self) -> int:
        return max(items.size(layout) for layout in self.layouts.values())

    def layout(self, operation: int) -> tuple[str, ...]:
        """The items of a command; an operation that is not named takes only what all have."""
        found = self.layouts.get(operation, self.layouts.get(None))
        return ("operation", "opid") if found is None else found

    def knows(self, operation: int) -> bool:
        return operation in self.layouts or None in self.layouts


class Block(NamedTuple):
    """One device of a node, or the node itself: what it is, what is read of it, and where it is commanded."""

    code: int
    read: Region
    write: Writes | None = None


class Description(NamedTuple):
    """A node. Slot i + 1 holds `devices[i]`, None where it is kept free. No `devices` at all: automatic layout."""

    node: Block | None
    devices: tuple[Block | None, ...] | None


class _Data(BaseModel):
    # files in the field carry comments and keys of their maker's
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Layout(_Data):
    opcode: int
    items: tuple[str, ...]


class _Area(_Data):
    start: int | None = Field(None, alias="starting-register", ge=1, le=0xFFFF)
    items: tuple[str, ...] = ()
    operations: tuple[_Layout, ...] = ()


class _CommSpec(_Data):
    read: _Area | None = None
    write: _Area | None = None


class _Entry(_Data):
    kind: str = Field(alias="Type")
    areas: dict[str, _CommSpec] = Field({}, alias="CommSpec")


class _NodeFile(_Entry):
    devices: tuple[_Entry, ...] = Field((), alias="Devices")


def parse(text: str, file: str) -> Description:
    """A description from the text of its file. Raises ConfigError that names the file and what is wrong in it."""
    try:
        raw: Any = json.loads(text)
        found = _NodeFile.model_validate(raw)
        node = _block(found, 0, "the node")
        devices = tuple(_device(entry, i + 1) for i, entry in enumerate(found.devices))
    except json.JSONDecodeError as error:
        raise ConfigError(f"not JSON: {error.msg}", Place(file, error.lineno, error.colno)) from error
    except RecursionError as error:
        raise ConfigError("not a description: too many brackets in one another", Place(file)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{where or 'the file'}: {first['msg']}", Place(file)) from error
    except ConfigError as error:
        raise ConfigError(error.message, Place(file), error.suggestion) from error
    _do_not_overlap([block for block in (node, *devices) if block is not None], file)
    return Description(node, devices or None)


def _device(entry: _Entry, slot: int) -> Block | None:
    code = TYPES.get(entry.kind)
    if code is None:
        _log.warning("slot %d has the unknown type %r and is left out", slot, entry.kind)
    return _block(entry, code, f"slot {slot}") if code else None


def _block(entry: _Entry, code: int, where: str) -> Block | None:
    if not entry.areas:
        return None
    if len(entry.areas) > 1:
        _log.warning("%s is described for %s: the first counts", where, ", ".join(entry.areas))
    areas = next(iter(entry.areas.values()))
    if areas.read is None or areas.read.start is None:
        raise ConfigError(f"{where} has no starting-register to read from")
    read = Region(areas.read.start, areas.read.items)
    if not 1 <= (size := _size(read, where)) <= 125:
        raise ConfigError(f"{where} cannot be read: it has {size} registers")
    if areas.write is None:
        return Block(code, read)
    if areas.write.start is None:
        raise ConfigError(f"{where} has no starting-register to write to")
    layouts: dict[int | None, tuple[str, ...]] = {layout.opcode: layout.items for layout in areas.write.operations}
    if areas.write.items:
        layouts[None] = areas.write.items
    if not layouts:
        raise ConfigError(f"{where} takes commands, but has neither items nor operations")
    write = Writes(areas.write.start, layouts)
    if (size := _size(write, where)) > 123:
        raise ConfigError(f"{where} cannot be written: it has {size} registers")
    return Block(code, read, write)


def _size(area: Region | Writes, where: str) -> int:
    """How many registers it has, all of whose items are known."""
    try:
        return area.size
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.message}", suggestion=error.suggestion) from error


def _do_not_overlap(blocks: Sequence[Block], file: str) -> None:
    end, last = 0, 0
    for read in sorted((block.read for block in blocks), key=lambda region: region.start):
        if read.start < end:
            raise ConfigError(f"the areas from {last} and from {read.start} overlap", Place(file))
        end, last = read.start + read.size, read.start
