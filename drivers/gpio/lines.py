"""The lines of a GPIO chip: libgpiod 2. The one seam: tests give the factory a header of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, Protocol

CONSUMER = "onsil"
_EVENTS_KEPT = 1024  # by the kernel for each request, while nobody reads them


class Pull(StrEnum):
    """What the pin rests at by itself."""

    NONE = "none"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class LineOptions:
    """How a line is used. `active_low`: it is on where the voltage is low. `debounce` in seconds."""

    output: bool
    active_low: bool = False
    pull: Pull = Pull.NONE
    debounce: float = 0.0


class Edge(NamedTuple):
    """A line has changed. `number` counts its changes, also those that nobody has read."""

    pin: int
    on: bool
    number: int


class Lines(Protocol):
    """Requested lines. Methods raise OSError where the chip is gone."""

    def fileno(self) -> int:
        """Readable while there are edges to read."""

    def edges(self) -> Sequence[Edge]:
        """The changes of inputs since the last call."""

    def get(self, pin: int) -> bool: ...

    def set(self, pin: int, on: bool) -> None: ...

    def release(self) -> None: ...


Request = Callable[[str, Mapping[int, LineOptions]], Lines]
"""Requests lines of a chip, outputs switched off. Raises OSError, also where the library is missing."""


def request_lines(chip: str, wanted: Mapping[int, LineOptions]) -> Lines:
    try:
        import gpiod
        from gpiod import line
    except ImportError:
        raise OSError("the Python package gpiod is missing: install onsil[pins]") from None

    pulls = {Pull.NONE: line.Bias.AS_IS, Pull.UP: line.Bias.PULL_UP, Pull.DOWN: line.Bias.PULL_DOWN}

    def settings(options: LineOptions) -> gpiod.LineSettings:
        if options.output:
            return gpiod.LineSettings(
                direction=line.Direction.OUTPUT, active_low=options.active_low, output_value=line.Value.INACTIVE
            )
        return gpiod.LineSettings(
            direction=line.Direction.INPUT,
            edge_detection=line.Edge.BOTH,
            bias=pulls[options.pull],
            active_low=options.active_low,
            debounce_period=timedelta(seconds=options.debounce),
        )

    config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None] = {
        pin: settings(options) for pin, options in wanted.items()
    }
    request = gpiod.request_lines(chip, config, consumer=CONSUMER, event_buffer_size=_EVENTS_KEPT)

    class Kernel:
        def fileno(self) -> int:
            return request.fd

        def edges(self) -> list[Edge]:
            rising = gpiod.EdgeEvent.Type.RISING_EDGE
            return [
                Edge(event.line_offset, event.event_type is rising, event.line_seqno)
                for event in request.read_edge_events()
            ]

        def get(self, pin: int) -> bool:
            return request.get_value(pin) is line.Value.ACTIVE

        def set(self, pin: int, on: bool) -> None:
            request.set_value(pin, line.Value.ACTIVE if on else line.Value.INACTIVE)

        def release(self) -> None:
            request.release()

    return Kernel()
