"""KS X 3286 descriptions: nodes with a register map of their own, and mistakes in the file that says it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from controller.model.commands import Followed, Verb
from controller.model.errors import ConfigError, Place
from controller.model.points import Quality
from controller.model.ports import BusSettings, DeviceSettings
from drivers.kit import Heard, RealClock, at_work, order, soon
from drivers.modbus import factory
from drivers.modbus.ksx3267.codes import SWITCH, Wanted
from drivers.modbus.ksx3267.description import parse
from drivers.modbus.ksx3267.node import layout, node_info

from . import korean
from .conftest import Bench, NetworkBench, Start, command, device
from .korean import info


def area(start: int, *items: str) -> dict[str, object]:
    return {"starting-register": start, "items": list(items)}


VENDOR: dict[str, object] = {
    "Class": "node",
    "Type": "integrated-node/level1",
    "Name": "a maker's own",
    "_comment": "what a maker writes besides does not matter",
    "CommSpec": {"KS X 3267": {"read": area(210, "status"), "write": area(510, "operation", "opid")}},
    "Devices": [
        {
            "Class": "sensor",
            "Type": "temperature-sensor",
            "CommSpec": {"KS X 3267": {"read": area(300, "value", "status")}},
        },
        {"Class": "sensor", "Type": "reserved", "CommSpec": {"KS X 3267": {"read": area(303, "value", "status")}}},
        {
            "Class": "actuator",
            "Type": "switch/level1",
            "CommSpec": {
                "KS X 3267": {
                    "read": area(320, "status", "opid", "remain-time:u16"),
                    "write": {
                        "starting-register": 600,
                        "operations": [
                            {"opcode": 201, "items": ["operation", "opid"]},
                            {"opcode": 202, "items": ["opid", "operation", "state-hold-time:u16"]},
                        ],
                    },
                },
                "KS B 7958": {},
            },
        },
        {"Class": "actuator", "Type": "kettle/level3", "CommSpec": {"KS X 3267": {"read": area(330, "status")}}},
    ],
}


def test_a_description_says_where_everything_is() -> None:
    known = parse(json.dumps(VENDOR), "node.json")
    blocks = layout(node_info(info(3, 4, organisation=8877)), [1, 0, SWITCH, 999], known)
    assert {wanted: block.read.start for wanted, block in blocks.items()} == {Wanted(1, 1): 300, Wanted(SWITCH, 1): 320}
    assert blocks[Wanted(SWITCH, 1)].read.size == 3


def test_a_device_code_that_contradicts_the_description_is_left_out() -> None:
    known = parse(json.dumps(VENDOR), "node.json")
    assert not layout(node_info(info(3, 4)), [2, 0, 0, 0], known)
    # a node that gives no codes at all is taken at its description's word
    assert set(layout(node_info(info(3, 4)), [0, 0, 0, 0], known)) == {Wanted(1, 1), Wanted(SWITCH, 1)}


def _vendor(organisation: int = 8877) -> korean.Node:
    node = korean.Node(info(3, 4, organisation=organisation), [1, 0, SWITCH, 0])
    node.at(210, 0)
    node.show(300, 21.5)
    node.at(320, 0, 0, 0)  # status, opid, remaining time
    node.actuators[600] = (321, 320)
    return node


async def test_a_node_with_a_map_of_its_own(bench: Bench, start: Start, tmp_path: Path) -> None:
    (tmp_path / "node.json").write_text(json.dumps(VENDOR))
    bench.slaves[4] = node = _vendor()
    points = {"t": "temperature/1", "fan": "switch/1"}
    wired = device("node", points, address=4, profile="ks-x-3267", description=str(tmp_path / "node.json"))
    async with start(wired) as line:
        await line.heard.until(lambda: line.heard.readings("t"))
        assert line.heard.readings("t")[0].value == 21.5
        # this maker has the opid first in a timed command, and a time of one register
        node.written = lambda at, words: node.at(320, 201, words[0], words[2])
        assert (await line.told(command("fan", Verb.ON, 60.0))).followed is Followed.RUNNING
        assert node.writes == [(16, 600, (1, 202, 60))]


async def test_a_node_with_a_map_that_nobody_gave(bench: Bench, start: Start) -> None:
    bench.slaves[4] = _vendor()
    async with start(device("node", {"t": "temperature/1"}, address=4, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.readings("t"))
        assert line.heard.readings("t")[0].quality is Quality.BAD
        assert "8877_0_3_0_10_4 has a register map of its own" in line.heard.readings("t")[0].note


def _changed(**changes: object) -> str:
    return json.dumps({**VENDOR, **changes})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "node.json:1:2: not JSON"),
        ("[]", "node.json: the file"),
        ('{"Class": "node"}', "Type: Field required"),
        (_changed(CommSpec={"KS X 3267": {"read": area(0, "status")}}), "CommSpec.KS X 3267.read.starting-register"),
        (_changed(CommSpec={"KS X 3267": {"read": {"items": ["status"]}}}), "the node has no starting-register"),
        (_changed(CommSpec={"KS X 3267": {"read": area(201)}}), "the node cannot be read: it has 0 registers"),
        (
            _changed(CommSpec={"KS X 3267": {"read": area(201, "statsu")}}),
            "the node: there is no item 'statsu'.*did you mean status",
        ),
        (_changed(CommSpec={"KS X 3267": {"read": area(299, "status", "opid")}}), "from 299 and from 300 overlap"),
        (_changed(CommSpec={"KS X 3267": {"read": area(201, "opid"), "write": area(501)}}), "neither items nor"),
    ],
)
def test_mistakes(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        parse(text, "node.json")
    assert error.value.place.file == "node.json"


def test_a_description_that_is_not_there(tmp_path: Path) -> None:
    place = Place(str(tmp_path / "site.yaml"), 9, 5)
    options = {"address": 4, "profile": "ks-x-3267", "description": "node.json"}
    with pytest.raises(ConfigError, match="cannot be read") as error:
        factory.source(DeviceSettings("node", options, (), place), "temperature/1")
    assert error.value.place == place


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"control": "local"}, "write control: remote"),
        ({"ec": "1.5 mS/cm"}, "'ph' is missing"),
        ({"ec": "1.5", "ph": "6 pH"}, "ec: .*use "),
        ({"ec": "1.5 mS/cm", "ph": "15 pH"}, "ph cannot be 15 pH"),
    ],
)
def test_options_of_korean_nodes(options: dict[str, object], said: str) -> None:
    node = DeviceSettings("node", {"address": 4, "profile": "ks-x-3288", **options}, (), Place("site.yaml", 2, 3))
    with pytest.raises(ConfigError, match=said):
        factory.check(BusSettings("rs485", {"port": "x"}, (node,)))


async def test_nodes_on_a_network() -> None:
    """KS B 7958: the gateway's nodes are told apart by their addresses, on one connection."""
    bench = NetworkBench()
    await bench.connect()
    bench.slaves |= {2: korean.nutrient_4(), 3: korean.integrated()}
    devices = (
        device("mixer", {"ec": "ec/2", "valve": "area/1"}, address=2, profile="ks-b-7958"),
        device("weather", {"rain": "rain_detector/1"}, address=3, profile="ks-x-3267"),
    )
    settings = BusSettings("greenhouse", {"host": f"127.0.0.1:{bench.port}"}, devices)
    heard = Heard()
    driver = factory.open(settings, RealClock())
    async with at_work(driver, heard):
        await soon(lambda: heard.readings("ec") and heard.readings("rain") and heard.reports("valve"))
        assert heard.readings("ec")[0].value == 2.0
        opening = order("valve", Verb.ON, 60.0)
        driver.send(opening)
        await soon(lambda: heard.answers(opening))
        assert heard.answers(opening)[0].followed is Followed.RUNNING
        assert bench.slaves[2].writes == [(16, 505, (402, 1, 1, 1, 60, 0))]
    await bench.disconnect()
    await asyncio.sleep(0)


@pytest.mark.parametrize("code", [10, 11])
async def test_a_node_of_which_the_gateway_says_that_it_does_not_answer_is_lost(code: int) -> None:
    bench = NetworkBench()
    await bench.connect()
    bench.slaves[2] = korean.nutrient_4()
    bench.slaves[2].refuses = code
    mixer = device("mixer", {"ec": "ec/2", "valve": "area/1"}, address=2, profile="ks-b-7958", poll="20 ms")
    settings = BusSettings("greenhouse", {"host": f"127.0.0.1:{bench.port}"}, (mixer,))
    heard = Heard()
    driver = factory.open(settings, RealClock())
    async with at_work(driver, heard):
        await soon(lambda: heard.reports("valve"))
        assert heard.reports("valve")[0].followed is Followed.LOST
        assert heard.readings("ec")[0].quality is Quality.STALE
        bench.slaves[2].refuses = None
        await soon(lambda: heard.readings("ec")[-1].quality is Quality.GOOD)
    await bench.disconnect()
