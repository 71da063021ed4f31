"""Wall time as the grower sees it: local days, sunrise and sunset, parts of the day.

Sunrise and sunset come from the `astral` package (upper limb at the horizon, refraction included).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from astral import Observer
from astral.sun import elevation, noon, sunrise, sunset

from controller.model.time import NS
from controller.rules.tree import DayTime, Window

from .network import Moment, Network, Node
from .plan import PeriodPlan, SitePlan

SHORTEST_DAY = 12 * 3600.0
"""A new day begins at local midnight, but never sooner than this after the last one: a clock that jumps back and forth
must not hand out a second day's water."""

LONGEST_DAY = 36 * 3600.0
"""A date that lies before the last day's begins a new day only after this long: the clock may still have to be set."""


class Calendar:
    """Local time at one site. Pure: every answer follows from the wall time given."""

    def __init__(self, site: SitePlan) -> None:
        self.zone = ZoneInfo(site.timezone)
        self._observer = Observer(site.latitude, site.longitude)
        self._resolve = lru_cache(maxsize=256)(self._resolve_uncached)
        self._around = lru_cache(maxsize=64)(self._around_uncached)
        self._day, self._day_begins, self._day_ends = date.min, 0, 0

    def local(self, wall_ns: int) -> datetime:
        return datetime.fromtimestamp(wall_ns / NS, self.zone)

    def day_of(self, wall_ns: int) -> date:
        """The local day."""
        if not self._day_begins <= wall_ns < self._day_ends:
            # kept, for it is asked for all day
            self._day = self.local(wall_ns).date()
            self._day_begins, self._day_ends = wall_ns, self._midnight(self._day + timedelta(days=1))
        return self._day

    def midnight_after(self, wall_ns: int) -> int:
        """The next local midnight, UTC nanoseconds."""
        return self._midnight(self.day_of(wall_ns) + timedelta(days=1))

    def _midnight(self, day: date) -> int:
        return round(datetime.combine(day, time(), self.zone).timestamp()) * NS

    def inside(self, window: Window, wall_ns: int) -> bool:
        return any(start <= wall_ns < end for start, end in self.spans(window, wall_ns))

    def next_edge(self, window: Window, wall_ns: int) -> int:
        """The next time at which `inside` may change."""
        return min(edge for span in self.spans(window, wall_ns) for edge in span if edge > wall_ns)

    def end_of(self, window: Window, wall_ns: int) -> int | None:
        """When the present span of the window ends; None outside it."""
        return next((end for start, end in self.spans(window, wall_ns) if start <= wall_ns < end), None)

    def spans(self, window: Window, wall_ns: int) -> Sequence[tuple[int, int]]:
        """The window's spans around `wall_ns`, from yesterday's to the day after tomorrow's."""
        return self._around(window, self.day_of(wall_ns))

    def _around_uncached(self, window: Window, today: date) -> tuple[tuple[int, int], ...]:
        spans = []
        for offset in (-1, 0, 1, 2):
            day = today + timedelta(days=offset)
            start, end = self._resolve(day, window.start), self._resolve(day, window.end)
            if end <= start:
                if (window.start.anchor, window.end.anchor) == ("sunrise", "sunset"):
                    end = start  # the day is too short for it
                else:
                    end = self._resolve(day + timedelta(days=1), window.end)
            spans.append((start, end))
        return tuple(spans)

    def today(self, moment: DayTime, wall_ns: int) -> int:
        """When a time of day is on the local day of `wall_ns`, UTC nanoseconds."""
        return self._resolve(self.day_of(wall_ns), moment)

    def _resolve_uncached(self, day: date, moment: DayTime) -> int:
        if moment.anchor == "clock":
            base = datetime.combine(day, time(), self.zone) + timedelta(seconds=moment.offset)
            return round(base.timestamp()) * NS
        event = sunrise if moment.anchor == "sunrise" else sunset
        try:
            at = event(self._observer, date=day, tzinfo=self.zone)
        except ValueError:
            at = self._without_event(day, moment.anchor)
        return round((at.timestamp() + moment.offset) * NS)

    def _without_event(self, day: date, anchor: str) -> datetime:
        """From midnight to midnight where the sun does not set, and only a moment at noon where it stays down."""
        highest = noon(self._observer, date=day, tzinfo=self.zone)
        if elevation(self._observer, highest) <= 0:
            return highest
        return datetime.combine(day if anchor == "sunrise" else day + timedelta(days=1), time(), self.zone)


