"""What goes wrong on purpose: cables, sensors, actuators; at set times, so that a bad day can be had again."""

from .schedule import Fault, Kind, Schedule
from .wires import WireFaults

__all__ = ["Fault", "Kind", "Schedule", "WireFaults"]
