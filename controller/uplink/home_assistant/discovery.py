"""What Home Assistant is told about each entity, in the words of its MQTT integration. Pure.

Both forms of discovery say the same: a retained message for each entity, or one for each device (from 2024.11 on).
The house is a device, and so is each of its compartments.
Facts: home-assistant.io, integrations mqtt, sensor.mqtt, binary_sensor.mqtt, cover.mqtt, switch.mqtt, valve.mqtt,
button.mqtt; device classes with their units from homeassistant/components/sensor/const.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from controller.model.units import Quantity
from controller.uplink.home_assistant.topics import POSITION, RELEASE, SET, Topics, ident
from controller.uplink.inventory import Inventory, OfferedActuator

Config = dict[str, Any]

# quantity: (device class, digits); a class that would have Home Assistant refuse or convert our unit is left away
_CLASSES: Mapping[str, tuple[str | None, int]] = {
    "temperature": ("temperature", 1),
    "dew_point": ("temperature", 1),
    "humidity": ("humidity", 0),
    "co2": ("carbon_dioxide", 0),
    "vpd": (None, 2),  # as a "pressure" it would be shown in hPa or psi
    "radiation": ("irradiance", 0),
    "radiation_sum": (None, 0),
    "ppfd": (None, 0),
    "wind_speed": ("wind_speed", 1),
    "wind_direction": (None, 0),
    "rainfall": ("precipitation", 1),
    "water_content": ("moisture", 1),
    "ec": (None, 2),
    "ph": ("ph", 2),
    "drain": ("water", 1),
    "volume": ("water", 1),
    "flow": ("volume_flow_rate", 1),
    "pressure": ("pressure", 1),
    "weight": ("weight", 1),
    "battery": ("battery", 0),
    "voltage": ("voltage", 2),
    "current": ("current", 2),
    "power": ("power", 0),
    "energy": ("energy", 1),
    "height": ("distance", 1),
}
_STATES: Mapping[str, str] = {"rain": "moisture"}
_WITHOUT_UNIT = ("ph",)
_WITHOUT_MEAN = ("wind_direction",)  # the mean of 359° and 1° is not 180°
_VALUE = "{{ value_json.value }}"
_KNOWN = "{{ 'online' if value_json.quality == 'good' else 'offline' }}"
_PHRASES = {
    "en": {"release": "{} by the rules", "alarms": "alarms", "period": "period"},
    "ko": {"release": "{} 규칙대로", "alarms": "경보", "period": "시간대"},
}


class Entity(NamedTuple):
    """One entity: its platform, its key, its configuration, and the compartment it belongs to ("": the house)."""

    platform: str
    key: str
    config: Config
    compartment: str = ""


def entities(house: Inventory, topics: Topics) -> list[Entity]:
    """Every entity, those of the house before those of its compartments: a device can only be part of one that is."""
    return sorted(_entities(house, topics), key=lambda each: each.compartment != "")


def devices(house: Inventory, topics: Topics, version: str) -> dict[str, Config]:
    """What entities belong to, and who says so, by compartment; "" is the house."""
    own = f"onsil_{topics.node}"
    made = {"": _device(own, house.site, "Greenhouse controller", version)}
    for name, title in house.compartments:
        # no id of a house has a dot
        made[name] = _device(f"{own}.{ident(name)}", f"{house.site} {title}", "Compartment", version)
        made[name]["device"] |= {"suggested_area": title, "via_device": own}
    return made


def _device(identifier: str, name: str, model: str, version: str) -> Config:
    return {
        "device": {
            "identifiers": [identifier],
            "name": name,
            "manufacturer": "Onsil",
            "model": model,
            "sw_version": version,
        },
        "origin": {"name": "Onsil", "sw_version": version},
    }


def messages(
    found: Sequence[Entity], shared: Mapping[str, Config], topics: Topics, prefix: str, form: str
) -> dict[str, bytes]:
    """The retained messages by their topics. `shared` has the device of each compartment."""
    if form == "device":
        parts: dict[str, Config] = {}
        for each in found:
            parts.setdefault(each.compartment, {})[each.key] = {"platform": each.platform, **each.config}
        return {
            device_topic(topics, prefix, compartment): orjson.dumps({**shared[compartment], "components": components})
            for compartment, components in parts.items()
        }
    return {
        f"{prefix}/{each.platform}/{topics.node}/{each.key}/config": orjson.dumps(
            {**each.config, **shared[each.compartment]}
        )
        for each in found
    }


def removing(announced: bytes, gone: Mapping[str, str]) -> bytes:
    """A device's message that also takes back components, given with their platforms."""
    told = orjson.loads(announced)
    told["components"] |= {key: {"platform": platform} for key, platform in gone.items()}
    return orjson.dumps(told)


def device_topic(topics: Topics, prefix: str, compartment: str = "") -> str:
    """Where the one message of a device stands."""
    part = f"/{ident(compartment)}" if compartment else ""
    return f"{prefix}/device/{topics.node}{part}/config"


