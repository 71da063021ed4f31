"""Compares what is measured with what the twin expects, and says what is probably broken.

Every few minutes the twin is set to the measured air and lives on as the actuators are commanded; where the air really
went is held against where it should have gone. An error that comes only with the heater speaks against the heater, one
that comes only with an open vent against the vent, and a loss that is there with everything closed is a door. Pure:
time, readings and positions come in as arguments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from simulators.greenhouse import controls, states
from simulators.greenhouse.model import Model

HEATER, VENT, DOOR = "the heater does not heat", "a vent does not move", "a door is open"

_INTERVAL = 300.0  # s between two comparisons
_MEMORY = 1800.0  # s: for so long an error must last to count in full
_PATIENCE = 1800.0  # s in a state of the house before it is judged: pipes and floor take their time
_OPEN = 0.2  # a vent that is open this far must be felt
_COLDER = 4.0  # °C by which it must be colder outside


@dataclass(frozen=True, slots=True)
class Limits:
    """Errors in °C an hour from which on something is said; a warning ends at half of that."""

    heater: float = 1.5
    vent: float = 2.0
    door: float = 1.0


class TwinWatch:
    """`model` is the twin, with weather that goes on as it is recorded; `limits` what it may be off."""

    def __init__(self, model: Model, limits: Limits = Limits()) -> None:
        self._model = model
        self._limits = {HEATER: limits.heater, VENT: limits.vent, DOOR: limits.door}
        self._errors = dict.fromkeys(self._limits, 0.0)
        self._standing: set[str] = set()
        self._symptom: str | None = None
        self._since = 0.0
        self._measured = math.nan

    def errors(self) -> dict[str, float]:
        """How far the air has gone astray in each state of the house, °C an hour; below 0: too cold."""
        return dict(self._errors)

    def step(self, temperature: float, outside: float, control: Mapping[int, float]) -> set[str]:
        """The air that was measured (°C; NaN: nothing), how cold it is outside, and where the actuators have been since
        the last step, five minutes ago (by place in `controls`, 0..1). What is wrong, as sentences."""
        model = self._model
        if self._measured == self._measured:
            model.state[states.AIR] = self._measured
        for place, value in control.items():
            model.control[place] = value
        model.advance(_INTERVAL)
        error = (temperature - float(model.state[states.AIR])) * 3600.0 / _INTERVAL
        known = error == error and self._measured == self._measured
        self._measured = temperature
        symptom = self._state_of_house(temperature, outside, control)
        if symptom != self._symptom:
            self._symptom, self._since = symptom, model.elapsed
        if known and symptom is not None and model.elapsed - self._since >= _PATIENCE:
            share = 1.0 - math.exp(-_INTERVAL / _MEMORY)
            self._errors[symptom] += share * (error - self._errors[symptom])
            self._judge(symptom)
        return set(self._standing)

    def _state_of_house(self, temperature: float, outside: float, control: Mapping[int, float]) -> str | None:
        """What an error would speak against now; None where it could be several things."""
        heating = control.get(controls.HEATER, 0.0) > 0.5
        vent = max(control.get(controls.ROOF_VENT, 0.0), control.get(controls.SIDE_VENT, 0.0))
        if heating:
            return HEATER if vent < 0.02 else None
        if not temperature - outside > _COLDER:
            return None
        if vent > _OPEN:
            return VENT
        return DOOR if vent < 0.02 else None

    def _judge(self, symptom: str) -> None:
        # without heat, and through a door, the air is colder than expected; with a stuck vent it is warmer
        error = self._errors[symptom] if symptom == VENT else -self._errors[symptom]
        if symptom == HEATER:
            error -= max(-self._errors[DOOR], 0.0)  # what is lost through a door is not the heater's fault
        if error > self._limits[symptom]:
            self._standing.add(symptom)
        elif error < self._limits[symptom] / 2:
            self._standing.discard(symptom)
