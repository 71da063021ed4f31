"""What site.yaml names and nothing uses: allowed, but hardly meant. What rules make of it is the analysis' business."""

from __future__ import annotations

from collections.abc import Iterator

from controller.model.errors import ConfigError

from .site_file import Kindless, SiteFile
from .wiring import Wiring


def leftovers(site: SiteFile, wiring: Wiring) -> Iterator[ConfigError]:
    """Buses without devices, and outputs without an actuator, as warnings."""
    used_buses = {device.bus.text for device in site.devices.values()}
    for name in site.buses:
        if name.text not in used_buses:
            yield name.error(f"no device is on the bus {name.text}", 0, "connect one, or remove the bus")
    used_outputs = {actuator.output.text for actuator in site.actuators.values() if not isinstance(actuator, Kindless)}
    for point, delivered in wiring.points.items():
        if delivered.source.output is not None and point not in used_outputs:
            yield delivered.name.error(f"no actuator uses the output {point}", 0, "name it under actuators:")
