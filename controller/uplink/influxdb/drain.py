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
STRETCH = 400  # lines written in one go: 0.2 ms on a PC, for which the control loop may have to wait
GZIP = 16  # added to zlib's window size, it asks for gzip's header
COMPRESSION = 1  # more costs more time than it saves on a local network


@dataclass(frozen=True, slots=True)
class Batch:
    """A portion of the outbox, ready to be sent."""

    portion: Portion
    body: bytes  # gzip of lines; empty if there are none
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
        packed, unreadable = _Gzip(), list[Rejected]()
        for start in range(0, len(portion.samples), STRETCH * SIZE):
            lines, nameless = self._writer.samples(portion.samples[start : start + STRETCH * SIZE], portion.series)
            packed.add(lines)
            unreadable += [Rejected(line, "the name of this series is lost", time.time_ns()) for line in nameless]
        told = []
        for entry in portion.entries:
            try:
                told.append(self._writer.entry(entry))
            except (ValueError, KeyError, TypeError) as error:
                unreadable.append(Rejected(str(entry), f"this is no journal entry: {error!r}", time.time_ns()))
        packed.add(told)
        return Batch(portion, packed.body(), tuple(unreadable))

    def send(self, batch: Batch) -> float:
        """Deliver a batch. 0 if that is done, else the seconds to wait before it is sent again."""
        try:
            rejected = list(batch.unreadable)
            if batch.body:
                rejected += self._deliver(batch.body)
        except Later as later:
            self.online, self.note = False, later.judgement.note
            return self._backoff.pause(later.judgement.wait)
        self._outbox.done(batch.portion, rejected)
        self._backoff.reset()
        self.online = True
        self.note = f"{len(rejected)} lines were rejected: {rejected[0].reason}" if rejected else ""
        return 0.0

    def _deliver(self, body: bytes) -> list[Rejected]:
        """Send lines; halve what is rejected until only the bad ones are left. Raises Later."""
        judgement = judge(self._client.write(body), datetime.now(UTC))
        if judgement.verdict is Verdict.TAKEN:
            return []
        if judgement.verdict not in (Verdict.BAD_LINES, Verdict.TOO_LARGE):
            raise Later(judgement)
        lines = zlib.decompress(body, zlib.MAX_WBITS | GZIP).decode().split("\n")
        if len(lines) == 1:
            return [Rejected(lines[0], judgement.note, time.time_ns())]
        middle = len(lines) // 2
        halves = lines[:middle], lines[middle:]
        return [rejected for half in halves for rejected in self._deliver(_packed(half))]


class _Gzip:
    """A body that grows by stretches of lines. While zlib packs one, the interpreter is free for the control loop."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(COMPRESSION, zlib.DEFLATED, zlib.MAX_WBITS | GZIP)
        self._parts: list[bytes] = []

    def add(self, lines: Sequence[str]) -> None:
        if lines:
            text = "\n".join(("", *lines) if self._parts else lines)
            self._parts.append(self._zlib.compress(text.encode("utf-8", "replace")))

    def body(self) -> bytes:
        """All of it; nothing where no lines were added. Nothing can be added afterwards."""
        return b"".join((*self._parts, self._zlib.flush())) if self._parts else b""


def _packed(lines: Sequence[str]) -> bytes:
    packed = _Gzip()
    for start in range(0, len(lines), STRETCH):
        packed.add(lines[start : start + STRETCH])
    return packed.body()
