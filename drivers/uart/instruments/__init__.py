"""How instruments with a serial port speak, one pure module each: bytes out, bytes in, values."""

from __future__ import annotations

from .ezo import EzoEc, EzoPh
from .instrument import Kind
from .lines import Lines
from .mhz19 import MhZ19
from .nmea import Nmea
from .sdi12 import Sdi12, Teros

INSTRUMENTS: dict[str, Kind] = {
    "mh-z19": MhZ19,
    "ezo-ph": EzoPh,
    "ezo-ec": EzoEc,
    "sdi-12": Sdi12,
    "teros-12": Teros,
    "nmea-0183": Nmea,
    "lines": Lines,
}
"""By the name that site.yaml gives as `profile`."""
