"""Serial ports as a computer has them: by several names, and some that are none."""

from __future__ import annotations

import os
from pathlib import Path

from controller.app.serial_ports import lasting, opened_here, present


def test_each_port_is_there_once_by_the_name_that_stays(tmp_path: Path) -> None:
    (tmp_path / "serial" / "by-id").mkdir(parents=True)
    for name, device in {
        "ttyUSB0": "/dev/null",
        "serial/by-id/usb-A": "/dev/null",
        "onsil-rs485-A": "/dev/null",
        "ttyUSB1": "/dev/zero",
        "serial0": "/dev/full",
        "ttyAMA0": "/dev/full",
        "serial/by-id/usb-gone": "/dev/no-such-device",
    }.items():
        (tmp_path / name).symlink_to(device)
    (tmp_path / "ttyACM0").write_text("a file")
    (tmp_path / "tty0").symlink_to("/dev/urandom")
    names = [str(path.relative_to(tmp_path)) for path in present(tmp_path)]
    assert names == ["onsil-rs485-A", "serial0", "ttyUSB1"]
    assert [path.name for path in lasting(tmp_path)] == ["onsil-rs485-A", "usb-A", "usb-gone"]


def test_what_this_process_has_open() -> None:
    near, far = os.openpty()
    device = Path(os.ttyname(far))
    assert device in opened_here()
    os.close(far)
    assert device not in opened_here()
    os.close(near)
