"""The shadow's file in the state directory: what it takes to go on with it after a restart."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from controller.app.shadow import Findings
from controller.app.writing import remove_file, replace_file

FILE = "shadow.json"


@dataclass(frozen=True, slots=True)
class Begun:
    """The text of its rules, who began it, and when (UTC nanoseconds)."""

    rules: str
    by: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A shadow as it was last kept. `state` is its core's snapshot; "" where it has none yet."""

    begun: Begun
    findings: Findings = field(default_factory=Findings)
    state: str = ""


class ShadowFile:
    """Every method waits for the disk: call it from a thread."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE

    def read(self) -> Kept | None:
        """The shadow that was kept, if there is one. Raises OSError, and ValueError where the file is damaged."""
        try:
            return _format().validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            raise ValueError(f"{FILE} is damaged: {first['msg']}") from None

    def write(self, kept: Kept) -> None:
        """Keep a shadow in place of the one before, as a whole or not at all. Raises OSError."""
        replace_file(self._path, _format().dump_json(kept))

    def remove(self) -> None:
        """Keep none. Raises OSError."""
        remove_file(self._path)


@cache
def _format() -> TypeAdapter[Kept]:
    return TypeAdapter(Kept)
