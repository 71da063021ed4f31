"""Virtual devices on a serial line, made from a site's own settings: whatever its profiles describe can be there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.model.ports import DeviceSettings
from drivers.modbus import profile

from .ks_actuator import Travel
from .ks_node import KsNode
from .modbus_profile import ProfileSlave

VirtualSlave = KsNode | ProfileSlave

_KOREAN_NODE = "ks-x-3267"


def build(
    devices: Sequence[DeviceSettings],
    read: Callable[[str], float],
    write: Callable[[str, float], None],
    travel: Callable[[str], Travel],
) -> dict[int, VirtualSlave]:
    """One virtual device for each of these, by address, all in the state they have after power-up.

    `read` gives the true value of a point; `write` takes 1.0 or 0.0 for the point of a relay, % of opening for that of
    a motor; `travel` tells how long the motor at a point takes. Raises ConfigError and ValueError for what is unknown.
    """
    slaves: dict[int, VirtualSlave] = {}
    for settings in devices:
        address = int(str(settings.options["address"]), 0)
        name = str(settings.options["profile"])
        if name == _KOREAN_NODE:
            slaves[address] = KsNode(settings, read, write, travel, serial=address)
        else:
            slaves[address] = ProfileSlave(settings, profile.load(name), read, write)
    return slaves
