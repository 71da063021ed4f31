"""A Sparkplug B edge node: the house for SCADA systems. See README.md."""

from controller.uplink.sparkplug.uplink import Sparkplug

__all__ = ["Sparkplug"]
