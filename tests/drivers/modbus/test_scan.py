"""Scanning a line: who is there, what it is taken for, and that nothing is ever written."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.config.loading import check_texts
from controller.model.ports import Source
from drivers.modbus.fragment import fragment
from drivers.modbus.link import LinkLost
from drivers.modbus.options import SerialOptions
from drivers.modbus.scan import Finding, ScanOptions, search
from drivers.scanning import Progress

from . import korean
from .conftest import Bench, NetworkBench, Slave

QUICK = ScanOptions(range(1, 24), ((9600, "N"),), 0.03)
SITE = """
onsil: 1
site: {name: House 1, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul, language: en}
"""


class Timid(Slave):
    """A device that refuses every write, and would tell of it."""

    def answer(self, pdu: bytes) -> bytes:
        if pdu[0] not in (1, 2, 3, 4):
            self.writes.append((pdu[0], 0, ()))
            return bytes((pdu[0] | 0x80, 1))
        return super().answer(pdu)


class Mute(Timid):
    """A cheap device: it says nothing at all to what it does not understand."""

    def answer(self, pdu: bytes) -> bytes:
        said = super().answer(pdu)
        return b"" if said[0] & 0x80 else said


class Relays(Timid):
    """A board without inputs."""

    def answer(self, pdu: bytes) -> bytes:
        return bytes((pdu[0] | 0x80, 1)) if pdu[0] == 2 else super().answer(pdu)


def _line() -> dict[int, Slave]:
    """A climate probe, a relay board, two probes of one family, one that nobody knows, and a Korean node."""
    probe = Timid(words={0x0101: 1, 1: 215, 2: 640})
    relays = Relays(words={0x4000: 20}, coils=dict.fromkeys(range(8), 0))
    humid = Timid(words={0x07D0: 5, 0: 486, 1: 0xFF9F})
    wind = Timid(words={0x07D0: 6, 0: 86})
    stranger = Timid(words={7: 7})
    node = korean.integrated()
    for register, value in ((203, -3.5), (206, 4.25), (209, 1.0), (212, 640.0)):
        node.show(register, value)
    return {1: probe, 20: relays, 5: humid, 6: wind, 9: stranger, 12: node}


async def test_everything_on_a_line_is_found_and_nothing_written(bench: Bench) -> None:
    bench.slaves = _line()
    heard: list[Progress[Finding]] = []
    found = {finding.address: finding for finding in await search(str(bench.link), QUICK, heard.append)}
    assert {address: finding.profile for address, finding in found.items()} == {
        1: "xy-md02",
        5: "renke-rs-ws-n01",
        6: "renke-wind-speed",
        9: "",
        12: "ks-x-3267",
        20: "waveshare-relay-8",
    }
    assert found[1].values == {"temperature": 21.5, "humidity": 64.0}
    assert "renke-wind-speed" in found[5].also
    assert found[12].values["air_temperature/1"] == -3.5
    assert list(found[12].sources) == [
        "air_temperature/1",
        "wind_speed/1",
        "rain_detector/1",
        "solar_radiation/1",
        "retractable/1",
        "retractable/2",
    ]
    assert "serial number 305419896" in found[12].title
    assert [step.done for step in heard] == list(range(24))
    assert heard[3].text == "9600 baud 8N1, address 4"
    assert {frame[1] for frame in bench.frames} <= {1, 2, 3, 4}
    assert not any(slave.writes for slave in bench.slaves.values())


async def test_devices_that_are_silent_when_they_do_not_understand(bench: Bench) -> None:
    bench.slaves = {
        6: Mute(words={0x07D0: 6, 0: 86}),
        1: Mute(words={0x0101: 1, 1: 215, 2: 640}),
        3: Mute(words={9: 9}),
    }
    found = await search(str(bench.link), QUICK)
    # what says nothing to any question is not there
    assert [(finding.address, finding.profile) for finding in found] == [(1, "xy-md02"), (6, "renke-wind-speed")]


async def test_the_other_address_convention(bench: Bench) -> None:
    bench.slaves = {12: korean.integrated(shift=-1)}
    (finding,) = await search(str(bench.link), QUICK)
    assert finding.profile == "ks-x-3267"
    assert finding.options == {"address_offset": "-1"}


async def test_two_devices_with_one_address(bench: Bench) -> None:
    bench.slaves = _line()
    bench.slaves[1].garbled = True
    found = await search(str(bench.link), ScanOptions(range(1, 3), ((9600, "N"),), 0.03))
    assert [(finding.address, finding.profile) for finding in found] == [(1, "")]
    assert "two devices with one address" in found[0].note


@pytest.mark.parametrize("thorough", [False, True])
async def test_line_settings_are_tried_until_somebody_answers(bench: Bench, thorough: bool) -> None:
    bench.slaves = {6: Timid(words={0x07D0: 6, 0: 86})}
    bench.speed = 4800
    heard: list[Progress[Finding]] = []
    settings = ((9600, "N"), (4800, "N"), (19200, "N"))
    options = ScanOptions(range(5, 8), settings, 0.03, thorough)
    (finding,) = await search(str(bench.link), options, heard.append)
    assert finding.link == SerialOptions(str(bench.link), 4800, "N")
    tried = {step.text.partition(" ")[0] for step in heard}
    assert tried == ({"9600", "4800", "19200", "done"} if thorough else {"9600", "4800", "done"})


async def test_a_network() -> None:
    bench = NetworkBench()
    await bench.connect()
    bench.slaves |= {2: korean.nutrient_4(), 3: _line()[1]}
    bench.slaves[3].words[0x0101] = 3
    port = f"tcp://127.0.0.1:{bench.port}"
    found = await search(port, ScanOptions(range(1, 5), gateway_patience=0.05))
    assert [(finding.address, finding.profile) for finding in found] == [(2, "ks-b-7958"), (3, "xy-md02")]
    text = fragment(port, found)
    assert f"url: {port}" in text
    assert not check_texts(SITE + text, "onsil: 1").errors
    await bench.disconnect()


async def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LinkLost):
        await search(str(tmp_path / "nothing"), QUICK)


async def test_the_fragment_is_a_site_that_loads(bench: Bench) -> None:
    bench.slaves = _line()
    bench.slaves[3] = Timid(words={0x07D0: 3, 0: 314, 1: 215, 2: 900, 3: 65, 4: 10, 5: 20, 6: 30})
    found = await search(str(bench.link), QUICK)
    text = fragment("/dev/ttyUSB0", found)
    assert not check_texts(SITE + text, "onsil: 1").errors
    plain = [" ".join(line.split()) for line in text.splitlines()]
    assert "xy_md02_1.temperature: temperature # 21.5 °C" in plain
    assert "node_12.wind_speed: wind_speed/1 # 4.25 m/s" in plain
    assert "node_12.rain: rain_detector/1 # 1" in plain
    assert "      waveshare_relay_8_20.channel_8: channel/8\n" in text
    assert "  # address 9: it answers, but like no device we know: ten lines of your own describe it" in text
    assert "  npk_soil_7in1_3.nitrogen: {quantity: number}\n" in text


def test_devices_with_different_settings_get_buses_of_their_own() -> None:
    slow, even = SerialOptions("x", 4800), SerialOptions("x", 19200, "E")
    text = fragment("x", [Finding(1, slow, "renke-wind-speed"), Finding(1, even, "apogee-sq-618")])
    assert "  rs485_4800_none:\n" in text
    assert "    bus: rs485_19200_even\n" in text
    assert "    parity: even\n" in text
    assert "  apogee_sq_618_1_19200:" in text


async def test_what_a_node_says_besides_is_found_too(bench: Bench) -> None:
    node = korean.Node(korean.info(2, 2, product=1), [113, 103])
    node.at(201, 0, 0, 2, 0, 0, 0, 0, 42, 0, 0, 0, 0, 55)
    bench.slaves = {5: node, 8: korean.nutrient_4()}
    found = await search(str(bench.link), ScanOptions((5, 8), ((9600, "N"),), 0.03))
    (by_position, mixer) = found
    written = fragment(str(bench.link), found)
    assert "node_5.position: position/1" in written
    assert not check_texts(SITE + written, "onsil: 1").errors
    assert by_position.values == {"control": 2.0, "position/1": 42.0, "ratio/1": 55.0}
    assert mixer.values["alert/1"] == 0.0


@pytest.mark.parametrize("lag", [0.045, 0.1], ids=["within its own turn", "in another's turn"])
async def test_a_device_that_answers_late_is_found_and_given_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, lag: float
) -> None:
    monkeypatch.setattr("drivers.modbus.scan._LATE", 0.3)
    bench.slaves = {7: Timid(words={0x0101: 7, 1: 215, 2: 640}, lag=lag), 9: _line()[20]}
    bench.slaves[9].words[0x4000] = 9
    found = await search(str(bench.link), QUICK)
    assert [(finding.address, finding.profile) for finding in found] == [(7, "xy-md02"), (9, "waveshare-relay-8")]
    assert found[0].options == {"timeout": "0.3 s"}
    assert not found[1].options
    assert not check_texts(SITE + fragment("/dev/ttyUSB0", found), "onsil: 1").errors


async def test_behind_a_gateway_nobody_is_where_the_gateway_says_so() -> None:
    bench = NetworkBench()
    await bench.connect()
    bench.slaves |= {address: Timid(refuses=10 + address % 2) for address in range(1, 5)}
    bench.slaves[3] = korean.nutrient_4()
    found = await search(f"tcp://127.0.0.1:{bench.port}", ScanOptions(range(1, 5), gateway_patience=0.05))
    assert [finding.address for finding in found] == [3]
    await bench.disconnect()


async def test_an_adapter_that_hears_itself_is_no_device(bench: Bench) -> None:
    bench.echoes = True
    bench.slaves = {20: _line()[20]}
    found = await search(str(bench.link), ScanOptions((19, 20), ((9600, "N"),), 0.3))
    assert [(finding.address, finding.profile) for finding in found] == [(20, "waveshare-relay-8")]


async def test_one_that_speaks_without_being_asked_is_told_of_once(bench: Bench) -> None:
    bench.slaves = {address: Timid(garbled=True) for address in range(1, 8)} | {20: _line()[20]}
    found = await search(str(bench.link), ScanOptions((*range(1, 8), 20), ((9600, "N"),), 0.3))
    assert [(finding.address, finding.profile) for finding in found] == [(20, "waveshare-relay-8"), (1, "")]
    assert "at 6 more addresses" in found[1].note
    assert not check_texts(SITE + fragment("/dev/ttyUSB0", found), "onsil: 1").errors


async def test_a_server_that_does_not_look_at_the_address_is_one_device() -> None:
    bench = NetworkBench()
    await bench.connect()
    bench.slaves |= dict.fromkeys(range(1, 40), korean.nutrient_4())
    port = f"tcp://127.0.0.1:{bench.port}"
    (found,) = await search(port, ScanOptions(range(1, 40), gateway_patience=0.05))
    assert (found.address, found.profile) == (1, "ks-b-7958")
    assert "at 38 more addresses" in found.note
    assert not check_texts(SITE + fragment(port, (found,)), "onsil: 1").errors
    await bench.disconnect()


def test_a_source_in_a_unit_of_no_quantity_is_a_number() -> None:
    found = Finding(1, None, "mine", sources={"abc_period": Source("h"), "output": Source("W")})
    text = fragment("tcp://x:502", [found])
    assert "mine_1.abc_period: {quantity: number}" in text
    assert "mine_1.output: {quantity: power}" in text
