"""1-Wire thermometers, as the kernel's w1 drivers show them in a folder."""

from .factory import OneWireFactory

factory = OneWireFactory()

__all__ = ["factory"]
