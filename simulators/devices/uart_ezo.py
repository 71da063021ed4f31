"""A virtual Atlas EZO circuit for pH or EC, speaking by itself every second until it is told not to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from .pty_port import PtyPort


class VirtualEzo:
    """`value` gives pH, or µS/cm; `journal` has the commands it got."""

    def __init__(self, link: Path, kind: str, value: Callable[[], float], reading_time: float = 0.05) -> None:
        self.port = PtyPort(link, self._hear)
        self.journal: list[str] = []
        self.silent = False
        self._kind, self._value, self._reading_time = kind, value, reading_time
        self._buffer = b""
        self._continuous = True
        self._shown = ["EC", "TDS", "S", "SG"] if kind == "EC" else [kind]

    async def run(self) -> None:
        """Speak by itself until cancelled."""
        while True:
            await asyncio.sleep(0.2)
            if self._continuous and not self.silent:
                self.port.say(self._reading())

    def _hear(self, data: bytes) -> None:
        self._buffer += data
        while b"\r" in self._buffer:
            command, _, self._buffer = self._buffer.partition(b"\r")
            if not self.silent:
                self._obey(command.decode("ascii", "replace").upper())

    def _obey(self, command: str) -> None:
        self.journal.append(command)
        name, _, arguments = command.partition(",")
        if name == "C":
            self._continuous = arguments != "0"
            self.port.say(b"*OK\r")
        elif name == "O" and self._kind == "EC":
            which, _, on = arguments.partition(",")
            if on == "0" and which in self._shown:
                self._shown.remove(which)
            self.port.say(b"*OK\r")
        elif name in ("T", "*OK"):
            self.port.say(b"*OK\r")
        elif name == "R":
            self.port.say_later(self._reading_time, self._reading() + b"*OK\r")
        else:
            self.port.say(b"*ER\r")

    def _reading(self) -> bytes:
        value = self._value()
        first = f"{value:.3f}" if self._kind != "EC" else f"{value:.0f}" if value >= 1000 else f"{value:.1f}"
        rest = [f"{value / 2:.0f}"] * (len(self._shown) - 1)
        return ",".join([first, *rest]).encode() + b"\r"
