"""Answers what people ask of a running controller, whether by the page or on the command line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from controller.app.beside import Beside
from controller.app.control import Refused
from controller.app.engine import Engine
from controller.app.records import Records
from controller.app.status import Data, cause_data
from controller.core.plan import Plan, SettingPlan
from controller.core.views import ActuatorView
from controller.model.commands import Acknowledge, Override, Release
from controller.model.errors import one_of
from controller.model.units import UnitError, parse_measure, show, show_duration

LONGEST_OVERRIDE = 24 * 3600.0  # seconds; nobody remembers a hand on the page for longer than a day


class Desk:
    """One question in, one answer out. Questions are `{"do": name, ...}`; every method raises Refused."""

    def __init__(
        self,
        engine: Engine,
        status: Callable[[], Data],
        why_then: Callable[[str, str], Data] | None = None,
        records: Records | None = None,
        missing: Callable[[], Sequence[str]] = tuple,
        beside: Beside | None = None,
    ) -> None:
        """`why_then` answers for an actuator and a past time as a person writes it; without it there is no past.

        `records` are for the page; without them it shows the present only. `missing` has one word for each part that is
        not up to running the greenhouse. `beside` runs a shadow where one is wanted.
        """
        self._engine = engine
        self.status = status
        self.records = records
        self.missing = missing
        self._why_then = why_then
        self._beside = beside

    @property
    def plan(self) -> Plan:
        """What is in force now."""
        return self._engine.core.plan

    async def answer(self, question: Mapping[str, Any]) -> Data:
        """The answer to one question as it came over the socket."""
        doing = question.get("do")
        by = str(question.get("by", "somebody"))
        match doing:
            case "status":
                return self.status()
            case "why":
                return self.why(str(question.get("actuator")), question.get("at"))
            case "override":
                return self.override(str(question.get("actuator")), question.get("value"), question.get("seconds"), by)
            case "release":
                return self.release(str(question.get("actuator")), by)
            case "acknowledge":
                return self.acknowledge(str(question.get("alarm")), by)
            case "shadow":
                return self.shadow()
            case "begin shadow":
                return await self.begin_shadow(str(question.get("rules")), by, str(question.get("file", "shadow")))
            case "end shadow":
                return await self.end_shadow(by)
            case "apply shadow":
                await self.apply_shadow(by)
                return {"done": "the rules of the shadow are written and come into force"}
        raise Refused(f"there is no question {doing!r}")

    def why(self, name: str, at: object = None) -> Data:
        """Why an actuator or a setting is where it is now, or was where it was at a past time."""
        setting = self._settings().get(name)
        now = self._why_setting(name) if setting else self._why_actuator(name)
        language = {"language": self._engine.core.plan.site.language}
        if at is None:
            return language | {"actuator": name} | now
        if self._why_then is None:
            raise Refused("there is no journal to look into")
        then = self._why_then(name, str(at)) | language
        if setting and then["target"] is not None:
            then["text"] = show(then["target"], setting.unit)
        return then

    def _why_actuator(self, name: str) -> Data:
        view = self.actuator(name)
        return {
            "position": view.position,
            "target": view.target,
            "basis": view.basis,
            "moving": view.moving,
            "limited": view.limited,
            "trouble": view.trouble,
            "cause": cause_data(view.cause),
        }

    def _why_setting(self, name: str) -> Data:
        view = next(view for view in self._engine.core.settings() if view.name == name)
        value = None if math.isnan(view.value) else view.value
        return {
            "position": value,
            "target": value,
            "text": view.text,
            "moving": "",
            "limited": "",
            "trouble": view.trouble,
            "cause": cause_data(view.cause),
        }

    def override(self, name: str, value: object, seconds: object, by: str) -> Data:
        """Set an actuator by hand, `value` in %, or a setting, `value` in its unit or with one, for `seconds`."""
        number, length = self.allowed(name, value, seconds)
        self._engine.emit((Override(name, number, length, by),))
        setting = self._settings().get(name)
        text = show(number, setting.unit) if setting else f"{number:g} %"
        return {"done": f"{name} is set to {text} for {show_duration(length)}"}

    def allowed(self, name: str, value: object, seconds: object) -> tuple[float, float]:
        """The value and the time of an override that would be taken."""
        if (setting := self._settings().get(name)) is not None:
            number = self._allowed_number(setting, value)
        else:
            self.actuator(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
                raise Refused("the value is a number from 0 to 100 (%)")
            number = float(value)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_OVERRIDE:
            raise Refused(f"an override lasts from 1 s to {show_duration(LONGEST_OVERRIDE)}")
        return number, float(seconds)

    def _allowed_number(self, setting: SettingPlan, value: object) -> float:
        """A number in the setting's unit. A text carries its own."""
        number = math.nan
        if isinstance(value, str):
            with suppress(UnitError):
                number = parse_measure(value, setting.unit)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            number = float(value)
        if not setting.low <= number <= setting.high:
            limits = f"{setting.low:g} to {setting.high:g} {setting.unit}".rstrip()
            raise Refused(f"the value is a number from {limits}")
        return number

    def release(self, name: str, by: str) -> Data:
        """Give an actuator or a setting back to the rules."""
        if name not in self._settings():
            self.actuator(name)
        self._engine.emit((Release(name, by),))
        return {"done": f"{name} follows the rules again"}

    def acknowledge(self, alarm: str, by: str) -> Data:
        """Note that a person has seen an alarm."""
        names = [view.name for view in self._engine.core.alarms()]
        if alarm not in names:
            raise Refused(f"there is no alarm {alarm!r} now" + (f" ({one_of(alarm, names)})" if names else ""))
        self._engine.emit((Acknowledge(alarm, by),))
        return {"done": f"{alarm} is acknowledged"}

    def shadow(self) -> Data:
        """The shadow that runs beside the rules in force, and what it has found."""
        return {"running": False} if self._beside is None else self._beside.tell()

    async def begin_shadow(self, rules: str, by: str, named: str = "shadow") -> Data:
        """Run rules beside those in force; `named` is what mistakes in them are placed in."""
        await self._shadows().begin(rules, by, named)
        return {"done": "the shadow has begun"}

    async def end_shadow(self, by: str) -> Data:
        """Let the shadow go."""
        await self._shadows().end(by)
        return {"done": "the shadow has ended"}

    async def apply_shadow(self, by: str) -> str:
        """Write the shadow's rules in place of those in force; they are taken over a moment later. Their text."""
        if self.records is None:
            raise Refused("this controller keeps no rules")
        return await self._shadows().apply(by, self.records.write_rules)

    def _shadows(self) -> Beside:
        if self._beside is None:
            raise Refused("this controller runs no shadow")
        return self._beside

    def _settings(self) -> dict[str, SettingPlan]:
        return {setting.name: setting for setting in self.plan.settings}

    def actuator(self, name: str) -> ActuatorView:
        """How an actuator stands."""
        views = {view.name: view for view in self._engine.core.actuators()}
        if name not in views:
            raise Refused(f"there is no actuator {name!r} ({one_of(name, [*views, *self._settings()])})")
        return views[name]
