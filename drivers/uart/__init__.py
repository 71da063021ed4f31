"""Instruments with a serial port of their own, and SDI-12 probes behind an adapter."""

from .factory import UartFactory

factory = UartFactory()

__all__ = ["factory"]
