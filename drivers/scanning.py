"""How far a scan of a bus is, for all that scan one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Generic, NamedTuple, TypeVar

Found = TypeVar("Found")


class Progress(NamedTuple, Generic[Found]):
    """`done` of `total` (addresses, or seconds), in words what it is at, and what it has found so far."""

    done: float
    total: float
    text: str
    found: tuple[Found, ...] = ()

    @property
    def part(self) -> float:
        """From 0 to 1."""
        return self.done / self.total if self.total else 1.0


async def followed(steps: AsyncIterator[Progress[Found]], tell: Callable[[Progress[Found]], None]) -> tuple[Found, ...]:
    """Go through a scan and tell of each step. Returns what it has found at the end."""
    found: tuple[Found, ...] = ()
    async for step in steps:
        found = step.found
        tell(step)
    return found
