"""Checks the forecasts of site.yaml, says what they offer, and makes the driver."""

from __future__ import annotations

from controller.model.ports import BusSettings, DeviceSettings, Driver, Source
from controller.model.time import Clock

from .driver import ForecastDriver
from .settings import asked, check_bus, forecast_options


class ForecastFactory:
    """The entry point of the forecast driver."""

    def check(self, bus: BusSettings) -> None:
        check_bus(bus)
        for device in bus.devices:
            forecast_options(device)
            for point in device.points:
                asked(device, point.source)

    def source(self, device: DeviceSettings, name: str) -> Source:
        return Source(asked(device, name).unit)

    def open(self, bus: BusSettings, clock: Clock) -> Driver:
        self.check(bus)
        return ForecastDriver(bus, clock)
