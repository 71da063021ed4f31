"""The state in the text format of Prometheus (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
_QUALITIES = {"good": 0, "stale": 1, "bad": 2}

Sample = tuple[Mapping[str, str], float]


def metrics(state: Mapping[str, Any]) -> str:
    """One text with everything a scraper may want to know."""
    return "".join(_families(state))


def _families(state: Mapping[str, Any]) -> Iterator[str]:
    values = [*state["points"], *state["setpoints"]]
    yield _family(
        "onsil_point_value", "gauge", "Value of a point or setpoint in the unit of its quantity",
        (({"point": p["name"]}, p["value"]) for p in values if p["value"] is not None),
    )  # fmt: skip
    yield _family(
        "onsil_point_quality", "gauge", "0 good, 1 stale, 2 bad",
        (({"point": p["name"]}, _QUALITIES[p["quality"]]) for p in state["points"]),
    )  # fmt: skip
    for key in ("position", "target"):
        yield _family(
            f"onsil_actuator_{key}_percent", "gauge", f"The {key} of an actuator",
            (({"actuator": a["name"]}, a[key]) for a in state["actuators"] if a[key] is not None),
        )  # fmt: skip
    yield _family(
        "onsil_actuator_by_hand", "gauge", "1 while a person holds it",
        (({"actuator": a["name"]}, float(a["hand"] is not None)) for a in state["actuators"]),
    )  # fmt: skip
    yield _family(
        "onsil_alarm", "gauge", "1 for each alarm that stands",
        (({"alarm": a["name"], "priority": a["priority"], "state": a["state"]}, 1.0) for a in state["alarms"]),
    )  # fmt: skip
    yield _family("onsil_bus_online", "gauge", "1 while a bus works",
                  (({"bus": b["name"]}, float(b["online"])) for b in state["buses"]))  # fmt: skip
    for key in ("requests", "errors", "garbled", "refusals", "timeouts"):
        yield _family(
            f"onsil_device_{key}_total", "counter", f"{key} of a device since the start of its driver",
            (({"bus": b["name"], "device": d["name"]}, d[key]) for b in state["buses"] for d in b["devices"]),
        )  # fmt: skip
    yield _family("onsil_uplink_online", "gauge", "1 while the store or an uplink works",
                  (({"uplink": u["name"]}, float(u["online"])) for u in state["uplinks"]))  # fmt: skip
    for name, value in state["counters"].items():
        if name == "rss_mb":
            yield _family("onsil_resident_memory_bytes", "gauge", "Memory of the process", [({}, value * 1048576)])
        elif name in ("pending", "waiting"):
            yield _family(f"onsil_{name}_points", "gauge", f"Points {name}", [({}, value)])
        else:
            yield _family(f"onsil_{name}_total", "counter", f"{name} since the start", [({}, value)])


def _family(name: str, kind: str, help_: str, samples: Iterable[Sample]) -> str:
    lines = [f"{name}{_labels(labels)} {value:g}" for labels, value in samples if value == value]
    return f"# HELP {name} {help_}\n# TYPE {name} {kind}\n" + "".join(f"{line}\n" for line in lines) if lines else ""


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
