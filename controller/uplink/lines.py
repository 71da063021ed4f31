"""InfluxDB line protocol: what each stored sample and entry becomes. Pure. README.md is the dictionary of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from controller.model.units import quantity_of
from controller.store.entries import ALARM, COMMAND, DECISION, NOTE, Entry
from controller.store.samples import READING, Series, unpack

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_TAG = re.compile(r"([,= ])")
_STRING = str.maketrans({'"': '\\"', "\\": "\\\\"})

Field = str | float | int | None


class LineWriter:
    """Writes lines for one site. `units` are those of points whose names do not end in a quantity."""

    def __init__(self, site: str, units: Mapping[str, str]) -> None:
        self._site, self._units = site, units
        self._frames: dict[int, tuple[str, str, str]] = {}
        self._framed: Mapping[int, Series] | None = None

    def samples(self, data: bytes, series: Mapping[int, Series]) -> tuple[list[str], list[str]]:
        """A line for each packed sample, and a text for each that is not among `series`, the names by number."""
        if series is not self._framed:
            self._frames, self._framed = {}, series
        frames, lines, nameless = self._frames, [], []
        for key, at_ns, value in unpack(data):
            frame = frames.get(key)
            if frame is None:
                if key >> 2 not in series:
                    nameless.append(f"series {key >> 2}: {value!r} at {at_ns}")
                    continue
                frame = frames[key] = self._frame(key, series[key >> 2])
            # NaN and infinity are no values: the point then has its quality alone
            if value - value == 0.0:
                lines.append(f"{frame[0]}{value!r}{frame[1]}{at_ns}")
            else:
                lines.append(f"{frame[2]}{at_ns}")
        return lines, nameless

    def entry(self, entry: Entry) -> str:
        """The line of a journal entry."""
        data = entry.data()
        match entry.kind:
            case kind if kind == DECISION:
                return self._line(entry, "actuator", {}, {"target": data["target"]} | _cause(data["cause"]))
            case kind if kind == COMMAND:
                about = {"verb": data["verb"], "output": data["output"], "id": data["id"], "seconds": data["seconds"]}
                return self._line(entry, "actuator", {}, about | _cause(data["cause"]))
            case kind if kind == ALARM:
                tags = {"priority": data["priority"]}
                return self._line(entry, "alarm", tags, {"state": data["state"], "text": data["text"]})
            case kind if kind == NOTE:
                return self._line(entry, "subject", {}, {"text": data["text"]})
        raise ValueError(f"the journal has an entry of an unknown kind {entry.kind!r}")

    def _line(self, entry: Entry, about: str, tags: dict[str, str], fields: dict[str, Field]) -> str:
        tags = {about: entry.subject, "site": self._site} | tags
        return f"{head(entry.kind, tags)} {body(fields)} {entry.at_ns}"

    def _frame(self, key: int, series: Series) -> tuple[str, str, str]:
        """What stands before and after a value, and what stands in place of both where there is none."""
        if series.kind != READING:
            start = head("actuator", {"actuator": series.name, "site": self._site})
            return f"{start} position=", " ", f"{start} known=false "
        start = head("reading", {"point": series.name, "site": self._site, "unit": self._unit(series.name)})
        quality = f"quality={key & 3}i "
        return f"{start} value=", f",{quality}", f"{start} {quality}"

    def _unit(self, point: str) -> str:
        if point in self._units:
            return self._units[point]
        quantity = quantity_of(point)
        return "" if quantity is None else quantity.unit.symbol


def head(measurement: str, tags: Mapping[str, str]) -> str:
    """Measurement and tags. A tag without a value is left away, as the protocol demands."""
    return "".join([measurement, *(f",{name}={_tag(value)}" for name, value in sorted(tags.items()) if clean(value))])


def body(fields: Mapping[str, Field]) -> str:
    """The fields; those without a value, and empty texts, are left away."""
    return ",".join(f"{name}={_value(value)}" for name, value in fields.items() if _is_value(value))


def clean(text: str) -> str:
    """A text as it can be a tag: no control characters, no backslash (which would escape what follows it)."""
    return _CONTROL.sub(" ", text).replace("\\", "/").strip()


def one_line(text: str) -> str:
    """A text as it can be a field."""
    return _CONTROL.sub(" ", text)


def _tag(text: str) -> str:
    return _TAG.sub(r"\\\1", clean(text))


def _value(value: Field) -> str:
    if isinstance(value, str):
        return f'"{one_line(value).translate(_STRING)}"'
    return f"{value}i" if isinstance(value, int) else repr(value)


def _is_value(value: Field) -> bool:
    return value not in (None, "") and (not isinstance(value, float) or value - value == 0.0)


def _cause(data: dict[str, Any]) -> dict[str, Field]:
    """The fields of a cause. Inputs and the rest of the chain are written as a person reads them."""
    pairs: Sequence[tuple[str, str]] = data["values"]
    return {
        "level": data["level"],
        "rule": data["rule"],
        "inputs": ", ".join(f"{name} = {value}" for name, value in pairs),
        "chain": "; ".join(data["chain"]),
    }
