"""A GPIO chip: outputs are set at once, inputs are heard as they change and said again every few seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.points import Quality, Reading
from controller.model.ports import BusHealth, BusSettings, DeviceHealth, DeviceSettings, Emit, FieldInput, PointSettings
from controller.model.time import Clock, Instant
from drivers.opening import why_not

from .lines import LineOptions, Lines, Request
from .output import Level, Output
from .settings import PinsOptions, chip, pins_options

_FIRST_REOPEN, _LAST_REOPEN = 0.2, 5.0  # real seconds between attempts to get the lines
_AGAIN = 10.0  # s of the clock after which an input is said again: a pin that is gone shows no other way

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Input:
    """A contact, or a counter of pulses. `counted` is where the kernel's count of edges stood."""

    points: list[PointSettings]
    per_pulse: float | None
    pulses: int = 0
    counted: int | None = None

    def value(self, on: bool) -> float:
        return float(on) if self.per_pulse is None else self.pulses * self.per_pulse


class GpioDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock, request: Request) -> None:
        self._chip = chip(bus)
        self._clock = clock
        self._request = request
        self._wanted: dict[int, LineOptions] = {}
        self._outputs: dict[str, Output] = {}
        self._inputs: dict[int, _Input] = {}
        self._health = BusHealth(bus.name)
        for device in bus.devices:
            self._wire(device, pins_options(device))
        self._lines: Lines | None = None
        self._lost: asyncio.Future[str] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._emit: Emit | None = None

    def _wire(self, device: DeviceSettings, options: PinsOptions) -> None:
        self._health.devices.append(DeviceHealth(device.name))
        self._wanted |= dict.fromkeys(options.pins.values(), options.line)
        for point in device.points:
            if options.kind == "motor":
                ways = {Verb.OPEN: options.pins["open"], Verb.CLOSE: options.pins["close"]}
                self._outputs[point.name] = Output(point.name, ways)
            elif options.kind == "relays":
                self._outputs[point.name] = Output(point.name, {Verb.ON: options.pins[point.source]})
            else:
                per_pulse = options.per_pulse if options.kind == "pulses" else None
                pin = options.pins[point.source]
                self._inputs.setdefault(pin, _Input([], per_pulse)).points.append(point)

    async def run(self, emit: Emit) -> None:
        """Serve the pins until cancelled; a chip that is gone is sought again for ever."""
        self._emit = emit
        wait = _FIRST_REOPEN
        try:
            while True:
                try:
                    self._open()
                    wait = _FIRST_REOPEN
                    await self._serve()
                except OSError as error:
                    self._chip_lost(str(error))
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LAST_REOPEN)
        finally:
            self._close()
            self._health.online = False
            self._emit = None

    def send(self, command: Command) -> None:
        """Set the pin at once; what came of it is said in the next turn of the loop."""
        output, now = self._outputs.get(command.output), self._clock.now()
        if output is None or command.verb not in output.verbs:
            note = "no such output" if output is None else f"it cannot {command.verb}"
            report = Report(command.output, Followed.REFUSED, now, command.verb, command.id, note)
        elif self._lines is None:
            report = Report(command.output, Followed.LOST, now, command.verb, command.id, self._health.note)
        else:
            levels, report = output.command(command, now)
            if (failure := self._set(levels)) is not None:
                report = Report(command.output, Followed.LOST, now, command.verb, command.id, failure)
            self._plan_ends()
        asyncio.get_running_loop().call_soon(self._say, (report,))

    def health(self) -> BusHealth:
        return self._health

    def _open(self) -> None:
        try:
            self._lines = self._request(self._chip, self._wanted) if self._wanted else None
        except OSError as error:
            raise OSError(why_not(error, self._chip, "gpiodetect lists the chips that there are")) from error
        self._lost = asyncio.get_running_loop().create_future()
        if self._lines is not None:
            asyncio.get_running_loop().add_reader(self._lines.fileno(), self._changed)
        self._know(True, "")
        now = self._clock.now()
        # the lines have just been requested switched off
        for output in self._outputs.values():
            output.rest()
        self._say([Report(name, Followed.BACK, now) for name in self._outputs])
        self._say([Report(name, Followed.RESTING, now) for name in self._outputs])
        for entry in self._inputs.values():
            entry.counted = None

    async def _serve(self) -> None:
        """Say inputs again and again until the chip is lost."""
        assert self._lost is not None
        while True:
            now = self._clock.now()
            self._say([reading for pin in self._inputs for reading in self._readings(pin, now)])
            done, _ = await asyncio.wait((self._lost,), timeout=self._clock.real_seconds(_AGAIN))
            if done:
                raise OSError(self._lost.result())

    def _changed(self) -> None:
        """Edges have come in."""
        assert self._lines is not None
        try:
            edges = self._lines.edges()
        except OSError as error:
            self._fail(str(error))
            return
        changed: dict[int, bool] = {}
        for edge in edges:
            entry = self._inputs.get(edge.pin)
            if entry is None:
                continue
            if entry.per_pulse is None:
                changed[edge.pin] = edge.on
                continue
            # on and off take turns: edges that nobody has read are pulses by halves
            missed = 0 if entry.counted is None else max(edge.number - entry.counted - 1, 0)
            entry.counted = edge.number
            entry.pulses += edge.on + (missed + (not edge.on)) // 2
            changed[edge.pin] = edge.on
        now = self._clock.now()
        self._say([reading for pin, on in changed.items() for reading in _say_input(self._inputs[pin], on, now)])

    def _readings(self, pin: int, now: Instant) -> list[Reading]:
        assert self._lines is not None
        return _say_input(self._inputs[pin], self._lines.get(pin), now)

    def _set(self, levels: Sequence[Level]) -> str | None:
        """Why it could not be done."""
        if self._lines is None:
            return self._health.note or "no connection"
        try:
            for pin, on in levels:
                self._lines.set(pin, on)
        except OSError as error:
            self._fail(str(error))
            return str(error)
        return None

    def _plan_ends(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ends = min((output.ends for output in self._outputs.values() if output.ends is not None), default=None)
        if ends is not None:
            seconds = self._clock.real_seconds(ends.seconds_since(self._clock.now()))
            self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._end_due)

    def _end_due(self) -> None:
        now = self._clock.now()
        for output in self._outputs.values():
            if (end := output.due(now)) is not None:
                levels, report = end
                if self._set(levels) is None:
                    self._say((report,))
        self._plan_ends()

    def _fail(self, why: str) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(why)

    def _chip_lost(self, why: str) -> None:
        self._close()
        news = self._health.online or not self._health.note
        if self._health.online:
            _log.warning("%s: %s", self._health.name, why)
            self._health.reconnects += 1
        self._know(False, why)
        if news:
            now = self._clock.now()
            points = [point for entry in self._inputs.values() for point in entry.points]
            self._say([Reading.missing(point.name, now, Quality.STALE, why) for point in points])
            self._say([Report(name, Followed.LOST, now, note=why) for name in self._outputs])

    def _close(self) -> None:
        """Switch off, so that no valve stays open with nobody to close it, and let go of the lines."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        lines, self._lines = self._lines, None
        if lines is None:
            return
        asyncio.get_running_loop().remove_reader(lines.fileno())
        try:
            for pin, options in self._wanted.items():
                if options.output:
                    lines.set(pin, False)
        except OSError as error:
            _log.warning("%s: outputs could not be switched off: %s", self._health.name, error)
        finally:
            lines.release()

    def _know(self, online: bool, note: str) -> None:
        self._health.online, self._health.note = online, note
        for device in self._health.devices:
            device.online, device.note = online, note

    def _say(self, inputs: Sequence[FieldInput]) -> None:
        if inputs and self._emit is not None:
            self._emit(inputs)


def _say_input(entry: _Input, on: bool, now: Instant) -> list[Reading]:
    value = entry.value(on)
    return [Reading(point.name, value * point.factor + point.shift, now) for point in entry.points]
