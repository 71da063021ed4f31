"""KS X 3267 byte for byte: addresses, codes and word order are those of the standard's Annex A."""

from __future__ import annotations

import math

import pytest

from controller.model.ports import DeviceSettings
from simulators.devices.ks_node import KsNode

from .house import NODE, Field, device


def node(settings: DeviceSettings, field: Field) -> KsNode:
    return KsNode(settings, field.read, field.write, field.travel, serial=0x00020001)


def ask(made: KsNode, pdu: str, now: float = 0.0) -> str:
    return made.answer(bytes.fromhex(pdu), now).hex(" ")


def sensors(field: Field) -> KsNode:
    points = {"a.temperature": "air_temperature/1", "b.temperature": "air_temperature/4", "c.co2": "co2/1"}
    return node(device("sensors", points, address=1, profile="ks-x-3267"), field)


def actuators(field: Field) -> KsNode:
    points = {"fan.node": "switch/1", "pump.node": "switch/3", "vent.node": "retractable/1"}
    return node(device("actuators", points, address=2, profile="ks-x-3267"), field)


SENSED = {"a__temperature": 28.8, "b__temperature": 10.0, "c__co2": 400.0}


def test_a_sensor_node_says_what_it_is() -> None:
    made = sensors(Field(**SENSED))
    assert ask(made, "03 0001 0008") == "03 10 00 00 00 00 00 01 00 00 00 0a 00 1e 00 01 00 02"
    codes = ask(made, "03 0065 001e").split()[2:]
    fitted = {i // 2 + 1: int(codes[i] + codes[i + 1], 16) for i in range(0, 60, 2)}
    assert {slot: code for slot, code in fitted.items() if code} == {1: 1, 2: 1, 3: 1, 13: 11, 20: 1}


def test_sensors_stand_where_annex_a_has_them() -> None:
    made = sensors(Field(**SENSED))
    assert ask(made, "03 00cb 0003") == "03 06 66 66 41 e6 00 00"  # 28.8 °C at 203, low word first
    assert ask(made, "03 00ef 0003") == "03 06 00 00 43 c8 00 00"  # CO2 at 239
    assert ask(made, "03 0104 0003") == "03 06 00 00 41 20 00 00"  # the fourth thermometer at 260
    assert ask(made, "03 00ca 005b")[:5] == "03 b6"  # the whole area in one read


def test_a_broken_sensor_shows_in_its_status() -> None:
    made = sensors(Field(**(SENSED | {"a__temperature": math.nan})))
    assert ask(made, "03 00cd 0001") == "03 02 00 01"


def test_actuators_stand_where_annex_a_has_them() -> None:
    field = Field()
    made = actuators(field)
    assert ask(made, "03 0001 0006") == "03 0c 00 00 00 00 00 02 00 00 00 0a 00 18"
    ask(made, "10 01ff 0004 08 00ca 0007 0078 0000", now=10.0)  # switch 3 at 511: TIMED_ON 120 s, opid 7
    assert field.values["pump.node"] == 1.0
    assert ask(made, "03 00d3 0004", now=10.0) == "03 08 00 07 00 c9 00 78 00 00"  # at 211: opid first, ON
    assert ask(made, "03 00d3 0004", now=70.5) == "03 08 00 07 00 c9 00 3c 00 00"
    assert ask(made, "03 00d3 0004", now=130.0) == "03 08 00 07 00 00 00 00 00 00"
    assert field.values["pump.node"] == 0.0
    ask(made, "10 0237 0002 04 012d 0001")  # retractable 1 at 567
    assert ask(made, "03 010b 0002") == "03 04 00 01 01 2d"  # and at 267


def test_an_integrated_node_has_its_blocks_in_a_row() -> None:
    made = node(NODE, Field(outside__temperature=-1.5, outside__rain=1.0))
    assert ask(made, "03 0001 0006") == "03 0c 00 00 00 00 00 03 00 00 00 0a 00 04"
    assert ask(made, "03 0065 0004") == "03 08 00 01 00 04 00 70 00 70"
    words = "00 00 bf c0 00 00 00 00 3f 80 00 00" + " 00" * 16
    assert ask(made, "03 00cb 000e") == f"03 1c {words}"
    assert ask(made, "03 00cb 000f") == "83 02"


def test_a_motor_takes_its_time_both_ways() -> None:
    field = Field(outside__temperature=1.0, outside__rain=0.0)
    made = node(NODE, field)
    ask(made, "10 01f7 0004 08 012f 0001 002d 0000", now=0.0)  # TIMED_OPEN 45 s of 180 s
    made.advance(18.0)
    assert field.values["roof_vent.node"] == pytest.approx(10)
    made.advance(60.0)
    assert field.values["roof_vent.node"] == pytest.approx(25)
    assert ask(made, "03 00d1 0004", now=60.0) == "03 08 00 01 00 00 00 00 00 00"
    ask(made, "10 01f7 0002 04 012e 0002", now=100.0)  # CLOSE, which takes 120 s for the whole way
    made.advance(112.0)
    assert field.values["roof_vent.node"] == pytest.approx(15)
    made.advance(1000.0)
    assert field.values["roof_vent.node"] == 0.0
    assert ask(made, "03 00d1 0002", now=1000.0) == "03 04 00 02 01 2e"
    ask(made, "10 01f7 0002 04 0000 0003", now=1000.0)
    assert ask(made, "03 00d1 0002", now=1000.0) == "03 04 00 03 00 00"


def test_an_operation_is_carried_out_once_for_each_opid() -> None:
    made = actuators(field := Field())
    ask(made, "10 01f7 0002 04 00c9 0005")
    ask(made, "10 01f7 0002 04 0000 0005")
    assert field.values["fan.node"] == 1.0
    ask(made, "10 01f7 0002 04 0000 0006")
    assert field.values["fan.node"] == 0.0
    assert field.written.count(("fan.node", 1.0)) == 1


def test_one_held_by_hand_echoes_and_does_nothing() -> None:
    made = actuators(field := Field())
    ask(made, "10 0237 0002 04 012d 0001", now=0.0)
    made.actuators["vent.node"].take(36.0)
    assert ask(made, "03 010b 0002", now=36.0) == "03 04 00 01 01 8f"
    ask(made, "10 0237 0002 04 012e 0002", now=40.0)
    assert ask(made, "03 010b 0002", now=99.0) == "03 04 00 02 01 8f"
    assert field.values["vent.node"] == pytest.approx(20)
    made.actuators["vent.node"].give_back()
    assert ask(made, "03 010b 0002", now=99.0) == "03 04 00 02 00 00"


def test_after_a_reset_it_rests_and_knows_no_opid() -> None:
    made = actuators(field := Field())
    ask(made, "10 01f7 0002 04 00c9 0005")
    ask(made, "10 01f5 0002 04 0001 0001")
    assert field.values["fan.node"] == 0.0
    assert ask(made, "03 00c9 0004") == "03 08 00 01 00 00 00 00 00 00"
    ask(made, "10 01f7 0002 04 00c9 0005")
    assert field.values["fan.node"] == 1.0


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        ("04 0001 0008", "84 01"),
        ("06 01f7 00c9", "86 01"),
        ("10 0001 0001 02 0000", "90 02"),  # what it is cannot be written
        ("10 00cb 0002 04 00c9 0001", "90 02"),
        ("10 01f7 0002 04 012d 0001", "90 03"),  # a switch cannot open
        ("03 0009 0001", "83 02"),
        ("03 01f7 0004", "03 08 00 00 00 00 00 00 00 00"),
    ],
)
def test_what_a_node_answers_to_odd_requests(pdu: str, answer: str) -> None:
    assert ask(actuators(Field()), pdu) == answer


def test_a_sensor_node_takes_no_commands() -> None:
    assert ask(sensors(Field(**SENSED)), "10 01f7 0002 04 00c9 0001") == "90 02"


def test_more_than_the_default_map_has_makes_an_integrated_node() -> None:
    made = node(device("x", {"l.temperature": "leaf_temperature/1"}), Field(l__temperature=1.0))
    assert (made.map.type, made.map.channels) == (3, 1)
