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
    from controller.model.ports import Scanned, Scanner

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
    parser.add_argument("target", help="a serial port, tcp://host:port, or mqtt://host")
    parser.add_argument("--thorough", action="store_true", help="try every line setting, even once devices are found")
    parser.add_argument("--write", type=Path, metavar="FILE", help="begin a new site.yaml with what was found")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _run(arguments: argparse.Namespace) -> int:
    from controller.model.errors import ConfigError

    scanners: list[Scanner] = [entry.load() for entry in entry_points(group=_SCANNERS)]
    scanner = next((scanner for scanner in scanners if scanner.covers(arguments.target)), None)
    if scanner is None:
        known = ", ".join(scanner.example for scanner in scanners)
        return fail(f"nothing here scans {arguments.target!r} (write a target like {known})")
    if arguments.write is not None and arguments.write.exists():
        return fail(f"{arguments.write} is there already (choose another file; a scan replaces nothing)")
    try:
        scanned = asyncio.run(_scan(scanner, arguments.target, arguments.thorough))
        if arguments.write is not None and scanned.fragment:
            header = _HEADER.format(target=arguments.target)
            arguments.write.write_text(header + scanned.fragment, encoding="utf-8")
    except (OSError, ConfigError) as error:
        return fail(error, WRONG_USE)
    _tell(scanned, arguments)
    return DONE if scanned.fragment else NO


async def _scan(scanner: Scanner, target: str, thorough: bool) -> Scanned:
    if not sys.stderr.isatty():
        return await scanner.scan(target, lambda part, text: None, thorough)
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("scan", total=1.0)
        return await scanner.scan(
            target, lambda part, text: progress.update(task, completed=part, description=text), thorough
        )


def _tell(scanned: Scanned, arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps({"found": scanned.lines, "fragment": scanned.fragment}, ensure_ascii=False))
        return
    for line in scanned.lines or ("nothing answers",):
        print(line, file=sys.stderr)
    if arguments.write is not None and scanned.fragment:
        print(f"{arguments.write} is written; onsil check says what is still missing", file=sys.stderr)
    else:
        print(scanned.fragment, end="")


verb = Verb("scan", "what answers on a bus, as a fragment of site.yaml", _add_arguments, _run)
