"""Wrong files: each mistake gives exactly one line, with its place and the way out."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from controller.config import check as check_directory
from controller.config import load
from controller.model.errors import ConfigError

from .example import RULES, SITE, VARIABLES, changed, check


class Mistake(NamedTuple):
    """Replacing `old` with `new` in the file that has it gives the error `says`."""

    name: str
    old: str
    new: str
    says: str


MISTAKES = (
    Mistake(
        "bad unit",
        "air.temperature < 5 °C for 2 min",
        "air.temperature > 40 % for 2 min",
        "rules.yaml:74:46: air.temperature (in °C) and 40 % cannot go together (write it in °C)",
    ),
    Mistake(
        "unknown actuator",
        "do: {heater: on}",
        "do: {heatr: on}",
        "rules.yaml:18:10: there is no actuator 'heatr' (did you mean heater?)",
    ),
    Mistake(
        "unknown point",
        "outside.wind_speed > 15 m/s",
        "outside.windspeed > 15 m/s",
        "rules.yaml:62:11: there is no point 'outside.windspeed' (did you mean outside.wind_speed?)",
    ),
    Mistake(
        "tab",
        "  latitude: 35.80",
        "\tlatitude: 35.80",
        "site.yaml:6:1: there is a tab in the indentation (indent with spaces)",
    ),
    Mistake(
        "tab behind spaces",
        "    when: outside.rain is wet",
        "  \twhen: outside.rain is wet",
        "rules.yaml:66:3: there is a tab in the indentation (indent with spaces)",
    ),
    Mistake(
        "duplicate key",
        "  fan:     {kind",
        "  heater:  {kind",
        "site.yaml:97:3: 'heater' stands here twice (the first is on line 91: remove one)",
    ),
    Mistake(
        "unknown bus",
        "    bus: rs485\n    address: 2\n",
        "    bus: rs458\n    address: 2\n",
        "site.yaml:30:10: there is no bus 'rs458' (did you mean rs485?)",
    ),
    Mistake(
        "missing bus",
        "    bus: rs485\n    address: 2\n",
        "    address: 2\n",
        "site.yaml:29:3: 'bus' is missing in climate_box_2 (write bus: rs485)",
    ),
    Mistake(
        "unknown driver",
        "driver: modbus",
        "driver: modbuss",
        "site.yaml:13:13: there is no driver 'modbuss' (did you mean modbus?)",
    ),
    Mistake(
        "wrong type",
        "latitude: 35.80",
        "latitude: 35.80 N",
        "site.yaml:6:13: latitude must be a number, not '35.80 N' (write 35.80)",
    ),
    Mistake(
        "number out of range",
        "latitude: 35.80",
        "latitude: 95",
        "site.yaml:6:13: latitude cannot be 95 (it must be at most 90)",
    ),
    Mistake(
        "circular setpoints",
        "{night: 16 °C,",
        "{night: ventilation_temperature,",
        "rules.yaml:10:3: setpoint heating_temperature depends on itself: "
        "heating_temperature -> ventilation_temperature -> heating_temperature (break the circle)",
    ),
    Mistake(
        "missing environment variable",
        "password: ${MQTT_PASSWORD}",
        "password: ${MQTT_PASS}",
        "site.yaml:20:15: the environment variable MQTT_PASS is not set "
        "(set MQTT_PASS, or give the service a credential of this name)",
    ),
    Mistake(
        "unknown key",
        "  timezone: Asia/Seoul",
        "  timzone: Asia/Seoul",
        "site.yaml:8:3: there is no 'timzone' here (did you mean timezone?)",
    ),
    Mistake(
        "unknown key of a driver",
        "baudrate: 9600",
        "baudrat: 9600",
        "site.yaml:15:14: there is no option 'baudrat' here (did you mean baudrate?)",
    ),
    Mistake(
        "unknown key in a flow mapping",
        "max_on: 2 min, min_off: 1 min",
        "max_one: 2 min, min_off: 1 min",
        "site.yaml:98:49: there is no 'max_one' here (did you mean max_on?)",
    ),
    Mistake(
        "too little indentation",
        "    when: outside.radiation > 700",
        "   when: outside.radiation > 700",
        "rules.yaml:33:4: the indentation fits nothing above (begin it exactly below the entry it belongs to)",
    ),
    Mistake(
        "too much indentation",
        "    when: outside.radiation > 700",
        "      when: outside.radiation > 700",
        "rules.yaml:33:7: the indentation fits nothing above (begin it exactly below the entry it belongs to)",
    ),
    Mistake(
        "colon left away",
        "name: Storm",
        "name Storm",
        "rules.yaml:61:5: a colon is missing in this line (write name: value)",
    ),
    Mistake(
        "two colons",
        "name: Storm",
        "name: Storm: close",
        "rules.yaml:61:16: there is a second ': ' in this line (put the text in quotes)",
    ),
    Mistake(
        "unclosed quote",
        '"heater on and roof_vent > 30 %"',
        '"heater on and roof_vent > 30 %',
        "site.yaml:108:13: this quote is never closed (add the closing quote)",
    ),
    Mistake(
        "unclosed bracket",
        "do: {shade_screen: 70 %}",
        "do: {shade_screen: 70 %",
        "rules.yaml:35:9: this bracket is never closed on line 35 (add })",
    ),
    Mistake(
        "variable in a flow mapping",
        "token: ${INFLUX_TOKEN}",
        "token: {a: ${INFLUX_TOKEN}}",
        'site.yaml:115:16: inside { } a variable needs quotes (write "${NAME}")',
    ),
    Mistake(
        "per cent without a number",
        "safe: 0 %",
        "safe: %",
        "site.yaml:89:11: a text cannot begin with '%' (put the text in quotes)",
    ),
    Mistake(
        "list without dashes",
        "  - name: Storm\n    when",
        "  Storm:\n    when",
        "rules.yaml:65:3: names and list items are mixed here (begin every entry with '- ', or none)",
    ),
    Mistake(
        "wrong period",
        "period is morning",
        "period is mornin",
        "rules.yaml:28:66: period cannot be 'mornin' (did you mean morning?)",
    ),
    Mistake(
        "setpoint of a wrong period",
        "morning: 18 °C",
        "mornin: 18 °C",
        "rules.yaml:10:39: there is no period 'mornin' (did you mean morning?)",
    ),
    Mistake(
        "band of wrong unit", "band: 6 °C", "band: 6 %", "rules.yaml:24:11: this is in %, not in °C (write it in °C)"
    ),
    Mistake(
        "address twice",
        "address: 2\n",
        "address: 1\n",
        "site.yaml:31:14: climate_box_2 and climate_box both have address 1 (change one)",
    ),
    Mistake(
        "number without unit",
        "travel_time: 180 s",
        "travel_time: 180",
        "site.yaml:87:18: 180 has no unit (write 180 s)",
    ),
    Mistake(
        "band without unit",
        "band: 6 °C",
        "band: 6",
        "rules.yaml:24:11: this is in no unit, not in °C (write it in °C)",
    ),
    Mistake(
        "range upside down",
        "range: -30 .. 60 °C",
        "range: 60 .. -30 °C",
        "site.yaml:76:12: the lower bound must stand first (exchange the two)",
    ),
    Mistake(
        "number without unit for a driver",
        "poll: 5 s",
        "poll: 5",
        "site.yaml:27:11: poll needs a unit: 5 (write poll: 5 s)",
    ),
    Mistake(
        "output used twice",
        "output: fan.relay",
        "output: heater.relay",
        "site.yaml:97:35: heater.relay moves heater already (each needs its own output)",
    ),
    Mistake(
        "output that no device has",
        "output: fan.relay",
        "output: fam.relay",
        "site.yaml:97:35: no device has the output 'fam.relay' (did you mean fan.relay?)",
    ),
    Mistake(
        "motor as a switch",
        "output: fan.relay",
        "output: shade_screen.node",
        "site.yaml:97:35: shade_screen.node is a motor: it cannot move a switch (write kind: position)",
    ),
    Mistake(
        "measured point as an output",
        "output: fan.relay",
        "output: air.co2",
        "site.yaml:97:35: air.co2 is measured: it cannot be commanded "
        "(known: fan.relay, fogger.relay, heater.relay, irrigation_a.relay, roof_vent.node, shade_screen.node)",
    ),
    Mistake(
        "position that nobody delivers",
        "safe: 0 %\n",
        "safe: 0 %\n    measured: air.humidty\n",
        "site.yaml:90:15: no device delivers air.humidty (did you mean air.humidity?)",
    ),
    Mistake(
        "position in a wrong unit",
        "safe: 0 %\n",
        "safe: 0 %\n    measured: air.temperature\n",
        "site.yaml:90:15: air.temperature is a temperature, not a position "
        "(write air.temperature: {quantity: position} under sensors:, if it is one)",
    ),
    Mistake(
        "position that is an output",
        "safe: 0 %\n",
        "safe: 0 %\n    measured: shade_screen.node\n",
        "site.yaml:90:15: shade_screen.node is an output of node_12: it measures nothing (known: air.co2, "
        "air.humidity, air.humidity_2, air.temperature, air.temperature_2, outside.radiation, outside.rain, "
        "outside.temperature, outside.wind_speed, slab_a.drain, slab_a.ec, slab_a.water_content)",
    ),
    Mistake(
        "measured position of a switch",
        "safe: off}\n  fogger",
        "safe: off, measured: air.co2}\n  fogger",
        "site.yaml:97:88: there is no 'measured' here (known: max_on, max_per_day, stop)",
    ),
    Mistake(
        "sensor that nobody delivers",
        "outside.rain: {stale",
        "outside.rian: {stale",
        "site.yaml:80:3: no device delivers outside.rian (did you mean outside.rain?)",
    ),
    Mistake(
        "vote of a point that nobody delivers",
        "[air.temperature, air.temperature_2]",
        "[air.temperature, air.temperature_3]",
        "site.yaml:74:29: no device delivers air.temperature_3 (did you mean air.temperature_2?)",
    ),
    Mistake(
        "vote of different quantities",
        "[air.temperature, air.temperature_2]",
        "[air.temperature, air.humidity]",
        "site.yaml:74:29: air.humidity is in %, not in °C (a vote is among points of one quantity)",
    ),
    Mistake(
        "point delivered twice",
        "air.humidity_2: humidity}",
        "air.humidity: humidity}",
        "site.yaml:34:46: air.humidity comes from climate_box already, on line 28 "
        "(give it another name, like air.humidity_2)",
    ),
    Mistake(
        "unknown profile",
        "profile: xy-md02",
        "profile: xy-md03",
        "site.yaml:26:14: there is no profile 'xy-md03' (did you mean xy-md02?; or a file: NAME.yaml)",
    ),
    Mistake(
        "unknown source",
        "{air.temperature: temperature,",
        "{air.temperature: temperatur,",
        "site.yaml:28:31: xy-md02 offers no 'temperatur' (did you mean temperature?)",
    ),
    Mistake(
        "source of another quantity",
        "slab_a.ec: object.conduct_soil",
        "slab_a.ec: object.temp_soil",
        "site.yaml:69:18: object.temp_soil is in °C, but slab_a.ec is a ec "
        "(use mS/cm, dS/m, µS/cm, uS/cm, or name its quantity under sensors:)",
    ),
    Mistake(
        "source without a unit",
        "slab_a.ec: object.conduct_soil",
        "slab_a.ec: object.c1",
        "site.yaml:69:18: slab_a does not say in which unit it delivers slab_a.ec "
        "(write slab_a.ec: {unit: mS/cm} under sensors:, if it is mS/cm)",
    ),
    Mistake(
        "point without a quantity",
        "slab_a.ec: object",
        "slab_a.salt: object",
        "site.yaml:69:7: the name slab_a.salt does not say what it measures "
        "(write slab_a.salt: {quantity: temperature} or the like under sensors:)",
    ),
    Mistake(
        "unknown kind", "kind: valve", "kind: valv", "site.yaml:100:11: kind cannot be 'valv' (did you mean valve?)"
    ),
    Mistake(
        "no kind",
        "    kind: valve\n",
        "",
        "site.yaml:99:3: 'kind' is missing in irrigation_a (write kind: switch)",
    ),
    Mistake(
        "no safe position",
        "    flow: 24 L/min\n    safe: closed\n",
        "    flow: 24 L/min\n",
        "site.yaml:99:3: 'safe' is missing in irrigation_a (write safe: closed)",
    ),
    Mistake(
        "limit of another kind",
        "    deadband: 3 %\n",
        "    deadband: 3 %\n    max_on: 5 min\n",
        "site.yaml:89:5: there is no 'max_on' here (known: dead_time, measured, stop)",
    ),
    Mistake(
        "rate without a time",
        "max_rate: 5 °C/min",
        "max_rate: 5 °C",
        "site.yaml:77:15: '5 °C' is not a change over time (write it like 5 °C/min)",
    ),
    Mistake(
        "ramp of wrong unit",
        "ramp: 2 °C/h",
        "ramp: 2 %/h",
        "rules.yaml:10:73: '2 %/h' is no change of °C over time (write it like 5 °C/min)",
    ),
    Mistake(
        "one value of a ramped setpoint in a wrong unit",
        "{night: 16 °C, morning",
        "{night: 16 %, morning",
        "rules.yaml:10:32: this is in %, not in °C (write it in °C)",
    ),
    Mistake(
        "switch at a percentage",
        "fan: on}",
        "fan: 50 %}",
        "rules.yaml:30:41: fan is a switch: it has no part way (write on or off)",
    ),
    Mistake(
        "motor on",
        "do: {shade_screen: 70 %}",
        "do: {shade_screen: on}",
        "rules.yaml:35:24: shade_screen is a motor: it is not on or off (write open, closed or 70 %)",
    ),
    Mistake(
        "a boolean",
        "do: {heater: on}",
        "do: {heater: true}",
        "rules.yaml:18:18: true means nothing here (write on)",
    ),
    Mistake(
        "irrigation by a fan",
        "valve: irrigation_a",
        "valve: fan",
        "rules.yaml:47:12: fan is a switch, not a valve (known: irrigation_a)",
    ),
    Mistake(
        "P-band of a switch",
        "drive: roof_vent",
        "drive: fan",
        "rules.yaml:21:12: fan is a switch: it cannot be moved in proportion (write when: and do:)",
    ),
    Mistake(
        "interlock of points",
        '"heater on and',
        '"air.co2 > 900 ppm and',
        "site.yaml:108:14: there is no actuator 'air.co2' "
        "(known: fan, fogger, heater, irrigation_a, roof_vent, shade_screen)",
    ),
    Mistake(
        "interlock of one",
        '"heater on and roof_vent > 30 %"',
        '"roof_vent > 30 %"',
        "site.yaml:108:14: an interlock is between two actuators or more (to bound one actuator, use safety:)",
    ),
    Mistake(
        "interlock that keeps another",
        "keep: roof_vent",
        "keep: fan",
        "site.yaml:108:53: fan is no part of this interlock (known: heater, roof_vent)",
    ),
    Mistake(
        "unknown priority",
        "priority: critical",
        "priority: urgent",
        "rules.yaml:74:73: priority cannot be 'urgent' (known: critical, high, low, medium)",
    ),
    Mistake(
        "unknown priority of a list",
        '  high: ["${ALARM_URL}"]',
        '  urgent: ["${ALARM_URL}"]',
        "rules.yaml:79:3: there is no 'urgent' here (known: critical, high, low, medium)",
    ),
    Mistake(
        "name twice",
        "name: Rain\n",
        "name: Storm\n",
        "rules.yaml:65:11: 'Storm' is the name of the one on line 61 already (choose another name)",
    ),
    Mistake(
        "empty value",
        "when: outside.rain is wet",
        "when:",
        "rules.yaml:66:5: 'when' is empty (write when: outside.wind_speed > 15 m/s)",
    ),
    Mistake(
        "unknown time zone",
        "Asia/Seoul",
        "Asia/Soul",
        "site.yaml:8:13: there is no time zone 'Asia/Soul' (did you mean Asia/Seoul?)",
    ),
    Mistake("unknown version", "onsil: 1   ", "onsil: 2   ", "site.yaml:2:8: onsil cannot be 2 (known: 1)"),
    Mistake(
        "anchor",
        "name: Gimje house 1",
        "name: &house Gimje house 1",
        "site.yaml:5:9: anchors and aliases (& and *) are not used here (write it out)",
    ),
    Mistake(
        "mistake in the second line of a condition",
        "when: period is night and outside.temperature < 8 °C",
        "when: period is night and\n      outside.temperature < 8 %",
        "rules.yaml:39:29: outside.temperature (in °C) and 8 % cannot go together (write it in °C)",
    ),
)


def texts(mistake: Mistake) -> tuple[str, str]:
    """site.yaml and rules.yaml with the mistake."""
    if mistake.says.startswith("site.yaml"):
        return changed(SITE, mistake.old, mistake.new), RULES
    return SITE, changed(RULES, mistake.old, mistake.new)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_gives_one_precise_line(mistake: Mistake) -> None:
    report = check(*texts(mistake))
    assert [str(error) for error in report.errors] == [mistake.says]
    assert report.configuration is None


def test_load_raises_the_first_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "site.yaml").write_text(changed(SITE, "keep: roof_vent", "keep: fan"), encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    with pytest.raises(ConfigError, match="fan is no part of this interlock") as caught:
        load(tmp_path)
    assert caught.value.place == (str(tmp_path / "site.yaml"), 108, 53)


def test_every_mistake_is_found_in_one_check() -> None:
    rules = RULES
    for name in ("wrong period", "band of wrong unit", "unknown point", "bad unit"):
        mistake = next(mistake for mistake in MISTAKES if mistake.name == name)
        rules = changed(rules, mistake.old, mistake.new)
    found = check(rules=rules).errors
    assert [error.place.line for error in found] == [24, 28, 62, 74]


def test_mistakes_of_both_files_come_in_their_order() -> None:
    site = changed(changed(SITE, "longitude: 126.88", "longitude: east"), "keep: roof_vent", "kep: roof_vent")
    rules = changed(RULES, "priority: critical", "priority: urgent")
    found = check(site, rules).errors
    assert [(error.place.file, error.place.line) for error in found] == [
        ("site.yaml", 7),
        ("site.yaml", 108),
        ("rules.yaml", 74),
    ]


def test_what_names_a_wrong_setpoint_is_not_called_wrong_as_well() -> None:
    rules = changed(RULES, "ventilation_temperature: heating_temperature + 4 °C", "ventilation_temperature: 4 °C + 3 %")
    assert [error.place.line for error in check(rules=rules).errors] == [11]


def test_a_missing_file_is_no_mistake_in_it(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"rules\.yaml"):
        check_directory(tmp_path)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_bytes(b"onsil: 1\nsite: {name: Ca\xe9}\n")
    (tmp_path / "rules.yaml").write_text("onsil: 1\n", encoding="utf-8")
    (error,) = check_directory(tmp_path).errors
    assert str(error) == f"{tmp_path / 'site.yaml'}:2:16: the file is not UTF-8 text (save it as UTF-8)"


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "- a\n", "onsil\n"])
def test_a_file_without_entries(text: str) -> None:
    (error,) = check(site=text).errors
    assert error.place == ("site.yaml", 1, 1)
    assert error.suggestion == "begin it with onsil: 1"
