"""The driver on a line of its own: readings, commands, faults, and a port that goes and comes."""

from __future__ import annotations

import asyncio
import os

import pytest

from controller.model.commands import Followed, Verb
from controller.model.points import Quality
from drivers.modbus import line as line_module

from .conftest import Bench, Slave, Start, command, device

PROBE = {"air.temperature": "temperature", "air.humidity": "humidity"}


def probe(temperature: int = 215, humidity: int = 640) -> Slave:
    return Slave(words={1: temperature, 2: humidity})


def relay() -> Slave:
    return Slave(coils=dict.fromkeys(range(8), 0))


async def test_two_points_one_read(bench: Bench, start: Start) -> None:
    bench.slaves[1] = probe(temperature=0xFF9C)
    async with start(device("box", PROBE, address=1, profile="xy-md02")) as line:
        await line.heard.until(lambda: line.heard.readings("air.humidity"))
        assert line.heard.readings("air.temperature")[0].value == -10
        assert line.heard.readings("air.humidity")[0].value == 64
        assert bench.frames == [bytes.fromhex("01 04 00 01 00 02 20 0B")]
        health = line.driver.health()
        assert health.online
        assert health.devices[0].online


async def test_values_outside_the_devices_range_are_bad(bench: Bench, start: Start) -> None:
    bench.slaves[1] = probe(humidity=5000)
    async with start(device("box", PROBE, address=1, profile="xy-md02")) as line:
        await line.heard.until(lambda: line.heard.readings("air.humidity"))
        assert line.heard.readings("air.humidity")[0].quality is Quality.BAD
        assert line.heard.readings("air.temperature")[0].quality is Quality.GOOD


async def test_refusals_are_bad_and_counted(bench: Bench, start: Start) -> None:
    bench.slaves[1] = Slave(refuses=2)
    async with start(device("box", PROBE, address=1, profile="xy-md02")) as line:
        await line.heard.until(lambda: line.heard.readings("air.humidity"))
        reading = line.heard.readings("air.humidity")[0]
        assert (reading.quality, reading.note) == (Quality.BAD, "refused: illegal data address (2)")
        assert line.driver.health().devices[0].errors == 1


async def test_a_switch_is_commanded_and_read_back(bench: Bench, start: Start) -> None:
    bench.slaves[20] = board = relay()
    async with start(device("relays", {"fan": "channel/2"}, address=20, profile="waveshare-relay-8")) as line:
        await line.heard.until(lambda: line.heard.reports("fan"))
        on, off = command("fan", Verb.ON), command("fan", Verb.OFF)
        line.driver.send(on)
        await line.heard.until(lambda: len(line.heard.reports("fan")) == 2)
        line.driver.send(off)
        await line.heard.until(lambda: len(line.heard.reports("fan")) == 3)
        said = [(r.followed, r.verb, r.command_id) for r in line.heard.reports("fan")]
        assert said == [
            (Followed.RESTING, None, None),
            (Followed.RUNNING, Verb.ON, on.id),
            (Followed.RESTING, None, off.id),
        ]
        assert board.writes == [(5, 1, (0xFF00,)), (5, 1, (0,))]


async def test_a_lease_uses_the_devices_timer(bench: Bench, start: Start) -> None:
    bench.slaves[20] = board = relay()
    async with start(device("relays", {"fan": "channel/3"}, address=20, profile="waveshare-relay-8")) as line:
        for seconds in (90.0, 0.05, 99999.0):
            await line.told(command("fan", Verb.ON, seconds))
        assert board.writes == [(5, 0x0202, (900,)), (5, 0x0202, (1,)), (5, 0x0202, (0x7FFF,))]


