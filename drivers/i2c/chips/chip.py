"""What a chip is: a conversation in bytes, without the bus. Pure."""

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import NamedTuple, Protocol, TypeVar

from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Values


class Write(NamedTuple):
    """Bytes for the chip; then `size` bytes of it without letting go of the bus."""

    data: bytes
    size: int = 0


class Read(NamedTuple):
    """So many bytes of the chip."""

    size: int


class Rest(NamedTuple):
    """Seconds to leave the chip alone."""

    seconds: float


_Result = TypeVar("_Result")

Talk = Generator[Write | Read | Rest, bytes, _Result]
"""Yields what to do next, is sent what was read (b"" where nothing was), and returns what came of it.

Raises Trouble where it cannot go on.
"""

Job = Talk[Values]
"""A conversation that measures something, or sets something up and measures nothing."""


class Chip(Protocol):
    """One chip, made from its options."""

    def source(self, name: str) -> Source | str:
        """What it offers under this name, or a hint of what it offers instead."""

    def begin(self) -> Job:
        """What must be said once, after power-up."""

    def measure(self, wanted: Collection[str]) -> Job:
        """One measurement of the wanted sources; more may be given."""


class Kind(Protocol):
    """Makes chips from options, of which these are the names; the first of the `ADDRESSES` is the usual one."""

    @property
    def OPTIONS(self) -> Collection[str]: ...

    @property
    def ADDRESSES(self) -> tuple[int, ...]: ...

    def __call__(self, options: Options) -> Chip: ...


def nothing() -> Job:
    """A conversation that is over before it begins."""
    yield from ()
    return ()


def one_of_these(units: dict[str, str], name: str) -> Source | str:
    """The source of this name in a table of units, or what there is."""
    return Source(units[name]) if name in units else "known: " + ", ".join(units)
