"""Brings one outbox to one server, batch by batch. Knows no threads and no sleep: it says how long to wait."""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from controller.store.outbox import Outbox, Portion
from controller.store.samples import SIZE
from controller.store.work import Rejected
from controller.uplink.backoff import Backoff
from controller.uplink.influxdb.answers import Judgement, Verdict, judge
from controller.uplink.influxdb.client import Client
from controller.uplink.lines import LineWriter

BATCH = 10_000  # points in a request, as InfluxData advises
STRETCH = 250  # lines written in one go: 0.1 ms on a PC, for which the control loop may have to wait
YIELD = 20e-6  # s given to the control loop between two stretches; a thread that only computes keeps it out for 5 ms
GZIP = 16  # added to zlib's window size, it asks for gzip's header
COMPRESSION = 1  # more costs more time than it saves on a local network


@dataclass(frozen=True, slots=True)
class Batch:
    """A portion of the outbox, ready to be sent."""

    portion: Portion
    lines: Sequence[str]
    body: bytes
    unreadable: tuple[Rejected, ...] = ()


class Later(Exception):
    """The server does not take anything now."""

    def __init__(self, judgement: Judgement) -> None:
        super().__init__(judgement.note)
        self.judgement = judgement


class Drain:
    """Sends batches until each is answered for. A batch that is sent twice lands on itself: stamps never change."""

    def __init__(self, outbox: Outbox, client: Client, writer: LineWriter, backoff: Backoff) -> None:
        self.online = False
        self.note = "nothing has been sent yet"
        self._outbox, self._client, self._writer, self._backoff = outbox, client, writer, backoff

    def prepare(self) -> Batch | None:
        """The next batch; None if everything has been taken. Raises sqlite3.Error."""
        portion = self._outbox.take(BATCH)
        if portion is None:
            return None
        lines: list[str] = []
        unreadable: list[Rejected] = []
        for start in range(0, len(portion.samples), STRETCH * SIZE):
            some, nameless = self._writer.samples(portion.samples[start : start + STRETCH * SIZE], portion.series)
            lines += some
            unreadable += [Rejected(line, "the name of this series is lost", time.time_ns()) for line in nameless]
            time.sleep(YIELD)
        for entry in portion.entries:
            try:
                lines.append(self._writer.entry(entry))
            except (ValueError, KeyError, TypeError) as error:
                unreadable.append(Rejected(str(entry), f"this is no journal entry: {error!r}", time.time_ns()))
        return Batch(portion, lines, _packed(lines), tuple(unreadable))

    def send(self, batch: Batch) -> float:
        """Deliver a batch. 0 if that is done, else the seconds to wait before it is sent again."""
        try:
            rejected = list(batch.unreadable)
            if batch.lines:
                rejected += self._deliver(batch.lines, batch.body)
        except Later as later:
            self.online, self.note = False, later.judgement.note
            return self._backoff.pause(later.judgement.wait)
        self._outbox.done(batch.portion, rejected)
        self._backoff.reset()
        self.online = True
        self.note = f"{len(rejected)} lines were rejected: {rejected[0].reason}" if rejected else ""
        return 0.0

    def _deliver(self, lines: Sequence[str], body: bytes) -> list[Rejected]:
        """Send lines; halve what is rejected until only the bad ones are left. Raises Later."""
        judgement = judge(self._client.write(body), datetime.now(UTC))
        if judgement.verdict is Verdict.TAKEN:
            return []
        if judgement.verdict not in (Verdict.BAD_LINES, Verdict.TOO_LARGE):
            raise Later(judgement)
        if len(lines) == 1:
            return [Rejected(lines[0], judgement.note, time.time_ns())]
        middle = len(lines) // 2
        halves = lines[:middle], lines[middle:]
        return [rejected for half in halves for rejected in self._deliver(half, _packed(half))]


def _packed(lines: Sequence[str]) -> bytes:
    """A gzip of lines, made in stretches: the interpreter is free for the control loop while zlib works."""
    packer = zlib.compressobj(COMPRESSION, zlib.DEFLATED, zlib.MAX_WBITS | GZIP)
    parts = [
        packer.compress(("\n" * (start > 0) + "\n".join(lines[start : start + STRETCH])).encode("utf-8", "replace"))
        for start in range(0, len(lines), STRETCH)
    ]
    return b"".join([*parts, packer.flush()])
