"""Anything that prints text: each value has a pattern with one group round its number, a unit, a scale and an offset.

values:
  weight: {pattern: "W:\\s*([-+\\d.]+) g", unit: g, scale: 1, offset: -120}
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass

from controller.model.errors import ConfigError
from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Trouble, Values

from .instrument import Ask, Job, line
from .listening import Listening

BIGGEST = 1e12  # no quantity of a greenhouse is larger
_PATIENCE = 2.0  # s for an answer
_NUMBER = re.compile(r"[-+]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][-+]?\d{1,2})?")


@dataclass(frozen=True, slots=True)
class _Value:
    pattern: re.Pattern[str]
    unit: str
    scale: float
    offset: float

    def read(self, text: str) -> float | None:
        """NaN where the pattern finds something that is no number; None where it finds nothing."""
        match = self.pattern.search(text)
        if match is None:
            return None
        number = (match[1] or "").strip()
        value = float(number) * self.scale + self.offset if _NUMBER.fullmatch(number) else math.nan
        return value if abs(value) <= BIGGEST else math.nan


class Lines(Listening):
    """`ask` is a text to send before every measurement, for an instrument that does not speak by itself."""

    OPTIONS = ("values", "ask")
    BAUDRATE = 9600

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._values = {
            name: _Value(each.pattern("pattern"), each.unit("unit"), each.number("scale", 1), each.number("offset", 0))
            for name, each in options.entries("values", ("pattern", "unit", "scale", "offset")).items()
        }
        if not self._values:
            hint = 'write values: {weight: {pattern: "W:([-.0-9]+)", unit: kg}}'
            raise ConfigError("lines need values", options.place("values"), hint)
        self._ask = options.text_or("ask", "").encode()
        self._wanted: Collection[str] = ()

    @property
    def listens(self) -> bool:  # type: ignore[override]
        return not self._ask

    def source(self, name: str) -> Source | str:
        value = self._values.get(name)
        return "known: " + ", ".join(self._values) if value is None else Source(value.unit)

    def want(self, sources: Collection[str]) -> None:
        self._wanted = frozenset(sources)

    def measure(self) -> Job:
        answer = yield Ask(self._ask, self._useful, _PATIENCE)
        if answer is None:
            raise Trouble("no answer", silent=True)
        return self._read(answer) or ()

    def _useful(self, data: bytes) -> bytes | None:
        """The first line in which a wanted value is found: an echo or a greeting is not an answer."""
        data = data.replace(b"\n", b"\r")
        while (found := line(data)) is not None:
            if self._read(found):
                return found
            data = data[len(found) + 1 :]
        return None

    def _read(self, line: bytes) -> Values | None:
        text = line.decode("ascii", "replace")
        found = [(name, self._values[name].read(text)) for name in self._wanted]
        # a line without any of the values may be a heading: that is not nonsense
        return [(name, value) for name, value in found if value is not None]
