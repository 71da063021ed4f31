"""`onsil check`: whether the two files are right, and what in them is hardly meant."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .main import fail
from .run import configuration_directory
from .verb import DONE, NO, WRONG_USE, Verb

if TYPE_CHECKING:
    from controller.analysis import Finding
    from controller.config import Configuration
    from controller.model.errors import ConfigError


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "directory", nargs="?", type=Path, help="holds site.yaml and rules.yaml ($ONSIL_CONFIG or /etc/onsil)"
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument("--explain", action="store_true", help="say in a sentence what each rule will do")
    parser.add_argument("--language", choices=("en", "ko"), help="of the sentences (the site's)")


def _run(arguments: argparse.Namespace) -> int:
    from controller.config import check

    directory = arguments.directory or configuration_directory()
    try:
        report = check(directory)
    except OSError as error:
        return fail(f"cannot read {error.filename or directory}: {error.strerror or error}", WRONG_USE)
    warnings: list[ConfigError | Finding] = list(report.warnings)
    if report.configuration is not None:
        from datetime import date

        from controller.analysis import analyse

        warnings += analyse(report.configuration.plan, date.today().year)
        warnings.sort(key=lambda warning: warning.place)
    told = _sentences(report.configuration, arguments.language) if arguments.explain and report.configuration else []
    if arguments.json:
        document = _document(report.errors, warnings)
        if arguments.explain:
            document["rules"] = [{"line": line, "name": name, "sentence": text} for name, text, line in told]
        print(json.dumps(document, ensure_ascii=False))
    else:
        _print(report.errors, warnings, directory)
        for name, text, _ in told:
            print(f"\n{name}\n  {text}")
    return NO if report.errors else DONE


def _print(errors: Sequence[ConfigError], warnings: Sequence[ConfigError | Finding], directory: Path) -> None:
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print_errors(errors)
    if not errors:
        print(f"{directory}: right" + _counted(len(warnings)))


def _counted(warnings: int) -> str:
    return f", with {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""


def print_errors(errors: Sequence[ConfigError]) -> int:
    """A line for each on standard error; the exit code for wrong files."""
    for error in errors:
        print(error, file=sys.stderr)
    return NO


def _sentences(configuration: Configuration, language: str | None) -> list[tuple[str, str, int]]:
    from controller.web.language import speech
    from controller.web.sentences import sentences

    plan = configuration.plan
    return sentences(plan, speech(language or plan.site.language))


def _document(errors: Sequence[ConfigError], warnings: Sequence[ConfigError | Finding]) -> dict[str, Any]:
    return {
        "right": not errors,
        "errors": [_item(error) for error in errors],
        "warnings": [_item(warning) for warning in warnings],
    }


def _item(item: ConfigError | Finding) -> dict[str, Any]:
    data: dict[str, Any] = {
        "file": item.place.file,
        "line": item.place.line,
        "column": item.place.column,
        "message": item.message,
        "suggestion": item.suggestion,
    }
    kind, witness = getattr(item, "kind", None), getattr(item, "witness", None)
    return data | ({"kind": kind, "witness": witness} if kind else {})


verb = Verb("check", "whether site.yaml and rules.yaml are right", _add_arguments, _run)
