"""Virtual devices behind a broker, each a client of its own.

They are written from the firmware's side and share no code with drivers/mqtt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from controller.model.ports import DeviceSettings
from controller.model.time import Clock

from .mqtt_chirpstack import VirtualProbe
from .mqtt_device import VirtualDevice
from .mqtt_esphome import VirtualEspHome
from .mqtt_link import Broker
from .mqtt_lorawan_valve import SERVERS, VirtualLorawanValve
from .mqtt_shelly import VirtualShelly
from .mqtt_tasmota import VirtualTasmota
from .mqtt_zigbee2mqtt import VirtualZigbee2Mqtt

_KINDS: dict[str, type[VirtualDevice]] = {
    "tasmota": VirtualTasmota,
    "shelly": VirtualShelly,
    "zigbee2mqtt": VirtualZigbee2Mqtt,
    "esphome": VirtualEspHome,
    "chirpstack": VirtualProbe,
}


def build(
    broker: Broker,
    devices: Sequence[DeviceSettings],
    clock: Clock,
    read: Callable[[str], float],
    write: Callable[[str, float], None],
) -> list[VirtualDevice]:
    """One virtual device for each of these. Raises ValueError for a profile that has none."""
    return [_kind(settings)(settings, broker, clock, read, write) for settings in devices]


async def serve(
    broker_url: str,
    devices: Sequence[DeviceSettings],
    clock: Clock,
    read: Callable[[str], float],
    write: Callable[[str, float], None],
    username: str | None = None,
    password: str | None = None,
) -> None:
    """Run the virtual devices until cancelled.

    `read` gives the true value of a point, `write` takes 1.0 or 0.0 for the point of a relay, % of opening
    for that of a motor. Raises ValueError for a
    profile that has no virtual device.
    """
    async with asyncio.TaskGroup() as tasks:
        for virtual in build(Broker(broker_url, username, password), devices, clock, read, write):
            tasks.create_task(virtual.run())


def _kind(settings: DeviceSettings) -> type[VirtualDevice]:
    profile = settings.options.get("profile")
    if profile in SERVERS and "outputs" in settings.options:
        return VirtualLorawanValve
    kind = _KINDS.get(str(profile))
    if kind is None:
        raise ValueError(f"there is no virtual device for the MQTT profile {profile!r}")
    return kind
