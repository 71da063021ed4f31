"""A serial port made of a pseudo terminal, under a name of its own, for virtual instruments."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Callable
from pathlib import Path

_LOOK = 0.02  # s: how soon it is noticed that somebody has opened the port


class PtyPort:
    """`connect` and `disconnect` plug it in and pull it out; what arrives goes to `hear`."""

    def __init__(self, link: Path, hear: Callable[[bytes], None]) -> None:
        self._link = link
        self._hear = hear
        self._near = -1

    def connect(self) -> None:
        """A new pseudo terminal under the port's name."""
        self._near, far = os.openpty()
        tty.setraw(far)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(far))
        os.close(far)
        os.set_blocking(self._near, False)
        asyncio.get_running_loop().add_reader(self._near, self._read)

    def disconnect(self) -> None:
        """Port gone, name gone."""
        if self._near >= 0:
            asyncio.get_running_loop().remove_reader(self._near)
            os.close(self._near)
            self._near = -1
            self._link.unlink(missing_ok=True)

    def say(self, data: bytes) -> None:
        """What nobody reads is lost."""
        if self._near >= 0:
            try:
                os.write(self._near, data)
            except OSError:
                return

    def say_later(self, seconds: float, data: bytes) -> None:
        """After `seconds` of real time, if it is still plugged in."""
        asyncio.get_running_loop().call_later(seconds, self._say_still, self._near, data)

    def _read(self) -> None:
        try:
            data = os.read(self._near, 4096)
        except OSError:  # nobody has the other end open
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._near)
            loop.call_later(_LOOK, self._watch, self._near)
            return
        self._hear(data)

    def _say_still(self, near: int, data: bytes) -> None:
        if near == self._near:
            self.say(data)

    def _watch(self, near: int) -> None:
        if near == self._near:
            asyncio.get_running_loop().add_reader(near, self._read)
