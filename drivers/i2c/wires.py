"""An I²C bus: smbus2 over the kernel's i2c-dev. The one seam: tests give the factory wires of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Wires(Protocol):
    """An open bus. Its methods block for as long as the bytes take, and raise OSError."""

    def transfer(self, address: int, data: bytes, count: int) -> bytes:
        """Write `data`, if there is any, and read `count` bytes in the same breath."""

    def close(self) -> None: ...


Open = Callable[[str], Wires]
"""Opens a bus by its device file. Raises OSError, also where the library is missing."""


def open_wires(port: str) -> Wires:
    try:
        from smbus2 import SMBus, i2c_msg
    except ImportError:
        raise OSError("the Python package smbus2 is missing: install onsil[pins]") from None

    class Kernel:
        def __init__(self) -> None:
            self._bus = SMBus(port)

        def transfer(self, address: int, data: bytes, count: int) -> bytes:
            reading = i2c_msg.read(address, count) if count else None
            messages = [message for message in (i2c_msg.write(address, data) if data else None, reading) if message]
            self._bus.i2c_rdwr(*messages)
            return bytes(reading) if reading is not None else b""

        def close(self) -> None:
            self._bus.close()

    return Kernel()
