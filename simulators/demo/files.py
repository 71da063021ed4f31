"""The example site with what differs on this machine: the serial port, the broker, and where data is delivered."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

EXAMPLE = files("simulators.demo") / "house1"

# the example takes these from the environment; nothing in a demonstration is secret
_DEFAULTS = {"MQTT_PASSWORD": "demo", "INFLUX_TOKEN": "demo", "ALARM_URL": ""}


def write_site(folder: Path, port: str, broker: str, influx: dict[str, str] | None) -> None:
    """Write site.yaml and rules.yaml into `folder`. `influx` has url, org, bucket; None delivers nowhere."""
    yaml = YAML()
    site: Any = yaml.load((EXAMPLE / "site.yaml").read_text(encoding="utf-8"))
    site["buses"]["rs485"]["port"] = port
    site["buses"]["broker"]["url"] = broker
    if influx is None:
        del site["uplink"]
    else:
        site["uplink"]["influxdb"].update(influx)
    with (folder / "site.yaml").open("w", encoding="utf-8") as out:
        yaml.dump(site, out)
    (folder / "rules.yaml").write_text((EXAMPLE / "rules.yaml").read_text(encoding="utf-8"), encoding="utf-8")


def environment(influx_token: str) -> None:
    """Set what the example reads from the environment, where it is not set already."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    if influx_token:
        os.environ["INFLUX_TOKEN"] = influx_token
