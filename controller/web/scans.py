"""The scan of a bus that an admin begins on the page: a process beside the greenhouse, one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from controller.app.control import Refused
from controller.app.records import Records
from controller.app.serial_ports import DEV, holders, opened_here, present
from controller.model.addresses import without_secrets
from controller.web.child import speaking, too_long
from controller.web.language import minute

log = logging.getLogger("onsil.web")

PATIENCE = 1800.0  # s: a thorough one listens to a broker for 15 min, and goes over a slow line in 10
SUBJECT = "scan"
BROKERS = ("mqtt", "mqtts")


@dataclass(slots=True)
class Scan:
    """A scan, under way or over. `target` is what may be shown of it, `since` local time.

    `state` is running, done, cancelled or failed, and `why` says why it failed. `part` goes from 0 to 1, `at` says in
    words what it is at, `found` has a line for each device, `fragment` is all of it for site.yaml.
    """

    target: str
    by: str
    since: str
    state: str = "running"
    why: str = ""
    part: float = 0.0
    at: str = ""
    found: tuple[str, ...] = ()
    fragment: str = ""


@dataclass(frozen=True, slots=True)
class Port:
    """A serial port that could be scanned; `taken` says why not, "" where it can."""

    name: str
    taken: str


class Scans:
    """The scans of one controller; `dev` is where its serial ports are."""

    def __init__(self, dev: Path = DEV) -> None:
        self.last: Scan | None = None
        self._dev = dev
        self._task: asyncio.Task[None] | None = None

    def ports(self, records: Records) -> list[Port]:
        """The serial ports there are."""
        return [Port(str(path), _taken(path, records)) for path in present(self._dev)]

    async def start(self, records: Records, target: str, thorough: bool, by: str, at: str) -> None:
        """Begin one; `at` is the local time (ISO 8601). Raises Refused."""
        self._check_free()
        if "://" in target:
            _check_broker(target)
            taken = _never
        else:
            await asyncio.to_thread(self._check_port, target, records)
            taken = partial(_wired, Path(target), records)
        self._check_free()  # somebody may have been faster meanwhile
        scan = self.last = Scan(without_secrets(target), by, minute(at))
        records.note(SUBJECT, f"scan of {scan.target} begun by {by}")
        self._task = asyncio.create_task(_run(scan, target, thorough, taken))

    def cancel(self) -> None:
        """End the one that is under way. Raises Refused."""
        if self.last is None or self.last.state != "running":
            raise Refused("no scan is under way")
        self._end()

    async def stop(self) -> None:
        """End whatever is under way, and wait for it."""
        if self._task is not None:
            self._end()
            await asyncio.gather(self._task, return_exceptions=True)

    def _end(self) -> None:
        if self.last is not None and self._task is not None and self._task.cancel():
            self.last.state = "cancelled"

    def _check_free(self) -> None:
        if self.last is not None and self._task is not None and not self._task.done():
            raise Refused(f"{self.last.by} is just scanning {self.last.target}; wait until that is done")

    def _check_port(self, target: str, records: Records) -> None:
        path = Path(target)
        known = {port.resolve() for port in present(self._dev)}
        if not target.isprintable() or not path.is_absolute() or path.resolve() not in known:
            raise Refused(f"there is no serial port {without_secrets(target)}")
        if taken := _taken(path, records):
            raise Refused(f"{path} cannot be scanned: {taken}")
        if others := holders(path.resolve()):
            raise Refused(f"{path} cannot be scanned: {', '.join(others)} has it open")


def _check_broker(target: str) -> None:
    wrong = Refused("write the broker like mqtt://192.168.0.10")
    try:
        parts = urlsplit(target)
        known = parts.scheme in BROKERS and parts.hostname and parts.port != 0
        # options of the bus would name files of this computer
        if not known or parts.query or not target.isprintable():
            raise wrong
    except ValueError:
        raise wrong from None


def _never() -> str:
    """A broker has room for everybody."""
    return ""


def _taken(path: Path, records: Records) -> str:
    """Why the controller needs this port for itself."""
    return _wired(path, records) or ("the controller itself has it open" if path.resolve() in opened_here() else "")


def _wired(path: Path, records: Records) -> str:
    """The bus that has this port, whatever name site.yaml gives it: it may just be away, and will want it back."""
    device = path.resolve()
    for bus in records.buses():
        for option in bus.options.values():
            if isinstance(option, str) and option.startswith("/") and Path(option).resolve() == device:
                return f"the bus {bus.name} uses it"
    return ""


async def _run(scan: Scan, target: str, thorough: bool, taken: Callable[[], str]) -> None:
    """See it through; whatever happens ends in its state."""
    try:
        async with asyncio.timeout(PATIENCE):
            complaint = await _follow(scan, target, thorough, taken)
    except TimeoutError:
        complaint = too_long(PATIENCE)
    except Exception:
        log.exception("the scan failed")
        complaint = "see the log"
    scan.state, scan.why = ("failed", _hidden(complaint, target)) if complaint else ("done", "")


async def _follow(scan: Scan, target: str, thorough: bool, taken: Callable[[], str]) -> str:
    """Read what the scan tells until it ends. What it complained of, "" where it went well."""
    verb = ["-m", "controller.cli", "scan", "-", "--json", *(["--thorough"] if thorough else [])]
    complaint = "it ended without an answer"
    async with speaking(verb, f"{target}\n".encode()) as said:
        async for line in said:
            news: Any = None
            with suppress(ValueError):
                news = orjson.loads(line)
            if not isinstance(news, dict):
                complaint = line.decode("utf-8", "replace").strip().removeprefix("onsil: ") or complaint
                continue
            if "found" in news:
                scan.found, scan.fragment = tuple(news["found"]), news["fragment"]
            if "part" not in news:  # the answer
                return ""
            scan.part, scan.at = news["part"], news["at"]
            if reason := taken():
                return reason
    return complaint


def _hidden(text: str, target: str) -> str:
    """A complaint without the password, in whatever spelling it quotes it."""
    password = urlsplit(target).password
    for secret in {password, unquote(password)} if password else ():
        text = text.replace(secret, "…")
    return without_secrets(text)
