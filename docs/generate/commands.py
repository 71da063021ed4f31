"""The verbs of the command line, from their own parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from controller.cli.main import _parser

from .markdown import code, sentence, table

_INTRODUCTION = """\
`onsil VERB --help` says the same. Every verb that answers has `--json`.

Exit codes: **0** done, or the answer is yes; **1** the answer is no (the files are wrong, a scenario fails, nothing was
found); **2** wrong use, or something cannot be read. `onsil check` does not fail for warnings.

`$ONSIL_CONFIG` names the directory of the two files where none is given (else `/etc/onsil`), `$ONSIL_STATE` that of the
state (else `/var/lib/onsil`)."""


def page() -> str:
    """All verbs."""
    return "\n\n".join(("# Commands", _INTRODUCTION, *_verbs())) + "\n"


def verbs() -> dict[str, argparse.ArgumentParser]:
    """The parser of each verb."""
    return _children(_parser(""))


def _verbs() -> Iterator[str]:
    for name, parser in verbs().items():
        yield f"## onsil {name}"
        yield sentence(parser.description or "")
        yield from _usage(parser)


def _usage(parser: argparse.ArgumentParser, of: str = "") -> Iterator[str]:
    rows = [
        (code(_written(action)), sentence((action.help or "").replace("%%", "%")))
        for action in parser._actions
        if not isinstance(action, (argparse._HelpAction, argparse._SubParsersAction))
    ]
    if rows:
        yield table((of or "argument", "meaning"), rows)
    helps = {
        choice.dest: choice.help or ""
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for choice in action._choices_actions
    }
    for name, child in _children(parser).items():
        yield f"**{name}**: {sentence(helps.get(name, ''))}"
        yield from _usage(child, f"of {name}")


def _children(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return {
        name: child
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, child in action.choices.items()
    }


def _written(action: argparse.Action) -> str:
    value = action.metavar if isinstance(action.metavar, str) else None
    if value is None and action.choices is not None:
        value = "|".join(map(str, action.choices))
    if not action.option_strings:
        return value or action.dest
    return ", ".join(action.option_strings) + ("" if action.nargs == 0 else f" {value or action.dest.upper()}")
