"""Settings of site.yaml: outputs that take a number, against what the devices offer."""

from __future__ import annotations

import re

from controller.core.plan import SettingPlan
from controller.model.units import Unit, UnitError, factor, unit
from controller.rules.parser import Text, parse_range

from .actuators import check_output
from .problems import Problems
from .site_file import Setting, SiteFile
from .texts import measure
from .wiring import Wiring

_UNIT = re.compile(r".*\.\.\s*[-+]?[\d.]+\s*(?P<unit>\S*)\s*", re.DOTALL)
_DEADBAND = 0.01  # of the range, where nothing else is said


def settings(site: SiteFile, wiring: Wiring, problems: Problems) -> tuple[SettingPlan, ...]:
    """The settings with their outputs, which then carry the factor to the device's unit; the rest to `problems`."""
    made: list[SettingPlan] = []
    for name, entry in site.actuators.items():
        if not isinstance(entry, Setting) or entry.output.text in wiring.refused:
            continue
        with problems.caught():
            check_output(name, "setting", entry.output, {plan.output: plan.name for plan in made}, wiring)
            plan = _setting(name, entry)
            wiring.give_unit(entry.output, _factor(entry.output, plan, wiring))
            made.append(plan)
    return tuple(made)


def _setting(name: Text, entry: Setting) -> SettingPlan:
    written = _unit_of(entry.range)
    low, high = parse_range(entry.range, written)
    safe = measure(entry.safe, written)
    if not low <= safe <= high:
        raise entry.safe.error(
            f"the safe number {entry.safe.text} is outside {entry.range.text}", 0, "move one of them"
        )
    deadband = _DEADBAND * (high - low) if entry.deadband is None else measure(entry.deadband, written, low=0.0)
    return SettingPlan(name.text, entry.output.text, written, low, high, safe, deadband, name.place)


def _unit_of(text: Text) -> Unit:
    """The unit of a range is that of its last number."""
    found = _UNIT.fullmatch(text.text)
    if found is None:
        raise text.error(f"{text.text!r} is not a range", 0, "write it like 0.5 .. 4 mS/cm")
    try:
        return unit(found["unit"])
    except UnitError as error:
        raise text.error(str(error), found.start("unit"), error.suggestion) from None


def _factor(output: Text, plan: SettingPlan, wiring: Wiring) -> float:
    """From the device's unit to the setting's. A device that names no unit takes the number as it is."""
    offered = wiring.points[output.text].source.unit
    if not offered:
        return 1.0
    try:
        return factor(unit(offered), plan.unit)
    except UnitError:
        message = f"{output.text} takes {offered}, but {plan.name} is in {plan.unit.symbol or 'no unit'}"
        raise output.error(message, 0, f"write its range in {offered}") from None
