"""`for each house in [north, south]:` in rules.yaml: sections that are written once for several compartments.

Inside, `<house>` stands for each of the names, in names and in texts. What comes of it is added behind what the file
says outside, in the order of the names.
"""

from __future__ import annotations

import re

from controller.model.errors import ConfigError

from .nodes import Mapping, Sequence, Word
from .problems import Problems

_HEAD = re.compile(r"for each (?P<word>\w+) in \[(?P<names>[^\]]*)\]")


def repeated(document: Mapping, problems: Problems) -> Mapping:
    """The document with every `for each` written out. Mistakes go to `problems`."""
    heads = [key for key in document if key.startswith("for each ")]
    if not heads:
        return document
    made = Mapping()
    made.place, made.title, made.whole = document.place, document.title, document.whole
    for key, value in document.items():
        if key not in heads:
            _put(made, key, value, document)
    for head in heads:
        with problems.caught():
            _write_out(made, document, head)
    return made


def _write_out(made: Mapping, document: Mapping, head: str) -> None:
    place, body = document.key(head), document[head]
    found = _HEAD.fullmatch(head)
    names = [name.strip() for name in found["names"].split(",")] if found else []
    if found is None or not all(re.fullmatch(r"\w+", name) for name in names):
        raise ConfigError("this repetition cannot be read", place, "write for each house in [north, south]:")
    if not isinstance(body, Mapping):
        raise ConfigError("nothing is repeated here", place, "write rules: and the like below it")
    for name in names:
        copy = _copied(body, f"<{found['word']}>", name)
        assert isinstance(copy, Mapping)
        for section, value in copy.items():
            _merge(made, section, value, copy)


def _merge(made: Mapping, section: str, value: object, source: Mapping) -> None:
    present = made.get(section)
    if present is None:
        _put(made, section, value, source)
    elif isinstance(present, Sequence) and isinstance(value, Sequence):
        joined = Sequence()
        joined.place = present.place
        joined.extend([*present, *value])
        joined.places = [*present.places, *value.places]
        _put(made, section, joined, made)
    elif isinstance(present, Mapping) and isinstance(value, Mapping):
        joined_entries = Mapping()
        joined_entries.place, joined_entries.title = present.place, present.title
        for part in (present, value):
            for key, entry in part.items():
                if key in joined_entries:
                    raise ConfigError(f"{key!r} stands here twice", part.key(key), "put the <name> into it")
                _put(joined_entries, key, entry, part)
        _put(made, section, joined_entries, made)
    else:
        raise ConfigError(f"{section!r} cannot be repeated", source.key(section), "write it once, outside")


def _put(made: Mapping, key: str, value: object, source: Mapping) -> None:
    made[key] = value
    made.places[key] = source.places[key]


def _copied(node: object, mark: str, name: str) -> object:
    """A part of the document with the mark replaced in every word."""
    match node:
        case Mapping():
            copy = Mapping()
            copy.place, copy.title, copy.whole = node.place, node.title.replace(mark, name), node.whole
            for key, value in node.items():
                replaced = _word(key, mark, name)
                copy[replaced] = _copied(value, mark, name)
                copy.places[replaced] = node.places[key]
            return copy
        case Sequence():
            items = Sequence()
            items.place, items.places = node.place, node.places
            items.extend(_copied(item, mark, name) for item in node)
            return items
        case Word():
            return _word(node, mark, name)
        case _:
            return node


def _word(word: str, mark: str, name: str) -> Word:
    copy = Word(word.replace(mark, name))
    copy.place = getattr(word, "place", copy.place)
    return copy
