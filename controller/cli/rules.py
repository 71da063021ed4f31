"""`onsil rules`: the versions of rules.yaml that were ever in force, and the way back to one of them."""

from __future__ import annotations

import argparse
import difflib
import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .check import print_errors
from .main import fail
from .run import configuration_directory
from .verb import DONE, NO, WRONG_USE, Verb

_MOST = 10_000


class Version(NamedTuple):
    """A text of rules.yaml and when it came into force (UTC nanoseconds); numbers count from the oldest, 1."""

    number: int
    at_ns: int
    text: str


_NUMBER = "its number, as onsil rules list shows it"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument(
        "-c", "--config", type=Path, metavar="DIR", help="holds site.yaml and rules.yaml ($ONSIL_CONFIG or /etc/onsil)"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every version, with the time from which it was in force")
    listing.add_argument("--json", action="store_true", help="answer in JSON")
    show = actions.add_parser("show", help="one version as it was")
    show.add_argument("version", type=int, help=_NUMBER)
    diff = actions.add_parser("diff", help="what changed between two versions, or between one and the present file")
    diff.add_argument("version", type=int, help=_NUMBER)
    diff.add_argument("other", type=int, nargs="?", help="that of the other (the present file)")
    rollback = actions.add_parser("rollback", help="make an earlier version the present file, if it is still right")
    rollback.add_argument("version", type=int, help=_NUMBER)


def _run(arguments: argparse.Namespace) -> int:
    from controller.app.application import state_directory
    from controller.config import RULES
    from controller.store import History

    history = History(arguments.state or state_directory())
    try:
        kept = reversed(history.rules_versions(RULES, limit=_MOST))
        versions = [Version(number, at_ns, text) for number, (at_ns, text) in enumerate(kept, 1)]
    except sqlite3.Error as error:
        return fail(f"the store cannot be read: {error}")
    finally:
        history.close()
    directory = arguments.config or configuration_directory()
    try:
        return _answer(arguments, versions, directory)
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}", WRONG_USE)


def _answer(arguments: argparse.Namespace, versions: list[Version], directory: Path) -> int:
    from controller.config import RULES

    if arguments.action == "list":
        return _list(versions, _zone(directory), arguments.json)
    numbered = {version.number: version for version in versions}
    asked = [number for number in (arguments.version, getattr(arguments, "other", None)) if number is not None]
    unknown = [number for number in asked if number not in numbered]
    if unknown:
        return fail(f"there is no version {unknown[0]} (there are {len(versions)}; see onsil rules list)")
    text = numbered[arguments.version].text
    if arguments.action == "show":
        print(text, end="")
        return DONE
    if arguments.action == "rollback":
        return _roll_back(text, arguments.version, directory)
    if arguments.other is not None:
        _diff(text, f"version {arguments.version}", numbered[arguments.other].text, f"version {arguments.other}")
    else:
        present = (directory / RULES).read_text(encoding="utf-8")
        _diff(text, f"version {arguments.version}", present, str(directory / RULES))
    return DONE


def _zone(directory: Path) -> ZoneInfo | None:
    """That of the site; None, which is the computer's, where site.yaml does not say it."""
    from controller.config import SITE, Names, check_texts

    try:  # with no rules and no secrets: whatever is wrong there, versions are what a way back is sought in
        site = (directory / SITE).read_text(encoding="utf-8-sig")
        report = check_texts(site, "onsil: 1\n", Names(), lambda name: "http://nowhere.invalid")
    except OSError:
        return None
    return None if report.configuration is None else ZoneInfo(report.configuration.plan.site.timezone)


def _list(versions: list[Version], zone: ZoneInfo | None, as_json: bool) -> int:
    from controller.model.time import NS

    if as_json:
        print(json.dumps([{"version": v.number, "at_ns": v.at_ns, "lines": v.text.count("\n")} for v in versions]))
        return DONE
    before = ""
    for version in versions:
        moment = datetime.fromtimestamp(version.at_ns / NS).astimezone(zone)
        print(f"{version.number:4}  {moment:%Y-%m-%d %H:%M:%S}  {_change(before, version.text)}")
        before = version.text
    return DONE


def _change(before: str, after: str) -> str:
    """How many lines came and went."""
    if not before:
        return f"{after.count(chr(10))} lines"
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("+ ", "- ")]
    added = sum(line.startswith("+") for line in lines)
    return f"+{added} -{len(lines) - added}"


def _diff(one: str, one_name: str, other: str, other_name: str) -> None:
    for line in difflib.unified_diff(one.splitlines(), other.splitlines(), one_name, other_name, lineterm=""):
        print(line)


def _roll_back(text: str, version: int, directory: Path) -> int:
    """Write the text in place of the present file, if it fits the site."""
    from controller.app.writing import replace_file
    from controller.config import RULES, SITE, check_texts

    report = check_texts((directory / SITE).read_text(encoding="utf-8"), text)
    if report.errors:
        print_errors(report.errors)
        return fail(f"version {version} no longer fits {SITE}; nothing was changed", NO)
    path = directory / RULES
    replace_file(path, text.encode("utf-8"), mode=0o664)
    print(f"{path} is version {version} again; a running controller takes it over at once")
    return DONE


verb = Verb("rules", "versions of rules.yaml: list, show, diff, rollback", _add_arguments, _run)
