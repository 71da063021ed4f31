"""The far end of a bus, as the conformance tests see it."""

from __future__ import annotations

import unittest
from abc import ABC, abstractmethod

from controller.model.commands import Verb
from controller.model.ports import BusSettings, DriverFactory


class Unable(unittest.SkipTest):
    """This field cannot do what the test needs; test runners count the test as skipped, with the reason."""


class VirtualField(ABC):
    """A bus with a virtual device on it, which measures one point and may have one output.

    These may also be two devices that have their power from one plug.

    It must be written without the driver's own code: a field that shares the driver's codec shares its mistakes. When
    it is handed over, the bus is there, the device answers and measures `initial`, and its output rests.

    What a bus or a device cannot do at all raises `Unable`, and the tests that need it are skipped.
    """

    factory: DriverFactory
    settings: BusSettings
    point: str
    initial: float = 20.0
    output: str | None = None
    verb: Verb = Verb.ON  # what starts the output; OFF or STOP ends it

    @abstractmethod
    async def measure(self, value: float) -> None:
        """From now on the device measures `value`. A device that speaks unasked goes on saying it."""

    def shown(self, value: float) -> float:
        """What is read where the device measures `value`: a contact knows two values only."""
        return value

    def running(self) -> bool:
        """Whether the device's output is on or moving: asked of the device, not of the driver."""
        raise Unable("there is no output")

    async def lose_device(self) -> None:
        """The device has no power any more; the bus is all right."""
        raise Unable("the bus cannot tell that a device is gone")

    async def find_device(self) -> None:
        """The device is back and does what it did."""
        raise Unable("the bus cannot tell that a device is gone")

    @abstractmethod
    async def lose_bus(self) -> None:
        """The adapter is pulled out, the broker stops, the line is cut."""

    @abstractmethod
    async def find_bus(self) -> None:
        """The bus is back under the same name."""

    @abstractmethod
    async def garbage(self) -> None:
        """Send what no device would send, where the driver listens: once."""

    async def lag(self, seconds: float) -> None:
        """From now on the device's answers come so late (real time); 0 ends that."""
        raise Unable("nothing is asked on this bus, so nothing is answered late")
