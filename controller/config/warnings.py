"""What is allowed but hardly meant. Each look is a function from the configuration to its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from controller.core.plan import DrivePlan
from controller.model.errors import ConfigError

from .settings import Configuration

Look = Callable[[Configuration], Iterable[ConfigError]]


def _nobody_moves(configuration: Configuration) -> Iterator[ConfigError]:
    """Actuators that no rule, no irrigation and no safety rule names."""
    plan = configuration.plan
    moved = {rounds.valve for rounds in plan.irrigation}
    for rule in (*plan.rules, *plan.safety):
        moved |= {rule.actuator} if isinstance(rule, DrivePlan) else {actuator for actuator, _ in rule.do}
    for actuator in plan.actuators:
        if actuator.name not in moved:
            hint = "name it in a rule, or remove it"
            yield ConfigError(f"nobody moves {actuator.name}", actuator.place, hint)


LOOKS: tuple[Look, ...] = (_nobody_moves,)


def look_at(configuration: Configuration) -> list[ConfigError]:
    """Every finding of every look."""
    return [finding for look in LOOKS for finding in look(configuration)]
