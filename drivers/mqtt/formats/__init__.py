"""How devices speak, one pure module each: payloads to values and states, commands to messages."""

from __future__ import annotations

from .esphome import EspHome
from .lorawan import ChirpStack, TheThingsStack
from .plain import Plain
from .shape import Kind
from .shelly import Shelly
from .tasmota import Tasmota
from .zigbee2mqtt import Zigbee2Mqtt

FORMATS: dict[str, Kind] = {
    "tasmota": Tasmota,
    "shelly": Shelly,
    "zigbee2mqtt": Zigbee2Mqtt,
    "esphome": EspHome,
    "chirpstack": ChirpStack,
    "the-things-stack": TheThingsStack,
    "json": Plain,
}
"""By the name that site.yaml gives as `profile`."""
