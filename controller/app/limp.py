"""Starting although the files are wrong: with those that were last in force, or with protection alone."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from controller.config import RULES, SITE, Configuration, load, load_texts
from controller.core.plan import ActuatorPlan, Plan
from controller.model.errors import ConfigError
from controller.store import History

log = logging.getLogger("onsil.limp")

_LATEST = 2**63 - 1  # later than any time in nanoseconds
_EMPTY = "onsil: 1\n"
_VENTS = ("vent", "window")
_HEATERS = ("heat", "boiler")


class Beginning(NamedTuple):
    """What the controller starts with; `complaint` is "", or what is wrong with the files and what is used instead.

    `limping`: there are no rules, and protection alone is on.
    """

    configuration: Configuration
    complaint: str = ""
    limping: bool = False


def configuration_to_start_with(directory: Path, state: Path) -> Beginning:
    """The configuration of the files, or what can stand in for it.

    A greenhouse whose rules cannot be read still has a crop in it. Raises ConfigError and OSError where there is
    nothing to go on with: no site that is right, now or before.
    """
    try:
        return Beginning(load(directory))
    except (ConfigError, OSError) as error:
        log.error("the files cannot be used: %s", error)
        before = _last_in_force(state)
        if before is not None:
            return Beginning(before, f"the files that were last in force are used, because of {error}")
        limping = _protected(directory)
        if limping is None:
            raise
        complaint = f"only safe positions, frost and storm protection are on, because of {error}"
        return Beginning(limping, complaint, limping=True)


def protective_rules(plan: Plan) -> str:
    """rules.yaml for a site of which nothing else is known: safe positions, frost protection, storm protection."""
    safety = []
    wind = next((s.point for s in plan.sensors if s.quantity.name == "wind_speed"), None)
    vents = [a.name for a in plan.actuators if a.kind == "position" and _called(a, _VENTS)]
    if wind and vents:
        forced = ", ".join(f"{vent}: at most 5 %" for vent in vents)
        safety.append(
            f"{{name: Storm protection, when: {wind} > 15 m/s, until: {wind} < 10 m/s for 15 min, force: {{{forced}}}}}"
        )
    rules = list(_frost_protection(plan))
    safe = ", ".join(f"{a.name}: {_position(a)}" for a in plan.actuators if a.safe is not None)
    if safe:
        rules.append(f"{{name: Safe positions, when: time is 00:00 .. 24:00, do: {{{safe}}}}}")
    sections = (("rules", rules), ("safety", safety))
    return _EMPTY + "".join(
        f"{name}:\n" + "".join(f"  - {e}\n" for e in entries) for name, entries in sections if entries
    )


def _frost_protection(plan: Plan) -> Iterator[str]:
    """A rule for the heaters of each compartment; what is shared, or has no thermometer of its own, goes by all."""
    inside: dict[str, str] = {}
    for sensor in plan.sensors:
        if sensor.quantity.name == "temperature" and not sensor.point.startswith("outside."):
            inside.setdefault(plan.compartment_of(sensor.point), sensor.point)
    heaters: dict[str, list[str]] = {}
    for actuator in plan.actuators:
        if actuator.kind == "switch" and _called(actuator, _HEATERS):
            heaters.setdefault(plan.compartment_of(actuator.name), []).append(actuator.name)
    rooms = {home: point for home, point in inside.items() if home} or inside  # a boiler's own warmth says nothing
    for home, names in heaters.items() if rooms else ():
        points = [rooms[home]] if home in rooms else list(rooms.values())
        when, until = " or ".join(f"{p} < 5 °C" for p in points), " and ".join(f"{p} > 7 °C" for p in points)
        asked = ", ".join(f"{name}: on" for name in names)
        title = f"Frost protection of {home}" if home else "Frost protection"
        yield f"{{name: {title}, when: {when}, until: {until}, do: {{{asked}}}}}"


def _last_in_force(state: Path) -> Configuration | None:
    history = History(state)
    try:
        site, rules = history.rules(SITE, _LATEST), history.rules(RULES, _LATEST)
        return None if site is None or rules is None else load_texts(site, rules)
    except (sqlite3.Error, ConfigError) as error:
        log.warning("nothing to go back to: %s", error)
        return None
    finally:
        history.close()


def _protected(directory: Path) -> Configuration | None:
    try:
        site = (directory / SITE).read_text(encoding="utf-8-sig")
        return load_texts(site, protective_rules(load_texts(site, _EMPTY).plan))
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        log.warning("no protection is possible: %s", error)
        return None


def _called(actuator: ActuatorPlan, words: tuple[str, ...]) -> bool:
    return any(word in actuator.name.lower() for word in words)


def _position(actuator: ActuatorPlan) -> str:
    assert actuator.safe is not None
    if actuator.kind == "position":
        return f"{actuator.safe:g} %"
    return "on" if actuator.safe >= 50 else "off"
