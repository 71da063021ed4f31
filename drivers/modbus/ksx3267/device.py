"""A node of the Korean standards as a device: finds out what it is, polls it, commands it, and checks the echo."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.points import Quality, Reading
from controller.model.ports import FieldInput, PointSettings
from controller.model.time import Instant

from ..messages import ILLEGAL_ADDRESS, READ_HOLDING, WRITE_REGISTERS, Answer, Job, Pause, Request, refusal_text
from ..plan import Span, merge
from . import items, states
from .blocks import MOST, Recipe, Supply, command_words, finds_positions, next_opid, unfit
from .codes import (
    NUTRIENT_SUPPLY,
    Control,
    Operation,
    Part,
    Status,
    Wanted,
    alert_text,
    name_of,
    status_text,
    wanted,
)
from .description import Block, Region, Writes
from .node import CODES_FROM, INFO, OFFSETS, NodeInfo, NodeOptions, layout, node_info
from .states import Shown, Values

_BRIDGE = 40  # registers: nodes are slow to answer, so one long read beats two short ones

Steps = Generator[Request | Pause, Answer | None, None]
Given = Generator[Request | Pause, Answer | None, tuple[list[Report], Values]]


class _Patience(NamedTuple):
    """How a node's echo is waited for: the pause (s, real) before it is read again, and how often."""

    pause: float
    tries: int


_HIGHEST: dict[int, float] = {Part.TARGET_EC: MOST.ec, Part.TARGET_PH: MOST.ph, Part.TARGET_RATIO: 100.0}
_QUICK = _Patience(0.3, 5)
_SLOW = _Patience(1.0, 8)  # nutrient supplies take some 5 s to react
_LEFT = 60.0  # s that must be left of a watering to tell whether a new order's time comes on top


@dataclass(frozen=True, slots=True)
class Known:
    """A node that has been identified: where its devices are, and the reads that fetch those we need."""

    offset: int
    node: Block | None
    blocks: dict[Wanted, Block]
    reads: tuple[Span, ...]


