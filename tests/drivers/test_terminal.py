"""A flushed terminal is not a closed one."""

from __future__ import annotations

import os
import termios
import tty

from drivers.terminal import hung_up


def test_a_read_that_brings_nothing_is_no_end() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    try:
        os.write(master, b"late")
        termios.tcflush(slave, termios.TCIFLUSH)
        assert not hung_up(slave)
    finally:
        os.close(master)
    assert hung_up(slave)
    os.close(slave)
