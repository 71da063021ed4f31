"""`onsil schema site`: the JSON Schema of a file, for editors that complete and explain while one types."""

from __future__ import annotations

import argparse
import json

from .verb import DONE, Verb


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", choices=("site", "rules"))


def _run(arguments: argparse.Namespace) -> int:
    from controller.config.schema import schema

    print(json.dumps(schema(arguments.file), indent=2, ensure_ascii=False))
    return DONE


verb = Verb("schema", "JSON Schema of site.yaml or rules.yaml, for editors", _add_arguments, _run)
