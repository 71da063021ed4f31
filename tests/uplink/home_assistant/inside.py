"""Runs inside Home Assistant's environment: Home Assistant with nothing but its MQTT integration, at a given broker.

    python inside.py CONFIG_DIRECTORY PORT

It reads lines of JSON, and answers each with a line: {"do": "states"}, {"do": "call", "domain", "service", "data"},
{"do": "complaints"}, {"do": "stop"}. Complaints are everything that it logs as a warning or worse.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
from pathlib import Path
from typing import Any

from homeassistant import bootstrap, config_entries, core, loader
from homeassistant.helpers import area_registry, device_registry
from homeassistant.setup import async_setup_component


class Complaints(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")


async def started(directory: str, port: int) -> core.HomeAssistant:
    hass = core.HomeAssistant(directory)
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    from homeassistant import auth

    hass.auth = await auth.auth_manager_from_config(hass, [{"type": "homeassistant"}], [])
    with socket.create_server(("127.0.0.1", 0)) as free:
        http = {"http": {"server_host": ["127.0.0.1"], "server_port": free.getsockname()[1]}}
    entry = config_entries.ConfigEntry(
        version=1, minor_version=1, domain="mqtt", title="", source="user",
        data={"broker": "127.0.0.1", "port": port, "discovery": True},
    )  # fmt: skip
    assert await async_setup_component(hass, "http", http)
    await hass.config_entries.async_add(entry)
    await hass.async_start()
    assert entry.state is config_entries.ConfigEntryState.LOADED, entry.state
    return hass


async def main() -> None:
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    try:
        Path(sys.argv[1], "configuration.yaml").touch()  # noqa: ASYNC240  # an empty configuration
        hass = await started(sys.argv[1], int(sys.argv[2]))
    except BaseException:
        print(*complaints.lines, sep="\n", file=sys.stderr)
        raise
    loop = asyncio.get_running_loop()
    print(json.dumps({"started": True}), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        question: dict[str, Any] = json.loads(line)
        answer: Any = None
        match question["do"]:
            case "states":
                answer = {
                    state.entity_id: {"state": state.state, "attributes": dict(state.attributes)}
                    for state in hass.states.async_all()
                    if not state.entity_id.startswith("zone.")  # there without us
                }
            case "call":
                await hass.services.async_call(question["domain"], question["service"], question["data"], blocking=True)
            case "devices":
                areas = area_registry.async_get(hass).areas
                answer = {
                    device.name: areas[device.area_id].name if device.area_id else None
                    for device in device_registry.async_get(hass).devices.values()
                }
            case "complaints":
                answer = complaints.lines
            case "stop":
                break
        print(json.dumps(answer, default=str), flush=True)
    await hass.async_stop(force=True)


asyncio.run(main())
