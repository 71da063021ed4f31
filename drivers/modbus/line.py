"""The task that owns a serial line: a thin shell that lets the schedule decide and devices' jobs speak."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from controller.model.commands import Command, Followed, Report
from controller.model.points import Quality, Reading
from controller.model.ports import BusHealth, DeviceHealth, Emit, FieldInput
from controller.model.time import Clock

from .messages import Answer, FieldDevice, Job, Pause, Request, refusal_text
from .options import DeviceOptions, LineOptions
from .port import Port, PortLost
from .rtu import Receiver, Refused, answer_size, encode
from .schedule import Rest, Schedule, Slot, Turn

_log = logging.getLogger(__name__)

_FIRST_REOPEN, _LAST_REOPEN = 0.1, 2.0  # s, real: USB adapters take a second or two to come back
_ATTEMPTS = 3  # for each request of a command


@dataclass(slots=True)
class Running:
    """A job in progress. `request` is what it waits for; None after a pause."""

    job: Job
    command: Command | None = None
    request: Request | None = None
    attempts: int = 0


@dataclass(slots=True)
class Unit:
    """A device with its work: commands by output, in the order of their coming, and up to one job of each kind."""

    name: str
    options: DeviceOptions
    device: FieldDevice
    timeout: float
    settle: float
    health: DeviceHealth = field(init=False)
    queue: dict[str, Command] = field(default_factory=dict)
    ordered: Running | None = None
    polling: Running | None = None

    def __post_init__(self) -> None:
        self.health = DeviceHealth(self.name)

    def drop(self) -> dict[str, Command]:
        """End all work; the commands that were not carried out."""
        unserved, self.queue = self.queue, {}
        for running in (self.ordered, self.polling):
            if running is not None:
                running.job.close()
                if running.command is not None:
                    unserved.setdefault(running.command.output, running.command)
        self.ordered = self.polling = None
        return unserved


class Line:
    """Implements `controller.model.ports.Driver` for one serial line."""

    def __init__(self, name: str, options: LineOptions, units: Sequence[Unit], clock: Clock) -> None:
        self._options = options
        self._units = list(units)
        self._clock = clock
        self._schedule = Schedule([Slot(unit.options.poll, unit.settle) for unit in self._units])
        self._of_output = {output: i for i, unit in enumerate(self._units) for output in unit.device.outputs}
        self._health = BusHealth(name, devices=[unit.health for unit in self._units])
        self._wake = asyncio.Event()
        self._emit: Emit = _nowhere

    def health(self) -> BusHealth:
        return self._health

    def send(self, command: Command) -> None:
        """Queue a command; a newer one for the same output replaces an older one that has not begun."""
        index = self._of_output.get(command.output)
        if index is None:
            self._soon(Report(command.output, Followed.REFUSED, command.at, command.verb, command.id, "no such output"))
            return
        unit, slot = self._units[index], self._schedule.slots[index]
        if unit.device.skips(command):
            return
        if slot.lost:
            self._soon(_lost(command.output, command, self._clock, unit.health.note))
            return
        unit.queue[command.output] = command
        slot.commanded = True
        self._wake.set()

    async def run(self, emit: Emit) -> None:
        """Serve the line until cancelled; a port that is gone is opened again for ever."""
        self._emit = emit
        wait = _FIRST_REOPEN
        try:
            while True:
                try:
                    with Port(self._options, self._wake.set) as port:
                        wait = _FIRST_REOPEN
                        self._health.online, self._health.note = True, ""
                        await self._serve(port)
                except PortLost as error:
                    self._port_lost(str(error))
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LAST_REOPEN)
        finally:
            self._health.online = False

    async def _serve(self, port: Port) -> None:
        loop = asyncio.get_running_loop()
        while True:
            port.check()
            turn = self._schedule.pick(self._clock.now(), loop.time())
            if isinstance(turn, Rest):
                await self._rest(turn)
                continue
            running = self._running(turn)
            if running is None:
                continue
            if running.request is None:
                self._resume(turn, running, None)
            else:
                await self._step(port, turn, running, running.request)

    async def _rest(self, rest: Rest) -> None:
        timer = None
        sleeper = None
        if rest.real is not None:
            timer = asyncio.get_running_loop().call_later(rest.real, self._wake.set)
        if rest.clock is not None:
            sleeper = asyncio.ensure_future(self._clock.sleep(rest.clock))
            sleeper.add_done_callback(lambda task: None if task.cancelled() else self._wake.set())
        try:
            await self._wake.wait()
        finally:
            self._wake.clear()
            if timer is not None:
                timer.cancel()
            if sleeper is not None:
                sleeper.cancel()

    def _running(self, turn: Turn) -> Running | None:
        """The job that has the turn, begun if need be; None where it ended without asking the device anything."""
        unit, slot = self._units[turn.who], self._schedule.slots[turn.who]
        running = unit.ordered if turn.command else unit.polling
        if running is not None:
            return running
        if turn.command:
            command = unit.queue.pop(next(iter(unit.queue)))
            running = unit.ordered = Running(unit.device.command(command), command)
        else:
            running = unit.polling = Running(unit.device.poll())
            slot.polling = True
        self._resume(turn, running, None)
        return unit.ordered if turn.command else unit.polling

    async def _step(self, port: Port, turn: Turn, running: Running, request: Request) -> None:
        loop = asyncio.get_running_loop()
        unit = self._units[turn.who]
        began = self._clock.now()
        outcome = await self._exchange(port, unit, request)
        self._schedule.used(turn.who, loop.time())
        if isinstance(outcome, str):
            self._failed(turn, running, outcome, self._clock.now().seconds_since(began))
            port.check_path()
            return
        if self._schedule.answered(turn.who):
            self._say([Report(output, Followed.BACK, outcome.at) for output in unit.device.outputs])
        unit.health.online = True
        unit.health.note = "" if outcome.refusal is None else refusal_text(outcome.refusal)
        running.attempts = 0
        self._resume(turn, running, outcome)

    async def _exchange(self, port: Port, unit: Unit, request: Request) -> Answer | str:
        """One request on the wire: its answer, or in words why there is none."""
        loop = asyncio.get_running_loop()
        health, receiver = unit.health, Receiver(unit.options.address, request)
        health.requests += 1
        until = begins = await port.send(encode(unit.options.address, request)) + unit.timeout
        latest = begins + 2 * answer_size(request) * self._options.character
        while loop.time() < latest and (data := await port.receive(until)):
            try:
                words = receiver.feed(data)
            except Refused as refused:
                health.errors += 1
                return Answer(self._clock.now(), refusal=refused.code)
            if words is not None:
                return Answer(self._clock.now(), words)
            until = max(begins, port.next_chunk_by())
        if receiver.empty:
            health.timeouts += 1
            return f"no answer from address {unit.options.address}"
        health.errors += 1
        return f"garbled answer from address {unit.options.address}"

    def _resume(self, turn: Turn, running: Running, answer: Answer | None) -> None:
        """Give a job its answer and note what it wants next, or pass on its results when it is done."""
        unit = self._units[turn.who]
        try:
            step = running.job.send(answer)
        except StopIteration as done:
            self._done(turn, done.value)
            return
        except Exception:  # whatever a device answered, it must not end the task that serves the others
            _log.exception("%s: answer not understood", unit.name)
            unit.health.errors += 1
            unit.health.note = "answer not understood"
            self._done(turn, ())
            return
        if isinstance(step, Pause):
            running.request = None
            self._schedule.used(turn.who, asyncio.get_running_loop().time(), step.seconds)
        else:
            running.request = step

    def _done(self, turn: Turn, found: Sequence[FieldInput]) -> None:
        unit = self._units[turn.who]
        if turn.command:
            unit.ordered = None
            self._schedule.slots[turn.who].commanded = bool(unit.queue)
        else:
            unit.polling = None
            self._schedule.polled(turn.who, self._clock.now())
        self._say(found)

    def _failed(self, turn: Turn, running: Running, why: str, cost: float) -> None:
        unit = self._units[turn.who]
        unit.health.note = why
        newly = self._schedule.failed(turn.who, self._clock.now(), cost)
        if self._schedule.slots[turn.who].lost:
            self._schedule.slots[turn.who].commanded = False
            self._lose(unit, newly, why)
            return
        if unit.polling is not None:
            unit.polling.job.close()
            unit.polling = None
        running.attempts += 1
        if running.command is not None and running.attempts >= _ATTEMPTS:
            running.job.close()
            command = running.command
            note = f"{why}, {_ATTEMPTS} times"
            at = self._clock.now()
            self._done(turn, [Report(command.output, Followed.REFUSED, at, command.verb, command.id, note)])

    def _lose(self, unit: Unit, newly: bool, why: str) -> None:
        """The device counts as gone: say so once, and drop what it was to do."""
        unserved = unit.drop()
        unit.device.forget()
        unit.health.online = False
        unit.health.note = why
        if newly:
            at = self._clock.now()
            said: list[FieldInput] = [Reading.missing(p, at, Quality.STALE, why) for p in unit.device.points]
            said += [_lost(output, unserved.get(output), self._clock, why) for output in unit.device.outputs]
            self._say(said)

    def _port_lost(self, why: str) -> None:
        if self._health.online:
            _log.warning("%s: %s", self._health.name, why)
            self._health.reconnects += 1
        self._health.online, self._health.note = False, why
        for index, unit in enumerate(self._units):
            self._lose(unit, self._schedule.gone(index), why)

    def _say(self, inputs: Iterable[FieldInput]) -> None:
        if said := list(inputs):
            self._emit(said)

    def _soon(self, report: Report) -> None:
        # not from within send(): its caller may be in the middle of the step that made the command
        asyncio.get_running_loop().call_soon(lambda: self._emit([report]))


def _lost(output: str, command: Command | None, clock: Clock, why: str) -> Report:
    return Report(output, Followed.LOST, clock.now(), None, None if command is None else command.id, why)


def _nowhere(_: Sequence[FieldInput]) -> None:
    """Before `run` there is nobody to tell."""