def _entities(house: Inventory, topics: Topics) -> Iterator[Entity]:
    phrases = _PHRASES[house.language]
    for name, quantity in house.points:
        yield _point(name, quantity, house, topics)
    for name, unit in house.setpoints:
        # the rules own it: Home Assistant may look, and change it by changing the rules
        config = _sensor(topics, "setpoint", name, unit, None, 1) | {"icon": "mdi:target"}
        yield _entity("sensor", "setpoint", name, house, topics, config)
    for actuator in house.actuators:
        yield _actuator(actuator, house, topics)
        config = {
            "name": phrases["release"].format(actuator.name),
            "command_topic": topics.command(actuator.name, RELEASE),
            "icon": "mdi:hand-back-left-off",
            "availability": [{"topic": topics.status}],
        }
        yield _entity("button", "release", actuator.name, house, topics, config)
    for name in house.alarms:
        config = _binary(topics, "alarm", name, "problem")
        yield _entity("binary_sensor", "alarm", name, house, topics, config)
    config = {
        **_base(topics, "house", "alarms", phrases["alarms"]),
        "value_template": _VALUE,
        "state_class": "measurement",
        "icon": "mdi:alarm-light",
    }
    yield _entity("sensor", "house", "alarms", house, topics, config)
    if house.periods:
        config = {
            **_base(topics, "house", "period", phrases["period"]),
            "value_template": _VALUE,
            "device_class": "enum",
            "options": list(house.periods),
        }
        config["availability"].append({"topic": topics.state("house", "period"), "value_template": _KNOWN})
        yield _entity("sensor", "house", "period", house, topics, config)


def _entity(platform: str, kind: str, name: str, house: Inventory, topics: Topics, config: Config) -> Entity:
    key, (compartment, own) = f"{kind}_{ident(name)}", house.placed(name)
    if compartment:  # Home Assistant puts the name of the device before it
        config |= {"name": config["name"].replace(name, own)}
    return Entity(platform, key, {"unique_id": f"onsil_{topics.node}_{key}", **config}, compartment)


def _base(topics: Topics, kind: str, name: str, shown: str = "") -> Config:
    state = topics.state(kind, name)
    return {
        "name": shown or name,
        "state_topic": state,
        "json_attributes_topic": state,
        "availability": [{"topic": topics.status}],
        "availability_mode": "all",
    }


def _point(name: str, quantity: Quantity, house: Inventory, topics: Topics) -> Entity:
    if quantity.states is not None:
        config = _binary(topics, "point", name, _STATES.get(quantity.name))
        config["availability"].append({"topic": topics.state("point", name), "value_template": _KNOWN})
        return _entity("binary_sensor", "point", name, house, topics, config)
    kind, digits = _CLASSES.get(quantity.name, (None, 1))
    unit = "" if quantity.name in _WITHOUT_UNIT else quantity.unit.symbol
    config = _sensor(topics, "point", name, unit, kind, digits)
    if quantity.name not in _WITHOUT_MEAN:
        config["state_class"] = "total_increasing" if quantity.counter else "measurement"
    return _entity("sensor", "point", name, house, topics, config)


def _sensor(topics: Topics, kind: str, name: str, unit: str, device_class: str | None, digits: int) -> Config:
    config: Config = {
        **_base(topics, kind, name),
        "value_template": _VALUE,
        "suggested_display_precision": digits,
    }
    # not online where the value is stale or bad: an old value that looks like a new one is worse than none
    config["availability"].append({"topic": topics.state(kind, name), "value_template": _KNOWN})
    if unit:
        config["unit_of_measurement"] = unit
    if device_class is not None:
        config["device_class"] = device_class
    return config


def _binary(topics: Topics, kind: str, name: str, device_class: str | None) -> Config:
    config = {**_base(topics, kind, name), "value_template": _VALUE, "payload_on": "on", "payload_off": "off"}
    if device_class is not None:
        config["device_class"] = device_class
    return config


def _actuator(actuator: OfferedActuator, house: Inventory, topics: Topics) -> Entity:
    name = actuator.name
    config = {
        **_base(topics, "actuator", name),
        "command_topic": topics.command(name, SET),
        "value_template": _VALUE,
        "optimistic": False,
    }
    if actuator.kind == "switch":
        config |= {"payload_on": "ON", "payload_off": "OFF", "state_on": "on", "state_off": "off"}
        return _entity("switch", "actuator", name, house, topics, config)
    if actuator.kind == "valve":
        config |= {"payload_open": "OPEN", "payload_close": "CLOSE", "state_open": "open", "state_closed": "closed"}
        return _entity("valve", "actuator", name, house, topics, config | {"device_class": "water"})
    config |= {
        "position_topic": topics.state("actuator", name),
        "position_template": "{{ value_json.position if value_json.position is not none else '' }}",
        "set_position_topic": topics.command(name, POSITION),
        "payload_open": "OPEN",
        "payload_close": "CLOSE",
        "payload_stop": "STOP",
        "state_opening": "opening",
        "state_closing": "closing",
        "state_stopped": "stopped",
    }
    if "vent" in name or "window" in name:
        config["device_class"] = "window"
    return _entity("cover", "actuator", name, house, topics, config)
