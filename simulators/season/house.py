"""The greenhouse with its instruments, as one thing that lives on and is looked at: in plain Python or as machine code.

Machine code is called every simulated minute at least, so that what a call costs matters: one call lets time pass,
counts and senses, and the vectors come as rows of one array.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence, Sequence
from typing import Any, Protocol

from simulators.greenhouse import step
from simulators.greenhouse.model import LONGEST_STEP, Model
from simulators.weather.table import WeatherTable

from . import instruments, tally
from .instruments import Chance


class Vector(Protocol):
    """Numbers by their place."""

    def __getitem__(self, place: int, /) -> float: ...
    def __setitem__(self, place: int, value: float, /) -> None: ...


class Driven(Protocol):
    """What lives on under its controls: one house, or several. `panel` is one instrument after the other. Times are
    seconds since the start."""

    @property
    def control(self) -> Vector: ...
    @property
    def panel(self) -> Vector: ...

    def live(self, until: float) -> None:
        """Let time pass."""

    def show(self, now: float, dt: float) -> list[float]:
        """Let time pass until `now`; what all instruments show then, `dt` s after they were last asked."""


class House(Driven, Protocol):
    """One house: `state`, `control`, `book` and `output` are the greenhouse model's; `tally` counts."""

    state: MutableSequence[float]
    control: MutableSequence[float]
    book: MutableSequence[float]
    output: MutableSequence[float]
    tally: MutableSequence[float]
    panel: MutableSequence[float]


class PlainHouse:
    """In plain Python."""

    def __init__(
        self,
        given: Mapping[str, float],
        weather: WeatherTable,
        panel: Sequence[float],
        chance: Chance,
        bands: Sequence[float],
    ) -> None:
        self._model = Model(given, weather)
        self.state, self.control = self._model.state, self._model.control
        self.book, self.output = self._model.book, self._model.output
        self.tally: MutableSequence[float] = tally.fresh()
        self.panel: MutableSequence[float] = list(panel)
        self._bands, self._chance = bands, chance
        self._shown = [0.0] * (len(panel) // instruments.FIELDS)
        self._turn = 0
        self._now = 0.0

    def live(self, until: float) -> None:
        dt = until - self._now
        if dt <= 0.0:
            return
        self._model.advance(dt)
        self._model.elapsed = self._now = until
        tally.count(dt, self.output, self._bands, self.tally)

    def show(self, now: float, dt: float) -> list[float]:
        self.live(now)
        chance = self._chance
        instruments.sense(now, dt, self._turn, self.output, self.panel, chance.normal, chance.even, self._shown)
        self._turn += 1
        return self._shown


class MachineHouse:
    """As machine code. Raises ImportError without the package numba."""

    def __init__(
        self,
        given: Mapping[str, float],
        weather: WeatherTable,
        panel: Sequence[float],
        chance: Chance,
        bands: Sequence[float],
    ) -> None:
        import numpy

        from . import compiled

        model = Model(given, weather)
        self._live, self._show = compiled.functions()
        self._weather = numpy.array(weather.values, dtype=numpy.float64)
        self._interval = weather.interval
        self._house = numpy.zeros((step.ROWS, step.WIDTH))
        for row, values in (
            (step.STATE, model.state),
            (step.CONTROL, model.control),
            (step.PARAMETERS, model.parameters),
            (step.BOOK, model.book),
            (step.OUTPUT, model.output),
        ):
            self._house[row, : len(values)] = values
        self.state: Any = self._house[step.STATE]
        self.control: Any = self._house[step.CONTROL]
        self.book: Any = self._house[step.BOOK]
        self.output: Any = self._house[step.OUTPUT]
        shown = [0.0] * (len(panel) // instruments.FIELDS)
        self._desk = numpy.array([*bands, *tally.fresh(), *chance.normal, *chance.even, *shown, *panel])
        self.tally: Any = self._desk[TALLY:NORMAL]
        self.panel: Any = self._desk[SHOWN + len(shown) :]
        self._shown = self._desk[SHOWN : SHOWN + len(shown)]
        self._turn = 0
        self._now = 0.0

    def live(self, until: float) -> None:
        if until > self._now:
            self._live(self._now, until, LONGEST_STEP, self._interval, self._weather, self._house, self._desk)
            self._now = until

    def show(self, now: float, dt: float) -> list[float]:
        self._show(
            self._now,
            now,
            dt,
            self._turn,
            len(self._shown),
            LONGEST_STEP,
            self._interval,
            self._weather,
            self._house,
            self._desk,
        )
        self._now = max(self._now, now)
        self._turn += 1
        shown: list[float] = self._shown.tolist()
        return shown


# where the parts of the desk begin: what the season has beside the house
BANDS = 0
TALLY = BANDS + 6
NORMAL = TALLY + tally.SIZE
EVEN = NORMAL + instruments.TABLE
SHOWN = EVEN + instruments.TABLE  # and behind it the panel
