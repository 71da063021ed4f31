"""What the example house does not use: other forms of the same entries."""

from __future__ import annotations

import pytest

from controller.analysis import analyse
from controller.config import Configuration, Influx1Settings, Report
from controller.core.core import Core
from controller.core.plan import Atom, SensorPlan, SetpointPlan
from controller.model.ports import PointSettings

from .example import RULES, SITE, changed, check


def right(report: Report) -> Configuration:
    assert report.errors == ()
    assert report.configuration is not None
    return report.configuration


def site(old: str, new: str) -> Configuration:
    return right(check(site=changed(SITE, old, new)))


def sensor(configuration: Configuration, point: str) -> SensorPlan:
    return next(sensor for sensor in configuration.plan.sensors if sensor.point == point)


def settings(configuration: Configuration, point: str) -> PointSettings:
    devices = [device for bus in configuration.buses for device in bus.settings.devices]
    return next(found for device in devices for found in device.points if found.name == point)


MEASURED = changed(
    changed(
        SITE, "roof_vent.node: retractable/1", "roof_vent.node: retractable/1\n      roof_vent.position: position/1"
    ),
    "    output: roof_vent.node\n",
    "    output: roof_vent.node\n    measured: roof_vent.position\n",
)


def test_a_motor_with_a_sensor_of_its_position() -> None:
    configuration = right(check(site=MEASURED))
    assert configuration.plan.actuators[0].measured == "roof_vent.position"
    assert sensor(configuration, "roof_vent.position").max_rate == pytest.approx(2 * 100 / 180)
    assert configuration.plan.unmeasured() == right(check(site=MEASURED)).plan.unmeasured()
    assert configuration.plan.unmeasured().actuators[0].measured is None


def test_each_motor_needs_a_sensor_of_its_own() -> None:
    told = changed(MEASURED, "output: shade_screen.node,", "output: shade_screen.node, measured: roof_vent.position,")
    (error,) = check(site=told).errors
    assert str(error).endswith("roof_vent.position tells where roof_vent is already (each needs its own sensor)")


def test_influxdb_1() -> None:
    configuration = site(
        "    org: farm\n    bucket: greenhouse\n    token: ${INFLUX_TOKEN}\n",
        "    api: 1\n    database: farm\n    username: onsil\n    password: ${INFLUX_TOKEN}\n"
        "  keep: 30 days\n  max_size: 500 MB\n",
    )
    assert configuration.uplink.influxdb == Influx1Settings("http://localhost:8086", "farm", "onsil", "secret")
    assert configuration.uplink.keep == 30 * 86400.0
    assert configuration.uplink.max_size == 500_000_000
    assert "secret" not in repr(configuration.uplink)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("http://localhost:8086", "localhost:8086", "this is no web address (write it like http://localhost:8086)"),
        (
            "    org: farm\n",
            "    api: 1\n    org: farm\n",
            "'database' is missing in influxdb (write database: greenhouse)",
        ),
        ("token: ${INFLUX_TOKEN}", "token: x\n  max_size: 500", "'500' is not a size (write it like 500 MB)"),
        ("token: ${INFLUX_TOKEN}", "token: x\n  keep: 30", "30 has no unit (write 30 s)"),
        ("token: ${INFLUX_TOKEN}", 'token: ""', "a text is missing here (write it between the quotes)"),
    ],
)
def test_a_wrong_uplink(old: str, new: str, says: str) -> None:
    first = check(site=changed(SITE, old, new)).errors[0]
    assert str(first).endswith(says)


def test_no_uplink() -> None:
    assert site(SITE[SITE.index("uplink:") :], "").uplink.influxdb is None


def test_sections_without_entries_are_as_good_as_none() -> None:
    configuration = site(SITE[SITE.index("uplink:") :], "uplink:\n")
    assert configuration.uplink.influxdb is None


def test_a_site_alone() -> None:
    configuration = right(check(site=SITE[: SITE.index("buses:")], rules="onsil: 1\n"))
    assert configuration.plan.sensors == ()
    assert configuration.buses == ()


def test_a_motor_with_two_times() -> None:
    vent = site("travel_time: 180 s", "travel_time: {open: 3 min, close: 2.5 min}").plan.actuators[0]
    assert (vent.travel_open, vent.travel_close) == (180.0, 150.0)


def test_a_quantity_that_the_name_does_not_say() -> None:
    text = changed(SITE, "slab_a.drain: object.drain_ml", "slab_a.bucket: object.drain_ml")
    text = changed(text, "  outside.rain: {", "  slab_a.bucket: {quantity: drain, grace: 10 min}\n  outside.rain: {")
    configuration = right(check(site=text))
    assert sensor(configuration, "slab_a.bucket").quantity.name == "drain"
    assert sensor(configuration, "slab_a.bucket").grace == 600.0
    assert settings(configuration, "slab_a.bucket").factor == pytest.approx(0.001)


@pytest.mark.parametrize(("unit", "factor"), [("µS/cm", 0.001), ("uS/cm", 0.001), ("dS/m", 1.0)])
def test_a_unit_that_the_device_does_not_say(unit: str, factor: float) -> None:
    text = changed(SITE, "slab_a.ec: object.conduct_soil", "slab_a.ec: object.c1")
    text = changed(text, "  outside.rain: {", f"  slab_a.ec: {{unit: {unit}}}\n  outside.rain: {{")
    point = settings(right(check(site=text)), "slab_a.ec")
    assert point.factor == pytest.approx(factor)
    assert point.shift == 0.0


