"""What the YAML parser complains about, in words that help somebody who does not know YAML."""

from __future__ import annotations

from ruamel.yaml.error import MarkedYAMLError, YAMLError

from controller.model.errors import ConfigError, Place

_QUOTES = "put the text in quotes"
_ALIGN = "begin it exactly below the entry it belongs to"


def explain(error: MarkedYAMLError, text: str, file: str) -> ConfigError:
    """The parser's error as ours."""
    mark = error.problem_mark or error.context_mark
    lines = text.splitlines()
    if mark is None:
        return ConfigError("this is not YAML", Place(file, 1, 1), "look at the indentation and the quotes")
    place = Place(file, mark.line + 1, mark.column + 1)
    tab = _tab(lines, mark.line)
    if tab is not None:
        return ConfigError("there is a tab in the indentation", Place(file, *tab), "indent with spaces")
    begin = error.context_mark
    opened = place if begin is None else Place(file, begin.line + 1, begin.column + 1)
    problem, context = error.problem or "", error.context or ""
    line = lines[mark.line] if mark.line < len(lines) else ""
    char = line[mark.column] if mark.column < len(line) else ""
    if "quoted scalar" in context:
        if "escape" in problem:
            return ConfigError("a backslash in double quotes must begin an escape", place, "use single quotes")
        return ConfigError("this quote is never closed", opened, "add the closing quote")
    if "while parsing a flow" in context:
        bracket = "]" if "sequence" in context else "}"
        if char == "{" and line[: mark.column].endswith("$"):
            return ConfigError("inside { } a variable needs quotes", place.right(-1), 'write "${NAME}"')
        if mark.line == opened.line - 1:
            message = f"cannot read {char!r} here" if char else "the line ends too early"
            return ConfigError(message, place, "is there a comma or a bracket missing?")
        return ConfigError(f"this bracket is never closed on line {opened.line}", opened, f"add {bracket}")
    if "mapping values are not allowed" in problem:
        return _colon(lines, place)
    if "while parsing a block" in context:
        if line[: mark.column].strip():
            return ConfigError(f"cannot read {char!r} here", place, "look at the colons and quotes of this line")
        if mark.column + 1 == opened.column:
            return ConfigError("names and list items are mixed here", place, "begin every entry with '- ', or none")
        return ConfigError("the indentation fits nothing above", place, _ALIGN)
    if "cannot start any token" in problem:
        return ConfigError(f"a text cannot begin with {char!r}", place, _QUOTES)
    if "sequence entries are not allowed" in problem:
        return ConfigError("a list cannot begin here", place, "put each '- ' on a line of its own")
    if "could not find expected ':'" in problem:
        place = opened if begin is not None else place
        return ConfigError("a colon is missing after this name", place, "write name: value")
    return ConfigError("this is not YAML", place, "look at the indentation and the quotes")


def _colon(lines: list[str], place: Place) -> ConfigError:
    """A colon where none can be: the second of its line, one below a line that lacks its own, or wrongly indented."""
    line = lines[place.line - 1]
    if ": " in line[: place.column - 1]:
        return ConfigError("there is a second ': ' in this line", place, _QUOTES)
    above = next((n for n in range(place.line - 1, 0, -1) if lines[n - 1].strip()), 0)
    before = lines[above - 1] if above else ""
    start, start_before = _start(line), _start(before)
    if start == start_before and ": " not in before:
        hint = "write name: value"
        return ConfigError("a colon is missing in this line", Place(place.file, above, start_before + 1), hint)
    return ConfigError("the indentation fits nothing above", Place(place.file, place.line, start + 1), _ALIGN)


def _start(line: str) -> int:
    """Where the name in a line begins, behind the dashes of a list."""
    return len(line) - len(line.lstrip(" -"))


def unreadable(error: YAMLError, text: str, file: str) -> ConfigError:
    """A character that no YAML file may have."""
    return forbidden(text, getattr(error, "position", 0), file)


def forbidden(text: str, at: int, file: str) -> ConfigError:
    """The character at this index must not be there."""
    before = text[:at].splitlines() or [""]
    if text[:at].endswith("\n"):
        before.append("")
    code = ord(text[at]) if at < len(text) else 0
    place = Place(file, len(before), len(before[-1]) + 1)
    return ConfigError(f"the character U+{code:04X} cannot stand in a YAML file", place, "remove it")


def _tab(lines: list[str], number: int) -> tuple[int, int] | None:
    """Line and column of a tab that is used to indent line `number` (from 0)."""
    if number >= len(lines):
        return None
    line = lines[number]
    at = line.find("\t")
    return (number + 1, at + 1) if at >= 0 and not line[:at].strip() else None
