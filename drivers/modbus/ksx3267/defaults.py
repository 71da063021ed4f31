"""The standards' own nodes: those with organisation and company code 0. No I/O.

ebio-snu/ksspec_archive (specs/defaults; MIT) is the source of the default nodes and of the templates.

Decisions where the sources are silent or disagree:

- Annex A of KS X 3267 has no integrated node (type 3, protocol 10). Ours follows the codes, from 203 and 503.
- Nor is there a default node of protocol 30 besides the gateway: it has the areas that its gateway's children have,
  then follows the codes.
- Where devices follow the codes, an empty slot takes no registers; in the nodes with fixed blocks it keeps its own.
- Sensor codes from 25 on are of KS B 7958 and have its order (status, value) also in a node of protocol 10 that follows
  the codes, but not in Annex A's fixed blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .codes import DISPLAY, EVENT
from .description import Block, Description, Region, Writes

SENSOR_NODE, ACTUATOR_NODE, INTEGRATED_NODE, GATEWAY = 1, 2, 3, 4
KS_X_3267, KS_X_3288, KS_B_7958_2024, KS_B_7958_NEXT = 10, 20, 30, 31
READ_FROM, WRITE_FROM = 201, 501

# templates: items of a device without their place; the first two for sensors of either order

_OF_3267, _OF_7958 = ("value", "status"), ("status", "value")
_TIMED = ("opid", "status", "remain-time")
_SUPPLY = ("opid", "status", "area", "alert", "remain-time")
_SUPPLIES: dict[int | None, tuple[str, ...]] = {
    401: ("operation", "opid"),
    402: ("operation", "opid", "start-area", "stop-area", "time"),
    403: ("operation", "opid", "start-area", "stop-area", "time", "EC", "pH"),
    404: ("operation", "opid", "area-bitmap", "time"),
    405: ("operation", "opid", "area-bitmap", "time", "EC", "pH"),
}
_ACTUATOR_READS: dict[int, tuple[str, ...]] = {
    101: _TIMED,
    102: _TIMED,
    103: (*_TIMED, "ratio"),
    111: _TIMED,
    112: _TIMED,
    113: (*_TIMED, "position"),
    **dict.fromkeys(range(201, 206), _SUPPLY),
    DISPLAY: ("opid", "status"),
}
_ACTUATOR_WRITES: dict[int, dict[int | None, tuple[str, ...]]] = {
    102: {None: ("operation", "opid", "hold-time")},
    103: {None: ("operation", "opid", "hold-time", "ratio")},
    112: {None: ("operation", "opid", "time")},
    113: {None: ("operation", "opid", "time", "position", "open-time", "close-time")},
    202: {None: ("operation", "opid")},
    203: {code: _SUPPLIES[code] for code in (401, 402)},
    204: {None: _SUPPLIES[403]},
    205: _SUPPLIES,
    DISPLAY: {
        0: ("operation", "opid"),
        501: ("operation", "opid", "value", "sig-digit"),
        502: ("operation", "opid", "epoch", "tz-offset"),
        503: ("operation", "opid", "short"),
    },
}


def _template(code: int, protocol: int) -> tuple[tuple[str, ...], Mapping[int | None, tuple[str, ...]] | None] | None:
    """What is read of a device of this code, and what is written; None where nobody knows."""
    if code == EVENT:
        return ("status", "event", "blank"), None
    if 1 <= code < 100:
        newer = protocol in (KS_B_7958_2024, KS_B_7958_NEXT) or code >= 25
        return (_OF_7958 if newer else _OF_3267), None
    if code == 113 and protocol == KS_B_7958_NEXT:
        return (*_TIMED, "position", "open-time", "close-time"), _ACTUATOR_WRITES[113]
    if code in _ACTUATOR_READS:
        return _ACTUATOR_READS[code], _ACTUATOR_WRITES.get(code)
    return None


def automatic(node: Block | None, codes: Sequence[int], protocol: int) -> list[Block | None]:
    """The devices of these slots, one after another behind the node's own areas.

    A code nobody knows ends the layout: what comes after it could only be guessed.
    """
    read = READ_FROM if node is None else node.read.start + node.read.size
    write = WRITE_FROM if node is None or node.write is None else node.write.start + node.write.size
    found: list[Block | None] = []
    for code in codes:
        if not code:
            found.append(None)
            continue
        template = _template(code, protocol)
        if template is None:
            break
        reads, writes = template
        block = Block(code, Region(read, reads), None if writes is None else Writes(write, writes))
        read += block.read.size
        write += 0 if block.write is None else block.write.size
        found.append(block)
    return found


# the standards' default nodes


def _node(read: tuple[str, ...], write: tuple[str, ...] | None, start: int = READ_FROM) -> Block:
    return Block(0, Region(start, read), None if write is None else Writes(WRITE_FROM, {None: write}))


_PLAIN = _node(("opid", "status"), ("operation", "opid"))
_WITH_CONTROL = _node(("status", "opid", "control"), ("operation", "opid", "control"))
_NEXT = _node(("opid", "status", "control"), ("operation", "opid", "control"))
_NEXT_SENSORS = _node(("status",), None, start=202)
_NEXT_MOVING_SENSORS = _node(("status", "zone-id", "pos-x", "pos-y", "pos-z"), None, start=202)
_NEXT_NUTRIENT = _NEXT._replace(
    write=Writes(
        WRITE_FROM,
        {1: ("operation", "opid"), 2: ("operation", "opid", "control"), 3: ("operation", "opid", "epoch")},
    )
)


def _annex_a_sensors(channels: int) -> Description:
    # slot i: value f32 at 203 + 3 (i - 1), status behind it; empty slots keep their place
    blocks = [Block(0, Region(203 + 3 * i, _OF_3267)) for i in range(channels)]
    return Description(_node(("status",), None, start=202), tuple(blocks))


def _annex_a_actuators(channels: int) -> Description:
    # slot i: opid, status, remaining time at 203 + 4 (i - 1), command at 503 + 4 (i - 1); slots 1 to 16 are switches
    # and 17 to 24 retractables, which gives 267 and 567 for the first of these
    return Description(_PLAIN, tuple(_timed(0, 203 + 4 * i, 503 + 4 * i) for i in range(channels)))


def _timed(code: int, read: int, write: int) -> Block:
    return Block(code, Region(read, _TIMED), Writes(write, {None: ("operation", "opid", "time")}))


def _nutrient_node(node: Block, order: tuple[str, ...], supply: Block) -> Description:
    codes = (12,) * 3 + (16,) * 3 + (7,) + (5,) * 13
    sensors = [Block(code, Region(204 + 3 * i, order)) for i, code in enumerate(codes)]
    return Description(node, (*sensors, supply))


_NUTRIENT_3 = _nutrient_node(
    _WITH_CONTROL,
    _OF_3267,
    Block(
        204,
        Region(401, ("status", "area", "alert", "opid", "remain-time")),
        Writes(504, {None: ("operation", "opid", "start-area", "stop-area", "on-sec", "EC", "pH")}),
    ),
)
_LEVEL_1_CODES = (102,) * 8 + (112,) * 2
_LEVEL_1 = Description(
    _WITH_CONTROL, tuple(_timed(code, 204 + 4 * i, 504 + 4 * i) for i, code in enumerate(_LEVEL_1_CODES))
)
_NUTRIENT_4 = _nutrient_node(_NEXT_NUTRIENT, _OF_7958, Block(205, Region(264, _SUPPLY), Writes(505, _SUPPLIES)))


def default(kind: int, product: int, protocol: int, channels: int) -> Description | None:
    """The standards' own description of a node with organisation and company code 0; None where there is none."""
    if protocol == KS_X_3267:
        if kind == SENSOR_NODE:
            return _annex_a_sensors(channels)
        if kind == ACTUATOR_NODE:
            if (product, channels) == (1, 10):
                return _LEVEL_1
            known = {1: _WITH_CONTROL, 9: _node(("opid", "status"), None)}
            return Description(known[product], None) if product in known else _annex_a_actuators(channels)
        if kind == INTEGRATED_NODE:
            return Description(_PLAIN, None)
    if protocol == KS_X_3288:
        return _NUTRIENT_3 if (kind, product) == (INTEGRATED_NODE, 4) else None
    if kind == GATEWAY:
        return None
    if protocol == KS_B_7958_2024:
        return Description(_WITH_CONTROL, None)
    return _next_default(kind, product, channels) if protocol == KS_B_7958_NEXT else None


def _next_default(kind: int, product: int, channels: int) -> Description:
    if kind == SENSOR_NODE:
        return Description(_NEXT_MOVING_SENSORS if product == 3 else _NEXT_SENSORS, None)
    if (kind, product) == (ACTUATOR_NODE, 3):  # of displays
        return Description(_PLAIN, None)
    if (kind, product) == (INTEGRATED_NODE, 5):
        return _NUTRIENT_4 if channels == 21 else Description(_NEXT_NUTRIENT, None)
    return Description(_NEXT, None)