class Clockwork:
    """What calendar nodes share: waking at a wall time, and re-reading it after the clock was set."""

    def __init__(self, network: Network, calendar: Calendar) -> None:
        self.network = network
        self.calendar = calendar
        self.nodes: list[Node] = []

    def wake_at_wall(self, node: Node, now: Moment, wall_ns: int) -> None:
        # an hour at the longest: a wall clock drifts against the monotonic one
        self.network.wake(node, now.t + min(max((wall_ns - now.wall_ns) / NS, 0.001), 3600.0))

    def clock_was_set(self) -> None:
        for node in self.nodes:
            self.network.touch(node)


class DayNode(Node):
    """Counts local days in `slot`. Never goes back, and never counts two days within `SHORTEST_DAY`.

    The first days after the clock was set may be longer or shorter than others; they are never doubled.
    """

    key = "day"

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork
        self.slot = clockwork.network.slot(0.0)
        self._date = ""
        self._began = -SHORTEST_DAY
        clockwork.network.add(self, ())
        clockwork.nodes.append(self)

    def update(self, now: Moment) -> None:
        network = self._clockwork.network
        today = self._clockwork.calendar.day_of(now.wall_ns).isoformat()
        if not self._date:
            self._date, self._began = today, now.t - SHORTEST_DAY
        elif today != self._date:
            due = self._began + (SHORTEST_DAY if today > self._date else LONGEST_DAY)
            if now.t >= due:
                self._date, self._began = today, now.t
                network.set(self.slot, network.values[self.slot] + 1)
            else:
                network.wake(self, due)
        self._clockwork.wake_at_wall(self, now, self._clockwork.calendar.midnight_after(now.wall_ns))

    def state(self) -> object:
        return [self._date, self._began, self._clockwork.network.values[self.slot]]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        self._date, self._began, number = state
        self._clockwork.network.set(self.slot, number)


class PeriodNode(Node):
    """The index of the present period in `slot`; the first in the file where several hold, -1 where none does."""

    key = "period"

    def __init__(self, clockwork: Clockwork, periods: tuple[PeriodPlan, ...]) -> None:
        self._clockwork = clockwork
        self._periods = periods
        self.slot = clockwork.network.slot(-1.0)
        clockwork.network.add(self, ())
        clockwork.nodes.append(self)

    def update(self, now: Moment) -> None:
        calendar = self._clockwork.calendar
        inside = (i for i, period in enumerate(self._periods) if calendar.inside(period.window, now.wall_ns))
        self._clockwork.network.set(self.slot, float(next(inside, -1)))
        if self._periods:
            edge = min(calendar.next_edge(period.window, now.wall_ns) for period in self._periods)
            self._clockwork.wake_at_wall(self, now, edge)


class WindowNode(Node):
    """Whether it is now inside a window of the day, in `slot`; `left` seconds of it remain."""

    def __init__(self, clockwork: Clockwork, window: Window) -> None:
        self.key = f"window {window}"
        self._clockwork = clockwork
        self._window = window
        self.slot = clockwork.network.slot(0.0)
        clockwork.network.add(self, ())
        clockwork.nodes.append(self)

    def update(self, now: Moment) -> None:
        calendar = self._clockwork.calendar
        self._clockwork.network.set(self.slot, float(calendar.inside(self._window, now.wall_ns)))
        self._clockwork.wake_at_wall(self, now, calendar.next_edge(self._window, now.wall_ns))

    def left(self, now: Moment) -> float:
        """Seconds until the window closes; 0 outside it."""
        end = self._clockwork.calendar.end_of(self._window, now.wall_ns)
        return 0.0 if end is None else (end - now.wall_ns) / NS
