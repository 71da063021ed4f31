"""The serial line itself: the controller opens `link` as its port, the slaves sit at the other end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, Self

from simulators.faults import WireFaults

from .frames import Request, RequestReader, seal
from .pace import Pace

BROADCAST = 0
_QUIET = 0.02  # s: without a pace, what is left of a frame after so long will not be completed any more


class Slave(Protocol):
    """A device on the line."""

    def answer(self, pdu: bytes, now: float) -> bytes:
        """The answer to a function with its data; `now` is in seconds of the field's clock."""


class Exchange(NamedTuple):
    """A request that a device understood, and what the device answered (both without address and checksum)."""

    at: float
    address: int
    request: bytes
    answer: bytes


class SerialLine:
    """A context manager; the port exists while it lasts, except where it is unplugged.

    `now` gives the slaves' time in seconds. With a `pace`, bytes take the time they take on a wire, in both
    directions; without one they are there at once. `silent` holds the addresses of devices that are out of order,
    `journal` the last exchanges. `collisions` counts requests that came while another device was still speaking: both
    are lost then.

    Timers are as exact as the event loop's selector: for measuring, run it on one with `selectors.SelectSelector`.
    """

    def __init__(
        self,
        link: Path,
        slaves: Mapping[int, Slave],
        now: Callable[[], float],
        pace: Pace | None = None,
        faults: WireFaults | None = None,
    ) -> None:
        self.link = link
        self.slaves = slaves
        self.faults = faults or WireFaults()
        self.silent: set[int] = set()
        self.journal: deque[Exchange] = deque(maxlen=1000)
        self.collisions = 0
        self._now = now
        self._pace = pace
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader()
        self._master = self._slave = -1
        self._carried_until = 0.0
        self._timers: set[asyncio.TimerHandle] = set()
        self._speaking: asyncio.Task[None] | None = None
        self._quiet: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    @property
    def plugged(self) -> bool:
        return self._master >= 0

    @property
    def broken(self) -> int:
        """How often something came in that was no request."""
        return self._reader.broken

    def plug(self) -> None:
        """Make the port. Does nothing where it is there."""
        if self.plugged:
            return
        # the other end stays open here too: without that, every read would fail while no controller has it
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        # in one step, so that the name never leads nowhere while it is there
        beside = self.link.with_name(self.link.name + ".new")
        beside.unlink(missing_ok=True)
        beside.symlink_to(os.ttyname(self._slave))
        beside.replace(self.link)
        self._loop.add_reader(self._master, self._readable)

    def unplug(self) -> None:
        """Pull the adapter out: the port's name vanishes and who has it open reads its end."""
        if not self.plugged:
            return
        self._loop.remove_reader(self._master)
        self._hush()
        for timer in (*self._timers, self._quiet):
            if timer is not None:
                timer.cancel()
        self._timers.clear()
        self._reader = RequestReader()
        self.link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def _readable(self) -> None:
        try:
            data = self.faults.through(os.read(self._master, 4096))
        except OSError:
            return
        if self._speaking is not None:
            self.collisions += 1
            self._hush()
            return
        if self._pace is None:
            self._heard(data)
            if self._quiet is not None:
                self._quiet.cancel()
            self._quiet = self._loop.call_later(_QUIET, self._fell_silent)
            return
        self._carried_until = max(self._carried_until, self._loop.time()) + len(data) * self._pace.character
        self._at(self._carried_until + self._pace.silence, self._came_through, data)

    def _came_through(self, data: bytes) -> None:
        """The last of these bytes is 3.5 characters ago on the wire."""
        self._heard(data)
        if self._pace is not None and self._loop.time() >= self._carried_until + self._pace.silence:
            self._fell_silent()

    def _fell_silent(self) -> None:
        for request in self._reader.silence():
            self._serve(request)

    def _heard(self, data: bytes) -> None:
        for request in self._reader.feed(data):
            self._serve(request)

    def _serve(self, request: Request) -> None:
        now = self._now()
        if request.address == BROADCAST:
            for slave in self.slaves.values():
                slave.answer(request.pdu, now)
            return
        slave_addressed = self.slaves.get(request.address)
        if slave_addressed is None or request.address in self.silent:
            return
        pdu = slave_addressed.answer(request.pdu, now)
        self.journal.append(Exchange(now, request.address, request.pdu, pdu))
        self._say(self.faults.through(seal(request.address, pdu)))

    def _say(self, frame: bytes) -> None:
        if self._pace is None:
            self._put(frame)
            return
        self._hush()
        self._speaking = self._loop.create_task(self._speak(frame, self._pace))

    async def _speak(self, frame: bytes, pace: Pace) -> None:
        if pace.reaction > pace.silence:
            await asyncio.sleep(pace.reaction - pace.silence)
        began, sent = self._loop.time(), 0
        for after, end in pace.arrivals(len(frame)):
            await asyncio.sleep(began + after - self._loop.time())
            self._put(frame[sent:end])
            sent = end
        self._speaking = None

    def _hush(self) -> None:
        if self._speaking is not None:
            self._speaking.cancel()
            self._speaking = None

    def _put(self, data: bytes) -> None:
        # where nobody reads, the terminal is full at some time: then bytes are lost, as on a wire
        with contextlib.suppress(OSError):
            os.write(self._master, data)

    def _at(self, when: float, call: Callable[[bytes], None], data: bytes) -> None:
        def run() -> None:
            self._timers.discard(timer)
            call(data)

        timer = self._loop.call_at(when, run)
        self._timers.add(timer)
