"""Sensors and converters on an I²C bus, such as the one on a Raspberry Pi's header."""

from .factory import I2cFactory

factory = I2cFactory()

__all__ = ["factory"]
