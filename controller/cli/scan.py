"""`onsil scan /dev/ttyUSB0`: what answers on a bus, as a fragment of site.yaml. Never writes to a device."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from .main import fail
from .verb import DONE, NO, WRONG_USE, Verb

if TYPE_CHECKING:
    from controller.model.ports import Scanned, Scanner, ScanProgress

_SCANNERS = "onsil.scanners"
_HEADER = """\
# site.yaml: what is wired to what, as a scan of {target} has found it. Give points and actuators the names you like.
onsil: 1

site:
  name: My greenhouse
  latitude: 35.80
  longitude: 126.88
  timezone: Asia/Seoul
  language: ko

"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", help="a serial port, tcp://host:port, or mqtt://host; - reads it, which hides a password in it"
    )
    parser.add_argument("--thorough", action="store_true", help="try every line setting, even once devices are found")
    parser.add_argument("--write", type=Path, metavar="FILE", help="begin a new site.yaml with what was found")
    parser.add_argument("--json", action="store_true", help="a line of JSON for every step, the answer last")


def _run(arguments: argparse.Namespace) -> int:
    from controller.model.addresses import without_secrets
    from controller.model.errors import ConfigError

    # in a list of processes everybody sees what stands on a command line
    target = sys.stdin.readline().strip() if arguments.target == "-" else arguments.target
    shown = without_secrets(target)
    scanners: list[Scanner] = [entry.load() for entry in entry_points(group=_SCANNERS)]
    scanner = next((scanner for scanner in scanners if scanner.covers(target)), None)
    if scanner is None:
        known = ", ".join(scanner.example for scanner in scanners)
        return fail(f"nothing here scans {shown!r} (write a target like {known})")
    if arguments.write is not None and arguments.write.exists():
        return fail(f"{arguments.write} is there already (choose another file; a scan replaces nothing)")
    try:
        scanned = asyncio.run(_scan(scanner, target, arguments))
        if arguments.write is not None and scanned.fragment:
            arguments.write.write_text(_HEADER.format(target=shown) + scanned.fragment, encoding="utf-8")
    except (OSError, ConfigError) as error:
        return fail(error, WRONG_USE)
    _tell(scanned, arguments)
    return DONE if scanned.fragment else NO


async def _scan(scanner: Scanner, target: str, arguments: argparse.Namespace) -> Scanned:
    if arguments.json:
        return await scanner.scan(target, _Steps().tell, arguments.thorough)
    if not sys.stderr.isatty():
        return await scanner.scan(target, lambda step: None, arguments.thorough)
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("scan", total=1.0)
        return await scanner.scan(
            target, lambda step: progress.update(task, completed=step.part, description=step.at), arguments.thorough
        )


class _Steps:
    """A line for each step; what has been found stands only in those before which it has changed."""

    def __init__(self) -> None:
        self._told: Scanned | None = None

    def tell(self, step: ScanProgress) -> None:
        news: dict[str, object] = {"part": step.part, "at": step.at}
        if step.scanned != self._told:
            news |= _found(step.scanned)
            self._told = step.scanned
        print(json.dumps(news, ensure_ascii=False), flush=True)


def _found(scanned: Scanned) -> dict[str, object]:
    return {"found": scanned.lines, "fragment": scanned.fragment}


def _tell(scanned: Scanned, arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps(_found(scanned), ensure_ascii=False))
        return
    for line in scanned.lines or ("nothing answers",):
        print(line, file=sys.stderr)
    if arguments.write is not None and scanned.fragment:
        print(f"{arguments.write} is written; onsil check says what is still missing", file=sys.stderr)
    else:
        print(scanned.fragment, end="")


verb = Verb("scan", "what answers on a bus, as a fragment of site.yaml", _add_arguments, _run)
