"""What waits to be committed, and how events become it. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from controller.model.events import Event, Measured, Moved
from controller.model.time import Instant
from controller.store.entries import Entry, told
from controller.store.rollup import Row
from controller.store.samples import ACTUATOR, MAX_SERIES, READING, RECORD, SIZE, Series, shifted, thin, unpack

TRUSTED_FROM_NS = 1_704_067_200_000_000_000  # 2024-01-01: a clock that shows less has not been set yet
MAX_SAMPLE_BYTES = 8 << 20  # held in memory while the disk takes nothing: 460,000 samples
MAX_ENTRIES = 20_000
RECENT = 16  # stamps remembered for each series

Trusted = Callable[[Instant], bool]


def clock_is_set(at: Instant) -> bool:
    """Whether the wall time of an instant can be a true one."""
    return at.wall_ns >= TRUSTED_FROM_NS


class Rejected(NamedTuple):
    """A line that a server will never take, with its reason."""

    line: str
    reason: str
    at_ns: int


class RulesText(NamedTuple):
    """A version of one of the user's files, from when it was in force."""

    name: str
    text: str
    at_ns: int


class Delivery(NamedTuple):
    """How far an uplink has come, and what it could not bring home."""

    uplink: str
    block: int
    entry: int
    rejected: tuple[Rejected, ...] = ()


@dataclass(slots=True)
class Work:
    """All that the next commit writes. It grows while commits fail, up to a bound."""

    samples: bytearray = field(default_factory=bytearray)
    entries: list[Entry] = field(default_factory=list)
    undated_samples: bytearray = field(default_factory=bytearray)  # stamped with monotonic time
    undated_entries: list[Entry] = field(default_factory=list)
    offset_ns: int | None = None  # wall minus monotonic time, as soon as it is known
    series: dict[int, Series] = field(default_factory=dict)
    state: bytes | None = None
    rules: list[RulesText] = field(default_factory=list)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    thinned: int = 0
    lost: int = 0

    def __bool__(self) -> bool:
        return bool(
            self.samples
            or self.entries
            or self.undated_samples
            or self.undated_entries
            or self.state is not None
            or self.rules
            or self.deliveries
            or self.rows
        )

    def count(self) -> int:
        """How many samples and entries wait here."""
        samples = (len(self.samples) + len(self.undated_samples)) // SIZE
        return samples + len(self.entries) + len(self.undated_entries)

    def deliver(self, delivery: Delivery) -> None:
        """Note a delivery; what an earlier one could not bring home is kept."""
        before = self.deliveries.get(delivery.uplink)
        if before is not None:
            delivery = delivery._replace(rejected=(before.rejected + delivery.rejected)[-MAX_ENTRIES:])
        self.deliveries[delivery.uplink] = delivery

    def bound(self) -> None:
        """Stay within bounds: samples are thinned first, and only then are the oldest entries given up."""
        for name in ("samples", "undated_samples"):
            data = getattr(self, name)
            while len(data) > MAX_SAMPLE_BYTES:
                left = thin(data)
                # a series each of which changes its quality all the time cannot be thinned
                left = left if len(left) < len(data) else data[len(data) // SIZE // 2 * SIZE :]
                self.thinned += (len(data) - len(left)) // SIZE
                data = bytearray(left)
            setattr(self, name, data)
        for entries in (self.entries, self.undated_entries):
            excess = len(entries) - MAX_ENTRIES
            if excess > 0:
                self.lost += excess
                del entries[:excess]


class Encoder:
    """Turns events into work: numbers the series, and keeps the stamps of each series apart.

    Two samples of a series with one stamp would become one point in the database, so the later one is moved to the
    next free nanosecond.
    """

    def __init__(self, trusted: Trusted = clock_is_set) -> None:
        self._numbers: dict[Series, int] = {}
        self._next = 1
        self._trusted = trusted
        self._stamps: dict[object, deque[int]] = {}
        self._waiting = True  # until a trusted time has been seen there may be undated events, here or in the file

    @property
    def series(self) -> dict[int, Series]:
        """All series by their numbers."""
        return {number: series for series, number in self._numbers.items()}

    def adopt(self, known: dict[int, Series], work: Work) -> None:
        """Go on with the numbers of a file that could be opened only now, in what waits as well."""
        mine = self.series
        self._numbers = {value: number for number, value in known.items()}
        self._next = max(known, default=0) + 1
        work.series = {}
        renumbered: dict[int, int] = {}
        for number, series in mine.items():
            if series not in self._numbers:
                self._numbers[series] = self._next
                work.series[self._next] = series
                self._next += 1
            renumbered[number] = self._numbers[series]
        for name in ("samples", "undated_samples"):
            samples = bytearray()
            for key, at_ns, value in unpack(getattr(work, name)):
                samples += RECORD.pack(renumbered[key >> 2] << 2 | key & 3, at_ns, value)
            setattr(work, name, samples)
        self._stamps = {
            renumbered.get(about, about) if isinstance(about, int) else about: stamps
            for about, stamps in self._stamps.items()
        }

    def encode(self, events: Iterable[Event], work: Work) -> None:
        """Add events to the work."""
        for event in events:
            if isinstance(event, Measured):
                self._sample(work, Series(READING, event.point), event.at, event.value, int(event.quality))
            elif isinstance(event, Moved):
                self._sample(work, Series(ACTUATOR, event.actuator), event.at, event.position, 0)
            elif (found := told(event)) is not None:
                self._entry(work, *found)

    def _sample(self, work: Work, series: Series, at: Instant, value: float, quality: int) -> None:
        number = self._numbers.get(series)
        if number is None:
            number = self._next
            if number >= MAX_SERIES:
                work.lost += 1
                return
            self._next += 1
            self._numbers[series] = number
            work.series[number] = series
        if self._trusted(at):
            self._date(work, at)
            work.samples += RECORD.pack(number << 2 | quality, self._unique(number, at.wall_ns), value)
        else:
            self._waiting = True
            stamp = self._unique(number, at.mono_ns)
            work.undated_samples += RECORD.pack(number << 2 | quality, stamp, value)

    def _entry(self, work: Work, at: Instant, entry: Entry) -> None:
        about = (entry.kind, entry.subject)
        if self._trusted(at):
            self._date(work, at)
            work.entries.append(entry._replace(at_ns=self._unique(about, at.wall_ns)))
        else:
            self._waiting = True
            work.undated_entries.append(entry._replace(at_ns=self._unique(about, at.mono_ns)))

    def _date(self, work: Work, at: Instant) -> None:
        """Give what waited its true time, here and at the next commit in the file."""
        if not self._waiting:
            return
        self._waiting = False
        offset = work.offset_ns = at.wall_ns - at.mono_ns
        work.samples += shifted(bytes(work.undated_samples), offset)
        work.entries.extend(entry._replace(at_ns=entry.at_ns + offset) for entry in work.undated_entries)
        work.undated_samples.clear()
        work.undated_entries.clear()

    def _unique(self, about: object, stamp: int) -> int:
        stamps = self._stamps.get(about)
        if stamps is None:
            stamps = self._stamps[about] = deque(maxlen=RECENT)
        while stamp in stamps:
            stamp += 1
        stamps.append(stamp)
        return stamp
