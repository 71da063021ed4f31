"""The neighbours as site.yaml names them: begun, left alone while nothing of theirs changes, made anew, and ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.app.uplinks import Uplinks
from controller.config import Configuration, load_texts
from controller.store import Store
from tests.app.wait import until
from tests.config.example import RULES, SITE
from tests.support.mosquitto import mosquitto
from tests.uplink.house import House


def configuration(port: int, uplink: str, rules: str = RULES) -> Configuration:
    site = SITE[: SITE.index("uplink:")].replace("mqtt://localhost:1883", f"mqtt://127.0.0.1:{port}")
    return load_texts(site + uplink, rules)


async def test_both_run_as_long_as_they_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_PASSWORD", "ALARM_URL", "INFLUX_TOKEN"):
        monkeypatch.setenv(name, "x")
    with mosquitto() as broker, Store.open(tmp_path) as store:
        both = "uplink:\n  home_assistant: {broker: broker}\n  sparkplug: {broker: broker, group: farm}\n"
        told = configuration(broker.port, both)
        house = House(told.plan)
        uplinks = Uplinks(store, house.engine, house.clock)

        def online() -> set[str]:
            return {str(each["name"]) for each in uplinks.status() if each["online"]}

        await uplinks.apply(told)
        await until(lambda: online() >= {"home assistant", "sparkplug"})
        await uplinks.apply(configuration(broker.port, both))
        assert online() >= {"home assistant", "sparkplug"}  # the same go on
        changed = RULES.replace("name: Frost, ", "name: Hard frost, ")
        await uplinks.apply(configuration(broker.port, both, changed))
        assert not online() & {"home assistant", "sparkplug"}  # there is something new to announce
        await until(lambda: online() >= {"home assistant", "sparkplug"})
        await uplinks.apply(configuration(broker.port, "uplink:\n"))
        assert not {str(each["name"]) for each in uplinks.status()} & {"home assistant", "sparkplug"}
        await uplinks.stop()
