"""What serial ports have in common, whatever is spoken on them."""

from __future__ import annotations

import select

_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


def hung_up(fd: int) -> bool:
    """Whether the other end of a terminal is gone.

    That a read brought nothing does not say so: what had woken the reader may have been flushed before it came to it.
    """
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return any(event & _GONE for _, event in poll.poll(0))
