"""Korean standard nodes: codes, blocks and layouts by hand, then whole nodes on a line."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from controller.model.commands import Followed, Verb
from controller.model.points import Quality
from drivers.modbus.ksx3267.blocks import actuator_state, command_words, next_opid, sensor_state
from drivers.modbus.ksx3267.codes import RETRACTABLE, SENSORS, SWITCH, Wanted, followed, quality
from drivers.modbus.ksx3267.node import Block, layout, node_info
from drivers.modbus.values import encode

from .conftest import Bench, Slave, Start, command, device

ANNEX_A_SENSORS = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, *[1] * 7, 2, 2, 18, 18]
INTEGRATED = [1, 8, 4, 7, RETRACTABLE, RETRACTABLE]
HOUSE = {
    "outside.temperature": "outside_temperature/1",
    "outside.wind_speed": "wind_speed/1",
    "outside.rain": "rain_detector/1",
    "outside.radiation": "solar_radiation/1",
    "roof_vent.node": "retractable/1",
    "shade_screen.node": "retractable/2",
}


def info(kind: int, channels: int, organisation: int = 0) -> tuple[int, ...]:
    return (organisation, 0, kind, 0, 10, channels, 0x5678, 0x1234)


def test_node_information() -> None:
    found = node_info(info(1, 30))
    assert (found.type, found.protocol, found.channels, found.serial) == (1, 10, 30, 0x12345678)
    assert found.plausible
    assert not found.trouble
    assert not node_info((0, 0, 0, 1, 0, 10, 30, 1)).plausible  # read one register off
    assert "8877_0_1_0_10_30" in node_info(info(1, 30, 8877)).trouble


def test_annex_a_sensor_node() -> None:
    blocks = layout(node_info(info(1, 30)), ANNEX_A_SENSORS)
    # the numbers of the standard's own table
    assert blocks[Wanted(1, 1)] == Block(203)
    assert blocks[Wanted(2, 1)] == Block(212)
    assert blocks[Wanted(8, 1)] == Block(230)
    assert blocks[Wanted(11, 1)] == Block(239)
    assert blocks[Wanted(14, 1)] == Block(248)
    assert blocks[Wanted(1, 4)] == Block(260)
    assert blocks[Wanted(18, 2)] == Block(290)


def test_a_sensor_node_that_packs_its_slots_and_one_with_holes() -> None:
    packed = layout(node_info(info(1, 4)), [1, 2, 11, 14])
    assert [block.read for block in packed.values()] == [203, 206, 209, 212]
    holed = layout(node_info(info(1, 30)), [0, 0, 0, 2])
    assert holed == {Wanted(2, 1): Block(212)}


def test_annex_a_actuator_node() -> None:
    blocks = layout(node_info(info(2, 24)), [SWITCH] * 16 + [RETRACTABLE] * 8)
    assert blocks[Wanted(SWITCH, 1)] == Block(203, 503)
    assert blocks[Wanted(SWITCH, 16)] == Block(263, 563)
    assert blocks[Wanted(RETRACTABLE, 1)] == Block(267, 567)
    assert blocks[Wanted(RETRACTABLE, 8)] == Block(295, 595)


def test_integrated_node_follows_the_codes() -> None:
    blocks = layout(node_info(info(3, 6)), INTEGRATED)
    assert [blocks[Wanted(code, 1)].read for code in (1, 8, 4, 7)] == [203, 206, 209, 212]
    assert blocks[Wanted(RETRACTABLE, 1)] == Block(215, 503)
    assert blocks[Wanted(RETRACTABLE, 2)] == Block(219, 507)
    mixed = layout(node_info(info(3, 5)), [RETRACTABLE, 0, 1, SWITCH, 204, 1])
    assert mixed == {
        Wanted(RETRACTABLE, 1): Block(203, 503),
        Wanted(1, 1): Block(207),
        Wanted(SWITCH, 1): Block(210, 507),
    }


def test_blocks() -> None:
    assert sensor_state((0x6666, 0x41E6, 0)).value == pytest.approx(28.8, abs=1e-5)
    assert sensor_state((0, 0, 103)).status == 103
    assert actuator_state((7, 301, 0x0002, 0x0001)) == (7, 301, 65538)


@pytest.mark.parametrize(
    ("verb", "seconds", "words"),
    [
        (Verb.ON, None, (201, 9)),
        (Verb.ON, 60.0, (202, 9, 60, 0)),
        (Verb.ON, 60.2, (202, 9, 61, 0)),
        (Verb.ON, 70000.0, (202, 9, 4464, 1)),
        (Verb.OFF, None, (0, 9)),
        (Verb.OPEN, None, (301, 9)),
        (Verb.CLOSE, None, (302, 9)),
        (Verb.OPEN, 12.4, (303, 9, 12, 0)),
        (Verb.CLOSE, 0.2, (304, 9, 1, 0)),
        (Verb.STOP, None, (0, 9)),
        (Verb.STOP, 5.0, (0, 9)),
    ],
)
def test_commands_write_only_their_own_arguments(verb: Verb, seconds: float | None, words: tuple[int, ...]) -> None:
    assert command_words(verb, 9, seconds) == words


def test_opids_go_round_without_zero() -> None:
    assert [next_opid(opid) for opid in (0, 1, 65534, 65535)] == [1, 2, 65535, 1]


@pytest.mark.parametrize(
    ("status", "is_"),
    [
        (0, (Followed.RESTING, None)),
        (201, (Followed.RUNNING, Verb.ON)),
        (301, (Followed.RUNNING, Verb.OPEN)),
        (302, (Followed.RUNNING, Verb.CLOSE)),
        (299, (Followed.HELD, None)),
        (399, (Followed.HELD, None)),
        (1, (Followed.REFUSED, None)),
        (6, (Followed.REFUSED, None)),
        (950, (Followed.REFUSED, None)),
        (12345, (Followed.REFUSED, None)),
    ],
)
def test_actuator_status(status: int, is_: tuple[Followed, Verb | None]) -> None:
    assert followed(status) == is_


def test_sensor_status() -> None:
    assert [quality(s) for s in (0, 102)] == [Quality.GOOD] * 2
    assert quality(2) is Quality.STALE
    assert {quality(s) for s in (1, 3, 4, 5, 6, 101, 103, 900, 77)} == {Quality.BAD}


class Node(Slave):
    """A node that acts on a new opid and echoes it. Registers are the standard's numbers plus `shift`."""

    def __init__(self, kind: int, codes: Sequence[int], shift: int = 0) -> None:
        super().__init__()
        self.shift = shift
        self.echo = True
        self.by_hand = False
        self.blocks = layout(node_info(info(kind, len(codes))), codes)
        for start, words in ((1, info(kind, len(codes))), (101, codes)):
            self.put(start + shift, *words)
        for target, block in self.blocks.items():
            self.put(block.read + shift, *([0] * (3 if target.code in SENSORS else 4)))
        self.written = self._act

    def show(self, target: Wanted, value: float, status: int = 0) -> None:
        self.put(self.blocks[target].read + self.shift, *encode(value, "f32", "CDAB"), status)

    def block(self, target: Wanted) -> int:
        return self.blocks[target].read + self.shift

    def _act(self, start: int, words: Sequence[int]) -> None:
        block = next(b for b in self.blocks.values() if b.write is not None and b.write + self.shift == start)
        status = block.read + self.shift
        if not self.echo or words[1] == self.words[status]:
            return
        moves = {0: 0, 201: 201, 202: 201, 301: 301, 302: 302, 303: 301, 304: 302}
        self.put(status, words[1], 399 if self.by_hand else moves[words[0]], *words[2:4])


