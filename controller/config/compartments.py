"""Compartments of site.yaml: parts of a site with a climate of their own, and names that belong to none by mistake.

A point, an actuator or a setpoint belongs to a compartment by its name: east.air.temperature to east. Everything else
is shared by all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.core.plan import CompartmentPlan
from controller.model.errors import ConfigError, nearest
from controller.rules.parser import Text

from .problems import Problems
from .site_file import SiteFile

_OUTSIDE = "outside"


def compartments(site: SiteFile, problems: Problems) -> tuple[CompartmentPlan, ...]:
    """The compartments with what they are called; what cannot be one goes to `problems`."""
    made = []
    for name, compartment in site.compartments.items():
        with problems.caught():
            _check(name)
            ko, en = (None if label is None else label.text for label in (compartment.ko, compartment.en))
            made.append(CompartmentPlan(name.text, ko or en or name.text, en or ko or name.text, compartment.area))
    with problems.caught():
        _check_areas(site)
    return tuple(made)


def _check(name: Text) -> None:
    if "." in name.text:
        raise name.error("the name of a compartment has no dot", 0, f"write {name.text.replace('.', '_')}")
    if name.text == _OUTSIDE:
        raise name.error("outside is shared by all compartments", 0, "remove it here")


def _check_areas(site: SiteFile) -> None:
    """All have one, or none: there is no mean of those that have and those that have not."""
    without = [name for name, compartment in site.compartments.items() if compartment.area is None]
    if 0 < len(without) < len(site.compartments):
        raise without[0].error(f"{without[0].text} has no area, and others have", 0, "give it one like area: 1200 m²")


def strays(site: SiteFile) -> Iterator[ConfigError]:
    """Compartments that nothing belongs to, and names that seem to be meant for one, as warnings."""
    known = [name.text for name in site.compartments]
    names = [*(point for device in site.devices.values() for point in device.points), *site.sensors, *site.actuators]
    for compartment in site.compartments:
        if not any(name.text.startswith(f"{compartment.text}.") for name in names):
            example = f"{compartment.text}.air.temperature"
            yield compartment.error(f"nothing belongs to {compartment.text}", 0, f"names like {example} do")
    for name in {name.text: name for name in reversed(names)}.values():
        meant = _meant(name.text, known)
        if meant:
            yield name.error(f"{name.text} belongs to no compartment", 0, f"did you mean {meant}?")


def _meant(name: str, known: list[str]) -> str:
    """The name with which it would belong to the compartment that was probably meant; "" where none was."""
    first, dot, rest = name.partition(".")
    if first in known or first == _OUTSIDE:
        return ""
    joined = next((each for each in known if name.startswith(f"{each}_")), "")
    if joined:  # east_roof_vent
        return f"{joined}.{name.removeprefix(f'{joined}_')}"
    near = nearest(first, known) if dot else ""  # eats.roof_vent
    return f"{near}.{rest}" if near else ""
