"""The compartments of a site, and what they share, each as a part of the pages that show points and actuators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from controller.web.language import Speech
from controller.web.names import compartment_of

State = Mapping[str, Any]


class Part(NamedTuple):
    """A compartment, or with the name "" what is shared: all of a site that has no compartments.

    `say` leaves the name of this compartment away, for the title says it.
    """

    name: str
    title: str
    points: Sequence[State]
    setpoints: Sequence[State]
    actuators: Sequence[State]
    say: Speech


def parts(state: State, say: Speech) -> list[Part]:
    """The compartments in the order of site.yaml, and behind them what is shared."""
    found = []
    for name in (*(each["name"] for each in state["compartments"]), ""):
        points, setpoints, actuators = (
            [each for each in state[kind] if compartment_of(each["name"], say) == name]
            for kind in ("points", "setpoints", "actuators")
        )
        title = say.places[name] if name else say("Shared")
        found.append(Part(name, title, points, setpoints, actuators, say.inside(name)))
    return found


def alone(part: Part, state: State) -> State:
    """The state as it were if this compartment were a house of its own: its names without it, under the same sky."""
    start = f"{part.name}." if part.name else ""
    shared = [each for each in state["points"] if not compartment_of(each["name"], part.say)]
    return {
        **state,
        "points": [*(shared if start else []), *_without(part.points, start)],
        "actuators": _without(part.actuators, start),
    }


def _without(named: Sequence[State], start: str) -> list[State]:
    return [{**each, "name": each["name"].removeprefix(start)} for each in named]