async def test_a_newer_command_replaces_a_waiting_one(bench: Bench, start: Start) -> None:
    bench.slaves[20] = board = relay()
    async with start(device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8")) as line:
        await line.heard.until(lambda: line.heard.reports("fan"))
        line.driver.send(command("fan", Verb.ON))
        last = command("fan", Verb.OFF)
        line.driver.send(last)
        await line.heard.until(lambda: any(r.command_id == last.id for r in line.heard.reports("fan")))
        assert board.writes == [(5, 0, (0,))]


async def test_a_hand_at_the_board_is_seen(bench: Bench, start: Start) -> None:
    bench.slaves[20] = board = relay()
    wiring = device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8", poll="20 ms")
    async with start(wiring) as line:
        await line.heard.until(lambda: line.heard.reports("fan"))
        board.coils[0] = 1
        await line.heard.until(lambda: len(line.heard.reports("fan")) == 2)
        assert line.heard.reports("fan")[1].followed is Followed.RUNNING


async def test_refused_and_impossible_commands(bench: Bench, start: Start) -> None:
    bench.slaves[20] = board = relay()
    async with start(device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8")) as line:
        await line.heard.until(lambda: line.heard.reports("fan"))
        board.refuses = 4
        for verb, note in ((Verb.ON, "refused: device failure (4)"), (Verb.OPEN, "a switch cannot open")):
            report = await line.told(command("fan", verb))
            assert (report.followed, report.note) == (Followed.REFUSED, note)


async def test_a_dead_device_is_said_once_and_comes_back(bench: Bench, start: Start) -> None:
    bench.slaves[1], bench.slaves[20] = probe(), relay()
    bench.slaves[2] = probe()
    devices = (
        device("box", PROBE, address=1, profile="xy-md02", poll="1 s", settle="0 s"),
        device("box_2", {"air.temperature_2": "temperature"}, address=2, profile="xy-md02", poll="1 s", settle="0 s"),
        device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8", poll="1 s"),
    )
    async with start(*devices, speed=50, timeout="20 ms") as line:
        heard = line.heard
        await heard.until(lambda: heard.readings("air.temperature") and heard.reports("fan"))
        bench.slaves[1].silent = bench.slaves[20].silent = True
        await heard.until(lambda: heard.reports("fan")[-1].followed is Followed.LOST)
        await heard.until(lambda: heard.readings("air.humidity")[-1].quality is Quality.STALE)
        alive = len(heard.readings("air.temperature_2"))
        refused = command("fan", Verb.ON)
        line.driver.send(refused)
        await heard.until(lambda: heard.reports("fan")[-1].command_id == refused.id)
        assert heard.reports("fan")[-1].followed is Followed.LOST
        await heard.until(lambda: len(heard.readings("air.temperature_2")) > alive + 20)
        bench.slaves[1].silent = bench.slaves[20].silent = False
        await heard.until(lambda: heard.readings("air.temperature")[-1].quality is Quality.GOOD)
        await heard.until(lambda: heard.reports("fan")[-1].followed is Followed.RESTING)
        said = [r.followed for r in heard.reports("fan")]
        assert said == [Followed.RESTING, Followed.LOST, Followed.LOST, Followed.BACK, Followed.RESTING]
        assert sum(r.quality is Quality.STALE for r in heard.readings("air.temperature")) == 1
        health = line.driver.health().devices
        assert health[0].timeouts >= 3
        assert all(entry.online for entry in health)


async def test_garbled_answers_are_errors_and_noise_is_passed_over(bench: Bench, start: Start) -> None:
    bench.slaves[1] = probe()
    bench.slaves[1].garbled = True
    async with start(device("box", PROBE, address=1, profile="xy-md02", poll="50 ms"), timeout="100 ms") as line:
        await line.heard.until(lambda: line.driver.health().devices[0].errors >= 1)
        assert line.driver.health().devices[0].timeouts == 0
        bench.slaves[1].garbled = False
        bench.slaves[1].noise = b"\x00\xff"
        await line.heard.until(lambda: line.heard.readings("air.temperature"))
        assert line.heard.readings("air.temperature")[-1].value == 21.5


async def test_the_port_goes_and_comes_back_as_another(bench: Bench, start: Start) -> None:
    bench.slaves[1], bench.slaves[20] = probe(), relay()
    devices = (
        device("box", PROBE, address=1, profile="xy-md02", poll="50 ms"),
        device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8"),
    )
    async with start(*devices) as line:
        heard = line.heard
        await heard.until(lambda: heard.readings("air.temperature") and heard.reports("fan"))
        for _ in range(2):
            bench.disconnect()
            await heard.until(lambda: heard.readings("air.temperature")[-1].quality is Quality.STALE)
            await heard.until(lambda: heard.reports("fan")[-1].followed is Followed.LOST)
            await heard.until(lambda: not line.driver.health().online)
            bench.connect()
            await heard.until(lambda: heard.readings("air.temperature")[-1].quality is Quality.GOOD)
            await heard.until(lambda: heard.reports("fan")[-1].followed is Followed.RESTING)
        round_trip = [Followed.LOST, Followed.BACK, Followed.RESTING]
        assert [r.followed for r in heard.reports("fan")] == [Followed.RESTING, *round_trip, *round_trip]
        assert sum(r.quality is Quality.STALE for r in heard.readings("air.temperature")) == 2
        assert line.driver.health().reconnects == 2


async def test_the_ports_name_leads_elsewhere_while_the_old_port_lives(bench: Bench, start: Start) -> None:
    bench.slaves[1] = probe()
    async with start(device("box", PROBE, address=1, profile="xy-md02", poll="50 ms"), timeout="20 ms") as line:
        await line.heard.until(lambda: line.heard.readings("air.temperature"))
        old = os.dup(bench._master)
        bench.disconnect()
        bench.connect()
        seen = len(line.heard.readings("air.temperature"))
        await line.heard.until(lambda: 21.5 in [r.value for r in line.heard.readings("air.temperature")[seen:]])
        os.close(old)


async def test_no_port_at_the_start(bench: Bench, start: Start) -> None:
    bench.disconnect()
    bench.slaves[1], bench.slaves[20] = probe(), relay()
    devices = (
        device("box", PROBE, address=1, profile="xy-md02"),
        device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8"),
    )
    async with start(*devices) as line:
        await line.heard.until(lambda: len(line.heard.all) == 3)
        assert [r.followed for r in line.heard.reports("fan")] == [Followed.LOST]
        assert [r.quality for r in line.heard.readings("air.humidity")] == [Quality.STALE]
        assert "port" in line.driver.health().note
        bench.connect()
        await line.heard.until(lambda: line.heard.readings("air.temperature")[-1].quality is Quality.GOOD)
        await line.heard.until(lambda: line.heard.reports("fan")[-1].followed is Followed.RESTING)


async def test_commands_to_nobody(bench: Bench, start: Start) -> None:
    async with start(device("box", PROBE, address=1, profile="xy-md02")) as line:
        line.driver.send(command("nothing", Verb.ON))
        await line.heard.until(lambda: line.heard.reports("nothing"))
        assert line.heard.reports("nothing")[0].followed is Followed.REFUSED


async def test_stop_does_not_wait_for_the_confirmation_of_open(bench: Bench, start: Start) -> None:
    """A node takes its time to confirm; a person who presses stop does not wait for it."""
    bench.slaves[5] = node = Slave(words={})
    node.put(1, 0, 0, 2, 0, 10, 1, 0, 0)
    node.put(101, 112)
    node.put(203, 0, 0, 0, 0)
    node.written = lambda _, words: None if words[0] == 301 else node.put(203, words[1], 0, 0, 0)
    async with start(device("node", {"vent": "retractable/1"}, address=5, profile="ks-x-3267")) as line:
        await line.heard.until(lambda: line.heard.reports("vent"))
        opening = command("vent", Verb.OPEN)
        line.driver.send(opening)
        await line.heard.until(lambda: len(node.writes) == 1)
        assert (await line.told(command("vent", Verb.STOP))).followed is Followed.RESTING
        assert [(words[0], words[1]) for _, _, words in node.writes] == [(301, 1), (0, 2)]
        assert not any(report.command_id == opening.id for report in line.heard.reports("vent"))


async def test_a_command_interrupts_the_probing_of_the_dead(bench: Bench, start: Start) -> None:
    bench.slaves[20] = relay()
    devices = (
        device("gone", PROBE, address=1, profile="xy-md02", timeout="10 s"),
        device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8", poll="1 h"),
    )
    async with start(*devices) as line:
        line.driver._schedule.slots[0].lost = True  # type: ignore[attr-defined]  # three times 10 s take too long
        await line.heard.until(lambda: line.driver._probed is not None)  # type: ignore[attr-defined]
        async with asyncio.timeout(5.0):
            assert (await line.told(command("fan", Verb.ON))).followed is Followed.RUNNING
        assert line.driver.health().devices[0].timeouts == 0


async def test_what_goes_wrong_is_counted_by_its_kind(bench: Bench, start: Start) -> None:
    bench.slaves[1], bench.slaves[2], bench.slaves[3] = probe(), probe(), probe()
    bench.slaves[1].garbled, bench.slaves[2].refuses, bench.slaves[3].silent = True, 2, True
    devices = [
        device(f"box_{k}", {f"t{k}.temperature": "temperature"}, address=k, profile="xy-md02", poll="1 h")
        for k in (1, 2, 3)
    ]
    async with start(*devices, timeout="50 ms", speed=100) as line:
        one, two, three = line.driver.health().devices
        await line.heard.until(lambda: one.garbled and two.refusals and three.timeouts)
        assert (one.refusals, one.timeouts) == (0, 0)
        assert (two.garbled, two.timeouts) == (0, 0)
        assert (three.errors, three.garbled) == (0, 0)
        assert one.errors == one.garbled
        assert two.errors == two.refusals


async def test_an_adapter_that_hangs_is_opened_anew(
    bench: Bench, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_module, "_HUNG_AFTER", 0.2)
    bench.slaves[1] = probe()
    async with start(
        device("box", PROBE, address=1, profile="xy-md02", poll="50 ms"), timeout="20 ms", speed=5
    ) as line:
        await line.heard.until(lambda: line.heard.readings("air.temperature"))
        bench.hangs = True
        await line.heard.until(lambda: line.heard.readings("air.temperature")[-1].quality is Quality.STALE)
        await line.heard.until(lambda: line.heard.readings("air.temperature")[-1].quality is Quality.GOOD)
        assert not bench.hangs


async def test_an_adapter_that_takes_nothing_more_is_opened_anew(bench: Bench, start: Start) -> None:
    bench.slaves[1] = probe()
    async with start(device("box", PROBE, address=1, profile="xy-md02", poll="50 ms"), timeout="20 ms") as line:
        await line.heard.until(lambda: line.heard.readings("air.temperature"))
        await bench.block()
        await line.heard.until(lambda: "does not send" in line.driver.health().note)
        assert line.heard.readings("air.temperature")[-1].quality is Quality.STALE
        bench.unblock()
        await line.heard.until(lambda: line.heard.readings("air.temperature")[-1].quality is Quality.GOOD)


async def test_somebody_who_never_stops_talking(bench: Bench, start: Start) -> None:
    """A broken device holds the line; ours is still asked and, between the noise, heard."""
    bench.slaves[1] = probe()

    async def chatter() -> None:
        while True:
            bench.say(b"\x55")
            await asyncio.sleep(0.002)

    async with start(device("box", PROBE, address=1, profile="xy-md02", poll="50 ms")) as line:
        talking = asyncio.create_task(chatter())
        await line.heard.until(lambda: line.heard.readings("air.temperature"))
        assert line.heard.readings("air.temperature")[-1].value == 21.5
        talking.cancel()


async def test_a_fast_clock_polls_as_fast_as_the_line_allows(bench: Bench, start: Start) -> None:
    """At 600 times the real speed nothing keeps its period, and nothing counts as lost or starves."""
    bench.slaves |= {k: probe(temperature=200 + k) for k in range(1, 7)}
    devices = [
        device(f"box_{k}", {f"t{k}.temperature": "temperature"}, address=k, profile="xy-md02") for k in range(1, 7)
    ]
    async with start(*devices, speed=600) as line:
        readings = [f"t{k}.temperature" for k in range(1, 7)]
        await line.heard.until(lambda: all(len(line.heard.readings(point)) >= 10 for point in readings))
        counts = [len(line.heard.readings(point)) for point in readings]
        assert max(counts) - min(counts) <= 1
        assert all(reading.quality is Quality.GOOD for point in readings for reading in line.heard.readings(point))


async def test_an_adapter_that_hears_itself(bench: Bench, start: Start) -> None:
    """Its own copy of a write is no answer: the device has to give one."""
    bench.slaves[20] = board = relay()
    bench.echoes = True
    wiring = device("relays", {"fan": "channel/1"}, address=20, profile="waveshare-relay-8", poll="1 h")
    async with start(wiring, timeout="50 ms", speed=20) as line:
        await line.heard.until(lambda: line.heard.reports("fan"))
        assert (await line.told(command("fan", Verb.ON))).followed is Followed.RUNNING
        assert board.writes == [(5, 0, (0xFF00,))]
        board.silent = True
        assert (await line.told(command("fan", Verb.OFF))).followed is Followed.LOST
        assert line.driver.health().devices[0].timeouts == 3
        bench.echoes = board.silent = False
        await line.heard.until(lambda: line.heard.reports("fan")[-1].followed is Followed.RUNNING)
        assert (await line.told(command("fan", Verb.OFF))).followed is Followed.RESTING
