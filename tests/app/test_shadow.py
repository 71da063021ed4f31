"""Shadow mode: other rules see the same house, do nothing, and say what they would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.app.shadow import MOST_KEPT, Findings, Shadow
from controller.core.core import Core
from controller.core.plan import ActuatorPlan, Plan, SetPlan, SettingPlan
from controller.model.commands import Override, Report, Request
from controller.model.points import Reading
from controller.model.time import Instant
from controller.model.units import unit
from controller.scenarios import IdealDevices
from tests.core.writing import motor, sensor

from .house import expression, plan


class Pair:
    """A core that acts on ideal devices, and a shadow of other rules beside it."""

    def __init__(self, below: str, active: Plan | None = None, other: Plan | None = None) -> None:
        self.now = Instant(0, 1_780_000_000_000_000_000)
        self.core = Core(active or plan())
        self.core.step(self.now, ())
        self.shadow = Shadow(other or plan(below), lambda: self.core, self.now)
        self._devices = IdealDevices()
        self._reports: list[Report] = []
        self.notes: list[str] = []

    def reads(self, temperature: float, times: int = 12, requests: Sequence[Request] = ()) -> None:
        """The thermometer shows this, every five seconds; people ask for something with the first of them."""
        for number in range(times):
            self.now = self.now.after(5)
            asked = requests if number == 0 else ()
            inputs = [Reading("air.temperature", temperature, self.now), *self._reports, *asked]
            step = self.core.step(self.now, inputs)
            self._reports = [self._devices.obey(command, self.now) for command in step.commands]
            self.notes += self.shadow.step(self.now, inputs)


def test_equal_rules_differ_in_nothing() -> None:
    pair = Pair("18 °C")
    for temperature in (20.0, 17.0, 19.5, 16.0):
        pair.reads(temperature)
    assert pair.notes == []
    assert pair.shadow.findings() == Findings()
    assert not any(standing.differs for standing in pair.shadow.standings())


def test_a_difference_is_noted_when_it_begins_and_when_it_ends() -> None:
    pair = Pair("16 °C")  # the shadow heats only below 16 °C
    pair.reads(20.0)
    pair.reads(17.0)
    assert len(pair.notes) == 1
    assert pair.notes[0].startswith("heater would be 0 % by idle: nothing asks for it; it is 100 % by rule: Heat")
    (standing,) = pair.shadow.standings()
    assert (standing.differs, standing.there.value, standing.here.value) == (True, 0.0, 100.0)
    assert standing.sentence() == pair.notes[0]
    (difference,) = pair.shadow.findings().differences
    assert (difference.here.cause.rule, difference.there.text, difference.until_ns) == ("Heat", "0 %", None)
    pair.reads(20.0)
    assert pair.notes[1:] == ["heater: no difference any more"]
    findings = pair.shadow.findings()
    assert findings.count == 1
    assert findings.differences[0].until_ns is not None
    assert not pair.shadow.standings()[0].differs


def test_the_shadow_goes_on_from_the_state_of_the_active_core() -> None:
    pair = Pair("18 °C")
    pair.reads(17.0)  # heating, and between 18 °C and 19 °C it goes on
    pair.reads(18.5)
    assert pair.core.actuators()[0].target == 100
    pair.shadow = Shadow(plan(), lambda: pair.core, pair.now)
    pair.reads(18.5)
    assert pair.shadow.findings() == Findings()


def test_a_shadow_goes_on_from_its_own_state_and_with_what_it_had_found() -> None:
    pair = Pair("16 °C")
    pair.reads(17.0)
    before = pair.shadow.findings()
    assert before.count == 1
    pair.shadow = Shadow(plan("16 °C"), lambda: pair.core, pair.now, pair.shadow.snapshot(), before)
    pair.reads(17.0)
    assert pair.shadow.findings() == before  # the same difference, which still lasts: counted once, noted once
    assert len(pair.notes) == 1
    pair.reads(20.0)
    (difference,) = pair.shadow.findings().differences
    assert difference.until_ns is not None


def test_rules_that_take_turns_are_no_flood_of_differences() -> None:
    """The actuator differs all the time, and for other reasons every five seconds."""
    pair = Pair("18 °C", other=replace(plan(), rules=()))
    pair.reads(17.0)
    assert len(pair.notes) == 1
    taking_turns = replace(plan(), rules=(), safety=plan().rules)
    active = Core.restore(taking_turns, pair.core.snapshot())
    for core in (active, pair.core) * 10:
        pair.core = core
        pair.reads(17.0, 1)
    assert pair.shadow.findings().count == 1


def test_what_was_found_is_bounded_and_counted() -> None:
    pair = Pair("16 °C")
    for _ in range(MOST_KEPT + 5):
        pair.reads(17.0, 8)
        pair.reads(20.0, 2)
    findings = pair.shadow.findings()
    assert (findings.count, len(findings.differences)) == (MOST_KEPT + 5, MOST_KEPT)
    assert [each.since_ns for each in findings.differences] == sorted(each.since_ns for each in findings.differences)


def test_what_only_one_of_both_has_is_no_difference() -> None:
    fan = ActuatorPlan("fan", "switch", "fan.relay", safe=0.0)
    pair = Pair("16 °C", other=replace(plan("16 °C"), actuators=(*plan().actuators, fan)))
    pair.reads(17.0)
    assert [standing.name for standing in pair.shadow.standings()] == ["heater"]
    pair.core = Core(replace(plan(), actuators=(fan,), rules=()))
    pair.reads(17.0, 1)
    assert pair.shadow.standings()[0].name == "fan"
    assert pair.notes[1:] == ["heater: no difference any more"]


def test_a_hand_is_a_hand_in_both() -> None:
    pair = Pair("16 °C")
    pair.reads(17.0)
    pair.reads(17.0, requests=[Override("heater", 0.0, 600.0, "Kim")])
    assert pair.notes[1:] == ["heater: no difference any more"]


@given(st.lists(st.floats(-10, 40), max_size=30))
def test_whatever_is_measured_equal_rules_never_differ(temperatures: list[float]) -> None:
    pair = Pair("18 °C")
    for temperature in temperatures:
        pair.reads(temperature, 8)
    assert pair.shadow.findings() == Findings()


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


def test_its_motors_are_not_where_those_of_the_house_are_measured() -> None:
    rules = replace(
        plan("18 °C"), rules=(), alarms=(), sensors=(sensor("vent.position"),), actuators=(motor("vent", 100.0),)
    )
    measured = replace(rules, actuators=(motor("vent", 100.0, measured="vent.position"),))
    now = Instant(0, 1_780_000_000_000_000_000)
    core = Core(measured)
    core.step(now, [Reading("vent.position", 0.0, now)])
    shadow, wants = Shadow(measured, lambda: core, now), [Override("vent", 60.0, 3600.0, "Kim")]
    for _ in range(120):  # what is measured is that the real one does not move
        now = now.after(5)
        inputs = [Reading("vent.position", 0.0, now), *wants]
        core.step(now, inputs)
        shadow.step(now, inputs)
        wants = []
    imagined = Core.restore(rules, shadow.snapshot())
    imagined.step(now.after(1), ())
    assert imagined.actuators()[0].position == 60.0
    assert core.actuators()[0].position == 0.0
