"""Profiles: every one of ours, what it makes of its device's words, and what is said of a wrong one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from controller.model.commands import Followed, Verb
from controller.model.errors import ConfigError, Place
from controller.model.points import Quality
from controller.model.ports import DeviceSettings, PointSettings, Source
from controller.model.time import Instant
from drivers.modbus import factory, profile
from drivers.modbus.device import ProfileDevice
from drivers.modbus.messages import ILLEGAL_ADDRESS, READ_HOLDING, WRITE_REGISTER, Answer, Request

from .conftest import Bench, Slave, Start, command, device

FOLDER = Path(profile.__file__).parent


@pytest.mark.parametrize("name", profile.names())
def test_profiles_are_valid_and_name_their_source(name: str) -> None:
    known = profile.load(name)
    assert known.source
    assert known.sources
    assert known.identification is not None


def test_the_schema_that_editors_use_is_that_of_the_code_and_fits_every_profile() -> None:
    written = json.loads((FOLDER / "profile.schema.json").read_text())
    assert written == profile.schema()
    jsonschema.Draft202012Validator.check_schema(written)
    yaml = YAML(typ="safe", pure=True)
    for name in profile.names():
        jsonschema.validate(yaml.load((FOLDER / "profiles" / f"{name}.yaml").read_text()), written)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"title": "x", "source": "y", "settle": "50 parsec"}, written)


# what each profile makes of the words its device sends: profile, name, words, value
DEVICES = [
    ("aerasgard-co2", "temperature", (0xFFC9,), -5.5),
    ("apogee-sp-422", "radiation", (0x4448, 0x4000), 801.0),
    ("apogee-sq-422x", "ppfd", (0x44BB, 0x8000), 1500.0),
    ("apogee-sq-522", "ppfd", (0x44BB, 0x8000), 1500.0),
    ("apogee-sq-618", "ppfd", (0x44BB, 0x8000), 1500.0),
    ("dfrobot-sen0657", "pressure", (1013,), 101.3),
    ("dfrobot-sen0657", "wind_sector", (7,), 315.0),
    ("elsner-p03", "temperature", (0xFFCE,), -5.0),
    ("elsner-p03", "rain", (0x0100,), 0.0),  # the GPS's time, and no rain
    ("elsner-p03", "rain", (0x0101,), 1.0),
    ("jxct-soil-moisture", "water_content", (314,), 31.4),
    ("lcom-srth100", "temperature", (0xFF9B,), -10.1),
    ("npk-soil-7in1-fine", "ph", (655,), 6.55),
    ("renke-rs-ws-n01", "temperature", (0xFF9F,), -9.7),
    ("renke-rs-ws-n01", "humidity", (0x01E6,), 48.6),
    ("renke-wind-direction", "sector", (2,), 90.0),
    ("renke-wind-speed", "wind_speed", (0x0056,), 8.6),
    ("senseair-k30", "co2", (0, 0, 0, 812), 812.0),
    ("sensecap-one", "temperature", (0x0000, 0x6E8C), 28.3),
    ("sequent-3relind", "board_temperature", (0xFFFF,), -1.0),
    ("vaisala-gmw80", "co2", (0xD47A, 0x43E8), 465.66),
    ("vaisala-hmp110", "humidity", (0x7AE1, 0x41F4), 30.56),
    ("vaisala-hmp110", "temperature", (0x6666, 0x41E6), 28.8),
    ("waveshare-io-8ch", "input/8", (1,), 1.0),
    ("xy-md02", "temperature", (0x0131,), 30.5),
    ("xy-md02", "temperature", (0xFF9C,), -10.0),
    ("xy-md02", "humidity", (552,), 55.2),
    ("senseair-s8", "co2", (0, 0, 0, 812), 812.0),
    ("jxct-soil-7in1", "water_content", (314,), 31.4),
    ("jxct-soil-7in1", "ph", (655,), 6.55),
    ("npk-soil-7in1", "temperature", (0xFFF6,), -1.0),
    ("renke-wind-speed", "wind_speed", (123,), 12.3),
    ("vaisala-gmp252", "co2", (0xD47A, 0x43E8), 465.66),
]


@pytest.mark.parametrize(("name", "source", "words", "value"), DEVICES)
def test_profiles_decode_what_their_devices_send(name: str, source: str, words: tuple[int, ...], value: float) -> None:
    reading = ProfileDevice([PointSettings("x", source)], profile.load(name)).poll()
    next(reading)
    with pytest.raises(StopIteration) as done:
        reading.send(Answer(Instant(0, 0), words))
    assert done.value.value[0].value == pytest.approx(value, abs=0.005)


@pytest.mark.parametrize("name", ["senseair-k30", "senseair-s8"])
def test_a_device_that_reports_a_fault_has_no_value(name: str) -> None:
    """And neither has one that is still warming up: 0 ppm would call for CO2."""
    device = ProfileDevice([PointSettings("air.co2", "co2")], profile.load(name))

    def polled(*words: int) -> tuple[Quality, str]:
        reading = device.poll()
        next(reading)
        with pytest.raises(StopIteration) as done:
            reading.send(Answer(Instant(0, 0), words))
        return done.value.value[0].quality, device.complaint

    assert polled(0, 0, 0, 812) == (Quality.GOOD, "")
    assert polled(0x0021, 0, 0, 812) == (Quality.BAD, "fatal error, out of range")
    assert polled(0x0080, 0, 0, 812) == (Quality.GOOD, "")
    assert polled(0, 0, 0, 0) == (Quality.BAD, "")


def test_a_device_that_does_not_know_its_status_is_read_without_it() -> None:
    device = ProfileDevice([PointSettings("air.co2", "co2")], profile.load("senseair-s8"))
    poll = device.poll()
    next(poll)
    assert poll.send(Answer(Instant(0, 0), (), ILLEGAL_ADDRESS)) == Request(4, 0, 1)
    assert poll.send(Answer(Instant(0, 0), (), ILLEGAL_ADDRESS)) == Request(4, 3, 1)
    with pytest.raises(StopIteration) as done:
        poll.send(Answer(Instant(0, 0), (812,)))
    assert [reading.value for reading in done.value.value] == [812.0]


def test_every_profile_with_registers_is_in_the_table() -> None:
    assert {name for name in profile.names() if profile.load(name).registers} == {name for name, *_ in DEVICES}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x\nsource: y\nregisters: {a: {address: 1, type: f32, mask: 3}}", "only a bool or u16"),
        ("title: x\nsource: y\nregisters: {a: {adress: 1}}", "adress"),
        ("title: x\nsource: y\nregisters: {a: {address: 1, unit: grad}}", "there is no unit"),
        ("title: x\nsource: y\nregisters: {a: {address: 1, function: 1}}", "bool"),
        ("title: x\nsource: y\nsettle: 5 parsec", "parsec"),
        ("title: x\nsource: y\nnumbers: {a: {address: 1, range: [0, 70000]}}", "does not fit into u16"),
        ("title: x\nsource: y\nnumbers: {a: {address: 1}}", "range"),
        ("title: x\nsource: y\nsettle: 50", "needs a unit"),
        ("title: x\nsource: y\nregisters: {a: {address: 1, range: [100, 0]}}", "lower end"),
        ("title: x\nsource: y\nregisters: {a: {address: 1, range: [0, .inf]}}", "finite"),
        ("title: x\nsource: y\nregisters: {a: {address: 1, scale: 0}}", "scale of 0"),
        ("title: x\nsource: y\nregisters: {a: {address: 1, scale: 0,1, unit: m}}", "decimal point"),
        ("title: x\nsource: y\nregisters: {a: {address: 0xFFFF, type: u32}}", "last address"),
        ("title: x\nsource: y\noutputs: {a: {address: 0xFFFE, channels: 8}}", "last address"),
        ("title: x\nsource: y\noutputs: {a: {address: 1, timer: {address: 2, tick: 1, longest: 9}}}", "needs a unit"),
        ("title: x\nsource: y\noutputs: {a: {address: 1, timer: {address: 2, tick: 0 s, longest: 9}}}", "greater"),
        (
            "title: x\nsource: y\noutputs: {a: {address: 1, timer: {address: 2, base: 9, tick: 1 s, longest: 0xFFFF}}}",
            "do not fit",
        ),
        ("title: x\nsource: y\ngaps: [[9, 3]]", "lower end"),
        ("title: x\nsource: y\nstatus: {address: 0, faults: {16: hot}}", "less than or equal to 15"),
        ("title: x\nsource: y\nstatus: {address: 0, fault: {1: hot}}", "did you mean faults"),
        ("title: x\nsource: y\nregisters: {a: {address: 1}}\noutputs: {a: {address: 2}}", "there twice"),
        ("title: x\nsource: y\nnumbers: {a: {address: 1, type: f32, range: [0, .nan]}}", "finite"),
        ("title: [", "not YAML"),
        ("", "a profile"),
        ("[1]", "a profile"),
        ("7: 8", "a profile"),
    ],
)
def test_wrong_profiles_say_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        profile.parse(text, "wrong.yaml")
    assert "wrong.yaml" in str(error.value)


@pytest.mark.parametrize(
    ("wrong", "right", "place", "said"),
    [
        ("scal: 0.1", "scale: 0.1", (5, 40), "registers.temperature has no option scal (did you mean scale?)"),
        ("adress: 9", "address: 9", (6, 14), "registers.humidity has no option adress (did you mean address?)"),
        ("register:", "registers:", (4, 1), "a profile has no option register (did you mean registers?)"),
        ("[-40]", "[-40, 85]", (5, 62), "registers.temperature.range.1: Field required"),
        ("unit: °X", "unit: °C", (5, 52), "registers.temperature.unit: there is no unit '°X' (did you mean °?)"),
        ("{scale:", "{address: 9, scale:", (6, 3), "registers.humidity needs its address (write address: ...)"),
        ("humidity {", "humidity: {", (6, 30), "not YAML: mapping values are not allowed here"),
    ],
)
def test_a_mistake_in_a_profile_is_told_with_its_place(
    wrong: str, right: str, place: tuple[int, int], said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        profile.parse(MINE.replace(right, wrong, 1), "mine.yaml")
    assert str(error.value) == f"mine.yaml:{place[0]}:{place[1]}: {said}"


MINE = """
title: A probe of mine
source: its sheet, page 3
registers:
  temperature: {address: 0, type: i16, scale: 0.1, unit: °C, range: [-40, 85]}
  humidity: {address: 9, scale: 0.1, unit: "%", range: [0, 100]}