def test_a_temperature_in_kelvin() -> None:
    text = changed(SITE, "slab_a.ec: object.conduct_soil", "slab_a.temperature: object.t")
    text = changed(text, "  outside.rain: {", "  slab_a.temperature: {unit: K}\n  outside.rain: {")
    point = settings(right(check(site=text)), "slab_a.temperature")
    assert 300.0 * point.factor + point.shift == pytest.approx(26.85)


def test_a_voted_point_without_a_sensor_of_its_own() -> None:
    text = changed(SITE, "{air.temperature: temperature,", "{air.temperature_1: temperature,")
    text = changed(text, "vote: [air.temperature, ", "vote: [air.temperature_1, ")
    text = changed(text, "    range: -30 .. 60 °C\n", "")
    for line in ("    max_rate: 5 °C/min\n", "    stale_after: 60 s\n", "    stuck_after: 6 h\n"):
        text = changed(text, line, "")
    configuration = right(check(site=text))
    (vote,) = configuration.plan.votes
    assert vote.members == ("air.temperature_1", "air.temperature_2")
    assert "air.temperature" in [view.name for view in Core(configuration.plan).points()]
    assert analyse(configuration.plan, 2026) == []


def test_what_a_voted_point_without_a_sensor_cannot_have() -> None:
    text = changed(SITE, "{air.temperature: temperature,", "{air.temperature_1: temperature,")
    text = changed(text, "vote: [air.temperature, ", "vote: [air.temperature_1, ")
    (error,) = check(site=text).errors
    assert error.message == "air.temperature has no sensor of its own, so that it cannot have range"


@pytest.mark.parametrize(
    ("text", "atoms"),
    [
        ("heater on and roof_vent open", (Atom("heater", 50, 100), Atom("roof_vent", 0.5, 100))),
        ("roof_vent >= 30 % and heater is on", (Atom("roof_vent", 30, 100), Atom("heater", 50, 100))),
        ("30 % <= roof_vent and heater is on", (Atom("roof_vent", 30, 100), Atom("heater", 50, 100))),
        (
            "roof_vent >= 30 % and roof_vent <= 60 % and shade_screen <= 10 %",
            (Atom("roof_vent", 30, 60), Atom("shade_screen", 0, 10)),
        ),
    ],
)
def test_forms_of_interlocks(text: str, atoms: tuple[Atom, ...]) -> None:
    (interlock,) = site("heater on and roof_vent > 30 %", text).plan.interlocks
    assert interlock.atoms == atoms


def test_an_interlock_by_its_opposite() -> None:
    fogger, vent = (
        site("heater on and roof_vent > 30 %", "fogger is not off and roof_vent is not open").plan.interlocks[0].atoms
    )
    assert fogger.holds(100)
    assert not fogger.holds(0)
    assert vent.holds(0)
    assert not vent.holds(0.5)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("heater on or roof_vent > 30 %", "an interlock cannot be made of this"),
        ("heater on and roof_vent > 30 °C", "the position of roof_vent is in % (write 30 %)"),
        ("heater > 30 % and roof_vent > 30 %", "heater is on or off: it has no part way (write heater on)"),
        ("heater wet and roof_vent > 30 %", "heater cannot be 'wet'"),
        ("heater on and roof_vent > 30 % and roof_vent < 20 %", "roof_vent can never be so"),
        ("heater on and roof_vent > 100 %", "roof_vent is never > 100 %"),
    ],
)
def test_wrong_interlocks(text: str, says: str) -> None:
    (error,) = check(site=changed(SITE, "heater on and roof_vent > 30 %", text)).errors
    assert says in str(error)
    assert error.place.line == 108


def setpoint(text: str) -> SetpointPlan:
    rules = changed(RULES, "setpoints:\n", f"setpoints:\n  extra: {text}\n")
    return right(check(rules=rules)).plan.setpoints[0]


@pytest.mark.parametrize(
    ("text", "per_second"),
    [
        ("{night: 400 ppm, day: 900 ppm, ramp: 10 ppm/min}", 10 / 60),
        ("{night: 60 %, day: 80 %, ramp: 5 %/h}", 5 / 3600),
        ("{night: 0.5 kPa, day: 0.9 kPa, ramp: 0.1 kPa/h}", 0.1 / 3600),
        ("{night: 500 Pa, day: 900 Pa, ramp: 0.1 kPa/h}", 100 / 3600),
        ("{night: light_bonus, day: 3 °C, ramp: 2 K/h}", 2 / 3600),
    ],
)
def test_ramps_in_the_unit_of_their_setpoint(text: str, per_second: float) -> None:
    assert setpoint(text).ramp == pytest.approx(per_second)


def test_a_setpoint_that_is_a_plain_number() -> None:
    value = setpoint("0.5").value
    assert value is not None
    assert value.text.text == "0.5"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("air.co2", "air.co2 is the name of a point already"),
        ("heater", "heater is the name of an actuator already"),
        ("night-time", "'night-time' cannot be a name"),
        ("sunset", "'sunset' is a word of the language"),
    ],
)
def test_names_that_cannot_be(name: str, says: str) -> None:
    (error,) = check(rules=changed(RULES, "setpoints:\n", f"setpoints:\n  {name}: 3 °C\n")).errors
    assert error.message == says
    assert error.place == ("rules.yaml", 10, 3)


def test_leftovers_are_warnings() -> None:
    text = changed(SITE, "fogger.relay: channel/3}", "fogger.relay: channel/3, spare: channel/4}")
    text = changed(text, "  broker:\n", "  empty:\n    driver: modbus\n    port: /dev/ttyS9\n  broker:\n")
    report = check(site=text)
    assert report.configuration is not None
    assert [str(warning) for warning in report.warnings] == [
        "site.yaml:16:3: no device is on the bus empty (connect one, or remove the bus)",
        "site.yaml:60:86: no actuator uses the output spare (name it under actuators:)",
    ]
