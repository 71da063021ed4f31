"""A field without a greenhouse: values are a dictionary, and time is what the test says."""

from __future__ import annotations

from controller.model.ports import DeviceSettings, PointSettings
from simulators.devices.ks_actuator import Travel


class Field:
    """What devices read and write. `written` keeps every write."""

    def __init__(self, **values: float) -> None:
        self.values = {name.replace("__", "."): value for name, value in values.items()}
        self.written: list[tuple[str, float]] = []

    def read(self, point: str) -> float:
        return self.values[point]

    def write(self, point: str, value: float) -> None:
        self.values[point] = value
        self.written.append((point, value))

    def travel(self, point: str) -> Travel:
        return Travel(180.0, 120.0)


def device(name: str, points: dict[str, str], **options: object) -> DeviceSettings:
    return DeviceSettings(name, options, tuple(PointSettings(point, source) for point, source in points.items()))


CLIMATE = device(
    "climate", {"air.temperature": "temperature", "air.humidity": "humidity"}, address=1, profile="xy-md02"
)
CO2 = device("co2", {"air.co2": "co2"}, address=3, profile="senseair-s8")
RELAYS = device(
    "relays", {"heater.relay": "channel/1", "fan.relay": "channel/2"}, address=20, profile="waveshare-relay-8"
)
NODE = device(
    "node",
    {
        "outside.temperature": "outside_temperature/1",
        "outside.rain": "rain_detector/1",
        "roof_vent.node": "retractable/1",
        "shade_screen.node": "retractable/2",
    },
    address=12,
    profile="ks-x-3267",
)
