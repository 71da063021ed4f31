"""A serial line as slow as a wire is, with slaves on it: a process of its own, so that its timing is its own.

    python -m tests.benchmarks.modbus_wire LINK BAUDRATE DEAD,DEAD...

It makes a pseudo terminal under the name LINK. A request takes its time to arrive, the slave waits for the silence of
3.5 characters by which it knows that the request has ended, and each byte of the answer comes when a wire would have
brought it. When its input closes it prints what it has seen as one JSON object. No code of the driver is used.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
import tty
from pathlib import Path

_BITS = 10  # 8N1
_SPIN = 0.0003  # s: the kernel wakes us up to this much late, so the rest is waited out
_LUMP = 8  # bytes: a UART's buffer


def crc(data: bytes) -> bytes:
    """CRC-16 of Modbus, low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def answer(frame: bytes) -> bytes:
    """What a slave answers: registers hold their own address; writes are echoed."""
    function, address, count = frame[1], int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
    if function in (3, 4):
        words = b"".join((address + i & 0xFF).to_bytes(2, "big") for i in range(count))
        body = bytes((frame[0], function, len(words))) + words
    elif function in (1, 2):
        body = bytes((frame[0], function, (count + 7) // 8)) + bytes((count + 7) // 8)
    else:
        body = frame[:6]
    return body + crc(body)


def serve(link: Path, baudrate: int, dead: set[int]) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    link.symlink_to(os.ttyname(slave))
    character = _BITS / baudrate
    quiet_since, hasty = 0.0, 0
    writes: list[float] = []
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([master, sys.stdin], [], [])
        if sys.stdin in readable:
            break
        frame = os.read(master, 512)
        began = time.monotonic()
        hasty += began < quiet_since + 3.5 * character
        if frame[1] in (5, 6, 15, 16):
            writes.append(began)
        ends = began + len(frame) * character
        if frame[0] in dead:
            quiet_since = ends
            continue
        reply = answer(frame)
        starts = ends + 3.5 * character
        for first in range(0, len(reply), _LUMP):
            lump = reply[first : first + _LUMP]
            _until(starts + (first + len(lump)) * character)
            os.write(master, lump)
        quiet_since = starts + len(reply) * character
    print(json.dumps({"hasty": hasty, "writes": writes}), flush=True)


def _until(moment: float) -> None:
    left = moment - time.monotonic()
    if left > _SPIN:
        time.sleep(left - _SPIN)
    while time.monotonic() < moment:
        pass


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), {int(text) for text in sys.argv[3].split(",") if text})
