"""Answers what people ask of a running controller, whether by the page or on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from controller.app.control import Refused
from controller.app.engine import Engine
from controller.app.records import Records
from controller.app.status import Data, cause_data
from controller.core.plan import Plan
from controller.core.views import ActuatorView
from controller.model.commands import Acknowledge, Override, Release
from controller.model.errors import one_of
from controller.model.units import show_duration

LONGEST_OVERRIDE = 24 * 3600.0  # seconds; nobody remembers a hand on the page for longer than a day


class Desk:
    """One question in, one answer out. Questions are `{"do": name, ...}`; every method raises Refused."""

    def __init__(
        self,
        engine: Engine,
        status: Callable[[], Data],
        why_then: Callable[[str, str], Data] | None = None,
        records: Records | None = None,
    ) -> None:
        """`why_then` answers for an actuator and a past time as a person writes it; without it there is no past.

        `records` are for the page; without them it shows the present only.
        """
        self._engine = engine
        self.status = status
        self.records = records
        self._why_then = why_then

    @property
    def plan(self) -> Plan:
        """What is in force now."""
        return self._engine.core.plan

    def answer(self, question: Mapping[str, Any]) -> Data:
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
        raise Refused(f"there is no question {doing!r}")

    def why(self, actuator: str, at: object = None) -> Data:
        """Why an actuator is where it is now, or was where it was at a past time."""
        view = self._actuator(actuator)
        language = {"language": self._engine.core.plan.site.language}
        if at is not None:
            if self._why_then is None:
                raise Refused("there is no journal to look into")
            return self._why_then(actuator, str(at)) | language
        return language | {
            "actuator": actuator,
            "position": view.position,
            "target": view.target,
            "moving": view.moving,
            "limited": view.limited,
            "trouble": view.trouble,
            "cause": cause_data(view.cause),
        }

    def override(self, actuator: str, value: object, seconds: object, by: str) -> Data:
        """Set an actuator by hand, `value` in %, for `seconds`."""
        share, length = self.allowed(actuator, value, seconds)
        self._engine.emit((Override(actuator, share, length, by),))
        return {"done": f"{actuator} is set to {share:g} % for {show_duration(length)}"}

    def allowed(self, actuator: str, value: object, seconds: object) -> tuple[float, float]:
        """The value and the time of an override that would be taken."""
        self._actuator(actuator)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
            raise Refused("the value is a number from 0 to 100 (%)")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_OVERRIDE:
            raise Refused(f"an override lasts from 1 s to {show_duration(LONGEST_OVERRIDE)}")
        return float(value), float(seconds)

    def release(self, actuator: str, by: str) -> Data:
        """Give an actuator back to the rules."""
        self._actuator(actuator)
        self._engine.emit((Release(actuator, by),))
        return {"done": f"{actuator} follows the rules again"}

    def acknowledge(self, alarm: str, by: str) -> Data:
        """Note that a person has seen an alarm."""
        names = [view.name for view in self._engine.core.alarms()]
        if alarm not in names:
            raise Refused(f"there is no alarm {alarm!r} now" + (f" ({one_of(alarm, names)})" if names else ""))
        self._engine.emit((Acknowledge(alarm, by),))
        return {"done": f"{alarm} is acknowledged"}

    def _actuator(self, name: str) -> ActuatorView:
        views = {view.name: view for view in self._engine.core.actuators()}
        if name not in views:
            raise Refused(f"there is no actuator {name!r} ({one_of(name, views)})")
        return views[name]
