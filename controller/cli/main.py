"""Finds the verb, parses its arguments and runs it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points, version
from importlib.util import find_spec

from .verb import NO, WRONG_USE, Verb

_OWN = (
    "run",
    "check",
    "test",
    "rules",
    "shadow",
    "schema",
    "scan",
    "status",
    "why",
    "override",
    "release",
    "ack",
    "export",
    "backup",
    "restore",
    "doctor",
    "user",
)
_PLUGINS = "onsil.commands"


def main(arguments: Sequence[str] | None = None) -> int:
    """The `onsil` command. Returns the exit code; argparse exits with 2 itself on wrong use."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser(given[0] if given else "")
    namespace = parser.parse_args(given)
    verb: Verb = namespace.verb
    try:
        code = verb.run(namespace)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO
    return code


def _parser(word: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onsil", description="Runs a greenhouse.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    # a verb that is named is the only one loaded: `onsil why` must not wait for what `onsil demo` needs
    for verb in [_own(word)] if word in _OWN else [*map(_own, _OWN), *_plugged_in()]:
        sub = verbs.add_parser(verb.name, help=verb.help, description=f"{verb.help[0].upper()}{verb.help[1:]}.")
        verb.add_arguments(sub)
        sub.set_defaults(verb=verb)
    return parser


class _Version(argparse.Action):
    """Looks it up only when somebody asks: no verb is to wait for that."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        found = find_spec("controller.core.core")
        plain = found is None or found.origin is None or found.origin.endswith(".py")
        print(f"onsil {version('onsil')}{'' if plain else ' (core compiled)'}")
        parser.exit()


def _own(name: str) -> Verb:
    verb: Verb = import_module(f"controller.cli.{name}").verb
    return verb


def _plugged_in() -> list[Verb]:
    verbs = []
    for entry in sorted(entry_points(group=_PLUGINS), key=lambda entry: entry.name):
        try:
            verbs.append(entry.load())
        except Exception as error:  # a broken package of somebody else must not take our own verbs away
            print(f"onsil: the verb {entry.name!r} cannot be loaded: {error}", file=sys.stderr)
    return verbs


def fail(message: object, code: int | None = None) -> int:
    """Say on standard error what is wrong; the exit code.

    Unless `code` is given it is that of wrong use, as argparse has it, save for a mistake that stands in a line of a
    file: that the file is wrong is an answer. A mistake of an option stands nowhere.
    """
    from controller.model.errors import ConfigError

    wrong = NO if isinstance(message, ConfigError) and message.place.line else WRONG_USE
    if isinstance(message, OSError) and message.filename and message.strerror:
        message = f"{message.filename}: {message.strerror}"
    elif isinstance(message, ImportError):
        message = f"the package {message.name} is not installed: {sys.executable} -m pip install {message.name}"
    print(f"onsil: {message}", file=sys.stderr)
    return wrong if code is None else code
