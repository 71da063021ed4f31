"""Answers byte for byte, as data sheets have them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from controller.model.ports import DeviceSettings, PointSettings
from drivers.modbus import profile
from simulators.devices.modbus import build
from simulators.devices.modbus_numbers import registers
from simulators.devices.modbus_profile import ProfileSlave

from .house import CLIMATE, CO2, RELAYS, Field, device


def slave(settings: DeviceSettings, field: Field) -> ProfileSlave:
    made = build([settings], field.read, field.write, field.travel)[int(str(settings.options["address"]))]
    assert isinstance(made, ProfileSlave)
    return made


def ask(made: ProfileSlave, pdu: str, now: float = 0.0) -> str:
    return made.answer(bytes.fromhex(pdu), now).hex(" ")


def test_a_climate_probe_sends_tenths_with_a_sign() -> None:
    field = Field(air__temperature=-10.14, air__humidity=65.26)
    made = slave(CLIMATE, field)
    assert ask(made, "04 0001 0002") == "04 04 ff 9b 02 8d"
    field.values["air.temperature"] = 25.34
    assert ask(made, "04 0001 0001") == "04 02 00 fd"


def test_a_co2_probe_sends_ppm_in_its_fourth_register() -> None:
    made = slave(CO2, Field(air__co2=412.4))
    assert ask(made, "04 0003 0001") == "04 02 01 9c"
    assert ask(made, "04 0000 0001") == "04 02 00 00"


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        ("03 0001 0001", "83 02"),  # among its holding registers there is none of this number
        ("05 0000 ff00", "85 01"),
        ("2b 0e01 00", "ab 01"),
        ("04 0001 0003", "84 02"),  # beyond its registers
        ("04 0001 0000", "84 03"),
        ("04 0001 007e", "84 03"),  # more than a frame holds
        ("04 0001", "84 03"),
    ],
)
def test_what_a_probe_cannot_do_it_refuses(pdu: str, answer: str) -> None:
    made = slave(CLIMATE, Field(air__temperature=1.0, air__humidity=2.0))
    assert ask(made, pdu) == answer


def test_registers_that_must_not_be_read_are_refused() -> None:
    probe = device("slab", {"slab.ec": "ec"}, address=4, profile="jxct-soil-7in1")
    assert ask(slave(probe, Field(slab__ec=1000.0)), "03 0013 0003") == "83 02"


def test_a_probe_that_cannot_measure_says_that_it_fails() -> None:
    made = slave(CLIMATE, Field(air__temperature=math.nan, air__humidity=60.0))
    assert ask(made, "04 0001 0001") == "84 04"
    assert ask(slave(CO2, Field(air__co2=math.nan)), "04 0003 0001") == "04 02 00 00"  # as it does while it warms up


def test_a_value_beyond_its_register_stays_at_the_end() -> None:
    assert ask(slave(CO2, Field(air__co2=99_999.0)), "04 0003 0001") == "04 02 7f ff"


def test_the_unit_of_the_device_is_not_that_of_the_point() -> None:
    points = (PointSettings("slab.ec", "ec", factor=0.001),)
    probe = DeviceSettings("probe", {"address": 4, "profile": "jxct-soil-7in1"}, points)
    assert ask(slave(probe, Field(slab__ec=2.35)), "03 0015 0001") == "03 02 09 2e"


def test_a_float_has_the_order_of_its_profile() -> None:
    points = {"air.co2": "co2"}
    made = slave(device("co2", points, address=240, profile="vaisala-gmp252"), Field(air__co2=465.66))
    assert ask(made, "03 0000 0002") == "03 04 d4 7b 43 e8"
    assert registers(28.8, "f32", "CDAB") == (0x6666, 0x41E6)
    assert registers(-2, "i32", "DCBA") == (0xFEFF, 0xFFFF)
    assert registers(0x0102, "u16", "BADC") == (0x0201,)


def test_a_relay_follows_and_shows_it() -> None:
    field = Field()
    made = slave(RELAYS, field)
    assert field.values == {"heater.relay": 0.0, "fan.relay": 0.0}
    assert ask(made, "05 0000 ff00") == "05 00 00 ff 00"
    assert ask(made, "01 0000 0008") == "01 01 01"
    assert field.values["heater.relay"] == 1.0
    assert ask(made, "05 0000 5500") == "05 00 00 55 00"
    assert field.values["heater.relay"] == 0.0
    assert ask(made, "0f 0000 0008 01 82") == "0f 00 00 00 08"
    assert ask(made, "01 0000 0008") == "01 01 82"
    assert field.values["fan.relay"] == 1.0
    assert ask(made, "05 00ff 0000") == "05 00 ff 00 00"
    assert ask(made, "01 0000 0008") == "01 01 00"


def test_flash_on_ends_by_itself() -> None:
    field = Field()
    made = slave(RELAYS, field)
    assert ask(made, "05 0200 012c", now=100.0) == "05 02 00 01 2c"
    made.advance(129.9)
    assert field.values["heater.relay"] == 1.0
    made.advance(130.0)
    assert field.values["heater.relay"] == 0.0
    assert ask(made, "01 0000 0001", now=130.0) == "01 01 00"


def test_a_lease_is_renewed_and_an_order_without_one_lasts() -> None:
    made = slave(RELAYS, Field())
    ask(made, "05 0200 0064", now=0.0)
    ask(made, "05 0200 0064", now=5.0)
    assert ask(made, "01 0000 0001", now=14.9) == "01 01 01"
    ask(made, "05 0000 ff00", now=14.9)
    assert ask(made, "01 0000 0001", now=9999.0) == "01 01 01"


def test_relays_fall_off_with_the_power() -> None:
    field = Field()
    made = slave(RELAYS, field)
    ask(made, "05 0001 ff00")
    made.power_cycle(1.0)
    assert field.values["fan.relay"] == 0.0
    assert [relay.on for relay in made.relays] == [False] * 8


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        ("05 0008 ff00", "85 02"),
        ("05 0000 1234", "85 03"),
        ("05 0200 0000", "85 03"),
        ("01 0000 0009", "81 02"),
        ("0f 0000 0008 02 8200", "8f 03"),
        ("06 0000 0001", "86 02"),
        ("03 4000 0001", "03 02 00 14"),  # its own address: by this it can be recognised
    ],
)
def test_what_a_relay_board_answers_to_odd_requests(pdu: str, answer: str) -> None:
    assert ask(slave(RELAYS, Field()), pdu) == answer


def test_a_relay_behind_a_register() -> None:
    text = 'title: x\nsource: x\noutputs: {pump: {write: register, address: 5, "on": 1, "off": 0}}\n'
    field = Field()
    made = ProfileSlave(device("pump", {"pump.relay": "pump"}), profile.parse(text, "x"), field.read, field.write)
    assert ask(made, "06 0005 0001") == "06 00 05 00 01"
    assert ask(made, "03 0005 0001") == "03 02 00 01"
    assert ask(made, "06 0005 0007") == "86 03"
    assert field.values["pump.relay"] == 1.0


@pytest.mark.parametrize("name", profile.names())
def test_every_profile_can_be_simulated(name: str) -> None:
    sources = profile.load(name).sources
    settings = device("x", {f"p.{i}": source for i, source in enumerate(sources)}, address=1, profile=name)
    field = Field()
    field.values = {point.name: 1.0 for point in settings.points}
    made = slave(replace(settings), field)
    for entry in sources.values():
        if isinstance(entry, profile.Register):
            pdu = bytes((entry.function,)) + entry.address.to_bytes(2, "big") + b"\x00\x01"
            assert made.answer(pdu, 0.0)[0] == entry.function
