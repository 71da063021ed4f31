"""An independent reader of InfluxDB line protocol, written from its reference, character by character."""

from __future__ import annotations

from typing import NamedTuple

Value = float | int | str | bool


class Point(NamedTuple):
    measurement: str
    tags: dict[str, str]
    fields: dict[str, Value]
    at_ns: int


def parse(line: str) -> Point:
    """One line. Raises ValueError where it is not one point exactly."""
    reader = _Reader(line)
    measurement = reader.word(", ")
    tags: dict[str, str] = {}
    while reader.take(","):
        name = reader.word("=")
        reader.expect("=")
        if name in tags:
            raise ValueError(f"tag {name!r} twice")
        tags[name] = reader.word(", ")
        if not tags[name]:
            raise ValueError("an empty tag")
    reader.expect(" ")
    fields: dict[str, Value] = {}
    while True:
        name = reader.word("=")
        reader.expect("=")
        if not name or name in fields:
            raise ValueError(f"field {name!r} twice or without a name")
        fields[name] = reader.value()
        if not reader.take(","):
            break
    reader.expect(" ")
    return Point(measurement, tags, fields, int(reader.rest()))


class _Reader:
    def __init__(self, text: str) -> None:
        if "\n" in text:
            raise ValueError("two lines")
        self._text, self._at = text, 0

    def word(self, ends: str) -> str:
        """Up to one of `ends`; a backslash before a comma, an equals sign or a space takes its meaning away."""
        found = ""
        while self._at < len(self._text) and self._text[self._at] not in ends:
            if self._text[self._at] == "\\" and self._text[self._at + 1 : self._at + 2] in (",", "=", " "):
                self._at += 1
            found += self._text[self._at]
            self._at += 1
        return found

    def value(self) -> Value:
        if self.take('"'):
            found = ""
            while not self.take('"'):
                if self._at >= len(self._text):
                    raise ValueError("a text without an end")
                if self._text[self._at] == "\\" and self._text[self._at + 1 : self._at + 2] in ('"', "\\"):
                    self._at += 1
                found += self._text[self._at]
                self._at += 1
            return found
        word = self.word(", ")
        if word in ("true", "false"):
            return word == "true"
        if word.endswith("i"):
            return int(word[:-1])
        number = float(word)
        if number - number != 0:
            raise ValueError(f"{word} is no value")
        return number

    def take(self, character: str) -> bool:
        if self._text[self._at : self._at + 1] == character:
            self._at += 1
            return True
        return False

    def expect(self, character: str) -> None:
        if not self.take(character):
            raise ValueError(f"no {character!r} at {self._at} of {self._text!r}")

    def rest(self) -> str:
        return self._text[self._at :]
