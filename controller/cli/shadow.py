"""`onsil shadow`: other rules beside those in force, in a running controller; they see everything and move nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from .asking import add_state, ask, done
from .main import fail
from .printing import shadow_lines
from .verb import WRONG_USE, Verb

_PATIENCE = 60.0  # s: a small computer takes a while over large rules


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("show", help="who has begun it and when, what it would do otherwise now, and what it has found")
    begin = actions.add_parser("begin", help="run the rules of a file beside those in force")
    begin.add_argument("file", type=Path, metavar="RULES", help="such as trial/rules.yaml")
    actions.add_parser("end", help="let it go; what it has found stays in the journal")
    actions.add_parser("apply", help="put its rules in place of those in force, and let it go")
    for each in actions.choices.values():
        add_state(each)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.action == "show":
        return ask(arguments, {"do": "shadow"}, shadow_lines)
    question = {"do": f"{arguments.action} shadow"}
    if arguments.action == "begin":
        from controller.app.records import MOST_TEXT

        try:
            text = arguments.file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            return fail(f"{arguments.file} cannot be read: {error}", WRONG_USE)
        if len(text.encode()) > MOST_TEXT:
            return fail(f"{arguments.file} is longer than {MOST_TEXT // 1024} kB", WRONG_USE)
        question |= {"rules": text, "file": str(arguments.file)}
    return ask(arguments, question, done, _PATIENCE)


verb = Verb(
    "shadow", "other rules beside those in force, without acting: show, begin, end, apply", _add_arguments, _run
)
