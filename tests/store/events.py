"""Events for tests of the store, one a second from a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable

from controller.model.commands import Cause, Command, Level, Verb
from controller.model.events import Commanded, Decided, Event, Measured, Moved
from controller.model.points import Quality
from controller.model.time import NS, Instant

START = 1_780_000_020  # a full minute
CAUSE = Cause(Level.RULE, "Heat", (("air.temperature", "15.2 °C"),), ("held at 5 % by Storm",))


def at(second: float, start: int = START) -> Instant:
    """The instant so many seconds after the start; the monotonic clock began at 1000 s."""
    ns = round(second * NS)
    return Instant(1000 * NS + ns, start * NS + ns)


def reading(
    second: float, value: float = 20.0, point: str = "air.temperature", quality: Quality = Quality.GOOD
) -> Measured:
    return Measured(point, value, quality, at(second))


def readings(count: int, first: int = 0) -> list[Event]:
    """One a second, each with its own value."""
    return [reading(second, float(second)) for second in range(first, first + count)]


def moved(second: float, position: float, actuator: str = "roof_vent") -> Moved:
    return Moved(actuator, position, at(second))


def decided(second: float, target: float, actuator: str = "roof_vent", cause: Cause = CAUSE) -> Decided:
    return Decided(actuator, target, cause, at(second))


def commanded(second: float, renews: bool = False, actuator: str = "heater") -> Commanded:
    return Commanded(actuator, Command(7, f"{actuator}.relay", Verb.ON, at(second), CAUSE, 60.0, renews))


def wait(condition: Callable[[], object], patience: float = 20.0) -> None:
    """Wait in a thread's test until `condition()` is true."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, "never came true"
        time.sleep(0.01)