"""


def test_a_profile_may_lie_beside_site_yaml(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    place = Place(str(tmp_path / "site.yaml"), 3, 1)
    mine = DeviceSettings("probe", {"address": 1, "profile": "mine.yaml"}, (), place)
    assert factory.source(mine, "temperature") == Source("°C")
    with pytest.raises(ConfigError, match="cannot be read") as error:
        factory.source(DeviceSettings("probe", {"address": 1, "profile": "yours.yaml"}, (), place), "temperature")
    assert error.value.place == place


async def test_registers_that_nobody_asked_for_may_be_refused(bench: Bench, start: Start, tmp_path: Path) -> None:
    """The device has no registers between its two: what cannot be read along is left out from then on."""
    (tmp_path / "mine.yaml").write_text(MINE)
    bench.slaves[1] = Slave(words={0: 215, 9: 640})
    points = {"air.temperature": "temperature", "air.humidity": "humidity"}
    probe = device("probe", points, address=1, profile=str(tmp_path / "mine.yaml"), poll="20 ms")
    async with start(probe) as line:
        await line.heard.until(lambda: len(line.heard.readings("air.humidity")) > 2)
        assert line.heard.readings("air.temperature")[-1].value == 21.5
        assert {reading.quality for reading in line.heard.readings("air.humidity")} == {Quality.GOOD}
        assert line.driver.health().devices[0].refusals == 1
        assert sum(frame[5] == 10 for frame in bench.frames) == 1


NUMBERS = """
title: A climate computer of another maker
source: its sheet, page 9
numbers:
  pipe_setpoint: {address: 40, type: i16, scale: 0.1, unit: °C, range: [20, 90]}
  ec_setpoint: {address: 50, type: f32, order: CDAB, unit: mS/cm, range: [0, 5]}
