"""A virtual weather station that speaks NMEA 0183: wind and transducers. It shares no code with drivers/uart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import reduce
from pathlib import Path

from .pty_port import PtyPort


class VirtualWeather:
    """`read` gives wind_speed (m/s), wind_direction (°), temperature (°C) and humidity (%); NaN: an empty field."""

    def __init__(self, link: Path, read: Callable[[str], float], period: float = 0.05) -> None:
        self.port = PtyPort(link, lambda data: None)
        self.silent = False
        self._read, self._period = read, period

    async def run(self) -> None:
        """Speak until cancelled."""
        while True:
            if not self.silent:
                self.port.say(b"".join(sentence(body) for body in self._bodies()))
            await asyncio.sleep(self._period)

    def _bodies(self) -> list[str]:
        speed, direction = self._read("wind_speed"), self._read("wind_direction")
        valid = "A" if speed == speed else "V"
        knots = f"{speed * 3600 / 1852:.2f}" if speed == speed else ""
        degrees = f"{direction:.1f}" if direction == direction else ""
        temperature, humidity = f"{self._read('temperature'):.1f}", f"{self._read('humidity'):.1f}"
        return [
            f"WIMWV,{degrees},R,{knots},N,{valid}",
            f"WIXDR,C,{temperature},C,AIR,H,{humidity},P,AIR",
            "GPZDA,120000.00,01,06,2026,00,00",
        ]


def sentence(body: str) -> bytes:
    """$, the body, its checksum and a line end."""
    return f"${body}*{reduce(lambda value, sign: value ^ ord(sign), body, 0):02X}\r\n".encode()
