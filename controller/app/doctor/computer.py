"""The computer: its clock, its supply, its service manager, and the controller on it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from controller.app.control import NotRunning, Refused, ask

from .finding import Finding, doubtful, right, unknown, wrong

UNIT = "onsil.service"
THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_UNDER_VOLTAGE, _TOO_HOT = 1 << 0 | 1 << 16, 1 << 3 | 1 << 19  # now, and at some time since the start
_OFTEN = 5  # restarts


def clock() -> Iterator[Finding]:
    """Whether the time is that of the network, and outlasts a power cut."""
    said = _properties("timedatectl", "show", "--property=NTPSynchronized")
    if said is None:
        yield unknown("clock", "there is no timedatectl to ask")
    elif said.get("NTPSynchronized") == "yes":
        yield right("clock", "it is set by the network's time")
    else:
        advice = "timedatectl set-ntp true, and let the router through to a time server (UDP port 123)"
        yield wrong("clock", "it is not set by the network's time", advice)
    if not any(Path("/dev").glob("rtc*")):
        advice = (
            "periods and irrigation windows wait for the network's time after a power cut; a DS3231 module ends that"
        )
        yield doubtful("clock", "there is no battery-backed clock", advice)


def supply(throttled: Path = THROTTLED) -> Iterator[Finding]:
    """What a Raspberry Pi says about its voltage and temperature; nothing on other computers."""
    try:
        bits = int(throttled.read_text(), 16)
    except (OSError, ValueError):
        return
    if bits & _UNDER_VOLTAGE:
        advice = "use the official power supply and a short cable: under-voltage ruins cards and USB adapters"
        yield wrong("supply", "the voltage is, or was, too low", advice)
    if bits & _TOO_HOT:
        yield doubtful("supply", "the processor is, or was, too hot", "give it air and shade")
    if not bits & (_UNDER_VOLTAGE | _TOO_HOT):
        yield right("supply", "voltage and temperature have been good since the start")


def service() -> Iterator[Finding]:
    """How the service manager sees the controller; nothing where it is no service."""
    wanted = "LoadState,UnitFileState,ActiveState,NRestarts,ConditionResult"
    said = _properties("systemctl", "show", UNIT, f"--property={wanted}")
    if said is None or said.get("LoadState") != "loaded":
        return
    if said["UnitFileState"] not in ("enabled", "enabled-runtime"):
        yield wrong(
            "service", f"it is {said['UnitFileState']}, and will not start with the computer", "systemctl enable onsil"
        )
    if said["ActiveState"] != "active":
        advice = "systemctl start onsil; journalctl -u onsil says why it ended"
        yield wrong("service", f"it is {said['ActiveState']}", advice)
    elif int(said["NRestarts"] or 0) >= _OFTEN:
        advice = "journalctl -u onsil says why"
        yield doubtful("service", f"it was restarted {said['NRestarts']} times", advice)
    else:
        yield right("service", "it runs")
    if _properties("systemctl", "show", "--property=RuntimeWatchdogUSec") == {"RuntimeWatchdogUSec": "0"}:
        advice = "let the hardware watchdog restart a computer that hangs: RuntimeWatchdogSec=15 in system.conf"
        if Path("/dev/watchdog").exists():
            yield doubtful("watchdog", "the computer has one, and it is not used", advice)


def controller(state: Path) -> Iterator[Finding]:
    """What a running controller says about its buses, uplinks and alarms."""
    try:
        said = ask(state, {"do": "status"})
    except NotRunning as error:
        yield wrong("controller", str(error), "systemctl start onsil")
        return
    except Refused as error:
        yield wrong("controller", str(error), "journalctl -u onsil")
        return
    yield right("controller", "it runs and answers")
    for part in (*said["buses"], *said["uplinks"]):
        if not part["online"]:
            yield wrong(
                part["name"], f"the controller finds it offline: {part['note']}", "see above, and journalctl -u onsil"
            )
            continue
        for device in part.get("devices", ()):
            if not device["online"]:
                advice = "check its supply, its address and its two wires"
                yield wrong(device["name"], f"it does not answer {device['note']}".rstrip(), advice)
    if said["alarms"]:
        yield doubtful("alarms", f"{len(said['alarms'])} are raised", "onsil status")


def _properties(*command: str) -> dict[str, str] | None:
    """What a command prints as NAME=VALUE; None where it cannot be run or refuses."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
