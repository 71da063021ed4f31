"""What a node says of itself, and where its devices therefore lie. No I/O; addresses are the standard's numbers.

Default maps (organisation and company code 0):

- Type 1, sensor node (Annex A): slot i, value f32 at 203 + 3(i-1), status at 205 + 3(i-1). Empty slots keep theirs.
- Type 2, actuator node (Annex A): slot i, opid, status, remaining time u32 at 203 + 4(i-1), command at 503 + 4(i-1).
  Slots 1 to 16 are switches and 17 to 24 retractables, which gives 267 and 567 for the first of these.
- Type 3, integrated node: Annex A has no map for it. Blocks follow one another from 203 in the order of the slots, as
  long as the device code's block is (automatic layout of KS X 3286): 3 words for a sensor, 4 for an actuator, none
  for an empty slot. Command blocks follow one another from 503, 4 words for each actuator. A code whose block size
  is not known ends the layout: what comes after it could only be guessed.

What a slot holds is always told by its device code at 100 + i, never by its position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from .codes import ACTUATORS, SENSORS, Wanted

INFO = (1, 8)  # first register, count
CODES_FROM = 101
READ_FROM = 203
WRITE_FROM = 503
SENSOR_WORDS = 3
ACTUATOR_WORDS = 4
COMMAND_WORDS = 4

SENSOR_NODE, ACTUATOR_NODE, INTEGRATED_NODE, GATEWAY = 1, 2, 3, 4
PROTOCOL = 10


class NodeInfo(NamedTuple):
    """Registers 1 to 8."""

    organisation: int
    company: int
    type: int
    product: int
    protocol: int
    channels: int
    serial: int

    @property
    def plausible(self) -> bool:
        """Whether this is a node's information at all: a wrong address offset raises no error, it reads rubbish."""
        return self.type in (1, 2, 3, 4) and self.protocol in (10, 20, 30, 31) and 1 <= self.channels <= 100

    @property
    def trouble(self) -> str:
        """Why we cannot use this node's default map, or ""."""
        if self.protocol != PROTOCOL or self.type not in (SENSOR_NODE, ACTUATOR_NODE, INTEGRATED_NODE):
            return f"a node of type {self.type} with protocol {self.protocol} is not supported"
        if self.organisation or self.company or (self.type == ACTUATOR_NODE and self.product):
            code = f"{self.organisation}_{self.company}_{self.type}_{self.product}_{self.protocol}_{self.channels}"
            return f"the node {code} has a register map of its own, which is not known"
        return ""


def node_info(words: Sequence[int]) -> NodeInfo:
    """The node information block from its 8 words."""
    *head, low, high = words
    return NodeInfo(head[0], head[1], head[2], head[3], head[4], head[5], high << 16 | low)


class Block(NamedTuple):
    """Where one device lies: its status block, and for an actuator its command block."""

    read: int
    write: int | None = None


def layout(info: NodeInfo, codes: Sequence[int]) -> dict[Wanted, Block]:
    """Where each device is that the codes (of slots 1, 2, ...) announce and that we know."""
    if info.type == SENSOR_NODE:
        blocks = [(code, Block(READ_FROM + SENSOR_WORDS * i)) for i, code in enumerate(codes) if code in SENSORS]
    elif info.type == ACTUATOR_NODE:
        blocks = [
            (code, Block(READ_FROM + ACTUATOR_WORDS * i, WRITE_FROM + COMMAND_WORDS * i))
            for i, code in enumerate(codes)
            if code in ACTUATORS
        ]
    else:
        blocks = _one_after_another(codes)
    seen: Counter[int] = Counter()
    found = {}
    for code, block in blocks:
        seen[code] += 1
        found[Wanted(code, seen[code])] = block
    return found


def _one_after_another(codes: Sequence[int]) -> list[tuple[int, Block]]:
    blocks = []
    read, write = READ_FROM, WRITE_FROM
    for code in codes:
        if code in SENSORS:
            blocks.append((code, Block(read)))
            read += SENSOR_WORDS
        elif code in ACTUATORS:
            blocks.append((code, Block(read, write)))
            read += ACTUATOR_WORDS
            write += COMMAND_WORDS
        elif code:
            break
    return blocks
