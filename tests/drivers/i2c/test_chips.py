"""What chips say, byte by byte, against the examples in their datasheets; and no bytes that raise anything else."""

from __future__ import annotations

import contextlib
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model.errors import NOWHERE, ConfigError
from controller.model.ports import Source
from controller.model.units import UNITS
from drivers.i2c.chips import CHIPS, ads1115, bme280, sensirion
from drivers.i2c.chips.chip import Chip, Job, Read, Rest, Write
from drivers.options import Options
from drivers.polling import Trouble, Values
from simulators.devices.i2c_chips import VirtualAds1115, VirtualBme280, VirtualChip, VirtualScd4x, VirtualSht4x

TRIM_1 = struct.pack(
    "<HhhHhhhhhhhhBB", 27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000, 0, 75
)
TRIM_2 = bytes.fromhex("6a 01 00 13 28 03 1e")


def make(profile: str, **options: object) -> Chip:
    kind = CHIPS[profile]
    return kind(Options(options, {}, NOWHERE, f"profile {profile}", kind.OPTIONS))


def play(job: Job, chip: VirtualChip) -> Values:
    answer: bytes | None = None
    for _ in range(1000):
        try:
            step = next(job) if answer is None else job.send(answer)
        except StopIteration as done:
            return done.value
        answer = b""
        if isinstance(step, Write):
            answer = chip.transfer(step.data, step.size)
        elif isinstance(step, Read):
            answer = chip.transfer(b"", step.size)
        else:
            assert isinstance(step, Rest)
    pytest.fail("a conversation without end")


def test_the_checksum_of_sensirion() -> None:
    assert sensirion.crc(b"\xbe\xef") == 0x92
    assert sensirion.words(bytes.fromhex("01f4 33 6667 a2 5eb9 3c")) == [500, 0x6667, 0x5EB9]
    with pytest.raises(Trouble, match="checksum"):
        sensirion.words(bytes.fromhex("01f5 33"))
    with pytest.raises(Trouble):
        sensirion.words(b"\x01")


def test_the_example_of_the_scd4x() -> None:
    chip = VirtualScd4x(lambda: (500.0, 25.0, 37.0))
    ours = make("scd4x")
    play(ours.begin(), chip)
    assert not chip.calibrates_itself
    assert dict(play(ours.measure(("co2",)), chip)) == pytest.approx(
        {"co2": 500, "temperature": 25, "humidity": 37}, abs=0.01
    )
    chip.measures = False
    with pytest.raises(Trouble, match="does not measure"):
        play(ours.measure(("co2",)), chip)
    play(make("scd4x", self_calibration=True).begin(), chip)
    assert chip.calibrates_itself


@pytest.mark.parametrize(
    ("temperature", "humidity", "shown"), [(21.5, 64.0, 64.0), (-40, 0, 0), (125, 119, 100), (20, -6, 0)]
)
def test_an_sht4x(temperature: float, humidity: float, shown: float) -> None:
    values = dict(play(make("sht4x").measure(()), VirtualSht4x(lambda: (temperature, humidity))))
    assert values == pytest.approx({"temperature": temperature, "humidity": shown}, abs=0.01)


def test_the_example_of_bosch() -> None:
    """The trimming values and raw values of the example in the datasheet of the BMP280, which computes alike."""
    chip = VirtualBme280(TRIM_1, TRIM_2, (519888, 415148, 30000))
    ours = make("bme280")
    play(ours.begin(), chip)
    values = dict(play(ours.measure(()), chip))
    assert values["temperature"] == pytest.approx(25.08, abs=0.005)
    assert values["pressure"] == pytest.approx(1006.5327, abs=0.01)
    assert 0 <= values["humidity"] <= 100


