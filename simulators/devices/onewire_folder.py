"""A virtual 1-Wire thermometer: the files that the kernel's w1_therm driver shows."""

from __future__ import annotations

from pathlib import Path


class VirtualThermometer:
    """`old_kernel` shows w1_slave only, as kernels before 5.7 do."""

    def __init__(self, bus: Path, id: str, old_kernel: bool = False) -> None:
        self.folder = bus / id
        self._old = old_kernel

    def measure(self, value: float) -> None:
        """From now on it measures `value` °C."""
        raw = round(value * 16)
        scratchpad = [*(raw & 0xFFFF).to_bytes(2, "little"), 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10]
        scratchpad.append(_crc(scratchpad))
        text = " ".join(f"{byte:02x}" for byte in scratchpad)
        thousandths = raw * 1000 // 16
        self._write(
            f"{text} : crc={scratchpad[8]:02x} YES\n{text} t={thousandths}\n" if self._old else f"{thousandths}\n"
        )

    def say(self, text: str) -> None:
        """Have the next reading be `text`."""
        self._write(text)

    def _write(self, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / ("w1_slave" if self._old else "temperature")
        # whole or not at all: the kernel never shows half a reading
        new = self.folder / "new"
        new.write_text(text)
        new.replace(file)


def _crc(data: list[int]) -> int:
    """CRC-8 of Dallas Semiconductor, x^8 + x^5 + x^4 + 1, low bit first."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8C if value & 1 else 0)
    return value
