"""The serial ports of this computer: which there are, and who has one open."""

from __future__ import annotations

import contextlib
from pathlib import Path

from controller.model.addresses import LASTING_PORTS

DEV, PROC = Path("/dev"), Path("/proc")
_NUMBERED = ("ttyUSB*", "ttyACM*", "ttySC*", "ttyAMA*", "serial[0-9]")


def lasting(dev: Path = DEV) -> list[Path]:
    """The names that stay when an adapter is plugged in elsewhere."""
    return sorted(path for pattern in LASTING_PORTS for path in dev.glob(pattern))


def present(dev: Path = DEV) -> list[Path]:
    """Every serial port once, under the name that stays where it has one."""
    numbered = sorted(path for pattern in _NUMBERED for path in dev.glob(pattern))
    found: dict[Path, Path] = {}
    for path in (*lasting(dev), *numbered):
        if path.is_char_device():
            found.setdefault(path.resolve(), path)
    return list(found.values())


def opened_here() -> set[Path]:
    """The devices that this process itself has open, by their real paths."""
    found = set()
    for link in (PROC / "self" / "fd").iterdir():
        with contextlib.suppress(OSError):  # closed since
            found.add(link.readlink())
    return found


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