class KsNode:
    """Implements `FieldDevice`."""

    def __init__(self, points: Sequence[PointSettings], options: NodeOptions = NodeOptions()) -> None:
        targets = [(point, wanted(point.source)) for point in points]
        self._inputs = [(point, target) for point, target in targets if not (target.is_output or target.is_number)]
        self._numbers = {point.name: (point, target) for point, target in targets if target.is_number}
        self._recipe = options.recipe
        self._ratios: dict[Wanted, float] = {}  # %, by switch
        self._outputs = {point.name: target for point, target in targets if target.is_output}
        self._options = options
        self._known: Known | None = None
        self._trouble = ""
        self._at: Instant | None = None
        self._bridge = _BRIDGE
        self._mute = False  # the node's own area cannot be read
        self._control: int | None = None
        self._took = False  # the control is ours because we asked for it
        self._hand = ""  # why it must not be commanded
        self._notes: dict[str, str] = {}  # faults that the node and its devices report of themselves
        self._given: dict[Wanted, int] = {}  # the last opid we gave
        self._echoed: dict[Wanted, int] = {}  # the last opid the node showed, whoever gave it
        self._shown: dict[str, Shown] = {}
        self._areas: dict[Wanted, tuple[int, Wanted]] = {}  # the last opid that was given for an area, and which
        self._ways: dict[Wanted, tuple[int, Verb]] = {}  # the last opid that was given for a position, and which way
        self._adding: set[Wanted] = set()  # supplies that add a new order's time to what is left of the last

    @property
    def points(self) -> Sequence[str]:
        return [point.name for point, _ in self._inputs]

    @property
    def outputs(self) -> Sequence[str]:
        return [*self._outputs, *self._numbers]

    @property
    def note(self) -> str:
        return self._trouble or "; ".join(note for note in (self._hand, *self._notes.values()) if note)

    @property
    def complaint(self) -> str:
        return "; ".join(note for note in self._notes.values() if note)

    def farewell(self) -> Job | None:
        return self._give_back() if self._took and self._control == Control.REMOTE else None

    def forget(self) -> None:
        self._known = self._control = None
        self._hand = ""
        self._bridge, self._mute = _BRIDGE, False
        for memory in (self._given, self._echoed, self._shown, self._notes, self._areas, self._ways, self._adding):
            memory.clear()

    def skips(self, command: Command) -> bool:
        target = self._outputs.get(command.output)
        # it runs its own programme once, and has no time to prolong
        return command.renews and target is not None and target.family == NUTRIENT_SUPPLY

    def poll(self) -> Job:
        if self._known is None:
            yield from self._identify()
        if self._known is None:
            return self._nothing()
        known, words = self._known, dict[int, int]()
        refusal = ""
        for span in known.reads:
            answer = yield Request(span.function, span.address + known.offset, span.size)
            assert answer is not None
            self._at = answer.at
            if answer.refusal is None:
                words.update(enumerate(answer.words, span.address))
            elif answer.refusal == ILLEGAL_ADDRESS and self._ask_for_less(known, span):
                return (yield from self.poll())
            else:
                refusal = refusal_text(answer.refusal)
                self._known = None  # another node may stand here by now: ask it again who it is
        assert self._at is not None
        own = self._own(known, words)
        found: list[FieldInput] = [
            self._reading(point, target, known, words, own, refusal) for point, target in self._inputs
        ]
        return found + self._changes(known, words)

    def command(self, command: Command) -> Job:
        if command.output in self._numbers:
            return [self._set_target(command)]
        target = self._outputs[command.output]
        if self._known is None:
            yield from self._identify()
        known = self._known
        if known is None:
            return [_refused(command, self._at or command.at, self._trouble)]
        block = known.blocks.get(target.device)
        if block is None:
            return [_refused(command, self._at or command.at, _absent(target, known))]
        if reason := unfit(block, command.verb):
            return [_refused(command, self._at or command.at, reason)]
        if self._control is None and _has(known.node, "control"):
            assert known.node is not None
            yield from self._look(known.offset, known.node)
        if held := self._held():
            return [Report(command.output, Followed.HELD, self._at or command.at, None, command.id, held)]
        left = 0.0  # s of the watering that this prolongs
        if target.device not in self._echoed or target.family == Part.AREA:
            values = yield from self._fetch(known.offset, block.read)
            self._echoed[target.device] = int(values.get("opid", 0))
            if states.waters_another(target, values, self._area(target, values)):
                if command.verb is Verb.OFF:
                    # what would be stopped is not ours
                    return [Report(command.output, Followed.RESTING, self._at or command.at, None, command.id)]
                if values["status"] != Status.FINISHING:
                    return [_refused(command, self._at or command.at, "the nutrient supply waters other zones")]
            elif target.family == Part.AREA and command.verb is Verb.ON:
                left = states.remaining(values)
        if target.device not in self._adding or command.verb is not Verb.ON or command.seconds is None:
            reports, values = yield from self._give(command, target, known)
            adds = left >= _LEFT and states.remaining(values) > (command.seconds or 0.0) + left / 2
            return (yield from self._stop_adding(command, target, known)) if adds else reports
        if (more := command.seconds - left) < 1:
            return [Report(command.output, Followed.RUNNING, self._at or command.at, command.verb, command.id)]
        return (yield from self._give(command._replace(seconds=more), target, known))[0]

    def _give(self, command: Command, target: Wanted, known: Known) -> Given:
        """Write a command and wait until it is confirmed. Returns what to report, and what the status block held."""
        block = known.blocks[target.device]
        opid = self._new_opid(target.device)
        position = self._position(command, block)
        try:
            supply = Supply(target.zones, self._recipe, self._options.highest_bit_first)
            ratio = self._ratios.get(target)
            words = command_words(block, command.verb, opid, command.seconds, supply, ratio, position)
        except ValueError as error:
            return [_refused(command, self._at or command.at, str(error))], {}
        assert block.write is not None
        written = yield Request(WRITE_REGISTERS, block.write.start + known.offset, values=words)
        assert written is not None
        if written.refusal is not None:
            return [_refused(command, written.at, refusal_text(written.refusal))], {}
        if target.family == Part.AREA:
            self._areas[target.device] = opid, target
        if position is not None:
            self._ways[target.device] = opid, command.verb
        return (yield from self._confirmed(command, target, known, opid, written.at))

    def _stop_adding(self, command: Command, target: Wanted, known: Known) -> Job:
        """Stop a supply that would water for longer than it may, and remember that it adds up its orders."""
        self._adding.add(target.device)
        stopped, _ = yield from self._give(command._replace(verb=Verb.OFF), target, known)
        note = "it adds the time of a new order to what is left: stopped, and told the difference from now on"
        return [_refused(command, self._at or command.at, note), *stopped]

    def _position(self, command: Command, block: Block) -> int | None:
        """Where to send a motor that finds positions by itself (%).

        To the end stops it is run for a time all the same, with the overrun by which it is known to be there.
        """
        if not self._options.positions or command.value is None or not finds_positions(block):
            return None
        return position if 0 < (position := round(command.value)) < 100 else None

    def _set_target(self, command: Command) -> Report:
        """No register holds what a node is to mix, nor a ratio: it is told with its orders, from the next one on."""
        point, target = self._numbers[command.output]
        number = math.nan if command.value is None else (command.value - point.shift) / point.factor
        if not 0.0 <= number <= _HIGHEST[target.family]:
            return _refused(command, self._at or command.at, f"{name_of(target)} cannot be {command.value}")
        if target.family == Part.TARGET_RATIO:
            self._ratios[target.device] = number
        else:
            name = "ec" if target.family == Part.TARGET_EC else "ph"
            self._recipe = (self._recipe or Recipe())._replace(**{name: number})
        return Report(command.output, Followed.RESTING, self._at or command.at, None, command.id, value=command.value)

    def _new_opid(self, device: Wanted) -> int:
        echoed = self._echoed.get(device, 0)
        opid = next_opid(self._given.get(device, echoed))
        if opid == echoed:
            opid = next_opid(opid)
        self._given[device] = opid
        return opid

    def _area(self, target: Wanted, found: Values) -> Wanted | None:
        """The area of ours for which the supply got the opid that it shows."""
        opid, area = self._areas.get(target.device, (0, None))
        return area if opid and found.get("opid") == opid else None

    def _show(self, target: Wanted, values: Values) -> Shown:
        """What an output shows. One that goes to a position does what it was told, whichever way it finds right."""
        shown = states.shown(target, values, self._area(target, values))
        opid, verb = self._ways.get(target, (0, None))
        goes = shown.followed is Followed.RUNNING and verb is not None and values.get("opid") == opid
        return shown._replace(verb=verb) if goes else shown

    def _confirmed(self, command: Command, target: Wanted, known: Known, opid: int, given: Instant) -> Given:
        """Read the status block until it echoes the opid and shows what was asked for, or has had its time.

        Returns what to report, and what the block held last.

        A run that was ordered for a short time may be over before anybody looks. Nodes count it in whole seconds.
        """
        wish = None if command.verb in (Verb.OFF, Verb.STOP) else command.verb
        patience = _SLOW if target.device.family == NUTRIENT_SUPPLY else _QUICK
        block = known.blocks[target.device]
        for attempt in range(patience.tries):
            answer = yield Request(READ_HOLDING, block.read.start + known.offset, block.read.size)
            assert answer is not None
            self._at = answer.at
            if answer.refusal is not None:
                return [_refused(command, answer.at, refusal_text(answer.refusal))], {}
            values = items.read(block.read.items, answer.words)
            shown = self._show(target, values)
            over = command.seconds is not None and answer.at.seconds_since(given) > command.seconds - 1
            stopped = shown.followed in (Followed.HELD, Followed.REFUSED)
            settled = shown.verb is wish or stopped or (shown.verb is None and over)
            if int(values.get("opid", 0)) == opid and (settled or attempt == patience.tries - 1):
                self._shown[command.output] = shown
                report = Report(command.output, shown.followed, answer.at, shown.verb, command.id, shown.note)
                return [report], values
            yield Pause(patience.pause)
        return [_refused(command, self._at or command.at, f"the node did not confirm operation {opid}")], {}

    # who the node is

    def _identify(self) -> Steps:
        """Read node information and device codes; leaves `_known`, or `_trouble` in words."""
        self._trouble = "does not answer like a Korean standard node"
        found = yield from self._who()
        if found is None:
            return
        offset, info = found
        description = self._options.description or info.default()
        if description is None:
            self._trouble = info.unknown
            return
        answer = yield Request(READ_HOLDING, CODES_FROM + offset, info.channels)
        assert answer is not None
        if answer.refusal is not None:
            self._trouble = f"device codes {refusal_text(answer.refusal)}"
            return
        node = None if self._mute else description.node
        blocks = layout(info, answer.words, description)
        self._known = Known(offset, node, blocks, self._reads(node, blocks))
        self._trouble = ""
        if self._options.take_control and _has(node, "control"):
            yield from self._take_control(self._known)

    def _who(self) -> Generator[Request | Pause, Answer | None, tuple[int, NodeInfo] | None]:
        """The address offset and the node information, where there is any."""
        found = None
        for offset in OFFSETS if self._options.offset is None else (self._options.offset,):
            answer = yield Request(READ_HOLDING, INFO[0] + offset, INFO[1])
            assert answer is not None
            self._at = answer.at
            info = node_info(answer.words) if answer.refusal is None else None
            if info is not None and info.plausible:
                found = offset, info
                if not info.may_be_one_off:
                    break
        return found

    def _reads(self, node: Block | None, blocks: Mapping[Wanted, Block]) -> tuple[Span, ...]:
        needed = [target.device for _, target in self._inputs] + [target.device for target in self._outputs.values()]
        spans = [_span(blocks[device].read) for device in needed if device in blocks]
        own = [] if node is None else [_span(node.read)]
        if self._bridge:
            return merge([*own, *spans], bridge=self._bridge)
        # apart, so that one that is refused can be told from the others
        return (*own, *merge(spans, bridge=0))

    def _ask_for_less(self, known: Known, span: Span) -> bool:
        """A read was refused for its addresses: leave out what is not needed. False where nothing is left to spare."""
        if self._bridge:
            self._bridge = 0
        elif known.node is not None and span.covers(_span(known.node.read)):
            self._mute = True
        else:
            return False
        node = None if self._mute else known.node
        self._known = replace(known, node=node, reads=self._reads(node, known.blocks))
        return True

    # control right

    def _look(self, offset: int, node: Block) -> Steps:
        """Read the node's own area."""
        values = yield from self._fetch(offset, node.read)
        self._note_node(node, values)

    def _take_control(self, known: Known) -> Steps:
        node = known.node
        assert node is not None
        values = yield from self._fetch(known.offset, node.read)
        self._note_node(node, values)
        if self._control != Control.LOCAL or node.write is None:
            return
        yield _set_control(known.offset, node.write, int(values.get("opid", 0)), Control.REMOTE)
        yield Pause(_QUICK.pause)
        yield from self._look(known.offset, node)
        self._took = self._control == Control.REMOTE

    def _give_back(self) -> Job:
        """Let the node decide for itself again, so that it goes on by its own settings."""
        known = self._known
        if known is not None and known.node is not None and known.node.write is not None:
            values = yield from self._fetch(known.offset, known.node.read)
            yield _set_control(known.offset, known.node.write, int(values.get("opid", 0)), Control.LOCAL)
        return ()

    def _held(self) -> str:
        """Why the node must not be commanded, or "". A control of 0 is that of nodes which have none."""
        if self._control == Control.MANUAL:
            return "the node is operated by hand"
        if self._control == Control.LOCAL:
            return "the node decides for itself: set it to remote there, or give its device the option control: remote"
        if self._control not in (None, 0, Control.REMOTE):
            return f"the node's control is {self._control}, which no standard knows"
        return ""

    # what is in the registers

    def _fetch(self, offset: int, region: Region) -> Generator[Request | Pause, Answer | None, Values]:
        answer = yield Request(READ_HOLDING, region.start + offset, region.size)
        assert answer is not None
        self._at = answer.at
        return {} if answer.refusal is not None else items.read(region.items, answer.words)

    def _own(self, known: Known, words: Mapping[int, int]) -> Values:
        """The node's own items, as far as they were read."""
        if known.node is None:
            return {}
        values = states.values(known.node.read, words)
        self._note_node(known.node, values)
        return values

    def _note_node(self, node: Block, values: Values) -> None:
        status = int(values.get("status", 0))
        self._notes["node"] = f"node: {status_text(status)}" if status else ""
        if _has(node, "control") and values:
            self._control = int(values["control"])
            self._hand = self._held()

    def _remark(self, target: Wanted, text: str) -> None:
        """What a device of the node reports of itself; "" for nothing."""
        name = name_of(target.device)
        self._notes[name] = f"{name}: {text}" if text else ""

    def _nothing(self) -> Sequence[FieldInput]:
        """What a poll says of a node that could not be identified."""
        assert self._at is not None
        found: list[FieldInput] = [
            Reading.missing(point.name, self._at, Quality.BAD, self._trouble) for point, _ in self._inputs
        ]
        trouble = Shown(Followed.REFUSED, None, self._trouble)
        return found + self._shows(dict.fromkeys(self._outputs, trouble), self._at)

    def _reading(
        self, point: PointSettings, target: Wanted, known: Known, words: Mapping[int, int], own: Values, refusal: str
    ) -> Reading:
        assert self._at is not None
        if target.family in (Part.NODE_STATUS, Part.CONTROL):
            return states.of_node(point, target, own, self._at, refusal)
        block = known.blocks.get(target.device)
        if block is None:
            return Reading.missing(point.name, self._at, Quality.BAD, _absent(target, known))
        found = states.values(block.read, words)
        if not found:
            return Reading.missing(point.name, self._at, Quality.BAD, refusal)
        if target.family < 0:
            if target.family == Part.ALERT:
                self._remark(target, alert_text(int(found.get("alert", 0))))
            return states.of_actuator(point, target, found, self._at)
        self._remark(target, states.wish(found))
        return states.of_sensor(point, target, found, int(own.get("status", 0)), self._at)

    def _changes(self, known: Known, words: Mapping[int, int]) -> list[Report]:
        assert self._at is not None
        held = self._held()
        now: dict[str, Shown] = {}
        for name, target in self._outputs.items():
            block = known.blocks.get(target.device)
            if block is None:
                now[name] = Shown(Followed.REFUSED, None, _absent(target, known))
                continue
            values = states.values(block.read, words)
            if not values:
                continue
            self._echoed[target.device] = int(values.get("opid", 0))
            self._remark(target, alert_text(int(values.get("alert", 0))))
            now[name] = Shown(Followed.HELD, None, held) if held else self._show(target, values)
        return self._shows(now, self._at)

    def _shows(self, now: Mapping[str, Shown], at: Instant) -> list[Report]:
        """Reports of the outputs that show something else than before."""
        changed = {name: state for name, state in now.items() if self._shown.get(name) != state}
        self._shown.update(changed)
        return [Report(name, state.followed, at, state.verb, None, state.note) for name, state in changed.items()]


def _absent(target: Wanted, known: Known) -> str:
    offered = ", ".join(map(name_of, known.blocks))
    return f"the node has no {name_of(target.device)}; it has {offered or 'nothing we know'}"


def _set_control(offset: int, area: Writes, last_opid: int, control: Control) -> Request:
    order = {"operation": Operation.CONTROL, "opid": next_opid(last_opid), "control": control}
    return Request(WRITE_REGISTERS, area.start + offset, values=items.write(area.layout(Operation.CONTROL), order))


def _has(node: Block | None, item: str) -> bool:
    return node is not None and item in node.read.items


def _span(region: Region) -> Span:
    return Span(READ_HOLDING, region.start, region.size)


def _refused(command: Command, at: Instant, note: str) -> Report:
    return Report(command.output, Followed.REFUSED, at, command.verb, command.id, note)
