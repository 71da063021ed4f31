"""The task that owns a line: a thin shell that lets the schedule decide and devices' jobs speak."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable, Sequence

from controller.model.commands import Command, Followed, Report
from controller.model.points import Quality, Reading
from controller.model.ports import BusHealth, Emit, FieldInput
from controller.model.time import Clock

from .link import Hurried, Link, LinkLost, NoAnswer, OpenLink
from .messages import Answer, Pause, Request, refusal_text
from .pdu import Refused
from .schedule import Cost, Rest, Schedule, Slot, Turn, Work
from .unit import Running, Unit

_log = logging.getLogger(__name__)

_FIRST_REOPEN, _LAST_REOPEN = 0.1, 2.0  # s, real: USB adapters take a second or two to come back
_HUNG_AFTER = 30.0  # s, real: a line on which nobody answers for so long is opened anew, for the adapter may hang
_ATTEMPTS = 3  # for each request of a command


class Line:
    """Implements `controller.model.ports.Driver` for one serial line or one Modbus TCP server."""

    def __init__(self, name: str, open_link: OpenLink, units: Sequence[Unit], clock: Clock) -> None:
        self._open_link = open_link
        self._units = list(units)
        self._clock = clock
        self._schedule = Schedule([Slot(unit.options.poll, unit.settle) for unit in self._units])
        self._of_output = {output: i for i, unit in enumerate(self._units) for output in unit.device.outputs}
        self._health = BusHealth(name, devices=[unit.health for unit in self._units])
        self._wake = asyncio.Event()
        self._probed: Link | None = None  # the link, while it waits for a device that is probably not there
        self._commands = 0
        self._heard_at = 0.0
        self._emit: Emit = _nowhere

    def health(self) -> BusHealth:
        return self._health

    def send(self, command: Command) -> None:
        """Queue a command; a newer one for the same output replaces an older one, also one that is being confirmed."""
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
        self._commands += 1
        unit.take(self._commands, command)
        slot.fresh, slot.confirm_at = unit.fresh, unit.confirm_at
        self._wake.set()
        if self._probed is not None:
            self._probed.hurry()

    async def run(self, emit: Emit) -> None:
        """Serve the line until cancelled; a link that is gone is opened again for ever."""
        self._emit = emit
        wait = _FIRST_REOPEN
        try:
            while True:
                try:
                    async with self._open_link(self._wake.set) as link:
                        wait = _FIRST_REOPEN
                        self._health.online, self._health.note = True, ""
                        try:
                            await self._serve(link)
                        except asyncio.CancelledError:
                            await self._take_leave(link)
                            raise
                except LinkLost as error:
                    self._link_lost(str(error))
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LAST_REOPEN)
        finally:
            self._health.online = False

    async def _serve(self, link: Link) -> None:
        """Serve the line; returns when it should be opened anew."""
        loop = asyncio.get_running_loop()
        self._heard_at = loop.time()
        while True:
            await link.quiet()  # first, so that a command that comes in the silence before a poll still goes before it
            turn = self._schedule.pick(self._clock.now(), loop.time())
            if isinstance(turn, Rest):
                await self._rest(turn)
                continue
            running = self._running(turn)
            if running is not None and running.request is not None:
                await self._step(link, turn.who, running, running.request)
                if loop.time() - self._heard_at > _HUNG_AFTER and all(slot.lost for slot in self._schedule.slots):
                    return

    async def _take_leave(self, link: Link) -> None:
        """Tell those devices that want to know that nobody will look after them any more."""
        for unit, slot in zip(self._units, self._schedule.slots, strict=True):
            job = None if slot.lost else unit.device.farewell()
            if job is None:
                continue
            with contextlib.suppress(Refused, NoAnswer, Hurried, LinkLost, StopIteration):
                step = next(job)
                while True:
                    if isinstance(step, Pause):
                        await asyncio.sleep(step.seconds)
                        step = job.send(None)
                    else:
                        await link.quiet()
                        words = await link.ask(unit.options.address, step, unit.timeout)
                        step = job.send(Answer(self._clock.now(), words))

    async def _rest(self, rest: Rest) -> None:
        waits = [] if rest.real is None else [rest.real]
        if rest.clock is not None:
            waits.append(self._clock.real_seconds(rest.clock))
        timer = asyncio.get_running_loop().call_later(min(waits), self._wake.set) if waits else None
        try:
            await self._wake.wait()
        finally:
            self._wake.clear()
            if timer is not None:
                timer.cancel()

    def _running(self, turn: Turn) -> Running | None:
        """The job that has the turn, begun or resumed if need be; None where it has ended."""
        unit = self._units[turn.who]
        if turn.work is Work.CONFIRM:
            running = unit.next_order()
        elif turn.work is Work.COMMAND:
            running = unit.begin()
        elif unit.polling is not None:
            running = unit.polling
        else:
            running = unit.polling = Running(unit.device.poll())
            self._schedule.slots[turn.who].polling = True
        if running.request is None:
            self._resume(turn.who, running, None)
        return running if unit.has(running) else None

    async def _step(self, link: Link, index: int, running: Running, request: Request) -> None:
        loop = asyncio.get_running_loop()
        unit, slot = self._units[index], self._schedule.slots[index]
        clock, real = self._clock.now(), loop.time()
        unit.health.requests += 1
        try:
            self._probed = link if slot.lost else None
            words = await link.ask(unit.options.address, request, unit.timeout)
            answer = Answer(self._clock.now(), words)
        except Refused as refused:
            answer = Answer(self._clock.now(), refusal=refused.code)
            unit.health.errors += 1
            unit.health.refusals += 1
        except Hurried:
            unit.close_poll()
            self._schedule.postponed(index, self._clock.now())
            return
        except NoAnswer as failure:
            cost = Cost(self._clock.now().seconds_since(clock), loop.time() - real)
            # an answer that is only late must not be taken for that to another request; a command is repeated as it is
            strays = not failure.garbled and running.command is None
            self._schedule.used(index, loop.time(), unit.timeout if strays else 0.0)
            self._failed(index, running, failure, cost)
            link.examine()
            return
        finally:
            self._probed = None
        self._answered(index, running, answer)

    def _answered(self, index: int, running: Running, answer: Answer) -> None:
        unit = self._units[index]
        self._heard_at = asyncio.get_running_loop().time()
        # where an earlier try was not heard, its answer may still be on its way
        self._schedule.used(index, self._heard_at, unit.timeout if running.attempts else 0.0)
        if self._schedule.answered(index):
            self._say([Report(output, Followed.BACK, answer.at) for output in unit.device.outputs])
        running.attempts = 0
        if unit.has(running):  # a newer command may have taken its place while it was on the wire
            self._resume(index, running, answer)
        unit.health.online = True
        unit.health.note = unit.device.note if answer.refusal is None else refusal_text(answer.refusal)
        unit.health.complaint = unit.device.complaint

    def _resume(self, index: int, running: Running, answer: Answer | None) -> None:
        """Give a job its answer and note what it wants next, or pass on its results when it is done."""
        unit, now = self._units[index], asyncio.get_running_loop().time()
        try:
            step = running.job.send(answer)
        except StopIteration as done:
            self._done(index, running, done.value)
            return
        except Exception:  # whatever a device answered, it must not end the task that serves the others
            _log.exception("%s: answer not understood", unit.name)
            unit.health.errors += 1
            self._done(index, running, _not_understood(running, self._clock))
            return
        running.request = None if isinstance(step, Pause) else step
        running.ready_at = now + step.seconds if isinstance(step, Pause) else now
        if running.command is None and isinstance(step, Pause):
            self._schedule.used(index, now, step.seconds)
        self._mark(index)

    def _done(self, index: int, running: Running, found: Sequence[FieldInput]) -> None:
        unit = self._units[index]
        if running.command is None:
            unit.polling = None
            self._schedule.polled(index, self._clock.now())
        else:
            del unit.orders[running.command.output]
        self._mark(index)
        self._say(found)

    def _mark(self, index: int) -> None:
        """Let the schedule know what commands the device has."""
        slot, unit = self._schedule.slots[index], self._units[index]
        slot.fresh, slot.confirm_at = unit.fresh, unit.confirm_at

    def _failed(self, index: int, running: Running, failure: NoAnswer, cost: Cost) -> None:
        unit = self._units[index]
        if failure.garbled:
            unit.health.errors += 1
            unit.health.garbled += 1
        else:
            unit.health.timeouts += 1
        why = f"{'garbled' if failure.garbled else 'no'} answer from address {unit.options.address}"
        unit.health.note = why
        newly = self._schedule.failed(index, self._clock.now(), asyncio.get_running_loop().time(), cost)
        if self._schedule.slots[index].lost:
            self._lose(index, newly, why)
            return
        unit.close_poll()
        running.attempts += 1
        if running.command is not None and running.attempts >= _ATTEMPTS and unit.has(running):
            running.job.close()
            command, at = running.command, self._clock.now()
            note = f"{why}, {_ATTEMPTS} times"
            self._done(index, running, [Report(command.output, Followed.REFUSED, at, command.verb, command.id, note)])

    def _lose(self, index: int, newly: bool, why: str) -> None:
        """The device counts as gone: say so once, and drop what it was to do."""
        unit = self._units[index]
        unserved = unit.drop()
        self._mark(index)
        unit.device.forget()
        unit.health.online = False
        unit.health.note, unit.health.complaint = why, ""
        if newly:
            at = self._clock.now()
            said: list[FieldInput] = [Reading.missing(p, at, Quality.STALE, why) for p in unit.device.points]
            said += [_lost(output, unserved.get(output), self._clock, why) for output in unit.device.outputs]
            self._say(said)

    def _link_lost(self, why: str) -> None:
        if self._health.online:
            _log.warning("%s: %s", self._health.name, why)
            self._health.reconnects += 1
        self._health.online, self._health.note = False, why
        for index in range(len(self._units)):
            self._lose(index, self._schedule.gone(index), why)

    def _say(self, inputs: Iterable[FieldInput]) -> None:
        if said := list(inputs):
            self._emit(said)

    def _soon(self, report: Report) -> None:
        # not from within send(): its caller may be in the middle of the step that made the command
        asyncio.get_running_loop().call_soon(lambda: self._emit([report]))


def _lost(output: str, command: Command | None, clock: Clock, why: str) -> Report:
    return Report(output, Followed.LOST, clock.now(), None, None if command is None else command.id, why)


def _not_understood(running: Running, clock: Clock) -> Sequence[FieldInput]:
    command = running.command
    if command is None:
        return ()
    note = "answer not understood"
    return (Report(command.output, Followed.REFUSED, clock.now(), command.verb, command.id, note),)


def _nowhere(_: Sequence[FieldInput]) -> None:
    """Before `run` there is nobody to tell."""
