"""A device described by a profile: what it polls and how it is commanded. No I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.points import Quality, Reading
from controller.model.ports import FieldInput, PointSettings
from controller.model.time import Instant

from .messages import (
    ILLEGAL_ADDRESS,
    READ_COILS,
    READ_HOLDING,
    WRITE_COIL,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Answer,
    Job,
    Request,
    refusal_text,
)
from .plan import Span, merge
from .profile import Entry, Number, Output, Profile, Register
from .values import decode, encode, width


class ProfileDevice:
    """Implements `FieldDevice` for everything that a profile can describe."""

    def __init__(self, points: Sequence[PointSettings], profile: Profile) -> None:
        sources = [(point, profile.sources[point.source]) for point in points]
        self._registers = [(point, entry) for point, entry in sources if isinstance(entry, Register)]
        self._outputs = {point.name: entry for point, entry in sources if isinstance(entry, Output)}
        self._numbers = {point.name: (point, entry) for point, entry in sources if isinstance(entry, Number)}
        status = profile.status if self._registers else None
        self._status = None if status is None else Span(status.function, status.address, 1)
        self._faults = {} if status is None else status.faults
        spans = [_span(entry) for _, entry in sources] + ([] if self._status is None else [self._status])
        self._reads = merge(spans, profile.gaps)
        self._apart = merge(spans, profile.gaps, bridge=0)
        self._on: dict[str, bool] = {}
        self._stands: dict[str, tuple[int, ...]] = {}
        self._fault = ""

    @property
    def points(self) -> Sequence[str]:
        return [point.name for point, _ in self._registers]

    @property
    def outputs(self) -> Sequence[str]:
        return [*self._outputs, *self._numbers]

    @property
    def note(self) -> str:
        return ""

    @property
    def complaint(self) -> str:
        return self._fault

    def farewell(self) -> Job | None:
        return None

    def forget(self) -> None:
        self._on.clear()
        self._stands.clear()

    def skips(self, command: Command) -> bool:
        output = self._outputs.get(command.output)
        return command.renews and output is not None and output.timer is None

    def poll(self) -> Job:
        answers: list[tuple[Span, Answer]] = []
        for span in self._reads:
            answer = yield Request(*span)
            assert answer is not None
            answers.append((span, answer))
            if answer.refusal == ILLEGAL_ADDRESS and span not in self._apart:
                # it refuses registers that nobody asked for: from now on only those that are wanted
                self._reads = self._apart
                return (yield from self.poll())
        self._fault = self._complains(answers)
        found: list[FieldInput] = []
        for span, answer in answers:
            found += self._readings(span, answer)
            if answer.refusal is None:
                found += (*self._changes(span, answer), *self._new_numbers(span, answer))
        return found

    def command(self, command: Command) -> Job:
        if command.output in self._numbers:
            return (yield from self._set(command, *self._numbers[command.output]))
        output = self._outputs[command.output]
        if command.verb not in (Verb.ON, Verb.OFF):
            return [_refused(command, f"a switch cannot {command.verb}")]
        written = yield _write(output, command)
        assert written is not None
        if written.refusal is not None:
            return [_refused(command, refusal_text(written.refusal), written.at)]
        span = _span(output)
        answer = yield Request(*span)
        assert answer is not None
        if answer.refusal is not None:
            return [_refused(command, f"read-back {refusal_text(answer.refusal)}", answer.at)]
        on = answer.words[0] == output.reads_on
        self._on[command.output] = on
        note = "" if on == (command.verb is Verb.ON) else "does not follow"
        return [_report(command.output, on, answer.at, command.id, note)]

    def _set(self, command: Command, point: PointSettings, number: Number) -> Job:
        """Write a number and read it back."""
        words = _words(number, point, command.value)
        if words is None:
            low, high = number.range
            return [_refused(command, f"the device takes {low:g} .. {high:g} {number.unit}".rstrip())]
        function = WRITE_REGISTER if len(words) == 1 else WRITE_REGISTERS
        written = yield Request(function, number.address, values=words)
        assert written is not None
        if written.refusal is not None:
            return [_refused(command, refusal_text(written.refusal), written.at)]
        answer = yield Request(*_span(number))
        assert answer is not None
        if answer.refusal is not None:
            return [_refused(command, f"read-back {refusal_text(answer.refusal)}", answer.at)]
        self._stands[command.output] = answer.words
        same = answer.words == words
        value = command.value if same else _number(number, point, answer.words)
        note = "" if same else "does not follow"
        return [Report(command.output, Followed.RESTING, answer.at, None, command.id, note, value)]

    def _new_numbers(self, span: Span, answer: Answer) -> list[Report]:
        changes = []
        for name, (point, number) in self._numbers.items():
            if span.covers(_span(number)):
                first = number.address - span.address
                words = answer.words[first : first + width(number.type)]
                if self._stands.get(name) != words:
                    self._stands[name] = words
                    value = _number(number, point, words)
                    changes.append(Report(name, Followed.RESTING, answer.at, value=value))
        return changes

    def _complains(self, answers: Sequence[tuple[Span, Answer]]) -> str:
        """What the device says is wrong with it; "" where that is nothing, or where it refuses to say."""
        if self._status is None:
            return ""
        span, answer = next((span, answer) for span, answer in answers if span.covers(self._status))
        if answer.refusal is not None:
            return ""
        word = answer.words[self._status.address - span.address]
        return ", ".join(name for bit, name in self._faults.items() if word >> bit & 1)

    def _readings(self, span: Span, answer: Answer) -> list[Reading]:
        found = []
        for point, entry in self._registers:
            if span.covers(wanted := _span(entry)):
                reading = _reading(point, entry, span, answer)
                if self._fault and wanted != self._status:
                    note = reading.note or f"the device reports: {self._fault}"
                    reading = Reading.missing(point.name, answer.at, Quality.BAD, note)
                found.append(reading)
        return found

    def _changes(self, span: Span, answer: Answer) -> list[Report]:
        changes = []
        for name, output in self._outputs.items():
            if not span.covers(_span(output)):
                continue
            on = answer.words[output.address - span.address] == output.reads_on
            if self._on.get(name) is not on:
                self._on[name] = on
                changes.append(_report(name, on, answer.at))
        return changes


def _span(entry: Entry) -> Span:
    if isinstance(entry, Output):
        return Span(READ_COILS if entry.write == "coil" else READ_HOLDING, entry.address, 1)
    if isinstance(entry, Number):
        return Span(READ_HOLDING, entry.address, width(entry.type))
    return Span(entry.function, entry.address, width(entry.type))


def _reading(point: PointSettings, entry: Register, span: Span, answer: Answer) -> Reading:
    if answer.refusal is not None:
        return Reading.missing(point.name, answer.at, Quality.BAD, refusal_text(answer.refusal))
    first = entry.address - span.address
    words = answer.words[first : first + width(entry.type)]
    if entry.mask is not None:
        words = (words[0] & entry.mask,)
    raw = decode(words, entry.type, entry.order)
    if not math.isfinite(raw) or raw in entry.invalid:
        return Reading.missing(point.name, answer.at, Quality.BAD, "the device has no value")
    value = raw * entry.scale + entry.offset
    if entry.range is not None and not entry.range[0] <= value <= entry.range[1]:
        note = f"{value:g} {entry.unit}".rstrip() + " is outside the device's range"
        return Reading.missing(point.name, answer.at, Quality.BAD, note)
    return Reading(point.name, value * point.factor + point.shift, answer.at)


def _words(number: Number, point: PointSettings, value: float | None) -> tuple[int, ...] | None:
    """What is written for a value of the setting; None where the device does not take it."""
    own = math.nan if value is None else (value - point.shift) / point.factor
    low, high = number.range
    if not low - 1e-9 <= own <= high + 1e-9:
        return None
    raw = (own - number.offset) / number.scale
    return encode(raw if number.type == "f32" else round(raw), number.type, number.order)


def _number(number: Number, point: PointSettings, words: Sequence[int]) -> float:
    """The value of the setting that stands in the device."""
    own = decode(words, number.type, number.order) * number.scale + number.offset
    return own * point.factor + point.shift


def _write(output: Output, command: Command) -> Request:
    function = WRITE_COIL if output.write == "coil" else WRITE_REGISTER
    timer = output.timer
    if command.verb is Verb.ON and timer is not None and command.seconds is not None:
        ticks = math.ceil(round(command.seconds / timer.tick, 6))
        return Request(function, timer.address, values=(timer.base + min(max(ticks, 1), timer.longest),))
    return Request(function, output.address, values=(output.on if command.verb is Verb.ON else output.off,))


def _report(output: str, on: bool, at: Instant, command_id: int | None = None, note: str = "") -> Report:
    if on:
        return Report(output, Followed.RUNNING, at, Verb.ON, command_id, note)
    return Report(output, Followed.RESTING, at, None, command_id, note)


def _refused(command: Command, note: str, at: Instant | None = None) -> Report:
    return Report(command.output, Followed.REFUSED, at or command.at, command.verb, command.id, note)
