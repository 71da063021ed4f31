"""How long bytes take on a wire. No I/O."""

from __future__ import annotations

from typing import NamedTuple

_LUMP = 0.001  # s: a USB adapter hands over what has come in once every millisecond


class Pace(NamedTuple):
    """A serial line's settings. `reaction` is how long a device thinks before it answers (s)."""

    baudrate: int = 9600
    parity: bool = False
    stop_bits: int = 1
    reaction: float = 0.0

    @property
    def character(self) -> float:
        """Seconds that one byte takes: start bit, 8 data bits, parity and stop bits."""
        return (9 + self.parity + self.stop_bits) / self.baudrate

    @property
    def silence(self) -> float:
        """Seconds of silence that end a frame (Modbus over Serial Line V1.02, section 2.5.1.1)."""
        return 3.5 * self.character if self.baudrate <= 19200 else 0.00175

    def arrivals(self, size: int) -> list[tuple[float, int]]:
        """When (s after the first bit) how many of `size` bytes have come through, a lump a millisecond."""
        step = max(1, round(_LUMP / self.character))
        ends = [*range(step, size, step), size]
        return [(end * self.character, end) for end in ends]
