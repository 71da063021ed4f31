"""A demonstration from beginning to end: field, controller, view, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from controller.app.application import Application, Options
from controller.app.clock import ScaledClock
from controller.app.desk import Desk
from controller.config import load
from controller.model.time import NS
from simulators.faults import Schedule
from simulators.faults.file import load as load_faults

from . import files
from .child import ChildField, FieldFailed, field_process
from .delivery import deliver_rest
from .settings import Settings
from .summary import Data, lines, summary

_LOG = "demo.log"  # in the state directory, while the live view has the terminal
_LOOK_EVERY = 0.25  # real s
_SAY_EVERY = 5.0  # real s
_CONNECTED_WITHIN = 5.0  # real s


async def demonstrate(settings: Settings) -> int:
    """Run it; the exit code. Raises ConfigError, FieldFailed and OSError."""
    files.environment()
    files.check(settings.broker, settings.uplink)
    with tempfile.TemporaryDirectory(prefix="onsil-demo-") as name:
        folder = Path(name)
        state = settings.state or folder / "state"
        state.mkdir(parents=True, exist_ok=True)
        _log(settings, state)
        start = settings.start.replace(tzinfo=settings.start.tzinfo or files.timezone())
        schedule = _faults(settings, start)
        clock = ScaledClock(settings.speed, time.time_ns(), round(start.timestamp()) * NS)
        complaints = None if settings.headless else state / _LOG
        async with field_process(_field_arguments(settings, folder, clock, start), complaints) as field:
            files.write_site(folder, field.addresses, settings.uplink, twin=True)
            demonstration = _Demonstration(
                settings, Options(folder, state, settings.port or None, clock=clock), field, schedule
            )
            result = await demonstration.run()
        if settings.uplink is not None and result["waiting"]:
            delivered = await deliver_rest(folder, state, result["waiting"])
            result["delivered"] += delivered
            result["waiting"] = max(0, result["waiting"] - delivered)
    if settings.json:
        print(json.dumps(result))
    else:
        print("\n".join(lines(result)))
    good = not result["lost"] and not result["waiting"]
    # who watches sees for himself, and may leave before anything happens
    return 0 if good and (result["driven"] or not settings.headless) else 1


def _faults(settings: Settings, start: datetime) -> Schedule:
    """What is to go wrong. Raises ConfigError and OSError before anything is started."""
    return Schedule() if settings.faults is None else load_faults(settings.faults, load(files.EXAMPLE).plan, start)


def _field_arguments(settings: Settings, folder: Path, clock: ScaledClock, start: datetime) -> list[str]:
    given = ["--site", str(files.EXAMPLE), "--folder", str(folder / "ports"), "--clock", str(clock)]
    given += ["--seed", str(settings.seed)]
    if settings.faults is not None:
        given += ["--faults", str(settings.faults), "--start", start.isoformat()]
    if settings.broker is not None:
        given += ["--broker", settings.broker]
    return [*given, "--storm"] if settings.storm else given


def _log(settings: Settings, state: Path) -> None:
    """Where log lines go: to the terminal, unless the live view is on it."""
    form = "%(levelname)s %(name)s: %(message)s"
    if settings.headless:
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=form)
    else:
        logging.basicConfig(level=logging.INFO, filename=state / _LOG, format=f"%(asctime)s {form}")


class _Demonstration:
    """One run of the controller against a field that is there."""

    def __init__(self, settings: Settings, options: Options, field: ChildField, faults: Schedule) -> None:
        self._settings = settings
        self._options = options
        self._field = field
        self._faults = faults
        self._application = Application(options)
        self._began = 0

    async def run(self) -> Data:
        """Until the time is up, somebody stops it, or the field ends. What came of it."""
        desk: asyncio.Future[Desk] = asyncio.get_running_loop().create_future()
        controller = asyncio.create_task(self._application.run(desk.set_result))
        await asyncio.wait((controller, desk), return_when=asyncio.FIRST_COMPLETED)
        if controller.done():
            controller.result()
        asked = await desk
        await _connected(asked)
        await self._field.ask("press")  # as the installer does, who does not want to wait for the first radio message
        self._began = self._options.clock.now().mono_ns
        looking = asyncio.create_task(self._look(asked))
        ended = asyncio.create_task(self._field.ended())
        try:
            await asyncio.wait(
                (controller, looking, ended), timeout=self._settings.seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if ended.done():
                raise FieldFailed(f"the simulated field ended with code {ended.result()}")
            seconds = (self._options.clock.now().mono_ns - self._began) / NS
            truth = await self._field.ask("state")
        finally:
            looking.cancel()
            ended.cancel()
            self._application.stop()
            await controller
            with contextlib.suppress(asyncio.CancelledError):
                await looking
        return summary(asked.status(), truth, seconds)

    async def _look(self, desk: Desk) -> None:
        if not self._settings.headless:
            await self._show(desk)
        while True:
            await asyncio.sleep(_SAY_EVERY)
            if not self._settings.json:
                print(_line(desk.status()), flush=True)

    async def _show(self, desk: Desk) -> None:
        from rich.live import Live

        from .view import View

        page = f"http://{self._options.host}:{self._options.port}/" if self._options.port else "no page"
        view = View(f"{self._settings.speed:g} times real time   {page}   Ctrl-C ends it")
        with Live(screen=True, auto_refresh=False) as live:
            while True:
                live.update(
                    view.draw(desk.status(), self._faults.sentences(self._options.clock.now().wall_ns)), refresh=True
                )
                await asyncio.sleep(_LOOK_EVERY)


async def _connected(desk: Desk) -> None:
    """Wait until every bus is there, or has had its time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CONNECTED_WITHIN):
            while True:
                if all(bus["online"] for bus in desk.status()["buses"]):
                    return
                await asyncio.sleep(_LOOK_EVERY / 10)


def _line(status: Data) -> str:
    """The state of things in one line, for those without a live view."""
    points = {point["name"]: point["text"] for point in status["points"]}
    shown = [f"{name} {points[name]}" for name in ("air.temperature", "air.humidity") if name in points]
    places = [f"{each['name']} {each['position'] or 0:.0f} %" for each in status["actuators"]]
    return "  ".join([status["time"][:16].replace("T", " "), status["period"] or "", *shown, *places])
