"""The example house: both files load unchanged, and every line of them stands in the configuration."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from controller.config import Configuration, ConfiguredBus, Influx2Settings, Texts, UplinkSettings, load, load_texts
from controller.core.core import Core
from controller.core.plan import (
    ActuatorPlan,
    AlarmPlan,
    Atom,
    DrivePlan,
    IrrigationPlan,
    RulePlan,
    SensorPlan,
    SitePlan,
    VotePlan,
)
from controller.model.errors import Place
from controller.model.ports import PointSettings
from controller.rules.parser import Demand
from controller.rules.tree import DayTime, Window

from .example import RULES, SITE, VARIABLES, check

H = 3600.0


@pytest.fixture(scope="module")
def house() -> Configuration:
    report = check()
    assert report.errors == ()
    assert report.warnings == ()
    assert report.configuration is not None
    return report.configuration


def test_it_loads_from_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, house: Configuration) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    loaded = load(tmp_path)
    assert loaded.texts == Texts(SITE, RULES)
    assert loaded.uplink == house.uplink
    assert [rule.name for rule in loaded.plan.rules] == [rule.name for rule in house.plan.rules]
    assert loaded.plan.actuators[0].place == Place(str(tmp_path / "site.yaml"), 84, 3)
    assert load_texts(SITE, RULES).plan == house.plan


def test_the_core_takes_the_plan(house: Configuration) -> None:
    assert [view.name for view in Core(house.plan).actuators()] == [
        "roof_vent",
        "shade_screen",
        "heater",
        "fan",
        "fogger",
        "irrigation_a",
    ]


def test_site(house: Configuration) -> None:
    assert house.plan.site == SitePlan("Gimje house 1", 35.80, 126.88, "Asia/Seoul", "ko")


def bus(house: Configuration, name: str) -> ConfiguredBus:
    return next(bus for bus in house.buses if bus.settings.name == name)


def test_buses(house: Configuration) -> None:
    driver, line = bus(house, "rs485")
    assert driver == "modbus"
    assert line.options == {
        "port": "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART-if00-port0",
        "baudrate": 9600,
    }
    assert line.place == Place("site.yaml", 12, 3)
    assert line.places["baudrate"] == Place("site.yaml", 15, 15)
    driver, broker = bus(house, "broker")
    assert driver == "mqtt"
    assert broker.options == {"url": "mqtt://localhost:1883", "username": "onsil", "password": "a#b"}


def test_devices_keep_their_options(house: Configuration) -> None:
    devices = {device.name: device for device in bus(house, "rs485").settings.devices}
    assert {name: dict(device.options) for name, device in devices.items()} == {
        "climate_box": {"address": 1, "profile": "xy-md02", "poll": "5 s"},
        "climate_box_2": {"address": 2, "profile": "xy-md02", "poll": "5 s"},
        "co2_probe": {"address": 3, "profile": "senseair-s8", "poll": "10 s"},
        "node_12": {"address": 12, "profile": "ks-x-3267", "poll": "5 s"},
        "relays": {"address": 20, "profile": "waveshare-relay-8"},
    }
    others = {device.name: dict(device.options) for device in bus(house, "broker").settings.devices}
    assert others == {
        "valve_a": {"profile": "tasmota", "topic": "valve_a"},
        "slab_a": {"profile": "chirpstack", "topic": "application/7/device/a84041000181b3c2/event/up"},
    }


def points(house: Configuration) -> dict[str, PointSettings]:
    return {point.name: point for bus in house.buses for device in bus.settings.devices for point in device.points}


def test_points_name_their_source(house: Configuration) -> None:
    assert {name: point.source for name, point in points(house).items()} == {
        "air.temperature": "temperature",
        "air.humidity": "humidity",
        "air.temperature_2": "temperature",
        "air.humidity_2": "humidity",
        "air.co2": "co2",
        "outside.temperature": "outside_temperature/1",
        "outside.wind_speed": "wind_speed/1",
        "outside.rain": "rain_detector/1",
        "outside.radiation": "solar_radiation/1",
        "roof_vent.node": "retractable/1",
        "shade_screen.node": "retractable/2",
        "heater.relay": "channel/1",
        "fan.relay": "channel/2",
        "fogger.relay": "channel/3",
        "irrigation_a.relay": "power/1",
        "slab_a.water_content": "object.water_soil",
        "slab_a.ec": "object.conduct_soil",
        "slab_a.drain": "object.drain_ml",
    }
    assert points(house)["slab_a.drain"].place == Place("site.yaml", 70, 21)


def test_units_of_devices_become_those_of_the_quantities(house: Configuration) -> None:
    factors = {name: point.factor for name, point in points(house).items() if point.factor != 1.0}
    assert factors == {
        "slab_a.ec": pytest.approx(0.001),  # µS/cm to mS/cm
        "slab_a.drain": pytest.approx(0.001),  # mL to L
    }
    assert all(point.shift == 0.0 for point in points(house).values())


def test_drivers_know_when_a_retained_value_is_too_old(house: Configuration) -> None:
    assert points(house)["outside.rain"].stale_after == 120.0
    assert points(house)["slab_a.water_content"].stale_after == 45 * 60.0


def sensors(house: Configuration) -> dict[str, SensorPlan]:
    return {sensor.point: sensor for sensor in house.plan.sensors}


def test_sensors(house: Configuration) -> None:
    found = sensors(house)
    assert {name: sensor.quantity.name for name, sensor in found.items()} == {
        "air.temperature": "temperature",
        "air.humidity": "humidity",
        "air.temperature_2": "temperature",
        "air.humidity_2": "humidity",
        "air.co2": "co2",
        "outside.temperature": "temperature",
        "outside.wind_speed": "wind_speed",
        "outside.rain": "rain",
        "outside.radiation": "radiation",
        "slab_a.water_content": "water_content",
        "slab_a.ec": "ec",
        "slab_a.drain": "drain",
    }
    air = found["air.temperature"]
    assert (air.low, air.high) == (-30.0, 60.0)
    assert air.max_rate == pytest.approx(5 / 60)
    assert (air.stale_after, air.stuck_after) == (60.0, 6 * H)
    assert found["outside.rain"].stale_after == 120.0
    slab = found["slab_a.water_content"]
    assert (slab.gain, slab.offset, slab.stale_after) == (1.04, -0.8, 45 * 60.0)


def test_what_site_yaml_leaves_away_follows_from_the_quantity(house: Configuration) -> None:
    second = sensors(house)["air.temperature_2"]
    assert (second.low, second.high, second.stale_after) == (
        second.quantity.low,
        second.quantity.high,
        second.quantity.stale_after,
    )


def test_votes(house: Configuration) -> None:
    assert house.plan.votes == (VotePlan("air.temperature", ("air.temperature", "air.temperature_2"), 2.0),)


def test_actuators(house: Configuration) -> None:
    expected = (
        ActuatorPlan(
            "roof_vent", "position", "roof_vent.node", 0.0, travel_open=180, travel_close=180, deadband=3, stop="keep"
        ),
        ActuatorPlan(
            "shade_screen",
            "position",
            "shade_screen.node",
            None,
            travel_open=240,
            travel_close=240,
            deadband=5,
            stop="keep",
        ),
        ActuatorPlan("heater", "switch", "heater.relay", 0.0, min_on=180, min_off=300),
        ActuatorPlan("fan", "switch", "fan.relay", 0.0, min_on=60, min_off=60),
        ActuatorPlan("fogger", "switch", "fogger.relay", 0.0, max_on=120, min_off=60),
        ActuatorPlan("irrigation_a", "valve", "irrigation_a.relay", 0.0, flow=0.4, max_on=900, max_per_day=5400),
    )
    lines = (84, 90, 91, 97, 98, 99)
    assert house.plan.actuators == tuple(
        replace(actuator, place=Place("site.yaml", line, 3)) for actuator, line in zip(expected, lines, strict=True)
    )


def test_interlocks(house: Configuration) -> None:
    (interlock,) = house.plan.interlocks
    assert interlock.keep == "roof_vent"
    assert interlock.text == ("heater on and roof_vent > 30 %", Place("site.yaml", 108, 14))
    heater, vent = interlock.atoms
    assert heater == Atom("heater", 50.0, 100.0)
    assert vent == Atom("roof_vent", math.nextafter(30, 31), 100.0)
    assert not vent.holds(30.0)


def test_uplink(house: Configuration) -> None:
    assert house.uplink == UplinkSettings(Influx2Settings("http://localhost:8086", "farm", "greenhouse", "secret"))
    assert "secret" not in repr(house.uplink)


def test_periods(house: Configuration) -> None:
    assert {period.name: period.window for period in house.plan.periods} == {
        "night": Window(DayTime("sunset", 0.0), DayTime("sunrise", -H)),
        "morning": Window(DayTime("sunrise", -H), DayTime("sunrise", 2 * H)),
        "day": Window(DayTime("sunrise", 2 * H), DayTime("sunset", 0.0)),
    }


def test_setpoints(house: Configuration) -> None:
    heating, ventilation, bonus = house.plan.setpoints
    assert [(period, value.text.text) for period, value in heating.by_period] == [
        ("night", "16 °C"),
        ("morning", "18 °C"),
        ("day", "19 °C"),
    ]
    assert heating.ramp == pytest.approx(2 / H)
    assert ventilation.value is not None
    assert ventilation.value.text == ("heating_temperature + 4 °C", Place("rules.yaml", 11, 28))
    assert bonus.value is not None
    assert bonus.value.text.text == "2 °C * clamp(outside.radiation / 800 W/m², 0, 1)"


def shown(rule: RulePlan) -> tuple[str, str, str | None, dict[str, Demand]]:
    return rule.name, rule.when.text.text, rule.until.text.text if rule.until else None, dict(rule.do)


def test_rules(house: Configuration) -> None:
    assert [shown(rule) for rule in house.plan.rules if isinstance(rule, RulePlan)] == [
        (
            "Heat up to the setpoint",
            "air.temperature < heating_temperature - 0.5 °C",
            "air.temperature > heating_temperature + 0.5 °C",
            {"heater": Demand("exactly", 100.0)},
        ),
        (
            "Dry the air at dawn",
            "air.humidity_deficit < 2 g/m³ for 10 min and period is morning",
            "air.humidity_deficit > 3 g/m³",
            {"roof_vent": Demand("at least", 10.0), "fan": Demand("exactly", 100.0)},
        ),
        (
            "Shade at strong sun",
            "outside.radiation > 700 W/m² for 5 min",
            "outside.radiation < 550 W/m² for 15 min",
            {"shade_screen": Demand("exactly", 70.0)},
        ),
        (
            "Close the screen on cold nights",
            "period is night and outside.temperature < 8 °C",
            None,
            {"shade_screen": Demand("exactly", 100.0)},
        ),
        (
            "Fog when the air is too dry",
            "air.vpd > 1.6 kPa for 3 min and roof_vent < 50 %",
            None,
            {"fogger": Demand("pulse", 100.0, 30.0, 300.0)},
        ),
    ]


def test_p_band(house: Configuration) -> None:
    (drive,) = [rule for rule in house.plan.rules if isinstance(rule, DrivePlan)]
    assert house.plan.rules.index(drive) == 1
    assert (drive.name, drive.actuator) == ("Ventilate in proportion", "roof_vent")
    assert drive.by.text.text == "air.temperature"
    assert drive.start.text.text == "ventilation_temperature + light_bonus"
    assert drive.band.text.text == "6 °C"
    assert [(when.text.text, band.text.text) for when, band in drive.band_when] == [
        ("outside.temperature < 5 °C", "12 °C")
    ]
    assert drive.band_when[0][0].text.place == Place("rules.yaml", 25, 17)


def test_irrigation(house: Configuration) -> None:
    by_light, rescue = house.plan.irrigation
    assert isinstance(by_light, IrrigationPlan)
    assert (by_light.name, by_light.valve, by_light.give, by_light.rest) == (
        "Slab A by light",
        "irrigation_a",
        120.0,
        0.0,
    )
    assert by_light.start.text.text == "radiation_sum since last start > 120 J/cm² or 3 h since last start"
    assert by_light.window == Window(DayTime("sunrise", 2 * H), DayTime("sunset", -2 * H))
    assert by_light.skip_when is not None
    assert by_light.skip_when.text.text == "slab_a.water_content > 75 %"
    assert by_light.stop_day_when is not None
    assert by_light.stop_day_when.text.text == "drain_fraction > 35 %"
    assert (rescue.name, rescue.valve, rescue.give, rescue.rest) == ("Slab A night rescue", "irrigation_a", 60.0, H)
    assert rescue.start.text.text == "slab_a.water_content < 45 % for 10 min"
    assert rescue.window == Window(DayTime("sunset", 0.0), DayTime("sunrise", 0.0))


def test_safety(house: Configuration) -> None:
    assert [shown(rule) for rule in house.plan.safety] == [
        (
            "Storm",
            "outside.wind_speed > 15 m/s",
            "outside.wind_speed < 11 m/s for 15 min",
            {"roof_vent": Demand("at most", 5.0)},
        ),
        ("Rain", "outside.rain is wet", "outside.rain is dry for 10 min", {"roof_vent": Demand("at most", 15.0)}),
        (
            "Blind",
            "air.temperature is bad for 2 min",
            None,
            {
                "roof_vent": Demand("exactly", 10.0),
                "heater": Demand("exactly", 0.0),
                "fogger": Demand("exactly", 0.0),
            },
        ),
    ]


def test_alarms_and_who_is_told(house: Configuration) -> None:
    def shown(alarm: AlarmPlan) -> tuple[str, str, str]:
        return alarm.name, alarm.when.text.text, alarm.priority

    assert [shown(alarm) for alarm in house.plan.alarms] == [
        ("Frost", "air.temperature < 5 °C for 2 min", "critical"),
        ("Too hot", "air.temperature > 38 °C for 5 min", "high"),
        ("Dry slab", "slab_a.water_content < 35 % for 30 min", "high"),
    ]
    assert house.notify == {"critical": ("ntfy://farm",), "high": ("ntfy://farm",)}
