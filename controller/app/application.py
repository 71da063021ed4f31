"""The controller as a whole: built from the two files, run until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from controller.app import systemd, watch
from controller.app.beside import Beside
from controller.app.bus import Buses
from controller.app.clock import SystemClock
from controller.app.control import Refused, listening
from controller.app.desk import Desk
from controller.app.engine import Engine, Send
from controller.app.freshness import fresh
from controller.app.limp import Beginning, configuration_to_start_with
from controller.app.lock import only_controller
from controller.app.lookout import Lookout
from controller.app.past import parse_time, why_then
from controller.app.readiness import missing
from controller.app.records import RULES, SITE, Records
from controller.app.status import Data, describe
from controller.app.supervisor import Part
from controller.app.uplinks import Uplinks
from controller.app.watchman import Watchman
from controller.config import Configuration, driver_factory, load
from controller.core.core import Core
from controller.core.plan import Plan
from controller.model.commands import Notice
from controller.model.errors import ConfigError
from controller.model.events import Noted
from controller.model.time import Clock
from controller.store import Limits, Store
from controller.web.listener import Tls, bind

log = logging.getLogger("onsil.app")

SAFE_WITHIN = 2.0  # real seconds in which the outputs must confirm their safe positions at the end
STOP_WITHIN = 30.0  # real seconds for everything else that ends
STATE = Path("/var/lib/onsil")
FILES_ALARM = "configuration"
# real seconds that a part may be away, or a device report a fault, before it is an alarm
STORE_PATIENCE, UPLINK_PATIENCE, DEVICE_PATIENCE = 10.0, 600.0, 10.0


def state_directory() -> Path:
    """Where the controller keeps its state: $ONSIL_STATE, or /var/lib/onsil."""
    return Path(os.environ.get("ONSIL_STATE") or STATE)


@dataclass(frozen=True, slots=True)
class Options:
    """Where the files are, where the state goes, and whether a page is served (`port` None: no page).

    `shadow` names other rules that are evaluated beside the active ones, without acting, unless a person had begun
    some by the end of the last process.
    """

    directory: Path
    state: Path = field(default_factory=state_directory)
    port: int | None = None
    host: str = "127.0.0.1"
    clock: Clock = field(default_factory=SystemClock)
    shadow: Path | None = None
    tls: tuple[Path, Path] | None = None


class Application:
    """One controller. `run` once."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._files = (options.directory / "rules.yaml", options.directory / "site.yaml")
        self._stopped = asyncio.Event()
        self._reload = asyncio.Event()

    def stop(self) -> None:
        """Have `run` bring the outputs to safe positions and return."""
        self._stopped.set()

    async def run(self, ready: Callable[[Desk], None] = lambda _: None) -> None:
        """Run until stopped; `ready` is called once, when commands can flow.

        Wrong files are replaced by those that were last in force, or by protection alone. Raises ConfigError where
        there is nothing to go on with, OSError where the state directory or the page's port cannot be had.
        """
        options = self._options
        read_at = watch.stamp(self._files)
        beginning = configuration_to_start_with(options.directory, options.state)
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(only_controller(options.state))
            store = stack.enter_context(Store.open(options.state, _limits(beginning.configuration)))
            running = _Running(beginning, options, store)
            stack.push_async_callback(running.stop)
            records = running.records(options)
            desk = Desk(running.engine, running.describe, running.why_then, records, running.missing, running.beside)
            await stack.enter_async_context(listening(options.state, desk.answer))
            listener = None if options.port is None else stack.enter_context(bind(options.host, options.port))
            await running.start()
            if listener is not None:
                self._serve(desk, listener, stack)
            if beginning.complaint:
                running.notice(Notice(FILES_ALARM, True, "critical", beginning.complaint))
            await running.beside.start(options.shadow)
            self._on_signals(stack)
            watching = Part("watch on the files", lambda: self._reloading(read_at, running))
            stack.push_async_callback(watching.stop)
            for name, watch_on in running.watches().items():
                stack.push_async_callback(Part(name, watch_on).stop)
            alive = Part("sign of life", lambda: systemd.sign_of_life(running.steps, running.poke))
            stack.push_async_callback(alive.stop)
            systemd.tell("READY=1")
            ready(desk)
            await self._stopped.wait()
            way = options.clock.real_seconds(way_to_rest(running.engine.core.plan))
            systemd.tell("STOPPING=1")
            systemd.tell(f"EXTEND_TIMEOUT_USEC={round((way + STOP_WITHIN) * 1e6)}")
            if not await running.engine.shut_down(SAFE_WITHIN, way):
                log.warning("not every output has confirmed its safe position")

    def _serve(self, desk: Desk, listener: socket.socket, stack: contextlib.AsyncExitStack) -> None:
        """Open the page, once the greenhouse is looked after: its server takes a while to load, and 20 MB."""
        options = self._options

        async def page() -> None:
            from controller.web.server import serve

            await serve(desk, listener, options.state, None if options.tls is None else Tls(*options.tls))

        stack.push_async_callback(Part("page", page).stop)

    def _on_signals(self, stack: contextlib.AsyncExitStack) -> None:
        loop = asyncio.get_running_loop()
        for number, action in (
            (signal.SIGTERM, self.stop),
            (signal.SIGINT, self.stop),
            (signal.SIGHUP, self._reload.set),
        ):
            loop.add_signal_handler(number, action)
            stack.callback(loop.remove_signal_handler, number)

    async def _reloading(self, read_at: watch.Stamp, running: _Running) -> None:
        """Take over each new version of the files that is right; a wrong one is an alarm and changes nothing."""
        stamp = read_at
        while True:
            stamp = await watch.changed(self._files, stamp, self._reload)
            systemd.tell("RELOADING=1")
            try:
                await running.change(load(self._options.directory))
            except (ConfigError, OSError) as error:
                log.error("the old files stay in force: %s", error)
                running.notice(Notice(FILES_ALARM, True, "high", f"the old files stay in force: {error}"))
            else:
                log.info("the new files are in force")
                running.notice(Notice(FILES_ALARM, False, "high", ""))
            systemd.tell("READY=1")


