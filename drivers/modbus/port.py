"""The serial port as a pair of coroutines, over pyserial's file descriptor. Timing is that of Modbus RTU."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import Callable
from pathlib import Path

import serial

from .options import LineOptions

_NEXT_CHUNK = 0.1  # s: an answer that has begun arrives without pauses; USB adapters deliver it in lumps, 16 ms apart


class PortLost(OSError):
    """The port cannot be used any more, or could not be opened."""


class Port:
    """An open port. Use as a context manager. `on_lost` is called when it breaks while nobody waits for it."""

    def __init__(self, options: LineOptions, on_lost: Callable[[], None]) -> None:
        self._options = options
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._error: PortLost | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._received = bytearray()
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
            raise PortLost(str(error)) from error
        with contextlib.suppress(OSError, ValueError, AttributeError, NotImplementedError):
            self._serial.set_low_latency_mode(True)  # FTDI adapters otherwise hold an answer back for 16 ms
        self._fd: int = self._serial.fileno()
        self._quiet_since = self._loop.time()
        self._loop.add_reader(self._fd, self._read)

    def __enter__(self) -> Port:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.remove_reader(self._fd)
        with contextlib.suppress(OSError, termios.error):
            self._serial.close()

    def check(self) -> None:
        """Raises PortLost if the port broke since it was last used."""
        if self._error is not None:
            raise self._error

    def check_path(self) -> None:
        """Raises PortLost if the port's name has vanished or leads to another device by now."""
        try:
            there, here = Path(self._options.port).stat(), os.fstat(self._fd)
        except OSError as error:
            raise PortLost(str(error)) from error
        if (there.st_rdev, there.st_ino) != (here.st_rdev, here.st_ino):
            raise PortLost(f"{self._options.port} is another device now")

    async def send(self, frame: bytes) -> float:
        """Write a frame after the silence the line needs; returns when its last bit will have left (loop time, s)."""
        self.check()
        if (wait := self._quiet_since + self._options.silence - self._loop.time()) > 0:
            await asyncio.sleep(wait)
        try:
            termios.tcflush(self._fd, termios.TCIFLUSH)
            self._received.clear()
            written = os.write(self._fd, frame)
        except BlockingIOError:
            written = 0
        except (OSError, termios.error) as error:
            raise PortLost(str(error)) from error
        if written < len(frame):
            # nobody takes our bytes: what is left of the frame must not be completed later by another one
            with contextlib.suppress(termios.error):
                termios.tcflush(self._fd, termios.TCOFLUSH)
        self._quiet_since = self._loop.time() + len(frame) * self._options.character
        return self._quiet_since

    async def receive(self, until: float) -> bytes:
        """What has come in, or b"" when nothing has until this loop time."""
        if not self._received:
            self.check()
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

    def next_chunk_by(self) -> float:
        """Until when (loop time) more of a begun answer must come."""
        return self._loop.time() + _NEXT_CHUNK

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(str(error))
            return
        if not data:
            self._fail(f"{self._options.port} was closed at the other end")
            return
        self._received += data
        self._quiet_since = max(self._quiet_since, self._loop.time())
        if self._arrived is not None:
            _resolve(self._arrived)

    def _fail(self, text: str) -> None:
        self._loop.remove_reader(self._fd)
        self._error = PortLost(text)
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_exception(self._error)
        self._on_lost()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
