"""Reads the options of a bus, a device or an entry of one, and says where a wrong one stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from controller.model.errors import ConfigError, Place, one_of
from controller.model.units import UnitError, parse_duration, unit


class Options:
    """Refuses keys it does not know. Its methods raise ConfigError; `owner` is what messages call their owner."""

    def __init__(
        self,
        options: Mapping[str, object],
        places: Mapping[str, Place],
        place: Place,
        owner: str,
        known: Collection[str],
    ) -> None:
        self._options, self._places, self._place = options, places, place
        self._owner = owner
        for key in options:
            if key not in known:
                raise ConfigError(f"{owner} has no option {key}", self.place(key), one_of(key, known))

    def place(self, key: str) -> Place:
        return self._places.get(key, self._place)

    def has(self, key: str) -> bool:
        return self._options.get(key) is not None

    def text(self, key: str) -> str | None:
        value = self._options.get(key)
        if value is None:
            return None
        # YAML makes a number of a password of digits
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            raise ConfigError(f"{key} must be a text", self.place(key), f'write {key}: "..."')
        return str(value)

    def text_or(self, key: str, otherwise: str) -> str:
        return self.text(key) or otherwise

    def topic(self, key: str, hint: str) -> str:
        """A topic that must be there; `hint` says what to write."""
        value = self.topic_or(key, "")
        if not value:
            raise ConfigError(f"{self._owner} has no {key}", self._place, hint)
        return value

    def topic_or(self, key: str, otherwise: str) -> str:
        value = self.text(key)
        if value is None:
            return otherwise
        for sign in "+#":
            if sign in value:
                raise ConfigError(
                    f"{key} {value!r} has the wildcard {sign}",
                    self.place(key),
                    "every device needs its own whole topic",
                )
        if value.startswith("/") or value.endswith("/") or "\0" in value or len(value.encode()) > 1000:
            raise ConfigError(f"{key} {value!r} is no topic", self.place(key), f"write {value.strip('/')[:60]}")
        return value

    def flag(self, key: str, otherwise: bool) -> bool:
        value = self._options.get(key)
        if value is None:
            return otherwise
        if not isinstance(value, bool):
            raise ConfigError(f"{key} must be true or false", self.place(key), f"write {key}: true")
        return value

    def number(self, key: str, otherwise: float) -> float:
        value = self._options.get(key)
        if value is None:
            return otherwise
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e12:
            raise ConfigError(f"{key} must be a number", self.place(key), f"write {key}: {otherwise:g}")
        return float(value)

    def whole(self, key: str, otherwise: int, low: int, high: int) -> int:
        """A whole number within bounds, also where it is written as a text ("0x40")."""
        value = self._options.get(key)
        if value is None:
            return otherwise
        try:
            number = int(value, 0) if isinstance(value, str) else value
        except ValueError:
            number = None
        if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
            raise ConfigError(f"{key} must be a whole number", self.place(key), f"write {low} .. {high}")
        return number

    def required_whole(self, key: str, low: int, high: int) -> int:
        """A whole number that must be there."""
        if not self.has(key):
            raise ConfigError(f"{self._owner} has no {key}", self._place, f"write {key}: {low} .. {high}")
        return self.whole(key, low, low, high)

    def wholes(self, key: str, low: int, high: int) -> dict[str, int]:
        """A mapping of names to whole numbers, with at least one."""
        value = self._options.get(key)
        if not isinstance(value, dict) or not value:
            raise ConfigError(f"{key} must be a mapping", self.place(key), f"write {key}: {{name: {low} .. {high}}}")
        inner = Options(value, {}, self.place(key), f"{self._owner} {key}", [str(name) for name in value])
        return {str(name): inner.required_whole(str(name), low, high) for name in value}

    def choice(self, key: str, otherwise: str, known: Collection[str]) -> str:
        text = self.text_or(key, otherwise)
        if text not in known:
            raise ConfigError(f"{key} cannot be {text}", self.place(key), one_of(text, known))
        return text

    def seconds(self, key: str, otherwise: float, least: float) -> float:
        """A duration like "10 s" in seconds."""
        value = self._options.get(key)
        if value is None:
            return otherwise
        try:
            seconds = parse_duration(value) if isinstance(value, str) else None
        except UnitError as error:
            raise ConfigError(str(error), self.place(key), error.suggestion) from None
        if seconds is None:
            raise ConfigError(f"{key} needs a unit", self.place(key), f"write {key}: {otherwise:g} s")
        if not least <= seconds <= 86400:
            raise ConfigError(f"{key} must be {least:g} s to 1 day", self.place(key), f"write {key}: {otherwise:g} s")
        return seconds

    def unit(self, key: str) -> str:
        """A unit's symbol, "" where there is none."""
        text = self.text(key)
        if text is None:
            return ""
        try:
            return unit(text).symbol
        except UnitError as error:
            raise ConfigError(str(error), self.place(key), error.suggestion) from None

    def pattern(self, key: str) -> re.Pattern[str]:
        """A pattern with one group round a number."""
        hint = 'put brackets round the number: "T=([-.0-9]+)"'
        text = self.text(key)
        if text is None:
            raise ConfigError(f"{self._owner} has no {key}", self._place, hint)
        try:
            pattern = re.compile(text)
        except re.error as error:
            raise ConfigError(f"{text!r} is no pattern: {error}", self.place(key), hint) from None
        if pattern.groups != 1:
            raise ConfigError(f"{text!r} has {pattern.groups} groups instead of one", self.place(key), hint)
        return pattern

    def entries(self, key: str, known: Collection[str]) -> dict[str, Options]:
        """A mapping of names to mappings of options."""
        value = self._options.get(key)
        if value is None:
            return {}
        place = self.place(key)
        if not isinstance(value, dict) or not all(isinstance(entry, dict) for entry in value.values()):
            raise ConfigError(f"{key} must be a mapping of names", place, f"write {key}: {{name: {{path: a.b}}}}")
        return {str(name): Options(entry, {}, place, f"{key} {name}", known) for name, entry in value.items()}
