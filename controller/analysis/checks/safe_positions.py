"""Safe positions that cannot be had: forbidden by an interlock, or held back by a limit."""

from __future__ import annotations

from collections.abc import Iterator

from ..finding import Finding
from ..survey import Survey


def unreachable_safe_positions(survey: Survey) -> Iterator[Finding]:
    """Interlocks that forbid the safe positions, and valves that are to stay open for safety but may not."""
    actuators = {actuator.name: actuator for actuator in survey.plan.actuators}
    for interlock in survey.plan.interlocks:
        safe = [(atom, actuators[atom.actuator].safe) for atom in interlock.atoms]
        if all(position is not None and atom.holds(position) for atom, position in safe):
            positions = " and ".join(f"{atom.actuator} at {position:.0f} %" for atom, position in safe)
            yield Finding(
                "safe position unreachable",
                f"the interlock forbids the safe positions {positions}",
                interlock.text.place,
                suggestion="change one of the safe positions in site.yaml, or the interlock",
            )
    for actuator in survey.plan.actuators:
        limited = actuator.max_on is not None or actuator.max_per_day is not None
        if actuator.kind != "position" and actuator.safe is not None and actuator.safe >= 50 and limited:
            yield Finding(
                "safe position unreachable",
                f"{actuator.name} is safe when on, but its limits will switch it off",
                actuator.place,
                suggestion="drop max_on and max_per_day, or let it be safe when off",
            )
