"""YAML 1.2 as plain data that still knows where everything stands.

`on`, `off`, `yes` and `no` are words. Anchors, aliases and tags are refused: they hide what a line means from the one
who reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from controller.model.errors import ConfigError, Place

from . import syntax
from .nodes import Mapping, Real, Sequence, Whole, Word
from .problems import Problems

Lookup = Callable[[str], str | None]
"""The value of a variable, or None."""

_DEEPEST = 20  # levels of nesting; the two files need six
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}|0x[0-9a-fA-F]{1,15}|0o[0-7]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]{1,3})?")
_CONSTANTS: dict[str, object] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INVISIBLE_BREAK = re.compile("[\x85\u2028\u2029]")  # ends a line for the parser, and for no editor
VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)?(?P<end>\})?")
"""`${NAME}`, or the beginning of one."""


def parse(text: str, file: str, lookup: Lookup, problems: Problems) -> Mapping | None:
    """The mapping that a YAML text is. What is wrong goes to `problems`; None where nothing can be made of it.

    `${NAME}` in a value is replaced by what `lookup` says.
    """
    unseen = _INVISIBLE_BREAK.search(text)
    if unseen is not None:
        problems.add(syntax.forbidden(text, unseen.start(), file))
        return None
    builder = _Builder(text, file, lookup, problems)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        problems.add(syntax.explain(error, text, file))
        return None
    except YAMLError as error:
        problems.add(syntax.unreadable(error, text, file))
        return None
    except ConfigError as error:
        problems.add(error)
        return None
    except (ValueError, IndexError, AttributeError, RecursionError):
        # the scanner trips over some malformed escapes and directives
        problems.add(ConfigError("this is not YAML", Place(file, 1, 1)))
        return None
    if not isinstance(builder.root, Mapping):
        message = "the file is empty" if builder.root is None else "the file must consist of 'name: value' lines"
        problems.add(ConfigError(message, Place(file, 1, 1), "begin it with onsil: 1"))
        return None
    return builder.root


class _Builder:
    """Takes the parser's events one by one, so that no nesting is deep enough to exhaust the stack."""

    def __init__(self, text: str, file: str, lookup: Lookup, problems: Problems) -> None:
        self.root: object = None
        self._file, self._lines, self._lookup, self._problems = file, text.splitlines(), lookup, problems
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Word | None] = []
        self._documents = 0

    def take(self, event: Event) -> None:
        place = self._place(event)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise ConfigError("a second document begins here", place, "remove the line ---")
        elif isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise ConfigError("anchors and aliases (& and *) are not used here", place, "write it out")
        elif getattr(event, "tag", None):
            raise ConfigError("tags (!) are not used here", place, "put a text that begins with ! in quotes")
        elif isinstance(event, ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, MappingStartEvent):
            self._begin(Mapping(), place)
        elif isinstance(event, SequenceStartEvent):
            self._begin(Sequence(), place)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._open.pop()
            self._keys.pop()

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _begin(self, container: Mapping | Sequence, place: Place) -> None:
        if len(self._open) >= _DEEPEST:
            raise ConfigError("this is nested too deeply", place, "simplify it")
        key = self._keys[-1] if self._keys else None
        container.place = place
        if key is not None:
            container.place = key.place
            if isinstance(container, Mapping):
                container.title = str(key)
        self._put(container, place)
        self._open.append(container)
        self._keys.append(None)

    def _scalar(self, event: ScalarEvent, place: Place) -> None:
        if self._open and isinstance(self._open[-1], Mapping) and self._keys[-1] is None:
            key = Word(event.value)
            key.place = place if event.style is None else place.right(1)
            self._keys[-1] = key
            return
        self._put(self._value(event, place), place)

    def _value(self, event: ScalarEvent, place: Place) -> Any:
        written: str = event.value
        number: Whole | Real
        if event.style is None:
            if written in _CONSTANTS:
                return _CONSTANTS[written]
            if _INTEGER.fullmatch(written):
                number = Whole(int(written, 0) if written[:2] in ("0x", "0o") else int(written))
                number.place, number.written = place, written
                return number
            if _FLOAT.fullmatch(written):
                number = Real(written)
                number.place, number.written = place, written
                return number
        elif event.style in "|>":
            below = self._lines[place.line] if place.line < len(self._lines) else ""
            place = Place(place.file, place.line + 1, len(below) - len(below.lstrip()) + 1)
            written = written.rstrip("\n")
        else:
            place = place.right(1)
        word = Word(self._replaced(written, place) if "${" in written else written)
        word.place = place
        return word

    def _replaced(self, written: str, place: Place) -> str:
        def value(match: re.Match[str]) -> str:
            name = match["name"]
            if not name or not match["end"]:
                self._problems.add(ConfigError("this is no variable", place.right(match.start()), "write ${NAME}"))
                return match[0]
            try:
                found = self._lookup(name)
            except (OSError, ValueError) as error:
                reason = str(error) or type(error).__name__
                message = f"the credential {name} cannot be read: {reason}"
                self._problems.add_unset(ConfigError(message, place.right(match.start()), "check its file"))
                return match[0]
            if found is None:
                message = f"the environment variable {name} is not set"
                hint = f"set {name}, or give the service a credential of this name"
                self._problems.add_unset(ConfigError(message, place.right(match.start()), hint))
                return match[0]
            return found

        return VARIABLE.sub(value, written)

    def _put(self, value: object, place: Place) -> None:
        if not self._open:
            self.root = value
            return
        container = self._open[-1]
        if isinstance(container, Sequence):
            container.append(value)
            container.places.append(place)
            return
        key = self._keys[-1]
        if key is None:
            raise ConfigError("a name must be a single text", place, "put a name before the colon")
        self._keys[-1] = None
        if key in container:
            hint = f"the first is on line {container.key(key).line}: remove one"
            self._problems.add(ConfigError(f"{str(key)!r} stands here twice", key.place, hint))
            if isinstance(self.root, Mapping):
                self.root.whole = False
            return
        container[key] = value
        container.places[key] = place
