"""What an edit from afar may do with `${NAME}`: keep what is in force, and nothing else.

Behind a name can be any secret of the service. Whoever may change the rules could otherwise write it into an address of
`notify:` or into the name of a rule, and would be told.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.model.errors import ConfigError

from . import folding
from .document import VARIABLE, parse
from .nodes import Mapping, Word
from .problems import Problems


def new_variables(edited: str, in_force: str, file: str) -> tuple[ConfigError, ...]:
    """A mistake for each value of the text `edited` that has a `${NAME}` and does not stand in the text `in_force`.

    It must stand there whole and unchanged, in the same section: beside another host the secret would go elsewhere, and
    in the name of a rule everybody could read it. `file` is what the edited text is called.
    """
    allowed = {(section, str(word)) for section, word in _with_variables(in_force, file)}
    lines = edited.splitlines()
    return tuple(
        folding.unfolded(_refusal(word), lines)
        for section, word in _with_variables(edited, file)
        if (section, str(word)) not in allowed
    )


def _refusal(word: Word) -> ConfigError:
    at = word.index("${")
    found = VARIABLE.match(word, at)
    named = found[0] if found else "${"
    return ConfigError(
        f"the rules in force have no {named} in just this value, and behind it may be a secret",
        word.place.right(at),
        "edit rules.yaml on the machine",
    )


def _with_variables(text: str, file: str) -> Iterator[tuple[str, Word]]:
    """The values of a text that name a variable, with the sections they stand in; none where it is not YAML."""
    root = parse(text, file, "${{{}}}".format, Problems())
    waiting = [(str(key), value) for key, value in reversed(root.items())] if root else []
    while waiting:
        section, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(section, item) for item in reversed(value.values())]
        elif isinstance(value, list):
            waiting += [(section, item) for item in reversed(value)]
        elif isinstance(value, Word) and "${" in value:
            yield section, value
