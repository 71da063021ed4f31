"""Serial ports: whether they are there, who may open them, and who else has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .account import Account
from .finding import Finding, doubtful, right, wrong

PROC = Path("/proc")
NAMED = ("onsil-*", "serial/by-id/*")  # in /dev: the names that stay
_NUMBERED = re.compile(r"/dev/tty(USB|ACM)\d+")


def serial(about: str, port: Path, account: Account, proc: Path = PROC) -> Iterator[Finding]:
    """Everything that keeps a controller from a serial port."""
    try:
        device = port.resolve(strict=True)
    except OSError:
        there = ", ".join(_present(Path("/dev")))
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


def holders(device: Path, proc: Path = PROC) -> list[str]:
    """Which processes besides a controller have the device open. Those of others only root can see."""
    found = []
    for process in proc.glob("[0-9]*"):
        try:
            if any(str(link.readlink()) == str(device) for link in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if not _is_controller(words):
                    name = (process / "comm").read_text().strip()
                    found.append(f"{name} (process {process.name})")
        except OSError:
            continue
    return sorted(found)


def _is_controller(words: list[str]) -> bool:
    return "run" in words and any(word.endswith(("/onsil", "controller.cli")) for word in words)


def _present(folder: Path) -> list[str]:
    return sorted(str(path) for pattern in NAMED for path in folder.glob(pattern))
