"""Virtual nodes of the Korean standards, written from the standards' tables without the driver's code."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from .conftest import Slave

SWITCH, RETRACTABLE = 102, 112
ANNEX_A_SENSORS = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, *[1] * 7, 2, 2, 18, 18]
ANNEX_A_ACTUATORS = [SWITCH] * 16 + [RETRACTABLE] * 8
INTEGRATED = [1, 8, 4, 7, RETRACTABLE, RETRACTABLE]
MOVES = {
    0: 0,
    201: 201,
    202: 201,
    203: 201,
    301: 301,
    302: 302,
    303: 301,
    304: 302,
    305: 301,
    401: 402,
    402: 402,
    403: 402,
    404: 402,
    405: 402,
}


def info(kind: int, channels: int, *, organisation: int = 0, product: int = 0, protocol: int = 10) -> tuple[int, ...]:
    """The node information block."""
    return (organisation, 0, kind, product, protocol, channels, 0x5678, 0x1234)


def floating(value: float) -> tuple[int, int]:
    """A float in two registers, the low word first."""
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return low, high


class Node(Slave):
    """A node that acts on a new opid and echoes it. Registers are the standard's numbers plus `shift`.

    `actuators` maps a command's register to the status block it acts on: the register of its opid and that of its
    status. A node with control right has the registers of its own status, opid and control, in this order, in `own`.
    """

    def __init__(self, information: Sequence[int], codes: Sequence[int], shift: int = 0) -> None:
        super().__init__()
        self.shift = shift
        self.echo = True
        self.by_hand = False
        self.own: tuple[int, int, int] | None = None
        self.actuators: dict[int, tuple[int, int]] = {}
        self.at(1, *information)
        self.at(101, *codes)
        self.written = self._act

    def at(self, register: int, *words: int) -> None:
        self.put(register + self.shift, *words)

    def register(self, register: int) -> int:
        return self.words[register + self.shift]

    def show(self, register: int, value: float, status: int = 0) -> None:
        """A sensor's block."""
        self.at(register, *floating(value), status)

    def _act(self, start: int, words: Sequence[int]) -> None:
        register = start - self.shift
        if not self.echo:
            return
        if register == 501 and self.own is not None:
            status, opid, control = self.own
            if words[0] == 2 and self.register(control) != 3:
                self.at(control, words[2])
            self.at(opid, words[1])
            return
        opid, status = self.actuators[register]
        if words[1] == self.register(opid):
            return
        self.at(opid, words[1])
        mine = self.own is None or self.register(self.own[2]) == 2
        if mine:
            self.at(status, 399 if self.by_hand else MOVES[words[0]])


def sensors(codes: Sequence[int] = ANNEX_A_SENSORS, shift: int = 0) -> Node:
    """Annex A's sensor node: value at 203 + 3 (i - 1), status behind it."""
    node = Node(info(1, len(codes)), codes, shift)
    node.at(202, 0)
    for i in range(len(codes)):
        node.show(203 + 3 * i, 0.0)
    return node


def actuators() -> Node:
    """Annex A's actuator node."""
    node = Node(info(2, 24), ANNEX_A_ACTUATORS)
    node.at(201, 0, 0)
    for i in range(24):
        node.at(203 + 4 * i, 0, 0, 0, 0)
        node.actuators[503 + 4 * i] = (203 + 4 * i, 204 + 4 * i)
    return node


def integrated(shift: int = 0, codes: Sequence[int] = INTEGRATED) -> Node:
    """An integrated node that packs its devices from 203 and 503 in the order of its slots."""
    node = Node(info(3, len(codes)), codes, shift)
    node.at(201, 0, 0)
    read, write = 203, 503
    for code in codes:
        if code < 100:
            node.show(read, 0.0)
            read += 3
        else:
            node.at(read, 0, 0, 0, 0)
            node.actuators[write] = (read, read + 1)
            read, write = read + 4, write + 4
    return node


def with_control(control: int, shift: int = 0) -> Node:
    """The default actuator node of level 1: eight switches, two retractables, and a right to command it."""
    node = Node(info(2, 10, product=1), [SWITCH] * 8 + [RETRACTABLE] * 2, shift)
    node.at(9, 0)
    node.at(201, 0, 7, control)
    node.own = (201, 202, 203)
    for i in range(10):
        node.at(204 + 4 * i, 0, 0, 0, 0)
        node.actuators[504 + 4 * i] = (204 + 4 * i, 205 + 4 * i)
    return node


def nutrient_3() -> Node:
    """KS X 3288's default node: EC, pH, radiation and flow from 204, the supply's status at 401, commands at 504."""
    codes = [12] * 3 + [16] * 3 + [7] + [5] * 13 + [204]
    node = Node(info(3, 21, product=4, protocol=20), codes)
    node.at(201, 0, 0, 2)
    node.own = (201, 202, 203)
    for i in range(20):
        node.show(204 + 3 * i, 1.0 + i)
    node.at(401, 0, 0, 0, 0, 0, 0)  # status, area, alert, opid, remaining time
    node.actuators[504] = (404, 401)
    return node


def nutrient_4() -> Node:
    """KS B 7958's default node (protocol 31): status before value, the supply's block at 264, commands at 505."""
    codes = [12] * 3 + [16] * 3 + [7] + [5] * 13 + [205]
    node = Node(info(3, 21, product=5, protocol=31), codes)
    node.at(201, 0, 0, 2)  # opid, status, control
    node.own = (202, 201, 203)
    for i in range(20):
        node.at(204 + 3 * i, 0, *floating(1.0 + i))
    node.at(264, 0, 0, 0, 0, 0, 0)  # opid, status, area, alert, remaining time
    node.actuators[505] = (264, 265)
    return node
