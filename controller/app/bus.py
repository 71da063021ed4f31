"""One bus of site.yaml at run time: its driver, made again whenever it fails."""

from __future__ import annotations

from controller.model.commands import Command, Followed, Report
from controller.model.ports import BusHealth, BusSettings, Driver, DriverFactory, Emit
from controller.model.time import Clock


class Bus:
    """Owns the driver of one bus. While there is none, its outputs count as lost."""

    def __init__(self, settings: BusSettings, factory: DriverFactory, clock: Clock, emit: Emit) -> None:
        self.name = settings.name
        self._settings = settings
        self._factory = factory
        self._clock = clock
        self._emit = emit
        self._driver: Driver | None = None
        self._failure = "not started yet"

    def points(self) -> list[str]:
        """The names of all points on this bus, outputs among them."""
        return [point.name for device in self._settings.devices for point in device.points]

    async def run(self) -> None:
        """Make the driver and serve the bus until cancelled. Raises what the driver raises."""
        try:
            driver = self._driver = self._factory.open(self._settings, self._clock)
            await driver.run(self._emit)
        except Exception as error:
            self._failure = str(error) or type(error).__name__
            raise
        finally:
            self._driver = None

    def send(self, command: Command) -> None:
        """Pass a command to the driver, or say at once that the output is lost."""
        if self._driver is not None:
            self._driver.send(command)
            return
        lost = Report(command.output, Followed.LOST, self._clock.now(), command_id=command.id, note=self._failure)
        self._emit((lost,))

    def health(self) -> BusHealth:
        """The driver's own account, or why there is no driver."""
        if self._driver is None:
            return BusHealth(self.name, online=False, note=self._failure)
        return self._driver.health()
