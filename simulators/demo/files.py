"""The example site with what differs in a demonstration: where its buses are, and where data are delivered."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from controller.config import load
from controller.model.errors import ConfigError

EXAMPLE = Path(str(files("simulators.demo") / "house1"))

# the example takes these from the environment; nothing in a demonstration is secret
_DEFAULTS = {"MQTT_PASSWORD": "demo", "INFLUX_TOKEN": "demo", "ALARM_URL": ""}

# A virtual line has no speed: the highest there is keeps the controller from waiting for bytes that are there already.
# Virtual devices answer at once and need no rest. All this counts where time is compressed: the driver waits in real
# seconds, because hardware does not hurry, and a real second at speed 600 is ten minutes.
_LINE = {"baudrate": 115200}
_DEVICE = {"timeout": "50 ms", "settle": "0 s"}


def timezone() -> ZoneInfo:
    """The time zone of the example site."""
    return ZoneInfo(_load()["site"]["timezone"])


def write_site(
    folder: Path,
    addresses: Mapping[str, str],
    influx: Mapping[str, object] | None,
    *,
    twin: bool = False,
    example: Path = EXAMPLE,
) -> None:
    """Write the example's site.yaml and rules.yaml into `folder`; `twin` has the greenhouse's twin live beside it.

    `addresses` has the port or URL of each bus; `influx` is what stands under uplink: influxdb:, None delivers nowhere.
    """
    site = _load(example)
    buses = site["buses"]
    for name, address in addresses.items():
        if buses[name]["driver"] == "modbus":
            buses[name].update(port=address, **_LINE)
        else:
            buses[name]["url"] = address
    for device in site["devices"].values():
        if buses[device["bus"]]["driver"] == "modbus":
            device.update(_DEVICE)
    if influx is None:
        site.pop("uplink", None)
    else:
        site["uplink"]["influxdb"] = dict(influx)
    if twin:
        site["twin"] = {"structure": "venlo"}
    with (folder / "site.yaml").open("w", encoding="utf-8") as out:
        YAML().dump(site, out)
    (folder / "rules.yaml").write_bytes((example / "rules.yaml").read_bytes())


def check(broker: str | None, influx: Mapping[str, object] | None) -> None:
    """Raises ConfigError, of no place, where the example cannot have this broker or this delivery."""
    if broker is None and influx is None:
        return
    buses = _load()["buses"]
    brokers = {name for name, bus in buses.items() if bus["driver"] == "mqtt" and broker is not None}
    with tempfile.TemporaryDirectory(prefix="onsil-demo-") as name:
        write_site(Path(name), dict.fromkeys(brokers, broker or ""), influx)
        try:
            load(Path(name))
        except ConfigError as error:  # the example is right: what is wrong came with the options
            raise ConfigError(error.message, suggestion=error.suggestion) from None


def environment() -> None:
    """Set what the example takes from the environment, where it is not set already."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)


def _load(example: Path = EXAMPLE) -> Any:
    return YAML().load((example / "site.yaml").read_text(encoding="utf-8"))
