"""Asks for forecasts now and then, and says all the time what the last one means now."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import json
import logging
import math
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from controller.model.commands import Command, Followed, Report
from controller.model.points import Quality, Reading
from controller.model.ports import BusHealth, BusSettings, DeviceHealth, DeviceSettings, Emit, PointSettings
from controller.model.time import NS, Clock, Instant

from .hours import Forecast, Wanted, value
from .services.nonsense import UNREADABLE, Nonsense
from .settings import asked, forecast_options

_log = logging.getLogger(__name__)

_PATIENCE = 20.0  # real seconds without a byte
_LARGEST = 4 << 20  # bytes of an answer
_FIRST_RETRY = 60.0  # seconds of the clock after a failure; doubles
_SAID_AT_LEAST = 3.0  # times a point is said within its stale time
_AHEAD = 60.0  # seconds that a clock may have been set back by since the answer came
_OFTENEST, _SELDOMEST = 1.0, 300.0  # seconds of the clock

T = TypeVar("T")


class ForecastDriver:
    """Implements controller.model.ports.Driver."""

    def __init__(self, bus: BusSettings, clock: Clock) -> None:
        self._clock = clock
        self._sources = [_Source(device, clock) for device in bus.devices]
        self._health = BusHealth(bus.name, True, devices=[source.health for source in self._sources])
        self._emit: Emit | None = None

    async def run(self, emit: Emit) -> None:
        """Ask and say until cancelled."""
        self._emit = emit
        try:
            async with asyncio.TaskGroup() as tasks:
                for source in self._sources:
                    tasks.create_task(source.asking())
                    tasks.create_task(source.saying(emit))
        finally:
            self._emit = None

    def send(self, command: Command) -> None:
        """The weather takes no commands."""
        note = "a forecast has no outputs"
        report = Report(command.output, Followed.REFUSED, self._clock.now(), command.verb, command.id, note)
        asyncio.get_running_loop().call_soon(self._refuse, report)

    def health(self) -> BusHealth:
        """The bus is the network beyond this house: it is online while anybody on it answers."""
        self._health.online = not self._sources or any(source.health.online for source in self._sources)
        self._health.note = next((source.health.note for source in self._sources if source.health.note), "")
        return self._health

    def _refuse(self, report: Report) -> None:
        if self._emit is not None:
            self._emit([report])


class _Source:
    """One forecast and its points."""

    def __init__(self, device: DeviceSettings, clock: Clock) -> None:
        self._options = forecast_options(device)
        self._points: list[tuple[PointSettings, Wanted]] = [
            (point, asked(device, point.source)) for point in device.points
        ]
        self._clock = clock
        self._forecast: Forecast | None = None
        self._news = asyncio.Event()
        self.health = DeviceHealth(device.name)

    async def asking(self) -> None:
        """Have the newest forecast there is."""
        await self._remember()
        retry = _FIRST_RETRY
        while True:
            self.health.requests += 1
            try:
                await self._ask()
            except (Nonsense, OSError, ValueError) as error:
                self._failed(error)
                pause, retry = min(retry, self._options.poll), retry * 2
            else:
                pause, retry = self._options.poll, _FIRST_RETRY
            await self._clock.sleep(pause)

    async def saying(self, emit: Emit) -> None:
        """Say each point often enough that it is not taken for stale, and at once when there is a new forecast."""
        stale_after = min((point.stale_after for point, _ in self._points), default=_SELDOMEST)
        every = min(max(stale_after / _SAID_AT_LEAST, _OFTENEST), _SELDOMEST)
        while True:
            now = self._clock.now()
            if self._points:
                emit([self._reading(point, wanted, now) for point, wanted in self._points])
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._clock.real_seconds(every)):
                    await self._news.wait()

    def _reading(self, point: PointSettings, wanted: Wanted, now: Instant) -> Reading:
        forecast, wall = self._forecast, now.wall_ns / NS
        if forecast is None or not -_AHEAD <= wall - forecast.received <= self._options.max_age:
            note = self.health.note or ("the forecast is too old" if forecast is not None else "no forecast yet")
            return Reading.missing(point.name, now, Quality.STALE, note)
        found = value(forecast, wanted, wall)
        if math.isnan(found):
            return Reading.missing(point.name, now, Quality.BAD, "the forecast does not reach so far")
        return Reading(point.name, found * point.factor + point.shift, now)

    async def _ask(self) -> None:
        """Raises Nonsense, OSError and ValueError."""
        options, received = self._options, self._clock.now().wall_ns / NS
        address = options.service.address(options.url, received)
        body = await _beside(lambda: _get(address))
        self._forecast = options.service.read(body, received)
        self.health.online, self.health.note = True, ""
        self._news.set()
        if options.cache is not None:
            kept = json.dumps({"of": _mark(options.url), "received": received, "body": body.decode("utf-8", "replace")})
            try:
                await _beside(lambda: _write(options.cache, kept))
            except OSError as error:
                _log.warning("%s: the forecast cannot be kept: %s", self.health.name, error)

    async def _remember(self) -> None:
        """Begin with the forecast that was kept, where it is about the same place. Its age shows what it is worth."""
        options = self._options
        if options.cache is None:
            return
        try:
            kept: dict[str, Any] = json.loads(await _beside(lambda: _read(options.cache)))
            if kept["of"] == _mark(options.url):
                self._forecast = options.service.read(kept["body"].encode(), float(kept["received"]))
                self._news.set()
        except (Nonsense, OSError, *UNREADABLE):
            return  # there is none, or none that can be read: a new one is asked for anyway

    def _failed(self, error: Exception) -> None:
        host = urlsplit(self._options.url).hostname
        reason = getattr(error, "reason", None)
        note = str(error) if isinstance(error, Nonsense) else f"{host} does not answer: {reason or error}"
        if isinstance(error, urllib.error.HTTPError):
            note = f"{host} answers {error.code} {error.reason}"
        if isinstance(error, Nonsense):
            self.health.errors += 1
        else:
            self.health.timeouts += 1
        if note != self.health.note:
            _log.warning("%s: %s", self.health.name, note)
        self.health.online, self.health.note = False, note


def _get(address: str) -> bytes:
    """Raises Nonsense, OSError and ValueError."""
    request = urllib.request.Request(address, headers={"user-agent": "onsil", "accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            body: bytes = answer.read(_LARGEST + 1)
    except http.client.HTTPException as error:
        raise Nonsense(f"the answer is not HTTP ({type(error).__name__})") from None
    if len(body) > _LARGEST:
        raise Nonsense("the answer is too long")
    return body


def _mark(url: str) -> str:
    """Stands for an address, which may hold a key that has no business in a file."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _write(path: Path | None, text: str) -> None:
    assert path is not None
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _read(path: Path | None) -> str:
    assert path is not None
    return path.read_text(encoding="utf-8")


async def _beside(work: Callable[[], T]) -> T:
    """Do it in a thread that nobody waits for: an answer that never comes must not keep the process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def serve() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except Exception as caught:
            error = caught
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=serve, name="forecast", daemon=True).start()
    return await done
