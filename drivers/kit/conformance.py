"""What every driver must do, whatever its bus. A driver passes by inheriting these tests for its own virtual field.

    class TestThermobus(Conformance):
        @contextlib.asynccontextmanager
        async def field(self):
            async with VirtualThermobus() as field:
                yield field

The tests are plain functions that run a loop of their own, so any runner will do; give `field` what it needs from
pytest by an automatic fixture that sets attributes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import threading
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.errors import ConfigError
from controller.model.points import Quality
from controller.model.ports import Driver

from .bench import PATIENCE, Heard, RealClock, at_work, order, soon
from .field import Unable, VirtualField

_STOPPED = (Followed.LOST, Followed.REFUSED)
_CYCLES = 5


@dataclass(slots=True)
class _Scene:
    """A field with a driver at work on it, and what the device has measured so far."""

    field: VirtualField
    driver: Driver
    heard: Heard
    measured: list[float]

    async def shows(self, value: float) -> None:
        """Have the device measure `value`, and wait until the driver says so."""
        wanted = self.field.shown(value)
        self.measured.append(wanted)
        await self.field.measure(value)
        seen = len(self.heard.readings(self.field.point))
        await soon(lambda: any(_near(r.value, wanted) for r in self.heard.readings(self.field.point)[seen:]))

    def last(self) -> Quality | None:
        readings = self.heard.readings(self.field.point)
        return readings[-1].quality if readings else None

    def followed(self) -> Followed | None:
        """What was last said of the output; None where the field has none."""
        if self.field.output is None:
            return None
        reports = self.heard.reports(self.field.output)
        return reports[-1].followed if reports else Followed.RESTING

    def online(self) -> bool:
        return all(device.online for device in self.driver.health().devices)

    async def told(self, verb: Verb, seconds: float | None = None) -> Report:
        """Give an order and wait for the report that answers it."""
        command = self.order(verb, seconds)
        self.driver.send(command)
        await soon(lambda: self.heard.answers(command))
        return self.heard.answers(command)[-1]

    def order(self, verb: Verb, seconds: float | None = None) -> Command:
        if self.field.output is None:
            raise Unable("there is no output")
        return order(self.field.output, verb, seconds)

    def is_honest(self) -> None:
        """No good reading that the device never measured, and no value with a reading that is not good."""
        for reading in self.heard.readings(self.field.point):
            if reading.quality is Quality.GOOD:
                assert any(_near(reading.value, value) for value in self.measured), (reading, self.measured)
            elif reading.quality is Quality.BAD:
                assert math.isnan(reading.value), reading


class Conformance:
    """Inherit as a `Test...` class and say how the field is made.

    `speed` is that of the driver's clock, so that its waiting is short; `late` is longer (s, real) than it waits for an
    answer.
    """

    speed = 20.0
    late = 0.5

    def field(self) -> AbstractAsyncContextManager[VirtualField]:
        """A virtual field with its bus and device at work; gone at the end of the context."""
        raise NotImplementedError

    # settings

    def test_settings_are_checked(self) -> None:
        async def act(field: VirtualField) -> None:
            field.factory.check(field.settings)
            options = {**field.settings.options, "no_such_option": "1"}
            _refused(lambda: field.factory.check(replace(field.settings, options=options)))

        self._in_field(act)

    def test_every_point_has_a_source_and_an_unknown_one_is_refused(self) -> None:
        async def act(field: VirtualField) -> None:
            for device in field.settings.devices:
                for point in device.points:
                    source = field.factory.source(device, point.source)
                    assert (source.output is not None) == (point.name == field.output), (point, source)
                misspelt = device.points[0].source + "~"
                with contextlib.suppress(ConfigError):
                    # a bus whose names are free (paths into a document) may take it, but must not fail otherwise
                    field.factory.source(device, misspelt)

        self._in_field(act)

    def test_open_touches_nothing(self) -> None:
        async def act(field: VirtualField) -> None:
            await field.lose_bus()
            before = _descriptors(), _tasks()
            driver = field.factory.open(field.settings, RealClock())
            assert not driver.health().online
            assert (_descriptors(), _tasks()) == before

        self._in_field(act)

    # life

    def test_it_reads_and_follows(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            await scene.shows(19.0)
            health = scene.driver.health()
            assert health.online
            assert [device.name for device in health.devices] == [d.name for d in scene.field.settings.devices]
            await soon(scene.online)

        self._at_work(act)

    def test_cancel_ends_it_and_leaves_nothing(self) -> None:
        async def act(field: VirtualField) -> None:
            before = _tasks()
            scene = self._scene(field)
            task = asyncio.create_task(scene.driver.run(scene.heard))
            await scene.shows(21.0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, PATIENCE)
            assert task.cancelled(), task
            assert not scene.driver.health().online
            said = len(scene.heard.all)
            await field.measure(22.0)
            await soon(lambda: _tasks() <= before)
            await _a_while()
            assert len(scene.heard.all) == said, "it speaks after its end"

        self._in_field(act)

    def test_cancel_at_any_moment(self) -> None:
        """Before its first step, while it connects, while it reads: whatever it is in the middle of."""

        async def act(field: VirtualField) -> None:
            before = _tasks()
            for k in range(12):
                driver = field.factory.open(field.settings, RealClock(self.speed))
                task = asyncio.create_task(driver.run(Heard()))
                await asyncio.sleep(k * 0.004)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait_for(task, PATIENCE)
                assert task.cancelled(), task
            await soon(lambda: _tasks() <= before)

        self._in_field(act)

    def test_cancel_while_the_bus_is_gone(self) -> None:
        async def act(field: VirtualField) -> None:
            await field.lose_bus()
            before = _tasks()
            scene = self._scene(field)
            task = asyncio.create_task(scene.driver.run(scene.heard))
            await soon(lambda: scene.heard.all)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, PATIENCE)
            assert task.cancelled(), task
            await soon(lambda: _tasks() <= before)

        self._in_field(act)

    def test_nothing_leaks(self) -> None:
        """Started and stopped again and again on one field, it leaves no descriptor and no thread."""

        async def act(field: VirtualField) -> None:
            counts = []
            for k in range(_CYCLES):
                scene = self._scene(field)
                async with at_work(scene.driver, scene.heard):
                    await scene.shows(20.0 + k)
                del scene
                gc.collect()
                counts.append((_descriptors(), threading.active_count()))
            # the first round may open what a process has once
            assert counts[-1] <= counts[1], counts

        self._in_field(act)

    # faults

    def test_a_lost_device_is_said_once_and_comes_back(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            await scene.field.lose_device()
            await soon(lambda: scene.last() not in (None, Quality.GOOD))
            await soon(lambda: scene.followed() in (None, Followed.LOST))
            await soon(lambda: not scene.online())
            await _a_while()
            worse = [r for r in scene.heard.readings(scene.field.point) if r.quality is not Quality.GOOD]
            assert len(worse) == 1, worse
            await scene.field.find_device()
            await scene.shows(19.0)
            await soon(scene.online)
            await soon(lambda: scene.followed() not in _STOPPED)

        self._at_work(act)

    def test_a_lost_bus_is_said_and_comes_back(self) -> None:
        async def act(scene: _Scene) -> None:
            for value in (21.0, 22.0):
                await scene.shows(value)
                await scene.field.lose_bus()
                await soon(lambda: scene.last() not in (None, Quality.GOOD))
                await soon(lambda: not scene.driver.health().online)
                assert scene.driver.health().note
                await scene.field.find_bus()
                await scene.shows(value + 5)
                assert scene.driver.health().online
            assert scene.driver.health().reconnects == 2, "reconnects counts the connections that were lost"

        self._at_work(act)

    def test_a_bus_that_comes_later(self) -> None:
        async def act(field: VirtualField) -> None:
            await field.lose_bus()
            scene = self._scene(field)
            async with at_work(scene.driver, scene.heard):
                await soon(lambda: scene.last() not in (None, Quality.GOOD))
                await field.find_bus()
                await scene.shows(21.0)
            scene.is_honest()

        self._in_field(act)

    def test_garbage_is_survived_and_never_believed(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            for k in range(10):
                await scene.field.garbage()
                await scene.shows(22.0 + k)

        self._at_work(act)

    def test_late_answers_are_never_taken_for_others(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            await scene.field.lag(self.late)
            for value in (22.0, 23.0):
                scene.measured.append(scene.field.shown(value))
                await scene.field.measure(value)
                await asyncio.sleep(self.late)
            await scene.field.lag(0)
            await scene.shows(24.0)
            assert scene.last() is Quality.GOOD

        self._at_work(act)

    # outputs

    def test_a_command_is_carried_out_and_confirmed(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            field = scene.field
            report = await scene.told(field.verb, 3600.0)
            assert (report.followed, report.verb) == (Followed.RUNNING, field.verb)
            assert field.running()
            report = await scene.told(_end(field))
            assert report.followed is Followed.RESTING
            assert not field.running()

        self._at_work(act)

    def test_send_returns_before_anything_is_said(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            command = scene.order(scene.field.verb, 3600.0)
            said = len(scene.heard.all)
            scene.driver.send(command)
            assert len(scene.heard.all) == said, "emit was called from within send"
            await soon(lambda: scene.heard.answers(command))

        self._at_work(act)

    def test_of_many_commands_the_last_one_counts(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            for verb in (scene.field.verb, _end(scene.field)) * 20:
                scene.driver.send(scene.order(verb, 3600.0 if verb is scene.field.verb else None))
            assert (await scene.told(scene.field.verb, 3600.0)).followed is Followed.RUNNING
            assert scene.field.running()

        self._at_work(act)

    def test_a_command_to_a_lost_device_is_answered(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            scene.order(scene.field.verb)
            await scene.field.lose_device()
            assert (await scene.told(scene.field.verb, 3600.0)).followed in _STOPPED

        self._at_work(act)

    def test_a_command_without_a_bus_is_answered(self) -> None:
        async def act(scene: _Scene) -> None:
            await scene.shows(21.0)
            scene.order(scene.field.verb)
            await scene.field.lose_bus()
            await soon(lambda: not scene.driver.health().online)
            assert (await scene.told(scene.field.verb, 3600.0)).followed in _STOPPED

        self._at_work(act)

    # how the tests above are run

    def _scene(self, field: VirtualField) -> _Scene:
        driver = field.factory.open(field.settings, RealClock(self.speed))
        return _Scene(field, driver, Heard(), [field.shown(field.initial)])

    def _in_field(self, act: Callable[[VirtualField], Coroutine[object, object, None]]) -> None:
        async def play() -> None:
            async with self.field() as field:
                await act(field)

        asyncio.run(play())

    def _at_work(self, act: Callable[[_Scene], Coroutine[object, object, None]]) -> None:
        async def in_field(field: VirtualField) -> None:
            scene = self._scene(field)
            async with at_work(scene.driver, scene.heard):
                await act(scene)
            scene.is_honest()

        self._in_field(in_field)


async def _a_while() -> None:
    """Long enough for a driver that would say too much to say it."""
    await asyncio.sleep(0.3)


def _refused(check: Callable[[], None]) -> None:
    try:
        check()
    except ConfigError:
        return
    raise AssertionError("a wrong option was taken")


def _end(field: VirtualField) -> Verb:
    return Verb.OFF if field.verb is Verb.ON else Verb.STOP


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, abs_tol=0.05)


def _tasks() -> set[asyncio.Task[object]]:
    return {task for task in asyncio.all_tasks() if not task.done()}


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))