def test_the_humidity_of_a_bme280() -> None:
    """Worked out by hand from 8.1 of the datasheet, with H1 = 75, H2 = 362, H4 = 312, H5 = 50, H6 = 30 and 25.08 °C."""
    by = bme280.trim(TRIM_1, TRIM_2)
    assert by.h == (75, 362, 0, 312, 50, 30)
    fine = 128422.3
    warm = fine - 76800
    raw = (30000 - (312 * 64 + 50 / 16384 * warm)) * (362 / 65536 * (1 + 30 / 67108864 * warm))
    data = bytes((0x80, 0, 0)) + (519888 << 4).to_bytes(3, "big") + (30000).to_bytes(2, "big")
    values = dict(bme280.compensate(by, data))
    assert values["humidity"] == pytest.approx(raw * (1 - 75 * raw / 524288), abs=0.01)
    assert math.isnan(values["pressure"])


def test_a_bme280_that_is_none() -> None:
    chip = VirtualBme280(TRIM_1, TRIM_2, (0, 0, 0))
    chip.registers[0xD0] = 0x58
    with pytest.raises(Trouble, match="no BME280"):
        play(make("bme280").begin(), chip)
    empty = VirtualBme280(bytes(26), bytes(7), (0, 0, 0))
    with pytest.raises(Trouble, match="trimming"):
        play(make("bme280").begin(), empty)


def test_an_ads1115_measures_each_channel_once() -> None:
    values = {"pressure": {"channel": 3, "unit": "kPa", "scale": 250, "offset": -125}}
    ours = make("ads1115", values=values)
    wanted = ("channel/1", "pressure", "channel/3", "channel/4")
    found = dict(play(ours.measure(wanted), VirtualAds1115(lambda: (1.25, 0.0, 2.5, 5.0))))
    assert found["channel/1"] == pytest.approx(1.25, abs=1e-4)
    assert found["pressure"] == pytest.approx(500, abs=0.05)
    assert found["channel/3"] == pytest.approx(2.5, abs=1e-4)
    assert math.isnan(found["channel/4"])
    assert ours.source("pressure") == Source("kPa")
    wide = make("ads1115", range="6.144 V")
    high = dict(play(wide.measure(("channel/4",)), VirtualAds1115(lambda: (0, 0, 0, 5.0))))
    assert high == pytest.approx({"channel/4": 5.0}, abs=1e-3)
    assert ads1115.volt(-32767, 4.096) == pytest.approx(-4.096, abs=1e-3)


@pytest.mark.parametrize(
    ("profile", "options"),
    [
        ("ads1115", {"range": "5 V"}),
        ("ads1115", {"values": {"p": {"channel": 5}}}),
        ("ads1115", {"values": {"p": {"unit": "psi"}}}),
        ("scd4x", {"self_calibration": "off"}),
        ("sht4x", {"heater": True}),
    ],
)
def test_wrong_options(profile: str, options: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        make(profile, **options)
    assert caught.value.suggestion


EVERY = [
    ("sht4x", ("temperature", "humidity")),
    ("scd4x", ("co2", "temperature", "humidity")),
    ("bme280", ("temperature", "humidity", "pressure")),
    ("ads1115", ("channel/1", "channel/4")),
]


@pytest.mark.parametrize(("profile", "wanted"), EVERY)
def test_every_source_has_a_unit_that_exists(profile: str, wanted: tuple[str, ...]) -> None:
    chip = make(profile)
    for name in wanted:
        source = chip.source(name)
        assert isinstance(source, Source)
        assert source.unit in UNITS
    assert isinstance(chip.source("nonsense"), str)


@pytest.mark.parametrize(("profile", "wanted"), EVERY)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_bytes_make_a_value_that_cannot_be(profile: str, wanted: tuple[str, ...], data: st.DataObject) -> None:
    class Noise:
        def transfer(self, written: bytes, size: int) -> bytes:
            if written == b"\xd0":
                return b"\x60"
            return data.draw(st.binary(min_size=size, max_size=size)) if size else b""

    chip = make(profile)
    with contextlib.suppress(Trouble):
        play(chip.begin(), Noise())
        for name, value in play(chip.measure(wanted), Noise()):
            if name == "humidity":
                assert math.isnan(value) or 0 <= value <= 100
