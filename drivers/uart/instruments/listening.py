"""What instruments that speak by themselves have in common: lines found in what comes in."""

from __future__ import annotations

from drivers.polling import Values

from .instrument import Job, nothing

LONGEST = 1024  # bytes: what goes on without a line end is no line


class Listening:
    """Gives each whole line to `_read`, which returns its values, or None where it is nonsense."""

    SHARES = False
    listens = True

    def __init__(self) -> None:
        self._rest = b""

    def begin(self) -> Job:
        self._rest = b""
        return nothing()

    def measure(self) -> Job:
        return nothing()

    def hear(self, data: bytes) -> tuple[Values, int]:
        *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        found: list[tuple[str, float]] = []
        nonsense = 0
        for each in lines:
            values = self._read(each) if each else ()
            if values is None:
                nonsense += 1
            else:
                found += values
        if len(self._rest) > LONGEST:
            self._rest = b""
            nonsense += 1
        return found, nonsense

    def _read(self, line: bytes) -> Values | None:
        raise NotImplementedError