class _Running:
    """What is built from the files, and built anew when they change: core, buses and uplinks."""

    def __init__(self, beginning: Beginning, options: Options, store: Store) -> None:
        configuration = self._configuration = beginning.configuration
        self._limping = beginning.limping
        clock = options.clock
        self._clock, self._store = clock, store
        self.engine = Engine(Core(configuration.plan), clock, self._output, store)
        self._buses = Buses(driver_factory, clock, self.engine.emit)
        self._uplinks = Uplinks(store, self.engine, clock)
        self._lookout = Lookout(lambda: self.engine.core, clock, self.notice, options.directory)
        self.beside = Beside(self.engine, lambda: self._configuration.texts.site, clock, self._note, options.state)

    def _output(self, name: str) -> Send | None:
        return self._buses.output(name)

    async def start(self) -> None:
        """Go to work, from where the last process left off."""
        await self._buses.apply(self._configuration.buses)
        snapshot, complaint = fresh(self._store.load_state(), self._clock.now())
        if complaint:
            log.warning("%s", complaint)
            self._note("state", complaint)
        self._adopt(self._configuration.plan, snapshot)
        await self._uplinks.apply(self._configuration)
        await self._lookout.apply(self._configuration)
        self._keep_texts()
        # what is here now stays: looking through all of it for garbage would stop the control loop for 0.1 s and more
        gc.freeze()

    async def change(self, configuration: Configuration) -> None:
        """Go on with other files. Raises ConfigError, and everything then stays as it was."""
        self._adopt(configuration.plan, self.engine.core.snapshot())
        self._configuration, self._limping = configuration, False
        await self._buses.apply(configuration.buses)
        await self._uplinks.apply(configuration)
        await self._lookout.apply(configuration)
        await self.beside.site_changed()
        self._keep_texts()
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    async def stop(self) -> None:
        await self.beside.save()
        await self._lookout.stop()
        await self._uplinks.stop()
        await self._buses.stop()

    def steps(self) -> int:
        return self.engine.counters.steps

    def poke(self) -> None:
        """Have the engine take a step, whether or not anything happened."""
        self.engine.emit(())

    def notice(self, notice: Notice) -> None:
        self.engine.emit((notice,))

    def records(self, options: Options) -> Records:
        """The past and the files, for the page."""
        return Records(self._store.history, options.directory, options.state, lambda: self._configuration, self._note)

    def _note(self, subject: str, text: str) -> None:
        self._store.append((Noted(subject, text, self._clock.now()),))

    def _keep_texts(self) -> None:
        """Each version that was in force can be looked up, and come back to."""
        texts, now = self._configuration.texts, self._clock.now()
        self._store.save_rules(RULES, texts.rules, now)
        self._store.save_rules(SITE, texts.site, now)

    def watches(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """Who looks after the parts: exchanges what hangs, and raises alarms about the controller itself."""
        store = Watchman(lambda: [self._store.status()], self.notice, "high", STORE_PATIENCE)
        uplinks = Watchman(self._uplinks.status, self.notice, "medium", UPLINK_PATIENCE)
        twin = Watchman(self._lookout.status, self.notice, "low", UPLINK_PATIENCE)
        devices = Watchman(self._buses.complaints, self.notice, "medium", DEVICE_PATIENCE)
        return {
            "watch on the buses": self._buses.watch,
            "watch on the devices": devices.run,
            "watch on the store": store.run,
            "watch on the uplinks": uplinks.run,
            "watch on the twin": twin.run,
            "record of the shadow": self.beside.keep,
            "pulse of the shadow": self.beside.pulse,
        }

    def missing(self) -> list[str]:
        """The parts that are not up to running the greenhouse."""
        store_takes = bool(self._store.status()["online"])
        return missing(self.engine.idle(), self._buses.health(), self._limping, store_takes)

    def describe(self) -> Data:
        """Everything as plain data."""
        state = describe(
            self._configuration.plan.site,
            self._clock.now(),
            self.engine,
            self._buses.health(),
            [self._store.status(), *self._uplinks.status(), *self._lookout.status()],
            self._store.counters(),
        )
        shadow = self.beside.summary()
        return state if shadow is None else state | {"shadow": shadow}

    def why_then(self, actuator: str, at: str) -> Data:
        """Why an actuator was where it was. Raises Refused."""
        zone, now_ns = ZoneInfo(self._configuration.plan.site.timezone), self._clock.now().wall_ns
        try:
            at_ns = parse_time(at, zone, now_ns)
        except ValueError as error:
            raise Refused(str(error)) from None
        return why_then(self._store.history, actuator, at_ns, zone)

    def _adopt(self, plan: Plan, snapshot: bytes | None) -> None:
        if snapshot is not None:
            try:
                self.engine.adopt(Core.restore(plan, snapshot))
            except ConfigError:
                raise
            except Exception:
                log.exception("the saved state does not fit and is left behind")
            else:
                return
        self.engine.adopt(Core(plan))


def way_to_rest(plan: Plan) -> float:
    """Seconds that the slowest motor may need to where it is to stop: it may have to find its end stop first."""
    moving = [a for a in plan.actuators if a.kind == "position" and a.stop == "safe" and a.safe is not None]
    return max((1.2 * a.travel_close + max(a.travel_open, a.travel_close) + 10.0 for a in moving), default=0.0)


def _limits(configuration: Configuration) -> Limits:
    """The store's bounds, with what site.yaml says about them."""
    uplink, usual = configuration.uplink, Limits()
    return replace(usual, bytes=uplink.max_size or usual.bytes, outbox_age=uplink.keep or usual.outbox_age)
