"""The real driver against virtual devices, over a real pseudo terminal."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.model.commands import Followed, Verb
from controller.model.points import Quality
from simulators.devices.ks_actuator import Travel
from simulators.devices.ks_node import KsNode
from simulators.devices.modbus import build
from simulators.faults import WireFaults
from simulators.line import Pace, SerialLine
from simulators.line.frames import seal

from .bench import CLIMATE, CO2, NODE, RELAYS, TRUE, bench, until


async def test_the_driver_reads_what_is_true_in_the_greenhouse(tmp_path: Path) -> None:
    async with bench(tmp_path, CLIMATE, CO2, NODE) as made:
        for point, value in {
            "air.temperature": 21.5,
            "air.humidity": 65.2,
            "air.co2": 612.0,
            "outside.temperature": -3.25,
        }.items():
            await until(lambda point=point: made.readings(point))
            assert made.readings(point)[0].value == pytest.approx(value)
            assert made.readings(point)[0].quality is Quality.GOOD
        assert made.line.collisions == made.line.broken == 0


async def test_the_driver_switches_relays_with_a_lease(tmp_path: Path) -> None:
    async with bench(tmp_path, RELAYS, speed=100.0) as made:
        assert (await made.told("heater.relay", Verb.ON, 30.0)).followed is Followed.RUNNING
        assert made.values["heater.relay"] == 1.0
        # nobody renews it: the board itself switches off
        await until(lambda: made.reports("heater.relay")[-1].followed is Followed.RESTING)
        assert made.values["heater.relay"] == 0.0


async def test_the_driver_moves_a_vent(tmp_path: Path) -> None:
    async with bench(tmp_path, NODE, speed=100.0) as made:
        report = await made.told("roof_vent.node", Verb.OPEN, 45.0)
        assert (report.followed, report.verb) == (Followed.RUNNING, Verb.OPEN)
        await until(lambda: made.reports("roof_vent.node")[-1].followed is Followed.RESTING)
        assert made.values["roof_vent.node"] == pytest.approx(25)
        assert (await made.told("roof_vent.node", Verb.CLOSE, 200.0)).verb is Verb.CLOSE
        await until(lambda: made.values["roof_vent.node"] == 0)


async def test_the_driver_hears_of_a_hand_at_the_panel(tmp_path: Path) -> None:
    async with bench(tmp_path, NODE) as made:
        node = made.slaves[12]
        assert isinstance(node, KsNode)
        node.actuators["roof_vent.node"].take(made.now())
        assert (await made.told("roof_vent.node", Verb.OPEN, 10.0)).followed is Followed.HELD


async def test_unplug_and_replug(tmp_path: Path) -> None:
    async with bench(tmp_path, CLIMATE, NODE, speed=20.0) as made:
        await until(lambda: made.readings("air.temperature"))
        await made.told("roof_vent.node", Verb.OPEN, 400.0)
        made.line.unplug()
        await until(lambda: made.readings("air.temperature")[-1].quality is Quality.STALE)
        assert made.reports("roof_vent.node")[-1].followed is Followed.LOST
        assert not made.driver.health().online
        made.line.plug()
        await until(lambda: made.readings("air.temperature")[-1].quality is Quality.GOOD)
        # the node had power all the time: the motor runs on, and its last word is that of before
        await until(lambda: made.reports("roof_vent.node")[-1].verb is Verb.OPEN)
        assert (await made.told("roof_vent.node", Verb.STOP)).followed is Followed.RESTING


async def test_a_silent_device_is_lost_alone(tmp_path: Path) -> None:
    async with bench(tmp_path, CLIMATE, CO2, speed=20.0) as made:
        await until(lambda: made.readings("air.co2"))
        made.line.silent.add(3)
        await until(lambda: made.readings("air.co2")[-1].quality is Quality.STALE)
        assert made.readings("air.temperature")[-1].quality is Quality.GOOD
        made.line.silent.clear()
        await until(lambda: made.readings("air.co2")[-1].quality is Quality.GOOD)


async def test_a_bad_cable_costs_repetitions_and_never_a_wrong_value(tmp_path: Path) -> None:
    async with bench(tmp_path, CLIMATE, RELAYS, speed=100.0) as made:
        made.line.faults = WireFaults(lost=0.005, flipped=0.005, noise=0.05)
        for _ in range(5):
            await made.told("heater.relay", Verb.ON, 1000.0)
            await made.told("heater.relay", Verb.OFF)
        await until(lambda: len(made.readings("air.temperature")) > 10)
        good = [r.value for r in made.readings("air.temperature") if r.quality is Quality.GOOD]
        assert good == pytest.approx([21.5] * len(good))
        health = made.driver.health()
        assert sum(device.errors + device.timeouts for device in health.devices) > 0


async def test_a_paced_line_takes_its_time_and_nobody_talks_at_once(tmp_path: Path) -> None:
    pace = Pace(9600)
    async with bench(tmp_path, CLIMATE, CO2, RELAYS, NODE, pace=pace) as made:
        await until(lambda: made.readings("outside.temperature"))
        report = await made.told("heater.relay", Verb.ON, 30.0)
        assert report.followed is Followed.RUNNING
        assert made.line.collisions == made.line.broken == 0
        exchanges = list(made.line.journal)
        for first, second in itertools.pairwise(exchanges):
            # the answer goes out after `at`, then a silence, then the next request comes in and is silent at its end
            size = len(first.answer) + 3 + len(second.request) + 3
            assert second.at - first.at >= size * pace.character + 2 * pace.silence


async def test_who_speaks_while_another_does_spoils_both(tmp_path: Path) -> None:
    slaves = build([CLIMATE], TRUE.__getitem__, lambda point, value: None, lambda point: Travel(1, 1))
    with SerialLine(tmp_path / "port", slaves, lambda: 0.0, Pace(1200)) as line, port(line) as master:
        request = seal(1, bytes.fromhex("04 0001 0002"))
        os.write(master, request)
        await until(lambda: line.journal)
        os.write(master, request)
        await until(lambda: line.collisions)
        os.write(master, request)
        await until(lambda: len(line.journal) == 2)
        assert line.collisions == 1


async def test_a_broadcast_is_obeyed_and_not_answered(tmp_path: Path) -> None:
    values: dict[str, float] = {}
    slaves = build([RELAYS], values.__getitem__, values.__setitem__, lambda point: Travel(1, 1))
    with SerialLine(tmp_path / "port", slaves, lambda: 0.0) as line, port(line) as master:
        os.write(master, seal(0, bytes.fromhex("05 0000 ff00")))
        await until(lambda: values["heater.relay"] == 1.0)
        assert not line.journal


async def test_the_port_has_a_lasting_name(tmp_path: Path) -> None:
    with SerialLine(tmp_path / "port", {}, lambda: 0.0) as line:
        with port(line) as master:
            assert os.isatty(master)
        line.unplug()
        assert not line.link.is_symlink()
        line.unplug()
        line.plug()
        line.plug()
        with port(line) as master:
            assert os.isatty(master)
    assert not line.link.is_symlink()


@contextmanager
def port(line: SerialLine) -> Iterator[int]:
    """The controller's end of the line, without a driver."""
    descriptor = os.open(line.link, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
