"""`onsil schema site`: the JSON Schema of a file, for editors that complete and explain while one types."""

from __future__ import annotations

import argparse
import json

from .main import fail
from .verb import DONE, Verb


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", help="site, rules, or a driver whose devices are described by files of their own: modbus"
    )


def _run(arguments: argparse.Namespace) -> int:
    from controller.config import drivers
    from controller.config.schema import schema
    from controller.model.errors import one_of
    from controller.model.ports import Described

    if arguments.file in ("site", "rules"):
        found = schema(arguments.file)
    else:
        if arguments.file not in drivers.names():
            known = one_of(arguments.file, ("site", "rules", *drivers.names()))
            return fail(f"there is no schema of {arguments.file!r} ({known})")
        factory = drivers.factory(arguments.file)
        if not isinstance(factory, Described):
            return fail(f"the devices of {arguments.file} have no files of their own")
        found = dict(factory.schema())
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return DONE


verb = Verb("schema", "JSON Schema of site.yaml, rules.yaml or a profile, for editors", _add_arguments, _run)
