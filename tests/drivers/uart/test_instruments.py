"""What instruments say, byte by byte: golden frames, and no bytes that raise or make a value of nothing."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model.errors import NOWHERE, ConfigError
from controller.model.ports import Source
from controller.model.units import UNITS
from drivers.options import Options
from drivers.polling import Trouble, Values
from drivers.uart.instruments import INSTRUMENTS, mhz19, sdi12
from drivers.uart.instruments.instrument import Ask, Instrument, Job, Rest
from simulators.devices.uart_weather import sentence


def make(profile: str, *wanted: str, **options: object) -> Instrument:
    kind = INSTRUMENTS[profile]
    made = kind(Options(options, {}, NOWHERE, f"profile {profile}", kind.OPTIONS))
    made.want(wanted)
    return made


def play(job: Job, answers: dict[bytes, bytes]) -> tuple[Values, list[bytes]]:
    """Hold a conversation; what is asked and not in `answers` stays unanswered."""
    sent, answer = list[bytes](), None
    while True:
        try:
            step = job.send(answer)
        except StopIteration as done:
            return done.value, sent
        answer = None
        if isinstance(step, Ask):
            sent.append(step.data)
            answer = step.whole(answers.get(step.data, b""))


# MH-Z19


def test_the_frames_of_an_mh_z19() -> None:
    assert mhz19.request(0x86) == bytes.fromhex("ff 01 86 00 00 00 00 00 79")
    assert mhz19.request(0x79) == bytes.fromhex("ff 01 79 00 00 00 00 00 86")
    assert mhz19.request(0x79, 0xA0) == bytes.fromhex("ff 01 79 a0 00 00 00 00 e6")
    assert mhz19.request(0x87) == bytes.fromhex("ff 01 87 00 00 00 00 00 78")


def test_an_mh_z19_measures_and_does_not_calibrate_itself() -> None:
    sensor = make("mh-z19", "co2")
    _, sent = play(sensor.begin(), {})
    assert sent == [mhz19.request(0x79, 0)]
    answer = bytes.fromhex("00 ff 86 02 60 47 00 00 00 d1")
    assert play(sensor.measure(), {mhz19.request(0x86): answer})[0] == (("co2", 608.0),)
    with pytest.raises(Trouble):
        play(sensor.measure(), {mhz19.request(0x86): answer[:-1] + b"\xd2"})
    assert play(make("mh-z19", self_calibration=True).begin(), {})[1] == [mhz19.request(0x79, 0xA0)]


# EZO


OK = {b"T,25.0\r": b"*OK\r"}


def test_an_ezo_is_silenced_and_asked() -> None:
    circuit = make("ezo-ph", "ph", temperature=21.5)
    ok = dict.fromkeys((b"*OK,1\r", b"C,0\r", b"T,21.5\r"), b"7.01\r*WA\r*OK\r")
    assert play(circuit.begin(), ok)[1] == [b"\r", b"*OK,1\r", b"C,0\r"]
    # the temperature every time: a circuit that was without power in between has forgotten it
    answer, sent = play(circuit.measure(), ok | {b"R\r": b"*OK\r6.982\r*OK\r"})
    assert (answer, sent) == ((("ph", 6.982),), [b"T,21.5\r", b"R\r"])


@pytest.mark.parametrize(
    ("taken", "answer", "said"),
    [
        (b"*OK\r", b"*UV\r", "supply voltage"),
        (b"*OK\r", b"*RS\r*RE\r", "restarted"),
        (b"*ER\r", b"7.000\r", "does not understand"),
        (b"*SL\r", b"7.000\r", "sleeps"),
        (b"*WA\r", b"7.000\r", "no answer"),
        (b"", b"7.000\r", "no answer"),
        (b"*OK\r", b"-1.2\r7.00\n", "no answer"),
    ],
)
def test_an_ezo_that_measures_nothing(taken: bytes, answer: bytes, said: str) -> None:
    with pytest.raises(Trouble, match=said):
        play(make("ezo-ph", "ph").measure(), {b"T,25.0\r": taken, b"R\r": answer})


def test_an_ezo_beyond_its_scale() -> None:
    assert math.isnan(play(make("ezo-ph", "ph").measure(), OK | {b"R\r": b"14.5\r"})[0][0][1])


def test_an_ezo_for_ec_puts_out_nothing_else() -> None:
    circuit = make("ezo-ec", "ec")
    outputs = [b"O,EC,1\r", b"O,TDS,0\r", b"O,S,0\r", b"O,SG,0\r"]
    _, sent = play(circuit.begin(), dict.fromkeys((b"*OK,1\r", b"C,0\r", *outputs), b"*OK\r"))
    assert sent[1:] == [b"*OK,1\r", b"C,0\r", *outputs]
    assert circuit.source("ec") == Source("µS/cm")


# SDI-12


def test_the_checksum_of_the_standard() -> None:
    assert sdi12.crc(b"0+3.14") == b"OqZ"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("+3.14", [3.14]),
        ("+3.14-2+.5", [3.14, -2, 0.5]),
        ("", []),
        ("3.14", None),
        ("+3.14x", None),
        ("+-3", None),
        ("+1.2.3", None),
    ],
)
def test_values_begin_with_their_sign(text: str, values: list[float] | None) -> None:
    assert sdi12.parse_values(text) == values


def test_a_probe_of_version_13_is_asked_with_checksum() -> None:
    probe = make(
        "sdi-12", "value/2", "ec", "value/5", address="a", values={"ec": {"index": 3, "unit": "µS/cm", "scale": 10}}
    )
    assert play(probe.begin(), {b"aI!": b"aI!a13METER   TER12 112T12-00001\r\n"})[1] == [b"aI!"]
    first, second = b"a+1847.3+22.5", b"a+12"
    answers = {
        b"aMC!": b"a0013\r\n",
        b"": b"a\r\n",
        b"aD0!": first + sdi12.crc(first) + b"\r\n",
        b"aD1!": second + sdi12.crc(second) + b"\r\n",
    }
    values, sent = play(probe.measure(), answers)
    assert dict(values) | {"value/5": 0} == {"value/2": 22.5, "ec": 120.0, "value/5": 0}
    assert math.isnan(dict(values)["value/5"])
    assert sent == [b"aMC!", b"", b"aD0!", b"aD1!"]
    assert probe.source("ec") == Source("µS/cm")
    answers[b"aD0!"] = first + b"@@@\r\n"
    with pytest.raises(Trouble, match="checksum"):
        play(probe.measure(), answers)


def test_an_older_probe_is_asked_without() -> None:
    probe = make("sdi-12", "value/1", measure="C1")
    play(probe.begin(), {b"0I!": b"012DECAGON TE2   400\r\n"})
    values, sent = play(probe.measure(), {b"0C1!": b"000001\r\n", b"0D0!": b"0D0!\r\n0-3.5\r\n"})
    assert list(values) == [("value/1", -3.5)]
    assert sent == [b"0C1!", b"0D0!"]


def test_the_equations_of_a_teros_12() -> None:
    assert sdi12.water_content(2500, soilless=False) == pytest.approx(27.415)
    assert sdi12.water_content(2500, soilless=True) == pytest.approx(
        100 * (10.5796875 - 31.90625 + 32.55 - 10.848), abs=0.01
    )
    assert math.isnan(sdi12.water_content(9999, soilless=True))
    probe = make("teros-12", "water_content", "temperature", "ec", medium="mineral")
    play(probe.begin(), {b"0I!": b"012METER   TER12\r\n"})
    values, _ = play(probe.measure(), {b"0M!": b"00003\r\n", b"0D0!": b"0+2500.0+21.3+312\r\n"})
    assert dict(values) == pytest.approx({"water_content": 27.415, "temperature": 21.3, "ec": 312})


# NMEA 0183


def test_wind_and_transducers() -> None:
    station = make("nmea-0183", "wind_speed", "wind_direction", "temperature/AIR", "pressure/BARO", "humidity/RH")
    said = (
        b"$WIMWV,214.8,R,0.1,K,A*28\r\n"
        + sentence("WIMWV,214.8,T,10.0,N,A")
        + sentence("WIXDR,C,-12.5,C,AIR,P,1.0132,B,BARO,H,71.5,P,RH,G,1,,X")
        + sentence("WIMWV,214.8,T,10.0,N,A").replace(b"10.0", b"90.0")
        + sentence("WIMWV,,R,,N,V")
        + b"$GPZ"
    )
    values, nonsense = station.hear(said)
    assert nonsense == 1
    assert values[:4] == [
        ("wind_speed", pytest.approx(0.1 / 3.6)),
        ("wind_direction", 214.8),
        ("wind_speed", pytest.approx(5.1444, abs=1e-4)),
        ("wind_direction", 214.8),
    ]
    assert values[4:7] == [("temperature/AIR", -12.5), ("pressure/BARO", pytest.approx(101.32)), ("humidity/RH", 71.5)]
    assert [math.isnan(value) for _, value in values[7:]] == [True, True]


# lines


def test_a_line_with_a_number_in_it() -> None:
    values = {
        "weight": {"pattern": r"W:\s*(\S+) g", "unit": "g", "scale": 2, "offset": -1},
        "other": {"pattern": "(x)"},
    }
    scale = make("lines", "weight", values=values)
    assert scale.listens
    found, _ = scale.hear(b"hello\r\nW:  +12.50 g stable\nW: ---- g\rW: 1")
    assert found[0] == ("weight", 24.0)
    assert math.isnan(found[1][1])
    assert len(found) == 2
    asked = make("lines", "weight", values=values, ask="P\r")
    assert not asked.listens
    assert list(play(asked.measure(), {b"P\r": b"P\r\nW: 3 g\r\n"})[0]) == [("weight", 5.0)]


@pytest.mark.parametrize(
    ("profile", "options"),
    [
        ("sdi-12", {"address": "10"}),
        ("sdi-12", {"measure": "X"}),
        ("sdi-12", {"values": {"a": {"index": 0}}}),
        ("teros-12", {"medium": "rockwool"}),
        ("lines", {}),
        ("lines", {"values": {"a": {"pattern": "("}}}),
        ("lines", {"values": {"a": {"pattern": "a"}}}),
        ("lines", {"values": {"a": {"pattern": "(a)", "unit": "stone"}}}),
        ("mh-z19", {"self_calibration": "no"}),
        ("ezo-ph", {"temperature": "warm"}),
    ],
)
def test_wrong_options(profile: str, options: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        make(profile, **options)
    assert caught.value.suggestion


EVERY: list[tuple[str, tuple[str, ...], dict[str, object]]] = [
    ("mh-z19", ("co2",), {}),
    ("ezo-ph", ("ph",), {}),
    ("ezo-ec", ("ec",), {}),
    ("sdi-12", ("value/1", "value/9"), {}),
    ("teros-12", ("water_content", "temperature", "ec"), {}),
    ("nmea-0183", ("wind_speed", "wind_direction", "temperature/AIR"), {}),
    ("lines", ("a",), {"values": {"a": {"pattern": "(.*)"}}}),
    ("lines", ("a",), {"values": {"a": {"pattern": "=([-0-9.]+)"}}, "ask": "?"}),
]


@pytest.mark.parametrize(("profile", "wanted", "options"), EVERY)
def test_every_source_has_a_unit_that_exists(profile: str, wanted: tuple[str, ...], options: dict[str, object]) -> None:
    instrument = make(profile, *wanted, **options)
    for name in wanted:
        source = instrument.source(name)
        assert isinstance(source, Source)
        assert source.unit in UNITS
    assert isinstance(instrument.source("nonsense"), str)


pieces = st.binary(max_size=30) | st.sampled_from(
    (
        b"\r",
        b"\n",
        b"\r\n",
        b"*OK",
        b"0",
        b"00013",
        b"013METER",
        b"+1.5-2",
        b"\xff\x86",
        b"7.00",
        b"$WIMWV,1,R,2,N,A*2F",
        b"=3",
    )
)


def to_the_end(job: Job, queue: list[bytes]) -> Values:
    answer = None
    for _ in range(50):
        try:
            step = job.send(answer)
        except StopIteration as done:
            return done.value
        answer = step.whole(queue.pop(0) if queue else b"") if isinstance(step, Ask) else None
        assert isinstance(step, (Ask, Rest))
    pytest.fail("a conversation without end")


@pytest.mark.parametrize(("profile", "wanted", "options"), EVERY)
@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(pieces, max_size=5).map(b"".join), max_size=12))
def test_no_bytes_raise_anything_but_trouble(
    profile: str, wanted: tuple[str, ...], options: dict[str, object], answers: Sequence[bytes]
) -> None:
    instrument = make(profile, *wanted, **options)
    queue = list(answers)
    for job in (instrument.begin(), instrument.measure(), instrument.measure()):
        with contextlib.suppress(Trouble):
            assert {name for name, _ in to_the_end(job, queue)} <= set(wanted)
    for data in answers:
        values, _ = instrument.hear(data)
        assert {name for name, _ in values} <= set(wanted)


@given(st.lists(st.binary(max_size=2000), max_size=20))
def test_a_line_without_end_does_not_grow(chunks: list[bytes]) -> None:
    station = make("nmea-0183", "wind_speed")
    for chunk in chunks:
        station.hear(chunk.replace(b"\r", b"x").replace(b"\n", b"x"))
        assert len(station._rest) <= 2000  # type: ignore[attr-defined]
