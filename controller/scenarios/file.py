"""scenarios.yaml: the shape of the file, and what it comes to against a plan.

scenarios:
  - name: A storm closes the vent, however hot it is
    at: 2026-06-21 13:00
    given: {air.temperature: 34 °C, outside.wind_speed: 17 m/s}
    then: {roof_vent: at most 5 % because Storm}
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from controller.config import read, variables
from controller.config.document import parse
from controller.config.entry import Entry, File, validate
from controller.config.fields import DurationAboveZero, Label, Name
from controller.config.problems import Problems
from controller.config.texts import measure
from controller.core.plan import Plan, SettingPlan
from controller.model.errors import ConfigError, one_of
from controller.model.points import Quality
from controller.model.time import NS
from controller.model.units import UnitError, parse_measure
from controller.rules.parser import Demand, Text, parse_demand

from .scenario import Expectation, Given, Scenario, Step

FILE = "scenarios.yaml"

_NAN = float("nan")
_QUALITIES = {"stale": Given(_NAN, Quality.STALE), "bad": Given(_NAN, Quality.BAD)}
_BOUND = re.compile(r"(?P<kind>at least |at most |)\s*(?P<number>.*)", re.DOTALL)
_KINDS: dict[str, Literal["exactly", "at least", "at most"]] = {
    "": "exactly",
    "at least ": "at least",
    "at most ": "at most",
}
_BECAUSE = re.compile(r"(?P<demand>.*?)\s+because\s+(?P<rule>.+)", re.DOTALL)


class StepEntry(Entry):
    """What points show, for how long, and what must have come of it then."""

    given: dict[Name, Label] = Field(default={}, examples=["{air.temperature: 30 °C}"])
    lasting: DurationAboveZero = Field(default=600.0, alias="for", description="Until it is looked at (10 min).")
    then: dict[Name, Label] = Field(default={}, examples=["{roof_vent: at least 50 %}"])
    alarms: list[Label] | None = Field(default=None, description="The alarms that must stand, all of them.")


class ScenarioEntry(StepEntry):
    """One step, or several under `steps`."""

    name: Label = Field(examples=["A storm closes the vent"])
    at: Label = Field(examples=["2026-06-21 13:00"], description="When it begins, in the site's time.")
    steps: list[StepEntry] = Field(default=[], description="What follows, one after the other.")


class ScenariosFile(File):
    """scenarios.yaml: what the rules must do."""

    onsil: Literal[1] = Field(default=1, description="Version of this format.")
    scenarios: list[ScenarioEntry] = Field(min_length=1)


def load(path: Path, plan: Plan) -> tuple[list[Scenario], tuple[ConfigError, ...]]:
    """The scenarios of a file, or everything that is wrong with it. Raises OSError where it cannot be read."""
    problems, document = Problems(), None
    with problems.caught():
        document = parse(read(path), str(path), variables.lookup, problems)
    file = None if document is None else validate(ScenariosFile, document, problems)
    if file is None:
        return [], tuple(problems.errors)
    reader = _Reader(plan, problems)
    scenarios = [scenario for entry in file.scenarios if (scenario := reader.scenario(entry)) is not None]
    return scenarios, tuple(sorted(problems.errors, key=lambda error: error.place))


class _Reader:
    """Holds what the file says against the plan."""

    def __init__(self, plan: Plan, problems: Problems) -> None:
        self._problems = problems
        self._zone = ZoneInfo(plan.site.timezone)
        self._sensors = {sensor.point: sensor for sensor in plan.sensors}
        self._actuators = {actuator.name for actuator in plan.actuators}
        self._settings = {setting.name: setting for setting in plan.settings}
        self._alarms = {alarm.name for alarm in plan.alarms}
        self._rules = {rule.name for rule in (*plan.rules, *plan.sets, *plan.irrigation, *plan.safety)}

    def scenario(self, entry: ScenarioEntry) -> Scenario | None:
        at = None
        with self._problems.caught():
            at = self._moment(entry.at)
        own = [entry] if entry.then or entry.given or entry.alarms is not None else []
        entries = (*own, *entry.steps)
        steps = tuple(self._step(step, entry.name) for step in entries)
        if not any(step.then or step.alarms is not None for step in entries):
            hint = "write then: {roof_vent: at most 5 %}"
            self._problems.add(entry.name.error(f"{entry.name.text!r} expects nothing", 0, hint))
        return None if at is None else Scenario(entry.name.text, at, steps, entry.name.place)

    def _moment(self, text: Text) -> int:
        try:
            moment = datetime.fromisoformat(text.text.strip())
        except ValueError:
            raise text.error(f"{text.text!r} is no time", 0, "write it like 2026-06-21 13:00") from None
        return round(moment.replace(tzinfo=moment.tzinfo or self._zone).timestamp()) * NS

    def _step(self, entry: StepEntry, name: Text) -> Step:
        given: dict[str, Given] = {}
        then: list[Expectation] = []
        for point, value in entry.given.items():
            with self._problems.caught():
                given[point.text] = self._given(point, value)
        for actuator, wanted in entry.then.items():
            with self._problems.caught():
                then.append(self._expectation(actuator, wanted))
        for alarm in entry.alarms or ():
            with self._problems.caught():
                _known("alarm", alarm, self._alarms)
        alarms = None if entry.alarms is None else tuple(alarm.text for alarm in entry.alarms)
        return Step(given, entry.lasting, tuple(then), alarms, name.place)

    def _given(self, point: Text, value: Text) -> Given:
        _known("point", point, self._sensors)
        quantity, word = self._sensors[point.text].quantity, value.text.strip()
        if word in _QUALITIES:
            return _QUALITIES[word]
        if quantity.states:
            if word not in quantity.states:
                raise value.error(f"{point.text} cannot be {word!r}", 0, one_of(word, [*quantity.states, *_QUALITIES]))
            return Given(float(quantity.states.index(word)))
        try:
            return Given(parse_measure(word, quantity.unit))
        except UnitError as error:
            raise value.error(str(error), 0, error.suggestion) from None

    def _expectation(self, actuator: Text, wanted: Text) -> Expectation:
        _known("actuator", actuator, [*self._actuators, *self._settings])
        match = _BECAUSE.fullmatch(wanted.text.strip())
        demand, because = (match["demand"], match["rule"].strip()) if match else (wanted.text.strip(), "")
        if because:
            at = wanted.text.index(because)
            _known("rule", Text(because, wanted.place.right(at)), self._rules)
        if actuator.text in self._settings:
            number = self._number(Text(demand, wanted.place), self._settings[actuator.text])
            return Expectation(actuator.text, number, demand, because, wanted.place)
        parsed = parse_demand(Text(demand, wanted.place))
        if parsed.kind not in ("exactly", "at least", "at most"):
            raise wanted.error(
                "this cannot be seen at one moment", 0, "write on, off, 70 %, at least 50 % or at most 5 %"
            )
        return Expectation(actuator.text, parsed, demand, because, wanted.place)

    @staticmethod
    def _number(text: Text, setting: SettingPlan) -> Demand:
        """ "2 mS/cm", "at least 1.8 mS/cm"."""
        found = _BOUND.fullmatch(text.text)
        assert found is not None
        return Demand(_KINDS[found["kind"]], measure(Text(found["number"], text.place), setting.unit))


def _known(kind: str, name: Text, known: Iterable[str]) -> None:
    names = list(known)
    if name.text not in names:
        raise name.error(f"there is no {kind} {name.text!r}", 0, one_of(name.text, names))
