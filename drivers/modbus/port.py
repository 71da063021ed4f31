"""The serial port as a link: opened and set up by pyserial, served by the event loop, timed as Modbus RTU asks."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import serial

from drivers.opening import why_not
from drivers.terminal import UNPLUGGED, hung_up

from .link import Hurried, LinkLost, NoAnswer
from .messages import BIT_READS, WORD_READS, Request
from .options import SerialOptions
from .rtu import Receiver, answer_size, encode

_NEXT_CHUNK = 0.1  # s: an answer that has begun arrives without pauses; USB adapters deliver it in lumps, 16 ms apart
_CHUNK = 4096  # bytes, many times the longest frame
_LONGEST_CHATTER = 0.5  # s
_TICK = 0.001  # s: timers of the event loop are whole milliseconds, as much as a whole character at 9600 baud


@contextlib.asynccontextmanager
async def open_port(options: SerialOptions, on_lost: Callable[[], None]) -> AsyncIterator[Port]:
    """The port for the length of a with block. Raises LinkLost."""
    port = Port(options, on_lost)
    try:
        yield port
    finally:
        port.close()


class Port:
    """An open serial port. Implements `Link`."""

    def __init__(self, options: SerialOptions, on_lost: Callable[[], None]) -> None:
        self._options = options
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._error: LinkLost | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._received = bytearray()
        self._unheard = False  # a request is under way, and nothing of its answer has come
        self._hurried = False
        # some adapters hear themselves: of what is read that is plain to see, but a write is answered by its own copy
        self._echoes = False
        try:
            self._serial = serial.Serial(
                options.port,
                options.baudrate,
                parity=options.parity,
                stopbits=options.stop_bits,
                timeout=0,
                exclusive=True,  # two masters on one line would garble each other
            )
        except (OSError, ValueError, termios.error) as error:
            raise LinkLost(why_not(error, options.port, UNPLUGGED)) from error
        with contextlib.suppress(OSError, ValueError, AttributeError, NotImplementedError):
            self._serial.set_low_latency_mode(True)  # FTDI adapters otherwise hold an answer back for 16 ms
        self._fd: int = self._serial.fileno()
        self._quiet_since = self._loop.time()
        self._loop.add_reader(self._fd, self._read)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        with contextlib.suppress(OSError, termios.error):
            self._serial.close()

    async def quiet(self) -> None:
        """Keep the silence before a frame, but do not wait for ever for somebody who never stops talking."""
        self._check()
        latest = self._loop.time() + _LONGEST_CHATTER
        while (wait := self._quiet_since + self._options.silence - self._loop.time()) > 0:
            await asyncio.sleep(max(wait - _TICK, 0))
            self._check()
            if self._loop.time() > latest:
                return

    def examine(self) -> None:
        """Raises LinkLost if the port's name has vanished or leads to another device, or if it does not send."""
        try:
            there, here = Path(self._options.port).stat(), os.fstat(self._fd)
            waiting: int = self._serial.out_waiting
        except (OSError, termios.error) as error:
            raise LinkLost(str(error)) from error
        if (there.st_rdev, there.st_ino) != (here.st_rdev, here.st_ino):
            raise LinkLost(f"{self._options.port} is another device now")
        if waiting:
            raise LinkLost(f"{self._options.port} does not send")

    async def ask(self, unit: int, request: Request, patience: float) -> tuple[int, ...]:
        receiver, frame, heard = Receiver(unit, request), encode(unit, request), b""
        reads = request.function in BIT_READS | WORD_READS
        own = 0 if reads or not self._echoes else len(frame)  # bytes to come that are our own
        self._hurried, self._unheard = False, True
        try:
            until = begins = self._send(frame) + patience
            latest = begins + 2 * answer_size(request) * self._options.character
            while self._loop.time() < latest and (data := await self._receive(until)):
                heard += data
                own, data = max(own - len(data), 0), data[own:]
                self._unheard = self._unheard and not data
                if data and (words := receiver.feed(data)) is not None:
                    self._echoes = heard.startswith(frame) if reads else self._echoes
                    return words
                until = max(begins, self._loop.time() + _NEXT_CHUNK)
        finally:
            self._unheard = False
        if self._hurried:
            raise Hurried
        raise NoAnswer(garbled=heard not in (b"", frame), other=receiver.other)

    def hurry(self) -> None:
        if self._unheard:
            self._hurried = True
            if self._arrived is not None:
                _resolve(self._arrived)

    def _send(self, frame: bytes) -> float:
        """Write a frame; when its last bit will have left (loop time, s)."""
        try:
            termios.tcflush(self._fd, termios.TCIFLUSH)
            self._received.clear()
            written = os.write(self._fd, frame)
        except BlockingIOError:
            written = 0
        except (OSError, termios.error) as error:
            raise LinkLost(str(error)) from error
        if written < len(frame):
            # nobody takes our bytes: what is left of the frame must not be completed later by another one
            with contextlib.suppress(termios.error):
                termios.tcflush(self._fd, termios.TCOFLUSH)
            raise LinkLost(f"{self._options.port} does not send")
        self._quiet_since = self._loop.time() + len(frame) * self._options.character
        return self._quiet_since

    async def _receive(self, until: float) -> bytes:
        """What has come in, or b"" when nothing has until this loop time, or when there is a hurry."""
        if not self._received and not self._hurried:
            self._check()
            self._arrived = self._loop.create_future()
            timer = self._loop.call_at(until, _resolve, self._arrived)
            try:
                await self._arrived
            finally:
                timer.cancel()
                self._arrived = None
        data = bytes(self._received)
        self._received.clear()
        return data

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _read(self) -> None:
        try:
            data = os.read(self._fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(str(error))
            return
        if not data:
            if hung_up(self._fd):
                self._fail(f"{self._options.port} was closed at the other end")
            return
        self._received += data
        del self._received[:-_CHUNK]  # who talks while nobody listens need not be kept
        self._quiet_since = max(self._quiet_since, self._loop.time())
        if self._arrived is not None:
            _resolve(self._arrived)

    def _fail(self, text: str) -> None:
        self._loop.remove_reader(self._fd)
        self._error = LinkLost(text)
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_exception(self._error)
        self._on_lost()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
