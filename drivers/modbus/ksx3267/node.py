"""What a node says of itself, and where its devices therefore lie. No I/O; addresses are the standard's numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from . import defaults
from .blocks import Recipe
from .codes import ACTUATORS, SENSORS, Part, Wanted, family
from .defaults import GATEWAY
from .description import Block, Description

INFO = (1, 8)  # first register, count
CODES_FROM = 101
OFFSETS = (0, -1)  # from the standard's number of a register to its address on the wire
_PROTOCOLS = (10, 20, 30, 31)
_TOLD = {"position": Part.POSITION, "ratio": Part.RATIO, "alert": Part.ALERT}


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
        return self.type in (1, 2, 3, 4) and self.protocol in _PROTOCOLS and 1 <= self.channels <= 100

    @property
    def may_be_one_off(self) -> bool:
        """Whether this might be a node of address offset -1 that was read with 0, and looks like one all the same.

        Its protocol then stands where the product code should be, its number of channels where the protocol should.
        """
        return self.product in _PROTOCOLS

    @property
    def key(self) -> str:
        """The name of the node's description, as ksspec_archive names files."""
        codes = (self.organisation, self.company, self.type, self.product, self.protocol, self.channels)
        return "_".join(map(str, codes))

    def default(self) -> Description | None:
        """The standards' own description of such a node, or None."""
        if self.organisation or self.company:
            return None
        return defaults.default(self.type, self.product, self.protocol, self.channels)

    @property
    def unknown(self) -> str:
        """Why there is no description of the node, in words."""
        if self.type == GATEWAY:
            return f"this is a gateway: its nodes have the addresses 2 to {self.channels + 1}"
        return f"the node {self.key} has a register map of its own: give its KS X 3286 file as description"


class NodeOptions(NamedTuple):
    """`offset` is 0 or -1 (register number to wire address), None: find out. `description` is given where the node has
    a register map of its own. `take_control` lets us make a node ours that decides for itself. `positions` has
    retractables that can go to a position by themselves. `highest_bit_first` is for the bitmap of zones.
    """

    offset: int | None = None
    description: Description | None = None
    take_control: bool = False
    recipe: Recipe | None = None
    positions: bool = False
    highest_bit_first: bool = False


def node_info(words: Sequence[int]) -> NodeInfo:
    """The node information block from its 8 words."""
    *head, low, high = words
    return NodeInfo(head[0], head[1], head[2], head[3], head[4], head[5], high << 16 | low)


def told_besides(node: Block | None, blocks: Mapping[Wanted, Block]) -> list[Wanted]:
    """What else can be read: who has the right to command the node, and what its actuators say of themselves."""
    control = [Wanted(Part.CONTROL, 1)] if node is not None and "control" in node.read.items else []
    actuators = [(device, block) for device, block in blocks.items() if block.code in ACTUATORS]
    return control + [
        Wanted(part, device.number)
        for device, block in actuators
        for item, part in _TOLD.items()
        if item in block.read.items
    ]


def layout(info: NodeInfo, codes: Sequence[int], known: Description) -> dict[Wanted, Block]:
    """Where each device is that the node has and that we know. `codes` are those of slots 1, 2, ...

    What a slot holds is told by the node's device code, not by the slot's number and not by the description: one that
    says something else there belongs to another node, and the device is left out. A node that gives no codes at all is
    taken at its description's word.
    """
    blocks = known.devices
    if blocks is None:
        blocks = tuple(defaults.automatic(known.node, codes, info.protocol))
    silent = not any(codes)
    seen: Counter[int] = Counter()
    found = {}
    for block, said in zip(blocks, (*codes, *[0] * len(blocks)), strict=False):
        if block is None or not (block.code or said):
            continue
        code = block.code if silent else said
        if code and block.code in (0, code) and (code in SENSORS or code in ACTUATORS):
            seen[family(code)] += 1
            found[Wanted(family(code), seen[family(code)])] = block._replace(code=code)
    return found
