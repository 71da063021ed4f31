"""A KS X 3267 node as a device on the line: finds out what it is, polls it, commands it and checks the echo."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.points import Quality, Reading
from controller.model.ports import FieldInput, PointSettings
from controller.model.time import Instant

from ..messages import READ_HOLDING, WRITE_REGISTERS, Answer, Job, Pause, Request, refusal_text
from ..plan import Span, merge
from .blocks import ActuatorState, actuator_state, command_words, next_opid, sensor_state, takes
from .codes import ACTUATORS, SENSORS, Wanted, followed, name_of, quality, status_text, wanted
from .node import ACTUATOR_WORDS, CODES_FROM, INFO, SENSOR_WORDS, Block, layout, node_info

_ECHO_PAUSE = 0.3  # s, real: what nodes take to act on a command
_ECHO_TRIES = 5
_BRIDGE = 40  # registers: nodes are slow to answer, so one long read beats two short ones

Steps = Generator[Request | Pause, Answer | None, None]


@dataclass(frozen=True, slots=True)
class Known:
    """A node that has been identified: where its devices are, and the reads that fetch those we need."""

    offset: int
    blocks: dict[Wanted, Block]
    reads: tuple[Span, ...]


class KsNode:
    """Implements `FieldDevice`. `offset` is 0 or -1 (register number to wire address); None: find out."""

    def __init__(self, points: Sequence[PointSettings], offset: int | None = None) -> None:
        targets = [(point, wanted(point.source)) for point in points]
        self._sensors = [(point, target) for point, target in targets if target.code in SENSORS]
        self._actuators = {point.name: target for point, target in targets if target.code in ACTUATORS}
        self._offsets = (0, -1) if offset is None else (offset,)
        self._known: Known | None = None
        self._trouble = ""
        self._at: Instant | None = None
        self._given: dict[Wanted, int] = {}  # the last opid we gave
        self._echoed: dict[Wanted, int] = {}  # the last opid the node showed, whoever gave it
        self._shown: dict[str, tuple[Followed, Verb | None, str]] = {}

    @property
    def points(self) -> Sequence[str]:
        return [point.name for point, _ in self._sensors]

    @property
    def outputs(self) -> Sequence[str]:
        return list(self._actuators)

    def forget(self) -> None:
        self._known = None
        for memory in (self._given, self._echoed, self._shown):
            memory.clear()

    def skips(self, command: Command) -> bool:
        return False

    def poll(self) -> Job:
        if self._known is None:
            yield from self._identify()
        if self._known is None:
            return self._nothing()
        known, words = self._known, dict[int, int]()
        found: list[FieldInput] = []
        refusal = ""
        for span in known.reads:
            answer = yield Request(span.function, span.address + known.offset, span.size)
            assert answer is not None
            self._at = answer.at
            if answer.refusal is None:
                words.update(enumerate(answer.words, span.address))
            else:
                refusal = refusal_text(answer.refusal)
        assert self._at is not None
        found += [self._reading(point, target, words, self._at, refusal) for point, target in self._sensors]
        found += self._changes(words, self._at)
        if refusal:
            self._known = None  # another node may stand here by now: ask it again who it is
        return found

    def command(self, command: Command) -> Job:
        target = self._actuators[command.output]
        if not takes(target.code, command.verb):
            return [_refused(command, command.at, f"a {ACTUATORS[target.code]} cannot {command.verb}")]
        if self._known is None:
            yield from self._identify()
        block = None if self._known is None else self._known.blocks.get(target)
        if self._known is None or block is None or block.write is None:
            return [_refused(command, self._at or command.at, self._trouble or self._absent(target))]
        offset = self._known.offset
        status = Request(READ_HOLDING, block.read + offset, ACTUATOR_WORDS)
        if target not in self._echoed:
            answer = yield status
            assert answer is not None
            if answer.refusal is None:
                self._echoed[target] = actuator_state(answer.words).opid
        opid = self._new_opid(target)
        words = command_words(command.verb, opid, command.seconds)
        written = yield Request(WRITE_REGISTERS, block.write + offset, values=words)
        assert written is not None
        if written.refusal is not None:
            return [_refused(command, written.at, refusal_text(written.refusal))]
        return (yield from self._confirmed(command, status, opid, written.at))

    def _new_opid(self, target: Wanted) -> int:
        echoed = self._echoed.get(target, 0)
        opid = next_opid(self._given.get(target, echoed))
        if opid == echoed:
            opid = next_opid(opid)
        self._given[target] = opid
        return opid

    def _confirmed(self, command: Command, status: Request, opid: int, given: Instant) -> Job:
        """Read the status block until it echoes the opid and shows what was asked for, or has had its time.

        A run that was ordered for a short time may be over before anybody looks. Nodes count it in whole seconds.
        """
        wish = None if command.verb in (Verb.OFF, Verb.STOP) else command.verb
        for attempt in range(_ECHO_TRIES):
            answer = yield status
            assert answer is not None
            self._at = answer.at
            if answer.refusal is not None:
                return [_refused(command, answer.at, refusal_text(answer.refusal))]
            state = actuator_state(answer.words)
            result, verb = followed(state.status)
            over = command.seconds is not None and answer.at.seconds_since(given) > command.seconds - 1
            settled = verb is wish or result in (Followed.HELD, Followed.REFUSED) or (verb is None and over)
            if state.opid == opid and (settled or attempt == _ECHO_TRIES - 1):
                self._shown[command.output] = (result, verb, _note(state))
                return [Report(command.output, result, answer.at, verb, command.id, _note(state))]
            yield Pause(_ECHO_PAUSE)
        return [_refused(command, self._at or command.at, f"the node did not confirm operation {opid}")]

    def _identify(self) -> Steps:
        """Read node information and device codes; leaves `_known`, or `_trouble` in words."""
        self._trouble = "does not answer like a KS X 3267 node"
        for offset in self._offsets:
            answer = yield Request(READ_HOLDING, INFO[0] + offset, INFO[1])
            assert answer is not None
            self._at = answer.at
            info = node_info(answer.words) if answer.refusal is None else None
            if info is None or not info.plausible:
                continue
            if info.trouble:
                self._trouble = info.trouble
                return
            answer = yield Request(READ_HOLDING, CODES_FROM + offset, info.channels)
            assert answer is not None
            if answer.refusal is not None:
                self._trouble = f"device codes {refusal_text(answer.refusal)}"
                return
            blocks = layout(info, answer.words)
            needed = [target for _, target in self._sensors] + list(self._actuators.values())
            spans = [_span(target, blocks[target]) for target in needed if target in blocks]
            self._known = Known(offset, blocks, merge(spans, bridge=_BRIDGE))
            self._trouble = ""
            return

    def _nothing(self) -> Sequence[FieldInput]:
        """What a poll says of a node that could not be identified."""
        assert self._at is not None
        found: list[FieldInput] = [
            Reading.missing(point.name, self._at, Quality.BAD, self._trouble) for point, _ in self._sensors
        ]
        return found + self._shows(dict.fromkeys(self._actuators, (Followed.REFUSED, None, self._trouble)), self._at)

    def _reading(
        self, point: PointSettings, target: Wanted, words: dict[int, int], at: Instant, refusal: str
    ) -> Reading:
        assert self._known is not None
        block = self._known.blocks.get(target)
        if block is None:
            return Reading.missing(point.name, at, Quality.BAD, self._absent(target))
        if block.read not in words:
            return Reading.missing(point.name, at, Quality.BAD, refusal)
        value, status = sensor_state([words[block.read + i] for i in range(SENSOR_WORDS)])
        grade, note = quality(status), status_text(status) if status else ""
        if grade is not Quality.GOOD:
            return Reading.missing(point.name, at, grade, note)
        if not math.isfinite(value):
            return Reading.missing(point.name, at, Quality.BAD, "the device has no value")
        if SENSORS[target.code].flag:
            value = float(value != 0)
        return Reading(point.name, value * point.factor + point.shift, at, grade, note)

    def _changes(self, words: dict[int, int], at: Instant) -> list[Report]:
        assert self._known is not None
        shown: dict[str, tuple[Followed, Verb | None, str]] = {}
        for name, target in self._actuators.items():
            block = self._known.blocks.get(target)
            if block is None:
                shown[name] = (Followed.REFUSED, None, self._absent(target))
            elif block.read in words:
                state = actuator_state([words[block.read + i] for i in range(ACTUATOR_WORDS)])
                self._echoed[target] = state.opid
                shown[name] = (*followed(state.status), _note(state))
        return self._shows(shown, at)

    def _shows(self, shown: dict[str, tuple[Followed, Verb | None, str]], at: Instant) -> list[Report]:
        """Reports of the outputs that show something else than before."""
        changed = {name: state for name, state in shown.items() if self._shown.get(name) != state}
        self._shown.update(changed)
        return [Report(name, state[0], at, state[1], None, state[2]) for name, state in changed.items()]

    def _absent(self, target: Wanted) -> str:
        offered = ", ".join(map(name_of, self._known.blocks)) if self._known is not None else ""
        return f"the node has no {name_of(target)}; it has {offered or 'nothing we know'}"


def _span(target: Wanted, block: Block) -> Span:
    return Span(READ_HOLDING, block.read, SENSOR_WORDS if target.code in SENSORS else ACTUATOR_WORDS)


def _note(state: ActuatorState) -> str:
    return "" if followed(state.status)[0] in (Followed.RUNNING, Followed.RESTING) else status_text(state.status)


def _refused(command: Command, at: Instant, note: str) -> Report:
    return Report(command.output, Followed.REFUSED, at, command.verb, command.id, note)
