"""What a demonstration comes to, and whether the greenhouse was really driven."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Data = dict[str, Any]

# by how much the greenhouse must differ from the one nobody touches, by what a point measures
_ANSWERED = {"temperature": 0.1, "humidity": 0.5, "co2": 5.0, "water_content": 0.1}


def summary(status: Data, field: Data, simulated_seconds: float) -> Data:
    """The numbers of a run, from the controller's last status and the truth in the field."""
    counters = status["counters"]
    answered = changed(field, [point["name"] for point in status["points"]])
    return {
        "readings": counters["readings"],
        "commands": counters["commands"],
        "stored": counters["stored"],
        "delivered": counters["delivered"],
        "waiting": counters["pending"],
        "lost": counters["lost"] + counters["dropped"],
        "alarms": counters["alarms"],
        "simulated_hours": round(simulated_seconds / 3600, 2),
        "rss_mb": counters["rss_mb"],
        "driven": bool(field["moved"]) and bool(answered),
        "moved": field["moved"],
        "changed": answered,
    }


def changed(field: Data, points: Iterable[str]) -> dict[str, float]:
    """By how much the climate at these points differs from where nothing was ever commanded, and no noise does that."""
    found = {}
    for point in points:
        least = _ANSWERED.get(point.rpartition(".")[2])
        if least is None or point not in field["climate"]:
            continue
        difference = field["climate"][point] - field["untouched"][point]
        if abs(difference) >= least:
            found[point] = round(difference, 2)
    return found


def lines(result: Data) -> list[str]:
    """The numbers for a person."""
    words = {
        "readings": "readings taken",
        "commands": "commands given",
        "stored": "points stored",
        "delivered": "points delivered",
        "waiting": "points that wait for a server",
        "lost": "points lost",
        "alarms": "alarms raised",
        "simulated_hours": "simulated hours",
        "rss_mb": "MB of memory",
    }
    return [
        *(f"{result[name]:>10,} {said}" for name, said in words.items()),
        "moved: " + (", ".join(result["moved"]) or "nothing"),
        "changed by it: " + (", ".join(f"{p} {d:+g}" for p, d in result["changed"].items()) or "nothing"),
    ]
