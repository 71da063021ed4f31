"""House1 rehearsed: the controller as its own process, a simulated field in another, a real broker, a faster clock."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from controller.app.clock import ScaledClock
from controller.app.control import NotRunning, ask
from controller.model.time import NS
from controller.store import History, Store
from controller.uplink.influxdb import InfluxUplink, Server
from simulators.demo import files
from simulators.demo.child import ChildField, field_process
from tests.app.wait import until
from tests.support.mosquitto import Mosquitto

Data = dict[str, Any]

READY_WITHIN = 20.0  # real seconds


class Rehearsal:
    """One house. `stop`, `kill` and `start` are the controller's; the field goes on, as a field does."""

    def __init__(self, folder: Path, clock: ScaledClock, field: ChildField, program: str, port: int) -> None:
        self.clock, self.field, self.port = clock, field, port
        self._program = program
        self.site, self.state = folder / "site", folder / "state"
        self._log = folder / "controller.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the controller and wait until it answers."""
        command = [sys.executable, "-m", self._program, "run", "-c", str(self.site), "--state", str(self.state)]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, "--clock", str(self.clock), "--port", str(self.port), stderr=log, stdout=log
            )
        await self.until(lambda _: True, "the controller answers", READY_WITHIN)

    async def stop(self) -> int:
        """An orderly end; the exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()

    async def kill(self) -> None:
        """A power cut, as far as the process is concerned."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    def signal(self, number: int) -> None:
        """Send the controller a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """What the controllers have logged so far."""
        return self._log.read_text() if self._log.exists() else ""

    def ask(self, **question: object) -> Data:
        """The controller's answer. Raises NotRunning and Refused."""
        return ask(self.state, question)

    def status(self) -> Data:
        return self.ask(do="status")

    async def until(self, condition: Callable[[Data], object], what: str, patience: float = 30.0) -> Data:
        """The first status for which the condition holds, within `patience` real seconds."""
        end = time.monotonic() + patience
        status: Data = {}
        while time.monotonic() < end:
            assert self._process is None or self._process.returncode is None, self.log()
            with contextlib.suppress(NotRunning):
                status = self.status()
                if condition(status):
                    return status
            await asyncio.sleep(0.02)
        raise AssertionError(f"never came true: {what}; the last status: {status}\n{self.log()[-3000:]}")

    async def wait(self, seconds: float) -> None:
        """Let simulated seconds pass."""
        await self.clock.sleep(seconds)

    def history(self) -> History:
        """What the store has kept."""
        return History(self.state)


def points(status: Data) -> dict[str, Data]:
    return {point["name"]: point for point in status["points"]}


def actuators(status: Data) -> dict[str, Data]:
    return {actuator["name"]: actuator for actuator in status["actuators"]}


@contextlib.asynccontextmanager
async def rehearsal(
    folder: Path,
    start: str,
    broker: Mosquitto,
    *,
    speed: float,
    influx: Mapping[str, object] | None = None,
    storm: bool = False,
    program: str = "controller.cli",
    port: int = 0,
    faults: Path | None = None,
    twin: bool = False,
) -> AsyncIterator[Rehearsal]:
    """House1 from `start` (its own time), `speed` times faster. The controller is not started yet.

    `program` is the module that is run as the command line; `port` is the page's, 0 for no page.
    `faults` is a file of what goes wrong; with `twin` the house has one.
    """
    files.environment()
    began = datetime.fromisoformat(start).replace(tzinfo=files.timezone())
    # the field's first second is a little ahead, so that its process has begun when its time begins
    clock = ScaledClock(speed, time.time_ns(), round(began.timestamp()) * NS)
    arguments = ["--site", str(files.EXAMPLE), "--folder", str(folder / "ports"), "--clock", str(clock)]
    arguments += ["--broker", broker.url, *(["--storm"] if storm else [])]
    if faults is not None:
        arguments += ["--faults", str(faults), "--start", began.isoformat()]
    async with field_process(arguments) as field:
        house = Rehearsal(folder, clock, field, program, port)
        house.site.mkdir()
        house.state.mkdir()
        files.write_site(house.site, field.addresses, influx, twin=twin)
        try:
            yield house
        finally:
            if house._process is not None and house._process.returncode is None:
                await house.stop()


async def deliver(store: Store, name: str, server: Server) -> None:
    """Have an uplink of this name deliver all that is in a store, as the next process would."""
    outbox = store.outbox(name)
    uplink = asyncio.create_task(InfluxUplink(server, "Gimje house 1", lambda _: outbox).run())
    try:
        await until(lambda: outbox.begun and not outbox.pending, 120)
    finally:
        uplink.cancel()
        await asyncio.gather(uplink, return_exceptions=True)
