"""Serial ports: whether they are there, who may open them, and who else has."""

from __future__ import annotations

import grp
import re
from collections.abc import Iterator
from pathlib import Path

from controller.app.serial_ports import PROC, holders, lasting

from .account import Account
from .finding import Finding, doubtful, right, wrong

_NUMBERED = re.compile(r"/dev/tty(USB|ACM)\d+")


def serial(about: str, port: Path, account: Account, proc: Path = PROC) -> Iterator[Finding]:
    """Everything that keeps a controller from a serial port."""
    try:
        device = port.resolve(strict=True)
    except OSError:
        there = ", ".join(map(str, lasting()))
        advice = f"there are: {there}" if there else "plug the adapter in; then look into /dev/serial/by-id"
        yield wrong(about, f"there is no {port}", advice)
        return
    if not device.is_char_device():
        yield wrong(about, f"{port} is no serial port", "write the port's name, such as /dev/serial/by-id/...")
        return
    if not account.reaches(device, 6):
        advice = f"sudo adduser {account.name} dialout, then log in again"
        yield wrong(about, f"{account.name} may not open {device}", advice)
        return
    others = holders(device, proc)
    if others:
        advice = "end it: a serial line has one master (a login console: raspi-config, Interface Options, Serial Port)"
        yield wrong(about, f"{device} is in use by {', '.join(others)}", advice)
        return
    if _NUMBERED.fullmatch(str(port)):
        advice = "its number can change at the next start: use a name in /dev/serial/by-id or /dev/onsil-rs485-*"
        yield doubtful(about, f"{port} can be opened", advice)
        return
    yield right(about, f"{port} can be opened")


def on_board(about: str, device: Path, account: Account) -> Finding:
    """Whether the controller may use a chip of the computer's own: its pins, or an I²C bus."""
    try:
        if account.reaches(device, 6):
            return right(about, f"{device} can be opened")
        group = grp.getgrgid(device.stat().st_gid).gr_name
    except OSError:
        return wrong(
            about, f"there is no {device}", "switch it on: raspi-config, Interface Options; gpiodetect lists pins"
        )
    return wrong(
        about, f"{account.name} may not open {device}", f"sudo adduser {account.name} {group}, then log in again"
    )
