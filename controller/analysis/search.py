"""Branch and prune: the values at which conditions are true together, or the proof that there are none."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from .interval import TRUE, Interval
from .scene import Box, Scene, Truth, Variable

_BOXES = 4000
"""Boxes looked at before a search gives up."""


class Verdict(Enum):
    """Why there is no witness."""

    NEVER = "proved impossible"
    UNDECIDED = "not decided"


@dataclass(frozen=True, slots=True)
class Witness:
    """Values at which the conditions are true, and the moment."""

    scene: Scene
    values: dict[Variable, float]

    def __str__(self) -> str:
        moment = self.scene.moment
        when = f"{moment.at:%d %b %H:%M}".lstrip("0")
        return ", ".join([when, *(variable.shown(value) for variable, value in self.values.items())])


def search(scene: Scene, conditions: Sequence[Truth]) -> Witness | Verdict:
    """Values of the scene's variables at which all conditions are true.

    The conditions must have been made by this scene.
    """
    whole: Box = [Interval(variable.low, variable.high) for variable in scene.variables]
    boxes = deque([whole])
    looked = 0
    while boxes:
        if looked >= _BOXES:
            return Verdict.UNDECIDED
        looked += 1
        box = boxes.popleft()
        if not all(condition(box) & TRUE for condition in conditions):
            continue
        point = _middle(scene.variables, box)
        if all(condition(point) == TRUE for condition in conditions):
            return Witness(scene, _rounded(scene, conditions, point))
        parts = _split(scene.variables, box, whole, conditions)
        if parts is None:
            continue  # a single point at which they are not true
        boxes.extend(parts)
    return Verdict.NEVER


def _middle(variables: Sequence[Variable], box: Box) -> Box:
    point = []
    for variable, (low, high, _) in zip(variables, box, strict=True):
        steps = [step for step in variable.steps if low <= step <= high]
        value = steps[0] if steps else (low + high) / 2
        point.append(Interval(value, value))
    return point


def _split(variables: Sequence[Variable], box: Box, whole: Box, conditions: Sequence[Truth]) -> list[Box] | None:
    """Two halves along the variable whose halves decide most, judged by a look at both."""
    best: tuple[float, list[Box]] | None = None
    for index, variable in enumerate(variables):
        halves = _halves(variable, box[index])
        if halves is None:
            continue
        parts = [[*box[:index], half, *box[index + 1 :]] for half in halves]
        open_parts = [part for part in parts if all(condition(part) & TRUE for condition in conditions)]
        extent = whole[index].high - whole[index].low
        width = (box[index].high - box[index].low) / extent if extent else 0.0
        score = len(open_parts) - width
        if best is None or score < best[0]:
            best = score, open_parts
    return None if best is None else best[1]


def _halves(variable: Variable, part: Interval) -> list[Interval] | None:
    low, high, _ = part
    if variable.steps:
        steps = [step for step in variable.steps if low <= step <= high]
        if len(steps) < 2:
            return None
        cut = len(steps) // 2
        return [Interval(steps[0], steps[cut - 1]), Interval(steps[cut], steps[-1])]
    if high - low <= 1e-6 * max(1.0, abs(low), abs(high)):
        return None
    middle = (low + high) / 2
    return [Interval(low, middle), Interval(middle, high)]


def _rounded(scene: Scene, conditions: Sequence[Truth], point: Box) -> dict[Variable, float]:
    """The witness with as few digits as it bears."""
    for index, variable in enumerate(scene.variables):
        if variable.steps:
            continue
        for digits in (-1, 0, 1):
            value = round(point[index].low, digits)
            rounded = [*point[:index], Interval(value, value), *point[index + 1 :]]
            if variable.low <= value <= variable.high and all(condition(rounded) == TRUE for condition in conditions):
                point = rounded
                break
    return {variable: value.low for variable, value in zip(scene.variables, point, strict=True)}
