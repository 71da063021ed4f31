"""Snapshots: what must survive a restart, as JSON, and those of earlier versions as one of the present version.

Whoever changes the layout of a node's state raises `VERSION` and says in `_STEPS` how the old one becomes the new one:
counters of hard limits and positions of motors must outlive an update.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

VERSION = 2

Nodes = dict[str, Any]


def write(t: float, wall_ns: int, command: int, nodes: Mapping[str, object]) -> bytes:
    """A snapshot taken at core second `t`, when the wall clock showed `wall_ns`."""
    document = {"version": VERSION, "t": t, "wall_ns": wall_ns, "command": command, "nodes": nodes}
    return json.dumps(document, separators=(",", ":")).encode()


def read(snapshot: bytes) -> dict[str, Any]:
    """Its parts, as the present version has them. Raises ValueError where it is none, or one of a later version."""
    found = json.loads(snapshot)
    document: dict[str, Any] = found if isinstance(found, dict) else {}
    version = document.get("version")
    if not isinstance(version, int) or version not in range(1, VERSION + 1):
        raise ValueError("not a snapshot of this version")
    whole = {"t": float, "wall_ns": int, "command": int, "nodes": dict}
    if not all(isinstance(document.get(name), kind) for name, kind in whole.items()):
        raise ValueError("not a whole snapshot")
    for step in _STEPS[version - 1 :]:
        step(document["nodes"], document["t"])
    return document


def _from_1(nodes: Nodes, t: float) -> None:
    """Start lists kept the places of what they had given that day; settings knew no hand and no safety.

    When a time had been given was not kept: as late as it can have been, so that it is not given twice.
    """
    for key, state in nodes.items():
        if key.startswith("irrigation ") and " at " in key and len(state) == 2 and isinstance(state[1], float | int):
            given, day = state
            nodes[key] = [[place, t, day] for place in given]
        elif key.startswith("setting "):
            nodes[key] = [*state, None, None]


_STEPS: tuple[Callable[[Nodes, float], None], ...] = (_from_1,)
