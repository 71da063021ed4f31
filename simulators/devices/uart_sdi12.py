"""Virtual SDI-12 probes behind an adapter that echoes what it is told. They share no code with drivers/uart."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .pty_port import PtyPort

_COMMAND = re.compile(rb"(?P<address>[0-9A-Za-z])(?P<text>[A-Z]?[C]?\d?)!")


@dataclass
class Probe:
    """`values` gives what it sends; `version` 12 is one without checksums; `seconds` it takes to measure."""

    values: Callable[[], Sequence[float]]
    version: int = 13
    seconds: float = 0.0
    silent: bool = False
    garbled: bool = False
    journal: list[str] = field(default_factory=list)
    _sent: list[str] = field(default_factory=list)
    _checked: bool = False


class VirtualSdi12:
    """`probes` by address."""

    def __init__(self, link: Path, probes: dict[str, Probe], *, echo: bool = True) -> None:
        self.port = PtyPort(link, self._hear)
        self.probes = probes
        self._echo = echo
        self._buffer = b""

    def _hear(self, data: bytes) -> None:
        self._buffer += data
        while (match := _COMMAND.search(self._buffer)) is not None:
            self._buffer = self._buffer[match.end() :]
            if self._echo:
                self.port.say(match[0])
            address = match["address"].decode()
            probe = self.probes.get(address)
            if probe is not None and not probe.silent:
                self._obey(address, probe, match["text"].decode())

    def _obey(self, address: str, probe: Probe, command: str) -> None:
        probe.journal.append(command)
        if command == "I":
            self._say(f"{address}{probe.version}METER   TER12 1.00")
        elif command in ("M", "MC", "C", "CC"):
            if command.endswith("C") and len(command) == 2 and probe.version < 13:
                return
            values = [f"{value:+.4g}" for value in probe.values()]
            # not more than 35 characters fit into one answer
            probe._sent = ["".join(values[start : start + 3]) for start in range(0, len(values), 3)]
            probe._checked = len(command) == 2
            count = f"{len(values):02d}" if command.startswith("C") else str(len(values))
            self._say(f"{address}{math.ceil(probe.seconds):03d}{count}")
            if probe.seconds and command.startswith("M"):
                self.port.say_later(probe.seconds, f"{address}\r\n".encode())
        elif command.startswith("D"):
            index = int(command[1:])
            text = address + (probe._sent[index] if index < len(probe._sent) else "")
            self._say(text + (_checksum(text, probe.garbled) if probe._checked else ""))
        elif command == "":
            self._say(address)

    def _say(self, text: str) -> None:
        self.port.say(text.encode() + b"\r\n")


def _checksum(text: str, wrong: bool) -> str:
    value = 0xFFFF if wrong else 0
    for character in text:
        value ^= ord(character)
        for _ in range(8):
            low = value & 1
            value >>= 1
            if low:
                value ^= 0xA001
    return "".join(chr(0x40 + (value >> shift & 0x3F)) for shift in (12, 6, 0))
