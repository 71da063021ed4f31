"""Weather from whatever file there is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from controller.model.errors import ConfigError, Place

from .csv_file import Record, read_csv
from .epw import read_epw


def read_weather(path: Path, start: datetime, days: float, latitude: float, longitude: float) -> Record:
    """Weather from `start` (with a time zone, in which a CSV file's times are taken to be) for so many days.

    A typical year (.epw) serves any time; a record (.csv) only its own. Raises ConfigError, also where the record does
    not cover the time.
    """
    if not path.exists():
        raise ConfigError("there is no such file", Place(str(path)), "a .csv or .epw file, synthetic or clear-sky")
    if path.suffix.casefold() == ".epw":
        year = read_epw(path)
        return Record(year.table(start, days), year.gaps)
    if start.tzinfo is None:
        raise ValueError("start needs a time zone")
    record = read_csv(path, start.tzinfo, latitude, longitude)
    try:
        table = record.table.since(start)
    except ValueError as error:
        raise ConfigError(str(error), Place(str(path))) from error
    if not table.reach(days * 86400):
        raise ConfigError(f"the weather ends {table.seconds / 86400:.1f} days after {start:%Y-%m-%d}", Place(str(path)))
    return Record(table, record.gaps)
