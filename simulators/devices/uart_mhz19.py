"""A virtual MH-Z19B. It shares no code with drivers/uart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .pty_port import PtyPort


class VirtualMhZ19:
    """`co2` gives ppm. Faults are fields: `silent`, `lag` (s), `garbled`. Its self-calibration is on when it is new."""

    def __init__(self, link: Path, co2: Callable[[], float]) -> None:
        self.port = PtyPort(link, self._hear)
        self.silent = self.garbled = False
        self.lag = 0.0
        self.calibrates_itself = True
        self._co2 = co2
        self._buffer = b""

    def _hear(self, data: bytes) -> None:
        self._buffer += data
        while (start := self._buffer.find(0xFF)) >= 0 and len(self._buffer) >= start + 9:
            frame, self._buffer = self._buffer[start : start + 9], self._buffer[start + 9 :]
            if frame[8] == (0xFF - sum(frame[1:8]) % 256 + 1) % 256 and not self.silent:
                self._obey(frame)

    def _obey(self, frame: bytes) -> None:
        if frame[2] == 0x79:
            self.calibrates_itself = frame[3] == 0xA0
        elif frame[2] == 0x86:
            ppm = round(self._co2())
            answer = bytearray((0xFF, 0x86, ppm // 256, ppm % 256, 61, 0, 0, 0))
            total = sum(answer[1:]) % 256
            answer.append((256 - total) % 256 ^ (0x55 if self.garbled else 0))
            if self.lag:
                self.port.say_later(self.lag, bytes(answer))
            else:
                self.port.say(bytes(answer))
