"""Serial ports: a flushed terminal is not a closed one, and which of a port's names lasts."""

from __future__ import annotations

import os
import termios
import tty
from pathlib import Path

from drivers.terminal import hung_up, lasting_name


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


def test_a_port_is_known_by_the_name_that_lasts(tmp_path: Path) -> None:
    port, other = tmp_path / "ttyUSB0", tmp_path / "ttyUSB1"
    port.touch()
    other.touch()
    named = tmp_path / "serial" / "by-id" / "usb-FTDI_A1-if00-port0"
    named.parent.mkdir(parents=True)
    named.symlink_to(port)
    assert lasting_name(str(port), tmp_path) == str(named)
    assert lasting_name(str(named), tmp_path) == str(named)
    assert lasting_name(str(other), tmp_path) == str(other)
    ours = tmp_path / "onsil-rs485-A1"
    ours.symlink_to(port)
    assert lasting_name(str(port), tmp_path) == str(ours)
    assert lasting_name(str(named), tmp_path) == str(named)
    assert lasting_name(str(tmp_path / "nothing"), tmp_path) == str(tmp_path / "nothing")