"""


async def test_numbers_are_written_in_the_devices_unit_and_read_back(
    bench: Bench, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "other.yaml").write_text(NUMBERS)
    bench.slaves[1] = slave = Slave(words={40: 450, 50: 0, 51: 0})
    made = device("other", {}, address=1, profile=str(tmp_path / "other.yaml"), poll="20 ms")
    points = (PointSettings("pipe", "pipe_setpoint"), PointSettings("ec", "ec_setpoint", factor=1000.0))
    assert factory.source(made, "ec_setpoint") == Source("mS/cm", "number")
    async with start(replace(made, points=points)) as line:
        await line.heard.until(lambda: line.heard.reports("pipe"))
        assert line.heard.reports("pipe")[0].value == 45.0
        told = await line.told(command("pipe", Verb.SET)._replace(value=52.04))
        assert (told.followed, told.value, told.note, slave.words[40]) == (Followed.RESTING, 52.04, "", 520)
        told = await line.told(command("ec", Verb.SET)._replace(value=2500.0))  # the setting is in µS/cm
        assert (told.value, slave.words[50], slave.words[51]) == (2500.0, 0, 0x4020)
        refused = await line.told(command("pipe", Verb.SET)._replace(value=95.0))
        assert (refused.followed, refused.note) == (Followed.REFUSED, "the device takes 20 .. 90 °C")
        slave.words[40] = 300  # somebody turns it at the device
        await line.heard.until(lambda: line.heard.reports("pipe")[-1].value == 30.0)


def test_a_board_whose_timers_are_ended_by_a_time_of_zero() -> None:
    board = ProfileDevice([PointSettings("valve", "channel/3")], profile.load("r4d-relay-8"))
    for verb, seconds, word in ((Verb.ON, 90.0, 0x065A), (Verb.ON, 600.0, 0x06FF), (Verb.ON, None, 0x0100)):
        job = board.command(command("valve", verb, seconds))
        assert next(job) == Request(WRITE_REGISTER, 3, values=(word,))
        assert job.send(Answer(Instant(0, 0))) == Request(READ_HOLDING, 3)
    assert next(board.command(command("valve", Verb.OFF))) == Request(WRITE_REGISTER, 3, values=(0x0600,))
