"""Interlocks: combinations of actuators that must never be.

The kept actuator gets its way: the other one is sent out of its part of the range at once. Until it is really out (a
heater may still owe its shortest time on), the kept one waits at the border.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from controller.model.commands import Level

from .actuation import Want
from .plan import Atom, InterlockPlan


def resolve(
    interlocks: Sequence[InterlockPlan], wants: Mapping[str, Want], positions: Mapping[str, float]
) -> dict[str, Want]:
    """What each actuator may want, given where all of them are (%)."""
    allowed = dict(wants)
    for interlock in interlocks:
        _apply(interlock, allowed, positions)
    return allowed


def _apply(interlock: InterlockPlan, allowed: dict[str, Want], positions: Mapping[str, float]) -> None:
    kept = [atom for atom in interlock.atoms if atom.actuator == interlock.keep]
    others = [atom for atom in interlock.atoms if atom.actuator != interlock.keep]
    if not all(_wants_in(atom, allowed) or atom.holds(positions[atom.actuator]) for atom in kept):
        return
    if any(not _wants_in(atom, allowed) and not atom.holds(positions[atom.actuator]) for atom in others):
        return
    yielding = others[0]
    allowed[yielding.actuator] = _outside(yielding, allowed[yielding.actuator], interlock)
    if all(atom.holds(positions[atom.actuator]) for atom in others):
        for atom in kept:
            if not atom.holds(positions[atom.actuator]):
                allowed[atom.actuator] = _outside(atom, allowed[atom.actuator], interlock)


def _wants_in(atom: Atom, wants: Mapping[str, Want]) -> bool:
    return atom.holds(wants[atom.actuator].goal)


def _outside(atom: Atom, want: Want, interlock: InterlockPlan) -> Want:
    """The nearest position outside the forbidden part, as a bound that no deadband can blur."""
    if atom.low > 0:
        border = max(atom.low - 0.01, 0.0)
        low, high = min(want.low, border), min(want.high, border)
    else:
        border = min(atom.high + 0.01, 100.0)
        low, high = max(want.low, border), max(want.high, border)
    target = min(max(want.target, low), high)
    rule = f"never {interlock.text.text}"
    return Want(target, Level.INTERLOCK, rule, chain=want.overruled_by(), low=low, high=high)
