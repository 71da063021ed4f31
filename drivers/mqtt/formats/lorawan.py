"""LoRaWAN probes: uplinks as ChirpStack v4 and The Things Stack v3 publish them.

Both carry the fields that the probe's codec made, the network server's time, and something by which copies of one
uplink are known. A field the codec left away is missing, not zero. Sources: ChirpStack's docs (integrations, events),
The Things Stack's docs (data formats).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from controller.model.commands import Command
from controller.model.errors import one_of
from controller.model.ports import Source
from drivers.options import Options

from . import conventions
from .document import decode, find, first_time, path, pick
from .shape import Message, Read, Told

_PATH = re.compile(r"[^./\s]+(\.[^./\s]+)*")


class _Uplink:
    """What both have in common; `_FIELDS` is where the codec's fields are, `_RADIO` what else may be asked for."""

    OPTIONS = ("topic",)
    speaks_for_itself = leases = times_runs = remembers = False
    _FIELDS: str
    _RADIO: tuple[str, ...]
    _EXAMPLE: str

    def __init__(self, options: Options) -> None:
        self._topic = options.topic("topic", f"add topic: {self._EXAMPLE}")

    def source(self, name: str) -> Source | str:
        if not _PATH.fullmatch(name):
            return f"write names with dots between, like {self._FIELDS}water_soil"
        if not name.startswith(self._FIELDS) and name not in self._RADIO:
            return one_of(name, (*self._RADIO, self._FIELDS + name))
        return Source(conventions.unit_of(name))

    def greeting(self, wanted: Collection[str]) -> list[Message]:
        return []

    def order(self, source: str, command: Command) -> list[Message]:
        return []

    def forget(self) -> None:
        """It was told nothing."""


class ChirpStack(_Uplink):
    """…/event/up of ChirpStack v4."""

    _FIELDS = "object."
    _RADIO = ("fCnt", "rxInfo.0.rssi", "rxInfo.0.snr")
    _EXAMPLE = "application/<id>/device/<devEui>/event/up"

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        paths = {name: path(name) for name in wanted}

        def uplink(payload: bytes) -> Told | None:
            document = decode(payload)
            if document is None:
                return None
            values, wrong = pick(document, paths)
            key = document.get("deduplicationId")
            return Told(
                values,
                wrong=wrong,
                wall_ns=first_time(document, ("time",)),
                key=key if isinstance(key, str) else "",
            )

        return {self._topic: uplink}


class TheThingsStack(_Uplink):
    """…/up of The Things Stack v3. It has QoS 0 only: what is lost on the way is lost."""

    _FIELDS = "uplink_message.decoded_payload."
    _RADIO = ("uplink_message.f_cnt", "uplink_message.rx_metadata.0.rssi", "uplink_message.rx_metadata.0.snr")
    _EXAMPLE = "v3/<application>@<tenant>/devices/<device>/up"

    def source(self, name: str) -> Source | str:
        # the long way to the codec's fields need not be written
        return super().source(name if name.startswith("uplink_message.") else self._FIELDS + name)

    def reads(self, wanted: Collection[str]) -> Mapping[str, Read]:
        paths = {name: path(name if name.startswith("uplink_message.") else self._FIELDS + name) for name in wanted}
        session = path("uplink_message.session_key_id")
        count = path("uplink_message.f_cnt")

        def uplink(payload: bytes) -> Told | None:
            document = decode(payload)
            if document is None:
                return None
            values, wrong = pick(document, paths)
            # a first frame has no f_cnt, as zeros are left away; the session keeps it apart from that of the last join
            keys = find(document, session), find(document, count)
            key = f"{keys[0]}/{keys[1]}" if isinstance(keys[0], str) and isinstance(keys[1], int) else ""
            return Told(values, wrong=wrong, wall_ns=first_time(document, ("received_at",)), key=key)

        return {self._topic: uplink}
