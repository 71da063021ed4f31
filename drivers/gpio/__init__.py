"""Pins of a single-board computer's header: relays, motors, contacts and pulse counters."""

from .factory import GpioFactory

factory = GpioFactory()

__all__ = ["factory"]
