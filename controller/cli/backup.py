"""`onsil backup`: configuration and data in one file, also while the greenhouse is being run."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from .main import fail
from .run import configuration_directory
from .verb import DONE, NO, WRONG_USE, Verb


def add_places(parser: argparse.ArgumentParser) -> None:
    """The file, and the two directories that go into it or come out of it."""
    parser.add_argument("file", type=Path, metavar="FILE", help="such as greenhouse.tar.gz")
    parser.add_argument(
        "-c", "--config", type=Path, metavar="DIR", help="holds site.yaml and rules.yaml ($ONSIL_CONFIG or /etc/onsil)"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="the state ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_places(parser)
    parser.add_argument("--credentials", action="store_true", help="with passwords and tokens: keep the file safe")


def _run(arguments: argparse.Namespace) -> int:
    from importlib.metadata import version

    from controller.app.application import state_directory
    from controller.app.archive import ArchiveError, save

    config, state = arguments.config or configuration_directory(), arguments.state or state_directory()
    try:
        summary = save(arguments.file, config, state, version("onsil"), credentials=arguments.credentials)
    except ArchiveError as error:
        return fail(error, NO)
    except OSError as error:
        return fail(f"cannot write the backup: {error}", WRONG_USE)
    if arguments.json:
        print(json.dumps({"file": str(arguments.file)} | asdict(summary)))
    else:
        secrets = "" if arguments.credentials else ", without passwords and tokens"
        print(f"{arguments.file}: {summary.files} files, {summary.bytes / 1e6:.1f} MB unpacked{secrets}")
    return DONE


verb = Verb("backup", "save configuration and data in one file", _add_arguments, _run)
