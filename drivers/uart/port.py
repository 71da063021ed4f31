"""A serial port on the event loop: opened and set up by pyserial, read by its file descriptor."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from pathlib import Path
from typing import Self

import serial

from drivers.opening import why_not
from drivers.terminal import UNPLUGGED, hung_up

from .settings import PortOptions

_CHUNK = 4096  # bytes


class PortLost(OSError):
    """The port cannot be used any more, or could not be opened."""


class Port:
    """An open port; use it as a context manager. Raises PortLost."""

    def __init__(self, options: PortOptions) -> None:
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._error: PortLost | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._received = bytearray()
        try:
            self._serial = serial.Serial(
                options.port,
                options.baudrate,
                bytesize=options.bits,
                parity=options.parity,
                stopbits=options.stop_bits,
                timeout=0,
                exclusive=True,  # two readers would each get half of what comes
            )
        except (OSError, ValueError, termios.error) as error:
            raise PortLost(why_not(error, options.port, UNPLUGGED)) from error
        self._fd: int = self._serial.fileno()
        self._loop.add_reader(self._fd, self._read)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.remove_reader(self._fd)
        with contextlib.suppress(OSError, termios.error):
            self._serial.close()

    def examine(self) -> None:
        """Raises PortLost if the port's name has vanished or leads to another device by now."""
        self._check()
        try:
            there, here = Path(self._options.port).stat(), os.fstat(self._fd)
        except OSError as error:
            raise PortLost(str(error)) from error
        if (there.st_rdev, there.st_ino) != (here.st_rdev, here.st_ino):
            raise PortLost(f"{self._options.port} is another device now")

    def write(self, data: bytes) -> None:
        """Send; what came in before is dropped, for it answers nothing of this."""
        self._check()
        self._received.clear()
        try:
            termios.tcflush(self._fd, termios.TCIFLUSH)
            written = os.write(self._fd, data)
        except BlockingIOError:
            written = 0
        except (OSError, termios.error) as error:
            raise PortLost(str(error)) from error
        if written < len(data):
            raise PortLost(f"{self._options.port} does not send")

    async def read(self, until: float) -> bytes:
        """What has come in, or b"" when nothing has until this loop time."""
        if not self._received:
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
        if self._arrived is not None:
            _resolve(self._arrived)

    def _fail(self, text: str) -> None:
        self._loop.remove_reader(self._fd)
        self._error = PortLost(text)
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_exception(self._error)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
