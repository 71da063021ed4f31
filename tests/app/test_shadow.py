"""Shadow mode: other rules see the same house, do nothing, and say what they would do."""

from __future__ import annotations

from dataclasses import replace

from controller.app.shadow import Shadow
from controller.core.core import Core
from controller.core.plan import Plan, SetPlan, SettingPlan
from controller.model.commands import Report
from controller.model.events import Noted
from controller.model.points import Reading
from controller.model.time import Instant
from controller.model.units import unit
from controller.scenarios import IdealDevices

from .house import expression, plan


class Pair:
    """A core that acts on ideal devices, and a shadow of other rules beside it."""

    def __init__(self, below: str, active: Plan | None = None, other: Plan | None = None) -> None:
        self.now = Instant(0, 1_780_000_000_000_000_000)
        self.core = Core(active or plan())
        self.core.step(self.now, ())
        self.shadow = Shadow(other or plan(below), lambda: self.core)
        self._devices = IdealDevices()
        self._reports: list[Report] = []
        self.notes: list[str] = []

    def reads(self, temperature: float, times: int = 12) -> None:
        """The thermometer shows this, every five seconds."""
        for _ in range(times):
            self.now = self.now.after(5)
            inputs = [Reading("air.temperature", temperature, self.now), *self._reports]
            step = self.core.step(self.now, inputs)
            self._reports = [self._devices.obey(command, self.now) for command in step.commands]
            events = self.shadow.step(self.now, inputs)
            self.notes += [event.text for event in events if isinstance(event, Noted) and event.subject == "shadow"]


def test_equal_rules_differ_in_nothing() -> None:
    pair = Pair("18 °C")
    for temperature in (20.0, 17.0, 19.5, 16.0):
        pair.reads(temperature)
    assert pair.notes == []
    assert pair.shadow.differences() == []


def test_a_difference_is_noted_when_it_begins_and_when_it_ends() -> None:
    pair = Pair("16 °C")  # the shadow heats only below 16 °C
    pair.reads(20.0)
    pair.reads(17.0)
    assert len(pair.notes) == 1
    assert pair.notes[0].startswith("heater would be 0 % by idle: nothing asks for it; it is 100 % by rule: Heat")
    (difference,) = pair.shadow.differences()
    assert (difference.would, difference.is_at) == (0.0, 100.0)
    pair.reads(20.0)
    assert pair.notes[1:] == ["heater: no difference any more"]
    assert pair.shadow.differences() == []


def test_the_shadow_goes_on_from_the_state_of_the_active_core() -> None:
    pair = Pair("18 °C")
    pair.reads(17.0)  # heating, and between 18 °C and 19 °C it goes on
    pair.reads(18.5)
    assert pair.core.actuators()[0].target == 100
    beside = Shadow(plan(), lambda: pair.core)
    pair.shadow = beside
    pair.reads(18.5)
    assert beside.differences() == []


def test_a_number_that_the_shadow_would_set_otherwise_is_noted() -> None:
    feed = SettingPlan("feed", "mixer.ec", unit("mS/cm"), 0.5, 4.0, 1.5, 0.0)
    active, other = (
        replace(plan(), settings=(feed,), sets=(SetPlan(name, "feed", expression(to)),))
        for name, to in (("Now", "2.4 mS/cm"), ("Then", "4.8 mS/cm - air.temperature * 0.12 mS/cm / 1 K"))
    )
    pair = Pair("18 °C", active, other)
    pair.reads(20.0)
    assert pair.notes == []
    pair.reads(18.0)
    (note,) = pair.notes
    assert note.startswith("feed would be 2.64 mS/cm by rule: Then (air.temperature = 18 °C)")
    assert note.endswith("it is 2.4 mS/cm by rule: Now")
    pair.reads(20.0)
    assert pair.notes[1:] == ["feed: no difference any more"]
