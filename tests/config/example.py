"""The example house as texts, and ways to get it wrong."""

from __future__ import annotations

from importlib.resources import files

from controller.config import Report, check_texts

HOUSE = files("simulators.demo") / "house1"
SITE = (HOUSE / "site.yaml").read_text(encoding="utf-8")
RULES = (HOUSE / "rules.yaml").read_text(encoding="utf-8")
VARIABLES = {"MQTT_PASSWORD": "a#b", "INFLUX_TOKEN": "secret", "ALARM_URL": "ntfy://farm"}


def check(site: str = SITE, rules: str = RULES) -> Report:
    """The two texts checked, with the variables that the example needs."""
    return check_texts(site, rules, lookup=VARIABLES.get)


def changed(text: str, old: str, new: str) -> str:
    """The text with the first `old` replaced, which must be there."""
    assert old in text, old
    return text.replace(old, new, 1)
