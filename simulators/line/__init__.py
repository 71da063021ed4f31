"""A serial line made of a pseudo terminal, seen from the devices' side. It shares no code with drivers/modbus."""

from .pace import Pace
from .serial_line import Exchange, SerialLine, Slave

__all__ = ["Exchange", "Pace", "SerialLine", "Slave"]
