"""The controller as a whole: built from the two files, run until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from controller.app import systemd, watch
from controller.app.bus import Bus
from controller.app.clock import SystemClock
from controller.app.control import listening
from controller.app.desk import Desk
from controller.app.engine import Engine, Send
from controller.app.lock import only_controller
from controller.app.status import Data, describe
from controller.app.supervisor import keep_running
from controller.config import Configuration, load
from controller.core.core import Core
from controller.model.errors import ConfigError
from controller.model.time import Clock
from controller.store import Store

log = logging.getLogger("onsil.app")

SAFE_WITHIN = 2.0  # real seconds in which the outputs must confirm their safe positions at the end
STATE = Path("/var/lib/onsil")


def state_directory() -> Path:
    """Where the controller keeps its state: $ONSIL_STATE, or /var/lib/onsil."""
    return Path(os.environ.get("ONSIL_STATE") or STATE)


@dataclass(frozen=True, slots=True)
class Options:
    """Where the files are, where the state goes, and whether a page is served (`port` None: no page)."""

    directory: Path
    state: Path = field(default_factory=state_directory)
    port: int | None = None
    host: str = "127.0.0.1"
    clock: Clock = field(default_factory=SystemClock)


class Application:
    """One controller. `run` once."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._stopped = asyncio.Event()
        self._reload = asyncio.Event()
        self._buses: list[Bus] = []
        self._outputs: dict[str, Send] = {}

    def stop(self) -> None:
        """Have `run` bring the outputs to safe positions and return."""
        self._stopped.set()

    async def run(self, ready: Callable[[Desk], None] = lambda _: None) -> None:
        """Run until stopped; `ready` is called once, when commands can flow.

        Raises ConfigError for wrong files, OSError where the state directory or the page's port cannot be had.
        """
        options = self._options
        files = (options.directory / "rules.yaml", options.directory / "site.yaml")
        read_at = watch.stamp(files)
        configuration = load(options.directory)
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(only_controller(options.state))
            store = stack.enter_context(Store.open(options.state))
            engine = Engine(Core(configuration.plan), options.clock, self._outputs.get, store)
            parts = self._open_buses(configuration, engine)
            uplink = self._open_uplink(configuration, store)
            desk = Desk(engine, lambda: self._describe(configuration.plan.site, engine, store, uplink))
            parts |= self._web(desk, stack)
            await stack.enter_async_context(listening(options.state, desk.answer))
            tasks = [asyncio.create_task(keep_running(name, part), name=name) for name, part in parts.items()]
            tasks.append(asyncio.create_task(self._reloading(files, read_at, engine)))
            stack.push_async_callback(_end, tasks)
            await asyncio.sleep(0)  # the drivers exist from here on, and take commands
            self._start(engine, configuration.plan, store.load_state())
            self._on_signals(stack)
            systemd.tell("READY=1")
            ready(desk)
            await self._stopped.wait()
            systemd.tell("STOPPING=1")
            if not await engine.shut_down(SAFE_WITHIN):
                log.warning("not every output has confirmed its safe position")

    def _start(self, engine: Engine, plan: Plan, snapshot: bytes | None) -> None:
        if snapshot is not None:
            try:
                engine.adopt(Core.restore(plan, snapshot))
            except Exception:
                log.exception("the saved state does not fit and is left behind")
            else:
                return
        engine.adopt(Core(plan))
