"""What the line needs of whatever carries its requests: a serial port or a network connection."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from .messages import Request


class LinkLost(OSError):
    """The port or connection cannot be used any more, or could not be opened."""


class NoAnswer(Exception):
    """The device did not answer in time; `garbled` where something came that made no sense.

    `other` is the address of a device whose answer came instead: it had been asked before, and is late.
    """

    def __init__(self, *, garbled: bool = False, other: int | None = None) -> None:
        super().__init__(garbled, other)
        self.garbled = garbled
        self.other = other


class Hurried(Exception):
    """The waiting was given up for something more urgent; nothing is known of the device."""


class Link(Protocol):
    """An open connection that carries one request at a time."""

    async def quiet(self) -> None:
        """Wait until the next request may be sent. Raises LinkLost, also if the link broke since it was last used."""

    def examine(self) -> None:
        """Look closer, because a device did not answer: raises LinkLost if it is the link that is to blame."""

    async def ask(self, unit: int, request: Request, patience: float) -> tuple[int, ...]:
        """One request and its answer: words or bits, nothing for a write.

        The device at address `unit` must have begun to answer `patience` seconds (real) after the request was sent.
        Raises Refused, NoAnswer, Hurried or LinkLost.
        """

    def hurry(self) -> None:
        """Give up waiting for an answer that has not begun."""


OpenLink = Callable[[Callable[[], None]], AbstractAsyncContextManager[Link]]
"""Opens a link; it raises LinkLost. The argument is called when the link breaks while nobody waits for it."""
