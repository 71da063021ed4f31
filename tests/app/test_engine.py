import math
from dataclasses import replace
from typing import Any

import pytest

from controller.app import engine as engine_module
from controller.app.clock import ScaledClock, SystemClock
from controller.app.engine import Engine
from controller.core.core import Core
from controller.core.plan import ActuatorPlan
from controller.model.commands import Command, Followed, Override, Report, Verb
from controller.model.events import Commanded, Measured
from controller.model.time import NS

from .house import Faulty, Memory, Relay, plan, temperature
from .wait import until


def make(clock: Any = None) -> tuple[Engine, Relay, Memory, Any]:
    clock = clock or SystemClock()
    relay, journal = Relay(), Memory()
    engine = Engine(Core(plan()), clock, relay.output, journal)
    engine.adopt(engine.core)
    return engine, relay, journal, clock


async def test_a_reading_becomes_a_command_events_and_a_snapshot() -> None:
    engine, relay, journal, clock = make()
    engine.emit((temperature(12.0, clock),))
    await until(lambda: relay.verbs() == ["on"])
    await until(lambda: journal.states)
    assert any(isinstance(event, Measured) for event in journal.events)
    assert any(isinstance(event, Commanded) for event in journal.events)
    assert engine.counters.readings == 1
    restored = Core.restore(plan(), journal.states[-1])
    restored.step(clock.now(), ())
    assert restored.actuators()[0].on


async def test_what_arrives_together_is_one_step() -> None:
    engine, _, _, clock = make()
    before = engine.counters.steps
    for value in (20.0, 20.1, 20.2):
        engine.emit((temperature(value, clock),))
    await until(lambda: engine.counters.readings == 3)
    assert engine.counters.steps == before + 1


async def test_a_full_inbox_drops_the_oldest_and_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "INBOX", 4)
    engine, relay, _, clock = make()
    engine.emit([temperature(30.0, clock)] * 4)
    engine.emit([temperature(25.0, clock)] * 2 + [temperature(10.0, clock)])
    assert engine.counters.dropped == 3
    await until(lambda: relay.verbs() == ["on"])


async def test_timers_of_the_core_run_without_input() -> None:
    clock = ScaledClock(600.0, SystemClock().now().wall_ns, 1_781_560_800 * NS)
    engine, _, _, _ = make(clock)
    engine.emit((temperature(20.0, clock),))
    await until(lambda: engine.core.points() and engine.core.points()[0].quality.name == "STALE")


async def test_an_output_that_fails_is_reported_lost_and_the_rest_goes_on() -> None:
    clock, journal = SystemClock(), Memory()

    def broken(_: Command) -> None:
        raise OSError("the driver has a mistake")

    engine = Engine(Core(plan()), clock, lambda _: broken, journal)
    engine.adopt(engine.core)
    engine.emit((temperature(12.0, clock),))
    await until(lambda: engine.counters.faults and engine.counters.readings == 1)
    engine.emit((temperature(13.0, clock),))
    await until(lambda: engine.counters.readings == 2)


async def test_a_core_that_fails_once_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "RETRY", 0.01)
    engine, relay, _, clock = make()
    monkeypatch.setattr(engine, "core", Faulty(engine.core, 1))
    engine.emit((temperature(30.0, clock),))
    await until(lambda: engine.counters.faults == 1)
    engine.emit((temperature(12.0, clock),))
    await until(lambda: relay.verbs() == ["on"])


async def test_a_core_that_fails_takes_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the watchdog nor /readyz takes it for one that runs the greenhouse."""
    monkeypatch.setattr(engine_module, "RETRY", 0.01)
    engine, _, _, _ = make()
    steps, idle = engine.counters.steps, engine.idle()
    core = Faulty(engine.core, math.inf)
    monkeypatch.setattr(engine, "core", core)
    engine.emit(())
    await until(lambda: engine.counters.faults == 5)
    stuck = engine.idle()
    assert stuck > idle
    assert engine.counters.steps == steps
    core.times = 0
    await until(lambda: engine.counters.steps > steps)
    assert engine.idle() < stuck


async def test_shutting_down_switches_off_and_waits_for_the_device() -> None:
    engine, relay, journal, clock = make()
    engine.emit((temperature(12.0, clock),))
    await until(lambda: relay.verbs() == ["on"])

    def confirm(command: Command) -> None:
        relay.commands.append(command)
        report = Report(command.output, Followed.RESTING, clock.now(), Verb.OFF, command.id)
        engine.emit((report,))

    engine._outputs = lambda _: confirm
    assert await engine.shut_down(5.0)
    assert relay.verbs() == ["on", "off"]
    assert len(journal.states) >= 2


async def test_shutting_down_does_not_wait_for_ever() -> None:
    engine, relay, _, clock = make()
    engine.emit((temperature(12.0, clock),))
    await until(lambda: relay.verbs() == ["on"])
    assert not await engine.shut_down(0.05)
    assert relay.verbs() == ["on", "off"]


async def test_shutting_down_gives_a_vent_the_time_to_close() -> None:
    clock = ScaledClock(600.0, SystemClock().now().wall_ns, 1_781_560_800 * NS)
    vent = ActuatorPlan("vent", "position", "vent.node", safe=0.0, travel_open=60.0, travel_close=60.0)
    engine = Engine(Core(replace(plan(), actuators=(*plan().actuators, vent))), clock, lambda _: obey, Memory())
    told: list[Command] = []

    def obey(command: Command) -> None:
        told.append(command)
        followed = Followed.RUNNING if command.verb in (Verb.OPEN, Verb.CLOSE) else Followed.RESTING
        engine.emit((Report(command.output, followed, clock.now(), command.verb, command.id),))

    engine.adopt(engine.core)
    engine.emit((Override("vent", 100.0, 3600.0, "Kim"),))
    await until(lambda: engine.core.actuators()[1].position > 90)
    assert await engine.shut_down(5.0, clock.real_seconds(200.0))
    assert (told[-1].output, told[-1].verb) == ("vent.node", Verb.CLOSE)
    assert engine.core.actuators()[1].position == 0.0


async def test_new_rules_take_over_and_wrong_ones_do_not() -> None:
    engine, relay, _, clock = make()
    engine.emit((temperature(18.5, clock),))
    await until(lambda: engine.counters.readings == 1)
    engine.adopt(Core.restore(plan(below="18.8 °C"), engine.core.snapshot()))
    engine.emit((temperature(18.6, clock),))
    await until(lambda: relay.verbs() == ["on"])
    now = engine.core
    with pytest.raises(ValueError, match="not a whole snapshot"):
        engine.adopt(Core.restore(plan(), b'{"version": 1}'))
    assert engine.core is now
