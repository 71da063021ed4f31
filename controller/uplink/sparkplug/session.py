"""One session of an edge node, from CONNECT to its end: sequence numbers, births and deaths. Pure.

Sparkplug 3.0.0, chapters 4 (Topics), 5 (Operational behavior) and 6 (Payloads).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from controller.uplink.sparkplug.codec import Metric, Payload, Type, encode
from controller.uplink.sparkplug.metrics import BD_SEQ, REBIRTH, unchanged

NAMESPACE = "spBv1.0"
_WRAP = 256


class Node(NamedTuple):
    """Who we are: group and edge node."""

    group: str
    node: str

    def topic(self, kind: str) -> str:
        """The topic of NBIRTH, NDATA, NDEATH or NCMD."""
        return f"{NAMESPACE}/{self.group}/{kind}/{self.node}"


class Session:
    """`bd_seq` is one more than that of the session before."""

    def __init__(self, bd_seq: int) -> None:
        self.bd_seq = bd_seq % _WRAP
        self._seq = 0
        self._told: dict[str, Metric] = {}

    def death(self) -> bytes:
        """What the broker says when we are gone, and we when we go."""
        return encode(Payload([Metric(BD_SEQ, self.bd_seq, Type.INT64)]))

    def birth(self, present: Mapping[str, Metric], at: int) -> bytes:
        """Everything there is; begins the sequence anew. `at` is in ms since 1970."""
        self._seq = 0
        self._told = dict(present)
        own = [Metric(BD_SEQ, self.bd_seq, Type.INT64, at), Metric(REBIRTH, False, Type.BOOLEAN, at)]
        return encode(Payload([*own, *present.values()], at, 0))

    def news(self, present: Mapping[str, Metric], at: int) -> bytes | None:
        """What has changed since birth or the last news; None where nothing has."""
        changed = [metric for name, metric in present.items() if not unchanged(metric, self._told.get(name))]
        if not changed:
            return None
        self._told.update((metric.name, metric) for metric in changed)
        return self.data(changed, at)

    def data(self, metrics: Sequence[Metric], at: int) -> bytes:
        """These metrics with the next number."""
        self._seq = (self._seq + 1) % _WRAP
        return encode(Payload(metrics, at, self._seq))


class Host:
    """The primary host's state, by its messages. `online` is None as long as none has come."""

    def __init__(self) -> None:
        self.online: bool | None = None
        self._at = -1

    def hear(self, payload: bytes) -> None:
        """Take a STATE message; nonsense, and what is older than what we know, changes nothing."""
        try:
            state = orjson.loads(payload)
            online, at = state["online"], state["timestamp"]
        except (ValueError, LookupError, TypeError):
            return
        if isinstance(online, bool) and isinstance(at, int) and at >= self._at:
            self.online, self._at = online, at


def state_topic(host: str) -> str:
    return f"{NAMESPACE}/STATE/{host}"
