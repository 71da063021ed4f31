"""What a bad cable does to a frame: lost, flipped and stray bytes. Seeded, so that a bad day can be had again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class WireFaults:
    """Chances from 0 to 1: `lost` and `flipped` of each byte, `noise` of stray bytes before a frame."""

    lost: float = 0.0
    flipped: float = 0.0
    noise: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))

    def through(self, frame: bytes) -> bytes:
        """What comes out at the other end."""
        if not (self.lost or self.flipped or self.noise):
            return frame
        chance = self.random.random
        carried = bytearray()
        if chance() < self.noise:
            carried += self.random.randbytes(self.random.randint(1, 3))
        for byte in frame:
            if chance() < self.lost:
                continue
            if chance() < self.flipped:
                byte ^= 1 << self.random.randrange(8)
            carried.append(byte)
        return bytes(carried)
