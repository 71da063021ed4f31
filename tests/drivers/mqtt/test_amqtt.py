"""The driver and the virtual devices against amqtt, the broker inside the demo."""

from __future__ import annotations

import asyncio
from typing import Any

from amqtt.broker import Broker as Amqtt  # type: ignore[import-untyped]

from controller.model.commands import Followed, Verb
from simulators.devices.mqtt import serve
from tests.drivers.mqtt.field import Recorder, RunningClock, alongside, make, order, running, slab, until, valve

CONFIGURATION: dict[str, Any] = {
    "listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:0"}},
    "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
}


async def test_driver_and_virtual_devices_work_over_amqtt() -> None:
    broker = Amqtt(CONFIGURATION)
    await broker.start()
    try:
        port = broker._servers["default"].instance.sockets[0].getsockname()[1]
        url = f"mqtt://127.0.0.1:{port}"
        clock, recorder = RunningClock(), Recorder()
        values: dict[str, float] = {"slab_a.water_content": 60.0, "slab_a.ec": 2.0, "slab_a.drain": 0.5}
        driver = make(url, clock, valve(), slab())
        work = serve(url, [valve(), slab()], RunningClock(600), values.__getitem__, values.__setitem__)
        async with running(driver, recorder), alongside(asyncio.create_task(work)):
            await until(lambda: Followed.RESTING in recorder.followed("valve.relay"))
            await until(lambda: recorder.readings("slab_a.water_content"))
            driver.send(order(1, "valve.relay", Verb.ON, clock.now(), seconds=30000))
            await until(lambda: recorder.reports("valve.relay")[-1].command_id == 1)
            assert values["valve.relay"] == 1.0
            driver.send(order(2, "valve.relay", Verb.OFF, clock.now()))
            await until(lambda: recorder.reports("valve.relay")[-1].command_id == 2)
            assert values["valve.relay"] == 0.0
    finally:
        await broker.shutdown()