VENT, SCREEN = Wanted(RETRACTABLE, 1), Wanted(RETRACTABLE, 2)


@pytest.mark.parametrize("shift", [0, -1])
async def test_an_integrated_node_with_either_offset(bench: Bench, start: Start, shift: int) -> None:
    bench.slaves[12] = node = Node(3, INTEGRATED, shift)
    for code, value in ((1, -3.5), (8, 4.25), (4, 1.0), (7, 640.0)):
        node.show(Wanted(code, 1), value)
    async with start(device("node_12", HOUSE, address=12, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.reports("shade_screen.node"))
        values = {p: line.heard.readings(p)[0].value for p in HOUSE if p.startswith("outside")}
        assert values == {
            "outside.temperature": -3.5,
            "outside.wind_speed": 4.25,
            "outside.rain": 1.0,
            "outside.radiation": 640.0,
        }
        assert line.heard.reports("roof_vent.node")[0].followed is Followed.RESTING
        report = await line.told(command("roof_vent.node", Verb.OPEN, 12.0))
        assert (report.followed, report.verb) == (Followed.RUNNING, Verb.OPEN)
        assert (await line.told(command("roof_vent.node", Verb.STOP))).followed is Followed.RESTING
        assert node.writes == [(16, 503 + shift, (303, 1, 12, 0)), (16, 503 + shift, (0, 2))]


async def test_what_goes_over_the_wire_to_a_sensor_node(bench: Bench, start: Start) -> None:
    bench.slaves[1] = node = Node(1, ANNEX_A_SENSORS)
    node.show(Wanted(1, 1), 28.8)
    async with start(device("node", {"air.temperature": "air_temperature/1"}, address=1, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.readings("air.temperature"))
        assert line.heard.readings("air.temperature")[0].value == pytest.approx(28.8, abs=1e-5)
        assert bench.frames[0] == bytes.fromhex("01 03 00 01 00 08 15 CC")
        assert bench.frames[2] == bytes.fromhex("01 03 00 CB 00 03 74 35")


async def test_one_read_fetches_a_whole_sensor_node(bench: Bench, start: Start) -> None:
    bench.slaves[1] = Node(1, ANNEX_A_SENSORS)
    points = {"a.temperature": "temperature/1", "a.weight": "weight/2", "a.co2": "co2/1", "a.ec": "ec/1"}
    points |= {f"t{k}.temperature": f"temperature/{k}" for k in range(2, 11)} | {"a.humidity": "humidity/1"}
    points |= {"a.wind_speed": "wind_speed/1"}
    async with start(device("node", points, address=1, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: len(line.heard.all) == len(points))
        assert len(bench.frames) == 3


async def test_status_becomes_quality(bench: Bench, start: Start) -> None:
    bench.slaves[1] = node = Node(1, [1, 2, 11, 14])
    node.show(Wanted(1, 1), 20.0, 1)
    node.show(Wanted(2, 1), 50.0, 102)
    node.show(Wanted(11, 1), math.nan)
    points = {"t": "temperature/1", "h": "humidity/1", "c": "co2/1", "w": "wind_speed/1"}
    async with start(device("node", points, address=1, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: len(line.heard.all) == 4)
        said = {p: (line.heard.readings(p)[0].quality, line.heard.readings(p)[0].note) for p in points}
        assert said["t"] == (Quality.BAD, "error")
        assert said["h"] == (Quality.GOOD, "need calibration")
        assert said["c"] == (Quality.BAD, "the device has no value")
        assert said["w"][0] is Quality.BAD
        assert "no wind_speed/1; it has air_temperature/1" in said["w"][1]


async def test_opids_continue_after_a_restart_of_the_controller(bench: Bench, start: Start) -> None:
    bench.slaves[5] = node = Node(2, [SWITCH] * 16 + [RETRACTABLE] * 8)
    node.words[node.block(Wanted(SWITCH, 2))] = 65535
    wiring = device("node", {"fan": "switch/2"}, address=5, profile="ks-x-3267", poll="1 h")
    for expected in (1, 2):
        async with start(wiring) as line:
            # before the first poll: the node has to be identified first
            await line.told(command("fan", Verb.ON, 30.0))
        assert node.writes[-1] == (16, 507, (202, expected, 30, 0))


async def test_a_hand_at_the_node_holds_the_motor(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = Node(3, INTEGRATED)
    node.by_hand = True
    async with start(device("node_12", HOUSE, address=12, profile="ks-x-3267")) as line:
        report = await line.told(command("roof_vent.node", Verb.CLOSE, 5.0))
        assert (report.followed, report.note) == (Followed.HELD, "manual control")


async def test_a_run_that_is_over_before_anybody_looks_is_not_waited_for(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = Node(3, INTEGRATED)
    wiring = device("node_12", HOUSE, address=12, profile="ks-x-3267", poll="1 d")
    async with start(wiring, speed=10_000.0) as line:
        await line.heard.until(lambda: line.heard.reports("roof_vent.node"))
        node.written = lambda at, words: node.put(node.block(VENT), words[1], 0, 0, 0)
        report = await line.told(command("roof_vent.node", Verb.OPEN, 5.0))
        assert report.followed is Followed.RESTING
        written = next(i for i, frame in enumerate(bench.frames) if frame[1] == 16)
        assert len(bench.frames) == written + 2


async def test_a_node_that_does_not_confirm(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = Node(3, INTEGRATED)
    async with start(device("node_12", HOUSE, address=12, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.reports("roof_vent.node"))
        node.echo = False
        report = await line.told(command("roof_vent.node", Verb.OPEN, 5.0))
        assert report.followed is Followed.REFUSED
        assert "did not confirm" in report.note
        node.echo = True
        assert (await line.told(command("roof_vent.node", Verb.OPEN, 5.0))).followed is Followed.RUNNING
        assert [words[1] for _, _, words in node.writes] == [1, 2]


async def test_a_lost_answer_is_asked_for_again_with_the_same_opid(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = Node(3, INTEGRATED)
    wiring = device("node_12", HOUSE, address=12, profile="ks-x-3267", timeout="100 ms")
    async with start(wiring) as line:
        node.swallow = 1
        assert (await line.told(command("roof_vent.node", Verb.OPEN, 5.0))).followed is Followed.RUNNING
        assert node.writes == [(16, 503, (303, 1, 5, 0))] * 2


async def test_a_node_that_never_takes_the_command(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = Node(3, INTEGRATED)
    wiring = device("node_12", HOUSE, address=12, profile="ks-x-3267", timeout="50 ms")
    async with start(wiring) as line:
        await line.heard.until(lambda: line.heard.reports("roof_vent.node"))
        node.silent = True
        report = await line.told(command("roof_vent.node", Verb.OPEN, 5.0))
        assert report.followed is Followed.LOST
        assert line.heard.readings("outside.rain")[-1].quality is Quality.STALE


async def test_a_node_that_was_exchanged_is_identified_anew(bench: Bench, start: Start) -> None:
    bench.slaves[12] = Node(3, INTEGRATED)
    wiring = device("node_12", {"outside.rain": "rain_detector/1"}, address=12, profile="ks-x-3267", poll="50 ms")
    async with start(wiring) as line:
        await line.heard.until(lambda: line.heard.readings("outside.rain"))
        bench.slaves[12] = node = Node(3, [4], shift=-1)
        node.show(Wanted(4, 1), 1.0)
        await line.heard.until(lambda: line.heard.readings("outside.rain")[-1].value == 1.0)


async def test_a_stranger_at_the_nodes_address(bench: Bench, start: Start) -> None:
    bench.slaves[12] = Slave(words=dict.fromkeys(range(400), 7))
    async with start(device("node_12", HOUSE, address=12, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.reports("shade_screen.node"))
        assert line.heard.readings("outside.rain")[0].quality is Quality.BAD
        assert line.heard.reports("roof_vent.node")[0].followed is Followed.REFUSED
