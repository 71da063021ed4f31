"""What an instrument is: a conversation in bytes, without the port. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from typing import NamedTuple, Protocol, TypeVar

from controller.model.ports import Source
from drivers.options import Options
from drivers.polling import Values


class Ask(NamedTuple):
    """Bytes to send, and what to wait for: `whole` makes the answer of what has come in, or None while it is not whole.

    `timeout` is in real seconds.
    """

    data: bytes
    whole: Callable[[bytes], bytes | None]
    timeout: float = 1.0


class Rest(NamedTuple):
    """Real seconds to leave the instrument alone."""

    seconds: float


_Result = TypeVar("_Result")

Talk = Generator[Ask | Rest, bytes | None, _Result]
"""Yields what to do next, is sent the answer (None: there was none in time), and returns what came of it.

Raises Trouble where it cannot go on.
"""

Job = Talk[Values]
"""A conversation that measures something, or sets something up and measures nothing."""


class Instrument(Protocol):
    """One instrument, made from its options. `listens`: it speaks by itself and is never asked."""

    @property
    def listens(self) -> bool: ...

    def source(self, name: str) -> Source | str:
        """What it offers under this name, or a hint of what it offers instead."""

    def want(self, sources: Collection[str]) -> None:
        """Which sources it will be asked for."""

    def begin(self) -> Job:
        """What must be said once, after every opening of the port and after every absence."""

    def measure(self) -> Job:
        """One measurement."""

    def hear(self, data: bytes) -> tuple[Values, int]:
        """What it said by itself, as bytes come in: values, and how much of it was nonsense."""


class Kind(Protocol):
    """Makes instruments from options, of which these are the names; `BAUDRATE` is what they have by default."""

    @property
    def OPTIONS(self) -> Collection[str]: ...

    @property
    def BAUDRATE(self) -> int: ...

    @property
    def SHARES(self) -> bool:
        """Whether several can be on one port."""

    def __call__(self, options: Options) -> Instrument: ...


def nothing() -> Job:
    """A conversation that is over before it begins."""
    yield from ()
    return ()


def line(data: bytes, end: bytes = b"\r") -> bytes | None:
    """The first whole line of what has come in."""
    head, found, _ = data.partition(end)
    return head if found else None
