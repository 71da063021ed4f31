"""Korean standard nodes: codes, items, layouts and commands by hand, then whole nodes on a line."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model.commands import Followed, Verb
from controller.model.errors import ConfigError
from controller.model.points import Quality
from controller.model.ports import Source
from drivers.modbus.ksx3267 import items
from drivers.modbus.ksx3267.blocks import Recipe, Supply, command_words, finds_positions, next_opid, unfit
from drivers.modbus.ksx3267.codes import (
    NUTRIENT_SUPPLY,
    RETRACTABLE,
    SWITCH,
    Part,
    Wanted,
    followed,
    name_of,
    quality,
    source,
    wanted,
)
from drivers.modbus.ksx3267.description import Block, Region, Writes
from drivers.modbus.ksx3267.node import NodeInfo, layout, node_info

from . import korean
from .conftest import Bench, Slave, Start, command, device
from .korean import ANNEX_A_ACTUATORS, ANNEX_A_SENSORS, INTEGRATED, info, integrated, sensors

HOUSE = {
    "outside.temperature": "outside_temperature/1",
    "outside.wind_speed": "wind_speed/1",
    "outside.rain": "rain_detector/1",
    "outside.radiation": "solar_radiation/1",
    "roof_vent.node": "retractable/1",
    "shade_screen.node": "retractable/2",
}


def where(information: Sequence[int], codes: Sequence[int]) -> dict[Wanted, tuple[int, int | None]]:
    """Where the devices of a default node are read and commanded."""
    about = node_info(information)
    known = about.default()
    assert known is not None
    blocks = layout(about, codes, known)
    return {w: (block.read.start, None if block.write is None else block.write.start) for w, block in blocks.items()}


def test_node_information() -> None:
    found = node_info(info(1, 30))
    assert found == NodeInfo(0, 0, 1, 0, 10, 30, 0x12345678)
    assert found.plausible
    assert found.default() is not None
    assert not node_info((0, 0, 0, 1, 0, 10, 30, 1)).plausible  # read one register off
    vendor = node_info(info(1, 30, organisation=8877))
    assert vendor.default() is None
    assert "8877_0_1_0_10_30" in vendor.unknown
    gateway = node_info(info(4, 4, protocol=30))
    assert gateway.default() is None
    assert "2 to 5" in gateway.unknown


def test_annex_a_sensor_node() -> None:
    blocks = where(info(1, 30), ANNEX_A_SENSORS)
    # the numbers of the standard's own table
    assert blocks[Wanted(1, 1)] == (203, None)
    assert blocks[Wanted(2, 1)] == (212, None)
    assert blocks[Wanted(8, 1)] == (230, None)
    assert blocks[Wanted(11, 1)] == (239, None)
    assert blocks[Wanted(14, 1)] == (248, None)
    assert blocks[Wanted(1, 4)] == (260, None)
    assert blocks[Wanted(18, 2)] == (290, None)


def test_a_sensor_node_that_packs_its_slots_and_one_with_holes() -> None:
    packed = where(info(1, 4), [1, 2, 11, 14])
    assert [read for read, _ in packed.values()] == [203, 206, 209, 212]
    assert where(info(1, 30), [0, 0, 0, 2]) == {Wanted(2, 1): (212, None)}


def test_annex_a_actuator_node() -> None:
    blocks = where(info(2, 24), ANNEX_A_ACTUATORS)
    assert blocks[Wanted(SWITCH, 1)] == (203, 503)
    assert blocks[Wanted(SWITCH, 16)] == (263, 563)
    assert blocks[Wanted(RETRACTABLE, 1)] == (267, 567)
    assert blocks[Wanted(RETRACTABLE, 8)] == (295, 595)


def test_the_actuator_node_of_level_1() -> None:
    blocks = where(info(2, 10, product=1), [SWITCH] * 8 + [RETRACTABLE] * 2)
    assert blocks[Wanted(SWITCH, 1)] == (204, 504)
    assert blocks[Wanted(SWITCH, 8)] == (232, 532)
    assert blocks[Wanted(RETRACTABLE, 1)] == (236, 536)
    assert blocks[Wanted(RETRACTABLE, 2)] == (240, 540)


def test_an_empty_slot_of_the_actuator_node_of_level_1_keeps_its_place() -> None:
    blocks = where(info(2, 10, product=1), [SWITCH, 0, SWITCH, 0, 0, 0, 0, 0, 0, RETRACTABLE])
    assert blocks == {Wanted(SWITCH, 1): (204, 504), Wanted(SWITCH, 2): (212, 512), Wanted(RETRACTABLE, 1): (240, 540)}


@pytest.mark.parametrize(
    ("product", "first"),
    [(2, 203), (3, 210)],
    ids=["sensors only", "sensors that move, with their zone and three coordinates"],
)
def test_sensor_nodes_of_protocol_31_have_no_control_right(product: int, first: int) -> None:
    blocks = where(info(1, 3, product=product, protocol=31), [1, 0, 2])
    assert blocks == {Wanted(1, 1): (first, None), Wanted(2, 1): (first + 3, None)}


def test_a_supply_of_level_4_with_other_sensors_follows_the_codes() -> None:
    blocks = where(info(3, 3, product=5, protocol=31), [12, 16, 205])
    assert blocks[Wanted(16, 1)] == (207, None)
    assert blocks[Wanted(NUTRIENT_SUPPLY, 1)] == (210, 505)


def test_the_nutrient_node_of_ks_x_3288() -> None:
    blocks = where(info(3, 21, product=4, protocol=20), [12] * 3 + [16] * 3 + [7] + [5] * 13 + [204])
    assert [blocks[Wanted(12, k)][0] for k in (1, 2, 3)] == [204, 207, 210]
    assert [blocks[Wanted(16, k)][0] for k in (1, 2, 3)] == [213, 216, 219]
    assert blocks[Wanted(7, 1)] == (222, None)
    assert [blocks[Wanted(5, k)][0] for k in (1, 13)] == [225, 261]
    assert blocks[Wanted(NUTRIENT_SUPPLY, 1)] == (401, 504)


def test_the_nutrient_node_of_ks_b_7958() -> None:
    blocks = where(info(3, 21, product=5, protocol=31), [12] * 3 + [16] * 3 + [7] + [5] * 13 + [205])
    assert blocks[Wanted(5, 13)] == (261, None)
    assert blocks[Wanted(NUTRIENT_SUPPLY, 1)] == (264, 505)


def test_integrated_node_follows_the_codes() -> None:
    blocks = where(info(3, 6), INTEGRATED)
    assert [blocks[Wanted(code, 1)][0] for code in (1, 8, 4, 7)] == [203, 206, 209, 212]
    assert blocks[Wanted(RETRACTABLE, 1)] == (215, 503)
    assert blocks[Wanted(RETRACTABLE, 2)] == (219, 507)
    # an unknown code ends the layout, for nobody knows how long its block is
    mixed = where(info(3, 6), [RETRACTABLE, 0, 1, SWITCH, 399, 1])
    assert mixed == {Wanted(RETRACTABLE, 1): (203, 503), Wanted(1, 1): (207, None), Wanted(SWITCH, 1): (210, 507)}


def test_automatic_layout_counts_levels_together_and_knows_their_lengths() -> None:
    blocks = where(info(2, 5, product=1), [101, 103, 102, 113, 112])
    assert blocks == {
        Wanted(SWITCH, 1): (204, None),  # level 0 takes no commands
        Wanted(SWITCH, 2): (208, 504),
        Wanted(SWITCH, 3): (213, 509),
        Wanted(RETRACTABLE, 1): (217, 513),
        Wanted(RETRACTABLE, 2): (222, 520),
    }


def test_protocols_differ_in_the_order_of_a_sensors_registers() -> None:
    for protocol, order in ((10, ("value", "status")), (30, ("status", "value")), (31, ("status", "value"))):
        about = node_info(info(3, 2, protocol=protocol))
        known = about.default()
        assert known is not None
        assert layout(about, [1, 0], known)[Wanted(1, 1)].read.items == order
    newer = node_info(info(3, 1))
    known = newer.default()
    assert known is not None
    assert layout(newer, [25], known)[Wanted(25, 1)].read.items == ("status", "value")  # a device of KS B 7958


def test_items() -> None:
    assert items.read(("value", "status"), (0x6666, 0x41E6, 0))["value"] == pytest.approx(28.8, abs=1e-5)
    assert items.read(("status", "value"), (103, 0, 0))["status"] == 103
    timed = items.read(("opid", "status", "remain-time"), (7, 301, 0x0002, 0x0001))
    assert timed == {"opid": 7, "status": 301, "remain-time": 65538}
    assert items.read(("sig-digit", "tz-offset", "pos-x"), (0xFFFD, 9, 0xFFFF, 0xFFFF)) == {
        "sig-digit": -3,
        "tz-offset": 9,
        "pos-x": -1,
    }
    assert items.read(("status", "event", "blank"), (0, 7, 9))["event"] == 7
    assert items.size(("operation", "opid", "start-area", "stop-area", "on-sec", "EC", "pH")) == 10
    # what the sources spell or size differently
    assert items.item("opentime") == ("open-time", "u16")
    assert items.item("hold-time:u16") == ("hold-time", "u16")
    with pytest.raises(ConfigError, match="did you mean remain-time"):
        items.item("remain-tim")
    with pytest.raises(ConfigError, match="u16 or u32"):
        items.item("time:f32")


SWITCH_1 = Block(102, Region(203, ("opid", "status")), Writes(503, {None: ("operation", "opid", "hold-time")}))
MOTOR_1 = Block(112, Region(203, ("opid", "status")), Writes(503, {None: ("operation", "opid", "time")}))


@pytest.mark.parametrize(
    ("block", "verb", "seconds", "words"),
    [
        (SWITCH_1, Verb.ON, None, (201, 9)),
        (SWITCH_1, Verb.ON, 60.0, (202, 9, 60, 0)),
        (SWITCH_1, Verb.ON, 60.2, (202, 9, 61, 0)),
        (SWITCH_1, Verb.ON, 70000.0, (202, 9, 4464, 1)),
        (SWITCH_1, Verb.OFF, None, (0, 9)),
        (MOTOR_1, Verb.OPEN, None, (301, 9)),
        (MOTOR_1, Verb.CLOSE, None, (302, 9)),
        (MOTOR_1, Verb.OPEN, 12.4, (303, 9, 12, 0)),
        (MOTOR_1, Verb.CLOSE, 0.2, (304, 9, 1, 0)),
        (MOTOR_1, Verb.STOP, None, (0, 9)),
        (MOTOR_1, Verb.STOP, 5.0, (0, 9)),
    ],
)
def test_commands_write_only_their_own_arguments(
    block: Block, verb: Verb, seconds: float | None, words: tuple[int, ...]
) -> None:
    assert command_words(block, verb, 9, seconds) == words


def test_widths_and_lengths_that_a_description_gives() -> None:
    short = SWITCH_1._replace(write=Writes(503, {None: ("operation", "opid", "hold-time:u16")}))
    assert command_words(short, Verb.ON, 9, 70000.0) == (202, 9, 65535)
    plain = SWITCH_1._replace(write=Writes(503, {None: ("operation", "opid")}))
    assert command_words(plain, Verb.ON, 9, 60.0) == (201, 9)


def test_a_position_goes_where_the_description_has_it() -> None:
    flat = ("operation", "opid", "time", "position", "open-time", "close-time")
    block = Block(113, Region(203, ("opid", "status")), Writes(503, {None: flat}))
    assert command_words(block, Verb.OPEN, 9, 30.0, position=60) == (305, 9, 0, 0, 60)
    short = Writes(503, {305: ("operation", "opid", "position"), 303: ("operation", "opid", "time")})
    assert command_words(block._replace(write=short), Verb.OPEN, 9, 30.0, position=60) == (305, 9, 60)
    assert finds_positions(block)
    assert finds_positions(block._replace(write=short))
    for other in (block._replace(code=112), block._replace(write=None), MOTOR_1._replace(code=113)):
        assert not finds_positions(other)


SUPPLY_3 = Writes(504, {None: ("operation", "opid", "start-area", "stop-area", "on-sec", "EC", "pH")})


def test_commands_to_a_nutrient_supply() -> None:
    block = Block(204, Region(401, ("status", "opid")), SUPPLY_3)
    once, water, feed = Supply(), Supply((3,)), Supply((3,), Recipe(1.5, 6.0))
    assert command_words(block, Verb.ON, 9, 90.0, once) == (401, 9)
    assert command_words(block, Verb.ON, 9, 90.0, water) == (402, 9, 3, 3, 90, 0)
    assert command_words(block, Verb.ON, 9, 90.0, feed) == (403, 9, 3, 3, 90, 0, 0, 0x3FC0, 0, 0x40C0)
    assert command_words(block, Verb.ON, 9, 90.0, Supply((2, 3, 4))) == (402, 9, 2, 4, 90, 0)
    assert command_words(block, Verb.OFF, 9, None, water) == (0, 9)
    assert command_words(block._replace(code=202), Verb.ON, 9, 90.0, once) == (401, 9)
    for code, supply, seconds, said in (
        (202, water, 90.0, "level 1 cannot choose zones"),
        (203, feed, 90.0, "level 2 cannot mix"),
        (204, water, None, "for how long"),
        (204, Supply((1, 3)), 90.0, "none left out"),
    ):
        with pytest.raises(ValueError, match=said):
            command_words(block._replace(code=code), Verb.ON, 9, seconds, supply)


def test_zones_that_are_no_neighbours_go_by_a_bitmap() -> None:
    info_4 = node_info(info(3, 21, product=5, protocol=31))
    known = info_4.default()
    assert known is not None
    block = layout(info_4, [12] * 3 + [16] * 3 + [7] + [5] * 13 + [205], known)[Wanted(NUTRIENT_SUPPLY, 1)]
    assert command_words(block, Verb.ON, 9, 90.0, Supply((1, 3, 18))) == (404, 9, 0b101, 0b10, 90, 0)
    feed = Supply((2, 4), Recipe(1.5, 6.0))
    assert command_words(block, Verb.ON, 9, 90.0, feed) == (405, 9, 0b1010, 0, 90, 0, 0, 0x3FC0, 0, 0x40C0)
    assert command_words(block, Verb.ON, 9, 90.0, Supply((2, 3))) == (402, 9, 2, 3, 90, 0)
    # a maker's node that knows zones by their bits only
    assert block.write is not None
    bits = block._replace(write=Writes(505, {404: block.write.layout(404)}))
    assert command_words(bits, Verb.ON, 9, 90.0, Supply((3,))) == (404, 9, 0b100, 0, 90, 0)
    with pytest.raises(ValueError, match="32 zones only"):
        command_words(bits, Verb.ON, 9, 90.0, Supply((1, 33)))
    turned = Supply((1, 3, 32), highest_first=True)
    assert command_words(bits, Verb.ON, 9, 90.0, turned) == (404, 9, 1, 0b101 << 13, 90, 0)


@given(st.sets(st.integers(1, 32), min_size=1).map(sorted))
def test_every_zone_has_its_bit(zones: list[int]) -> None:
    items_of = ("operation", "opid", "area-bitmap", "time")
    block = Block(205, Region(264, ("opid", "status")), Writes(505, {404: items_of}))
    words = command_words(block, Verb.ON, 9, 60.0, Supply(tuple(zones)))
    bits = words[2] | words[3] << 16
    assert [zone for zone in range(1, 33) if bits >> zone - 1 & 1] == zones


def test_what_a_device_cannot_do() -> None:
    assert unfit(SWITCH_1, Verb.OPEN) == "a switch cannot open"
    assert unfit(MOTOR_1, Verb.ON) == "a retractable cannot on"
    assert unfit(Block(101, Region(203, ("opid", "status"))), Verb.ON) == "a switch of level 0 takes no commands"
    assert not unfit(MOTOR_1, Verb.STOP)


def test_names() -> None:
    assert source("switch/16").output == "switch"
    assert source("retractable/2").output == "motor"
    assert source("area/12").output == "switch"
    assert wanted("area/12") == Wanted(Part.AREA, 12, (12,))
    assert wanted("area/5+1-3") == Wanted(Part.AREA, 1, (1, 2, 3, 5))
    assert name_of(wanted("area/5+1-3")) == "area/1+2+3+5"
    assert source("position/2").unit == "%"
    assert source("node_status").output is None
    for name, said in (("control/1", "one control only"), ("aera/1", "did you mean area"), ("area", "write area/1")):
        with pytest.raises(ConfigError, match=said):
            source(name)
    for zones in ("", "0", "3-1", "1+", "1-2-3", "101", "a", "1 3"):
        with pytest.raises(ConfigError, match="which zones"):
            source(f"area/{zones}")


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


@pytest.mark.parametrize("shift", [0, -1])
async def test_an_integrated_node_with_either_offset(bench: Bench, start: Start, shift: int) -> None:
    bench.slaves[12] = node = integrated(shift)
    for register, value in ((203, -3.5), (206, 4.25), (209, 1.0), (212, 640.0)):
        node.show(register, value)
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
    bench.slaves[1] = node = sensors()
    node.show(203, 28.8)
    async with start(device("node", {"air.temperature": "air_temperature/1"}, address=1, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.readings("air.temperature"))
        assert line.heard.readings("air.temperature")[0].value == pytest.approx(28.8, abs=1e-5)
        assert bench.frames[0] == bytes.fromhex("01 03 00 01 00 08 15 CC")
        # the node's status at 202, then the first temperature at 203
        assert bench.frames[2][:6] == bytes.fromhex("01 03 00 CA 00 04")


async def test_one_read_fetches_a_whole_sensor_node(bench: Bench, start: Start) -> None:
    bench.slaves[1] = sensors()
    points = {"a.temperature": "temperature/1", "a.weight": "weight/2", "a.co2": "co2/1", "a.ec": "ec/1"}
    points |= {f"t{k}.temperature": f"temperature/{k}" for k in range(2, 11)} | {"a.humidity": "humidity/1"}
    points |= {"a.wind_speed": "wind_speed/1"}
    async with start(device("node", points, address=1, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: len(line.heard.all) == len(points))
        assert len(bench.frames) == 3


async def test_status_becomes_quality(bench: Bench, start: Start) -> None:
    bench.slaves[1] = node = sensors([1, 2, 11, 14])
    node.show(203, 20.0, 1)
    node.show(206, 50.0, 102)
    node.show(209, math.nan)
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
    bench.slaves[5] = node = korean.actuators()
    node.at(207, 65535)
    wiring = device("node", {"fan": "switch/2"}, address=5, profile="ks-x-3267", poll="1 h")
    for expected in (1, 2):
        async with start(wiring) as line:
            # before the first poll: the node has to be identified first
            await line.told(command("fan", Verb.ON, 30.0))
        assert node.writes[-1] == (16, 507, (202, expected, 30, 0))


async def test_a_hand_at_the_node_holds_the_motor(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = integrated()
    node.by_hand = True
    async with start(device("node_12", HOUSE, address=12, profile="ks-x-3267")) as line:
        report = await line.told(command("roof_vent.node", Verb.CLOSE, 5.0))
        assert (report.followed, report.note) == (Followed.HELD, "manual control")


async def test_a_run_that_is_over_before_anybody_looks_is_not_waited_for(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = integrated()
    wiring = device("node_12", HOUSE, address=12, profile="ks-x-3267", poll="1 d")
    async with start(wiring, speed=10_000.0) as line:
        await line.heard.until(lambda: line.heard.reports("roof_vent.node"))
        node.written = lambda at, words: node.at(215, words[1], 0, 0, 0)
        report = await line.told(command("roof_vent.node", Verb.OPEN, 5.0))
        assert report.followed is Followed.RESTING
        written = next(i for i, frame in enumerate(bench.frames) if frame[1] == 16)
        assert len(bench.frames) == written + 2


async def test_a_node_that_does_not_confirm(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = integrated()
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
    bench.slaves[12] = node = integrated()
    wiring = device("node_12", HOUSE, address=12, profile="ks-x-3267", timeout="100 ms")
    async with start(wiring) as line:
        node.swallow = 1
        assert (await line.told(command("roof_vent.node", Verb.OPEN, 5.0))).followed is Followed.RUNNING
        assert node.writes == [(16, 503, (303, 1, 5, 0))] * 2


async def test_a_node_that_never_takes_the_command(bench: Bench, start: Start) -> None:
    bench.slaves[12] = node = integrated()
    wiring = device("node_12", HOUSE, address=12, profile="ks-x-3267", timeout="50 ms")
    async with start(wiring) as line:
        await line.heard.until(lambda: line.heard.reports("roof_vent.node"))
        node.silent = True
        report = await line.told(command("roof_vent.node", Verb.OPEN, 5.0))
        assert report.followed is Followed.LOST
        assert line.heard.readings("outside.rain")[-1].quality is Quality.STALE


async def test_a_node_that_was_exchanged_is_identified_anew(bench: Bench, start: Start) -> None:
    bench.slaves[12] = integrated()
    wiring = device("node_12", {"outside.rain": "rain_detector/1"}, address=12, profile="ks-x-3267", poll="50 ms")
    async with start(wiring) as line:
        await line.heard.until(lambda: line.heard.readings("outside.rain"))
        bench.slaves[12] = node = integrated(-1, [4])
        node.show(203, 1.0)
        await line.heard.until(lambda: line.heard.readings("outside.rain")[-1].value == 1.0)


async def test_a_stranger_at_the_nodes_address(bench: Bench, start: Start) -> None:
    bench.slaves[12] = Slave(words=dict.fromkeys(range(400), 7))
    async with start(device("node_12", HOUSE, address=12, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.reports("shade_screen.node"))
        assert line.heard.readings("outside.rain")[0].quality is Quality.BAD
        assert line.heard.reports("roof_vent.node")[0].followed is Followed.REFUSED


async def test_the_nodes_own_status_decides_too(bench: Bench, start: Start) -> None:
    bench.slaves[1] = node = sensors()
    node.show(203, 20.0)
    points = {"t": "temperature/1", "n": "node_status"}
    async with start(device("node", points, address=1, profile="ks-x-3267", poll="20 ms")) as line:
        await line.heard.until(lambda: len(line.heard.all) >= 2)
        assert line.heard.readings("t")[-1].value == 20.0
        node.at(202, 6)
        await line.heard.until(lambda: line.heard.readings("t")[-1].quality is Quality.BAD)
        assert line.heard.readings("t")[-1].note == "node: fuse error"
        assert line.heard.readings("n")[-1].value == 6
        assert line.driver.health().devices[0].complaint == "node: fuse error"
        node.at(202, 0)
        node.show(203, 20.0, 102)
        health = line.driver.health().devices[0]
        await line.heard.until(lambda: health.complaint == "air_temperature/1: need calibration")
        assert line.heard.readings("t")[-1].quality is Quality.GOOD


async def test_a_node_that_does_not_tell_its_own_status(bench: Bench, start: Start) -> None:
    bench.slaves[1] = node = sensors()
    del node.words[202]
    node.show(203, 20.0)
    async with start(device("node", {"t": "temperature/1"}, address=1, profile="ks-x-3267", poll="20 ms")) as line:
        await line.heard.until(lambda: [r for r in line.heard.readings("t") if r.quality is Quality.GOOD])


async def test_values_that_cannot_be(bench: Bench, start: Start) -> None:
    bench.slaves[1] = node = sensors([2, 16])
    node.show(203, 3e30)
    node.show(206, -1.0)
    points = {"h": "humidity/1", "p": "ph/1"}
    async with start(device("node", points, address=1, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.readings("p"))
        assert {line.heard.readings(point)[0].quality for point in points} == {Quality.BAD}


LEVEL_1 = {"fan": "switch/1", "vent": "retractable/1", "right": "control"}


@pytest.mark.parametrize("control", [1, 3, 7])
async def test_a_node_that_is_not_ours_is_never_commanded(bench: Bench, start: Start, control: int) -> None:
    bench.slaves[5] = node = korean.with_control(control)
    async with start(device("node", LEVEL_1, address=5, profile="ks-x-3267", poll="1 h")) as line:
        for given in (command("fan", Verb.ON, 60.0), command("vent", Verb.OPEN, 5.0)):
            report = await line.told(given)
            assert report.followed is Followed.HELD
            assert report.note
        await line.heard.until(lambda: line.heard.readings("right"))
        right = line.heard.readings("right")[0]
        assert right.value == control if control <= 3 else right.quality is Quality.BAD
        assert node.writes == []


async def test_a_node_with_a_control_of_0_has_no_control_right(bench: Bench, start: Start) -> None:
    bench.slaves[5] = node = korean.with_control(0)
    async with start(device("node", LEVEL_1, address=5, profile="ks-x-3267", poll="1 h")) as line:
        await line.told(command("fan", Verb.ON, 60.0))
    assert node.writes == [(16, 504, (202, 1, 60, 0))]


async def test_a_node_of_offset_minus_1_that_looks_like_one_of_offset_0(bench: Bench, start: Start) -> None:
    """The default actuator node of level 1 with a small serial number, read one register too far, is plausible too."""
    bench.slaves[5] = node = korean.with_control(2, shift=-1)
    node.at(7, 42, 0)
    assert node_info([node.words[address] for address in range(1, 9)]).plausible
    async with start(device("node", LEVEL_1, address=5, profile="ks-x-3267", poll="1 h")) as line:
        assert (await line.told(command("fan", Verb.ON, 60.0))).followed is Followed.RUNNING
    assert node.writes == [(16, 503, (202, 1, 60, 0))]


async def test_a_node_is_taken_over_only_where_site_yaml_says_so_and_no_hand_is_on_it(
    bench: Bench, start: Start
) -> None:
    wiring = device("node", LEVEL_1, address=5, profile="ks-x-3267", control="remote", poll="20 ms")
    bench.slaves[5] = node = korean.with_control(1)
    async with start(wiring) as line:
        assert (await line.told(command("fan", Verb.ON, 60.0))).followed is Followed.RUNNING
        assert node.writes == [(16, 501, (2, 8, 2)), (16, 504, (202, 1, 60, 0))]
        # now somebody takes it back at the node: that is final
        node.at(203, 1)
        await line.heard.until(lambda: line.heard.reports("fan")[-1].followed is Followed.HELD)
        assert (await line.told(command("fan", Verb.OFF))).followed is Followed.HELD
    assert len(node.writes) == 2
    bench.slaves[5] = node = korean.with_control(3)
    async with start(wiring) as line:
        assert (await line.told(command("fan", Verb.ON, 60.0))).followed is Followed.HELD
        assert node.writes == []


WATER = {"ec": "ec/1", "ph": "ph/3", "sun": "solar_radiation/1", "total": "flow/1", "zone_12": "flow/13"}


@pytest.mark.parametrize(
    ("node", "command_register", "status", "area"),
    [(korean.nutrient_3(), 504, 401, 402), (korean.nutrient_4(), 505, 265, 266)],
    ids=["KS X 3288", "KS B 7958"],
)
async def test_a_nutrient_node_waters_a_zone(
    bench: Bench, start: Start, node: korean.Node, command_register: int, status: int, area: int
) -> None:
    bench.slaves[7] = node
    outputs = {"valve_a": "area/3", "valve_b": "area/4", "alert": "alert/1"}
    options = {"address": 7, "profile": "ks-x-3288", "poll": "20 ms", "ec": "1.5 mS/cm", "ph": "6 pH"}
    async with start(device("mixer", WATER | outputs, **options)) as line:
        heard = line.heard
        await heard.until(lambda: heard.readings("zone_12") and heard.reports("valve_a"))
        values = [heard.readings(point)[0].value for point in WATER]
        assert values == [1.0, 6.0, 7.0, 8.0, 20.0]
        report = await line.told(command("valve_a", Verb.ON, 90.0))
        assert report.followed is Followed.RUNNING
        assert node.writes == [(16, command_register, (403, 1, 3, 3, 90, 0, 0, 0x3FC0, 0, 0x40C0))]
        # it waters zone 3: zone 4 rests, and switching zone 4 off must not stop zone 3
        node.at(area, 3)
        await heard.until(lambda: heard.reports("valve_b")[-1].followed is Followed.RESTING)
        assert (await line.told(command("valve_b", Verb.OFF))).followed is Followed.RESTING
        assert len(node.writes) == 1
        node.at(area + 1, 9)
        await heard.until(lambda: heard.readings("alert")[-1].value == 9)
        assert heard.readings("alert")[-1].note == "low level"
        await heard.until(lambda: heard.reports("valve_a")[-1].note == "low level")
        assert line.driver.health().devices[0].complaint == "nutrient_supply/1: low level"
        assert (await line.told(command("valve_a", Verb.OFF))).followed is Followed.RESTING
        assert node.writes[-1] == (16, command_register, (0, 2))


async def test_a_nutrient_node_waters_zones_together_and_is_not_diverted(bench: Bench, start: Start) -> None:
    bench.slaves[7] = node = korean.nutrient_4()
    points = {"valves": "area/1+3", "other": "area/2"}
    async with start(device("mixer", points, address=7, profile="ks-b-7958", poll="20 ms")) as line:
        heard = line.heard
        assert (await line.told(command("valves", Verb.ON, 90.0))).followed is Followed.RUNNING
        assert node.writes == [(16, 505, (404, 1, 0b101, 0, 90, 0))]
        # it mixes, and does not say for whom: whose order it was is known
        assert (await line.told(command("other", Verb.OFF))).followed is Followed.RESTING
        node.at(266, 3)
        assert (await line.told(command("other", Verb.OFF))).followed is Followed.RESTING
        report = await line.told(command("other", Verb.ON, 60.0))
        assert (report.followed, report.note) == (Followed.REFUSED, "the nutrient supply waters other zones")
        assert len(node.writes) == 1
        assert heard.reports("valves")[-1].followed is Followed.RUNNING
        # it is only flushing its pipes: the next may come
        node.at(265, 403)
        await line.told(command("other", Verb.ON, 60.0))
        assert node.writes[-1] == (16, 505, (402, 2, 2, 2, 60, 0))


async def test_a_supply_that_adds_up_its_orders_is_stopped_once_and_told_the_difference(
    bench: Bench, start: Start
) -> None:
    """Prolonging must not make a lease longer: whoever dies now leaves no more than 300 s of water behind."""
    bench.slaves[7] = node = korean.nutrient_3()

    def obey(at: int, words: Sequence[int]) -> None:
        if words[0] == 0:
            node.at(401, 0, 0, 0, words[1], 0, 0)
        else:
            node.at(401, 402, 3, 0, words[1], node.register(405) + words[4], 0)

    node.written = obey
    wiring = device("mixer", {"valve": "area/3"}, address=7, profile="ks-x-3288", poll="20 ms")
    async with start(wiring) as line:
        await line.told(command("valve", Verb.ON, 300.0))
        node.at(405, 200)
        report = await line.told(command("valve", Verb.ON, 300.0, renews=True))
        assert (report.followed, report.note.partition(":")[0]) == (
            Followed.REFUSED,
            "it adds the time of a new order to what is left",
        )
        await line.heard.until(lambda: line.heard.reports("valve")[-1].followed is Followed.RESTING)
        await line.told(command("valve", Verb.ON, 300.0))
        node.at(405, 200)
        for _ in range(2):  # the second time nothing has gone by: there is nothing to add
            assert (await line.told(command("valve", Verb.ON, 300.0, renews=True))).followed is Followed.RUNNING
            assert node.register(405) == 300
        orders = [(words[0], words[4] if len(words) > 4 else 0) for _, _, words in node.writes]
        assert orders == [(402, 300), (402, 300), (0, 0), (402, 300), (402, 100)]


async def test_a_supply_that_begins_anew_with_every_order_is_prolonged(bench: Bench, start: Start) -> None:
    bench.slaves[7] = node = korean.nutrient_3()
    node.written = lambda at, words: node.at(401, 402, 3, 0, words[1], words[4], 0)
    async with start(device("mixer", {"valve": "area/3"}, address=7, profile="ks-x-3288", poll="20 ms")) as line:
        await line.told(command("valve", Verb.ON, 300.0))
        for _ in range(3):
            node.at(405, 200)
            assert (await line.told(command("valve", Verb.ON, 300.0, renews=True))).followed is Followed.RUNNING
        assert [words[4] for _, _, words in node.writes] == [300] * 4


async def test_a_nutrient_node_mixes_what_it_was_last_told(bench: Bench, start: Start) -> None:
    bench.slaves[7] = node = korean.nutrient_3()
    points = {"valve": "area/3", "nutrient.ec": "target_ec", "nutrient.ph": "target_ph"}
    assert source("target_ec") == Source("dS/m", "number")
    async with start(device("mixer", points, address=7, profile="ks-x-3288", ph="6 pH", ec="1.8 mS/cm")) as line:
        told = await line.told(command("nutrient.ec", Verb.SET)._replace(value=1.5))
        assert (told.followed, told.value, node.writes) == (Followed.RESTING, 1.5, [])
        await line.told(command("valve", Verb.ON, 90.0))
        assert node.writes == [(16, 504, (403, 1, 3, 3, 90, 0, 0, 0x3FC0, 0, 0x40C0))]
        await line.told(command("nutrient.ph", Verb.SET)._replace(value=5.5))
        await line.told(command("valve", Verb.ON, 90.0))
        assert node.writes[-1] == (16, 504, (403, 2, 3, 3, 90, 0, 0, 0x3FC0, 0, 0x40B0))
        assert (await line.told(command("nutrient.ph", Verb.SET)._replace(value=15.0))).followed is Followed.REFUSED


async def test_a_nutrient_node_runs_its_own_programme(bench: Bench, start: Start) -> None:
    bench.slaves[7] = node = korean.nutrient_3()
    async with start(device("mixer", {"mixer": "nutrient_supply/1"}, address=7, profile="ks-x-3288")) as line:
        assert (await line.told(command("mixer", Verb.ON, 300.0))).followed is Followed.RUNNING
        line.driver.send(command("mixer", Verb.ON, 300.0, renews=True))
        assert (await line.told(command("mixer", Verb.OFF))).followed is Followed.RESTING
        assert node.writes == [(16, 504, (401, 1)), (16, 504, (0, 2))]


async def test_levels_0_and_2(bench: Bench, start: Start) -> None:
    bench.slaves[5] = node = korean.Node(info(2, 2, product=9), [111, 113])
    node.at(201, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 42)
    node.actuators[501] = (207, 208)
    points = {"old": "retractable/1", "new": "retractable/2", "new.position": "position/2", "none": "position/1"}
    async with start(device("node", points, address=5, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.readings("none"))
        assert line.heard.readings("new.position")[0].value == 42
        assert line.heard.readings("none")[0].quality is Quality.BAD
        report = await line.told(command("old", Verb.OPEN, 5.0))
        assert (report.followed, report.note) == (Followed.REFUSED, "a retractable of level 0 takes no commands")
        assert (await line.told(command("new", Verb.CLOSE, 5.0))).followed is Followed.RUNNING
        assert node.writes == [(16, 501, (304, 6, 5, 0))]


async def test_a_motor_that_finds_positions_is_told_one(bench: Bench, start: Start) -> None:
    bench.slaves[5] = node = korean.Node(info(2, 2, product=9), [113, 112])
    node.at(201, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 0)
    node.actuators |= {501: (203, 204), 508: (208, 209)}
    points = {"new": "retractable/1", "new.position": "position/1", "old": "retractable/2"}
    wiring = device("node", points, address=5, profile="ks-x-3267", positions="node", poll="20 ms")
    async with start(wiring) as line:
        heard = line.heard
        await line.told(command("new", Verb.OPEN, 20.0)._replace(value=60.4))
        # it stands further open than the estimate says, and comes back: that is what it was told all the same
        node.at(204, 302)
        seen = len(heard.readings("new.position"))
        await heard.until(lambda: len(heard.readings("new.position")) > seen + 1)
        assert {report.verb for report in heard.reports("new")} <= {None, Verb.OPEN}
        # the end stops are run to for a time, and so is everything that finds no positions
        await line.told(command("new", Verb.CLOSE, 63.0)._replace(value=0.0))
        await line.told(command("old", Verb.OPEN, 20.0)._replace(value=60.4))
        assert node.writes == [(16, 501, (305, 1, 0, 0, 60)), (16, 501, (304, 2, 63, 0)), (16, 508, (303, 1, 20, 0))]


async def test_a_switch_of_level_2_runs_at_the_ratio_that_it_was_last_told(bench: Bench, start: Start) -> None:
    bench.slaves[5] = node = korean.Node(info(2, 2, product=1), [103, 102])
    node.at(201, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    node.own = (201, 202, 203)
    node.actuators |= {504: (204, 205), 509: (209, 210)}
    points = {"fan": "switch/1", "fan.speed": "target_ratio/1", "pump": "switch/2", "pump.speed": "target_ratio/2"}
    assert source("target_ratio/1") == Source("%", "number")
    async with start(device("node", points, address=5, profile="ks-x-3267")) as line:
        await line.told(command("fan", Verb.ON, 60.0))
        told = await line.told(command("fan.speed", Verb.SET)._replace(value=40.0))
        assert (told.followed, told.value) == (Followed.RESTING, 40.0)
        await line.told(command("fan", Verb.ON, 60.0))
        await line.told(command("fan", Verb.OFF))
        assert node.writes == [(16, 504, (202, 1, 60, 0)), (16, 504, (203, 2, 60, 0, 40)), (16, 504, (0, 3))]
        assert (await line.told(command("fan.speed", Verb.SET)._replace(value=101.0))).followed is Followed.REFUSED
        await line.told(command("pump.speed", Verb.SET)._replace(value=40.0))
        refused = await line.told(command("pump", Verb.ON, 60.0))
        assert (refused.followed, refused.note) == (Followed.REFUSED, "a switch of level 1 has no ratio")


@pytest.mark.parametrize(("word", "shown"), [(55, 55.0), (0xFFCE, -50.0), (101, None), (0x8000, None)])
async def test_the_ratio_of_a_switch(bench: Bench, start: Start, word: int, shown: float | None) -> None:
    bench.slaves[5] = node = korean.Node(info(2, 1, product=1), [103])
    node.at(201, 0, 0, 2, 0, 0, 0, 0, word)
    async with start(device("node", {"fan.ratio": "ratio/1"}, address=5, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.readings("fan.ratio"))
        reading = line.heard.readings("fan.ratio")[0]
        assert reading.value == shown if shown is not None else reading.quality is Quality.BAD


async def test_a_gateway_names_its_nodes(bench: Bench, start: Start) -> None:
    bench.slaves[1] = korean.Node(info(4, 4, protocol=30), [0] * 4)
    async with start(device("gateway", {"t": "temperature/1"}, address=1, profile="ks-b-7958")) as line:
        await line.heard.until(lambda: line.heard.readings("t"))
        assert line.heard.readings("t")[0].note == "this is a gateway: its nodes have the addresses 2 to 5"


async def test_the_control_that_was_taken_is_given_back_at_the_end(bench: Bench, start: Start) -> None:
    """The node goes on by its own settings; one that was ours from the beginning stays remote."""
    for control, after in ((1, 1), (2, 2)):
        bench.slaves[5] = node = korean.with_control(control)
        wiring = device("node", LEVEL_1, address=5, profile="ks-x-3267", control="remote")
        async with start(wiring) as line:
            await line.heard.until(lambda: line.heard.readings("right"))
            assert line.heard.readings("right")[0].value == 2
        assert node.register(203) == after
