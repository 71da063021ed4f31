"""Tables of the local history: for charts, and for files that other programs read."""

from controller.store.export.dictionary import Meaning, meanings, units, write_dictionary
from controller.store.export.files import FORMATS, Order, formats, write
from controller.store.export.table import DAY, MINUTE, Column, Stretch, columns, held, positions

__all__ = [
    "DAY",
    "FORMATS",
    "MINUTE",
    "Column",
    "Meaning",
    "Order",
    "Stretch",
    "columns",
    "formats",
    "held",
    "meanings",
    "positions",
    "units",
    "write",
    "write_dictionary",
]
