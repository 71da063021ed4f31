"""What serial ports have in common, whatever is spoken on them."""

from __future__ import annotations

import select
from pathlib import Path

from controller.model.addresses import LASTING_PORTS

UNPLUGGED = "is its adapter plugged in?"

_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


def lasting_name(port: str, devices: Path = Path("/dev")) -> str:
    """A name of this port that is still its own after the next start; `port` itself where nobody gave it one."""
    try:
        device = Path(port).resolve(strict=True)
        names = [
            name for pattern in LASTING_PORTS for name in sorted(devices.glob(pattern)) if name.resolve() == device
        ]
    except OSError:
        return port
    return port if Path(port) in names or not names else str(names[0])


def hung_up(fd: int) -> bool:
    """Whether the other end of a terminal is gone.

    That a read brought nothing does not say so: what had woken the reader may have been flushed before it came to it.
    """
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return any(event & _GONE for _, event in poll.poll(0))
