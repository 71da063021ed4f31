"""The names that udev gives to serial adapters, with umockdev's adapters and the real udevadm."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

RULES = Path(__file__).parents[2] / "deploy" / "system" / "60-onsil.rules"
TOOLS = ("udevadm", "umockdev-run", "unshare")

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, TOOLS)), reason="needs root, udev and umockdev"
)

SOCKET = "/devices/pci0000:00/0000:00:14.0/usb1/1-2"
PATH = "pci-0000:00:14.0-usb-0:2:1.0"


def adapter(name: str, serial: str, interface: str = "00", driver: str = "ftdi_sio") -> str:
    """An adapter in the second socket, as umockdev describes devices."""
    serial_line = f"\nA: serial={serial}" if serial else ""
    return f"""P: /devices/pci0000:00/0000:00:14.0
E: SUBSYSTEM=pci

P: /devices/pci0000:00/0000:00:14.0/usb1
E: DEVTYPE=usb_device
E: SUBSYSTEM=usb
A: idVendor=1d6b
A: idProduct=0002

P: {SOCKET}
E: DEVTYPE=usb_device
E: SUBSYSTEM=usb
E: DRIVER=usb
A: idVendor=0403
A: idProduct=6001{serial_line}
A: manufacturer=FTDI
A: product=UART
A: bcdDevice=0600

P: {SOCKET}/1-2:1.0
E: DEVTYPE=usb_interface
E: SUBSYSTEM=usb
E: DRIVER={driver}
A: bInterfaceNumber={interface}
A: bInterfaceClass=ff
A: bInterfaceSubClass=ff
A: bInterfaceProtocol=ff

P: {SOCKET}/1-2:1.0/{name}
E: SUBSYSTEM=usb-serial
L: driver=../../../../../../../bus/usb-serial/drivers/{driver}
A: latency_timer=16

P: {SOCKET}/1-2:1.0/{name}/tty/{name}
N: {name}
E: DEVNAME=/dev/{name}
E: SUBSYSTEM=tty
E: MAJOR=188
E: MINOR=0
"""


def examined(tmp_path: Path, devices: str, device: str) -> str:
    """What udev would do with a device. Our rules are there for this process alone."""
    (tmp_path / "devices").write_text(devices)
    script = (
        f"mount -t tmpfs tmpfs /run && mkdir -p /run/udev/rules.d && cp {RULES} /run/udev/rules.d/ && "
        f"umockdev-run -d {tmp_path}/devices -- udevadm test --action=add /sys{SOCKET}/{device}"
    )
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert f"Reading rules file: /run/udev/rules.d/{RULES.name}" in said, said
    # a complaint about a line begins with its place, what a line does to a device with the device
    assert not re.search(rf"^/run/udev/rules.d/{RULES.name}:", said, re.MULTILINE), said
    return said


def names(said: str) -> set[str]:
    links = next((line for line in said.splitlines() if line.startswith("DEVLINKS=")), "DEVLINKS=")
    return {link for link in links.removeprefix("DEVLINKS=").split() if "onsil" in link}


def test_an_adapter_with_a_serial_number_goes_by_it_and_by_its_socket(tmp_path: Path) -> None:
    said = examined(tmp_path, adapter("ttyUSB0", "A10KZP45"), "1-2:1.0/ttyUSB0/tty/ttyUSB0")
    assert names(said) == {"/dev/onsil-rs485-A10KZP45", f"/dev/onsil-rs485-at-{PATH}"}
    assert "ID_MM_PORT_IGNORE=1" in said


def test_an_adapter_without_a_serial_number_goes_by_its_socket(tmp_path: Path) -> None:
    said = examined(tmp_path, adapter("ttyUSB3", "", driver="ch341"), "1-2:1.0/ttyUSB3/tty/ttyUSB3")
    assert names(said) == {f"/dev/onsil-rs485-at-{PATH}"}


def test_the_second_port_of_an_adapter_has_a_name_of_its_own(tmp_path: Path) -> None:
    said = examined(tmp_path, adapter("ttyUSB1", "FT7ABC", interface="01"), "1-2:1.0/ttyUSB1/tty/ttyUSB1")
    assert "/dev/onsil-rs485-FT7ABC-if01" in names(said)
    assert "/dev/onsil-rs485-FT7ABC" not in names(said)


def test_what_is_no_adapter_is_left_alone(tmp_path: Path) -> None:
    said = examined(tmp_path, adapter("ttyS7", "A10KZP45"), "1-2:1.0/ttyS7/tty/ttyS7")
    assert names(said) == set()


def test_an_ftdi_chip_answers_at_once(tmp_path: Path) -> None:
    said = examined(tmp_path, adapter("ttyUSB0", "A10KZP45"), "1-2:1.0/ttyUSB0")
    assert "latency_timer\" writing '1'" in said or "latency_timer' writing '1'" in said, said
