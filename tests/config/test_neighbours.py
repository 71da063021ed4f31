"""`uplink: home_assistant:` and `sparkplug:`: what they mean, and what can be wrong with them."""

from __future__ import annotations

import pytest

from controller.config import Configuration
from controller.config.settings import BrokerSettings, HomeAssistantSettings, SparkplugSettings

from .example import SITE, check

BROKER = BrokerSettings("localhost", 1883, "onsil", "a#b")
PLACE = SITE.index("uplink:")
LINE = SITE[:PLACE].count("\n") + 1


def errors(uplink: str) -> list[str]:
    return [str(error) for error in check(SITE[:PLACE] + uplink).errors]


def loaded(uplink: str) -> Configuration:
    report = check(SITE[:PLACE] + uplink)
    assert report.configuration is not None, report.errors
    return report.configuration


def test_a_bus_by_its_name() -> None:
    uplink = loaded("uplink:\n  home_assistant: {broker: broker}\n  sparkplug: {broker: broker, group: farm}\n").uplink
    assert uplink.home_assistant == HomeAssistantSettings(BROKER)
    assert uplink.sparkplug == SparkplugSettings(BROKER, "farm", "Gimje house 1")
    assert "a#b" not in repr(uplink)


def test_an_address_and_everything_else_that_can_be_said() -> None:
    uplink = loaded(
        "uplink:\n"
        "  home_assistant: {broker: 'mqtts://ha.local', username: u, password: p, ca: /etc/ca.pem, prefix: ha/x,\n"
        "                   discovery: device, override: 2 h}\n"
        "  sparkplug: {broker: 'mqtt://scada:1884', group: farm, node: house 1, host: ignition, override: 10 min}\n"
    ).uplink
    broker = BrokerSettings("ha.local", 8883, "u", "p", True, "/etc/ca.pem")
    assert uplink.home_assistant == HomeAssistantSettings(broker, "ha/x", "device", 7200.0)
    assert uplink.sparkplug == SparkplugSettings(
        BrokerSettings("scada", 1884), "farm", "house 1", "ignition", override=600.0
    )


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("home_assistant: {}", "'broker' is missing in home_assistant (write broker: broker)"),
        ("home_assistant: {broker: brokr}", "the bus 'brokr' does not exist (did you mean broker?)"),
        ("home_assistant: {broker: rs485}", "the bus 'rs485' is no broker (known: broker)"),
        ("home_assistant: {broker: 'http://x'}", "'http://x' is no address of a broker (write mqtt://server:1883"),
        ("home_assistant: {broker: 'mqtt://'}", "'mqtt://' is no address of a broker"),
        ("home_assistant: {broker: 'mqtt://x:99999'}", "'mqtt://x:99999' is no address of a broker"),
        ("home_assistant: {broker: 'mqtt://u:p@x'}", "an address must not hold a password (use username:"),
        ("home_assistant: {broker: 'mqtt://x', password: p}", "a password needs a username (add username:)"),
        ("home_assistant: {broker: 'mqtt://x', ca: f}", "ca means nothing without TLS (write mqtts://...)"),
        ("home_assistant: {broker: broker, username: u}", "the bus broker has its own (remove it here)"),
        ("home_assistant: {broker: broker, prefix: 'a/#'}", "'a/#' cannot begin a topic (write homeassistant)"),
        ("home_assistant: {broker: broker, discovery: all}", "discovery cannot be 'all' (known: device, entities)"),
        ("home_assistant: {broker: broker, override: 2 d}", "an override of 48 h is too long (at most 24 h)"),
        ("home_assistant: {broker: broker, overide: 5 min}", "there is no 'overide' here (did you mean override?)"),
        ("sparkplug: {broker: broker}", "'group' is missing in sparkplug (write group: farm)"),
        ("sparkplug: {broker: broker, group: a/b}", "'a/b' cannot stand in a topic (leave out +, # and /)"),
        ("sparkplug: {broker: broker, group: a, node: b+}", "'b+' cannot stand in a topic (leave out +, # and /)"),
    ],
)
def test_a_mistake_gives_one_line_with_place_and_way_out(entry: str, says: str) -> None:
    found = errors(f"uplink:\n  {entry}\n")
    assert len(found) == 1, found
    place, _, text = found[0].partition(": ")
    assert place.startswith(f"site.yaml:{LINE + 1}:")
    assert text.startswith(says)
