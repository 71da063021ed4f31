"""How chips speak, one pure module a family: bytes out, bytes in, values."""

from __future__ import annotations

from .ads1115 import Ads1115
from .bme280 import Bme280
from .chip import Kind
from .sensirion import Scd4x, Sht4x

CHIPS: dict[str, Kind] = {"sht4x": Sht4x, "scd4x": Scd4x, "bme280": Bme280, "ads1115": Ads1115}
"""By the name that site.yaml gives as `profile`."""
