"""Modbus RTU on a serial line: sensors and relays by profile, and Korean standard nodes (KS X 3267).

`port` is opened by one task that owns the line; commands go before polls, every device keeps its own period, and a
device that is gone is only probed now and then.
"""

from .factory import ModbusFactory

factory = ModbusFactory()

__all__ = ["ModbusFactory", "factory"]
