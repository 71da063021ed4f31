"""`onsil restore`: configuration and data as they were when a backup was made."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from .backup import add_places
from .main import fail
from .run import configuration_directory
from .verb import DONE, NO, WRONG_USE, Verb


def _run(arguments: argparse.Namespace) -> int:
    from controller.app.application import state_directory
    from controller.app.archive import ArchiveError, restore
    from controller.app.lock import AlreadyRunning

    config, state = arguments.config or configuration_directory(), arguments.state or state_directory()
    try:
        summary = restore(arguments.file, config, state)
    except AlreadyRunning as error:
        return fail(f"{error}; stop it first: systemctl stop onsil", NO)
    except ArchiveError as error:
        return fail(error, NO)
    except OSError as error:
        return fail(f"cannot restore: {error}", WRONG_USE)
    if arguments.json:
        print(json.dumps({"file": str(arguments.file)} | asdict(summary)))
    else:
        print(f"{config} and {state} are as they were at {summary.created}; what was there is in before-restore-*")
    return DONE


verb = Verb("restore", "put a backup in place of configuration and data", add_places, _run)
