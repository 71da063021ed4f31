"""The course of a season as a file: CSV, or Parquet where the package pyarrow is."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from .recorder import Column, Recorder


def write(path: Path, start: datetime, recorders: dict[str, Recorder]) -> None:
    """A row each few minutes, with the time and zone of its end; several runs below each other, told apart by `run`.

    Raises OSError, and ImportError for Parquet without pyarrow.
    """
    if path.suffix.lower() == ".parquet":
        _parquet(path, start, recorders)
    else:
        _csv(path, start, recorders)


def _csv(path: Path, start: datetime, recorders: dict[str, Recorder]) -> None:
    columns = {name: recorder.columns() for name, recorder in recorders.items()}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        titles = list(dict.fromkeys(_title(column) for each in columns.values() for column in each))
        writer.writerow(["run", "time", *titles])
        for name, recorder in recorders.items():
            by_title = {_title(column): column.values for column in columns[name]}
            values = [by_title.get(title) for title in titles]
            for row, at in enumerate(_times(start, recorder)):
                cells = ["" if series is None else f"{series[row]:.6g}" for series in values]
                writer.writerow([name, at.isoformat(), *cells])


def _parquet(path: Path, start: datetime, recorders: dict[str, Recorder]) -> None:
    import pyarrow  # type: ignore[import-untyped, import-not-found, unused-ignore]
    from pyarrow import parquet  # type: ignore[import-untyped, import-not-found, unused-ignore]

    tables = []
    for name, recorder in recorders.items():
        times = list(_times(start, recorder))
        data = {"run": [name] * len(times), "time": times}
        tables.append(pyarrow.table(data | {_title(column): column.values for column in recorder.columns()}))
    parquet.write_table(pyarrow.concat_tables(tables, promote_options="default"), path)


def _title(column: Column) -> str:
    return f"{column.name} [{column.unit}]" if column.unit else column.name


def _times(start: datetime, recorder: Recorder) -> list[datetime]:
    rows = len(recorder.columns()[0].values)
    seconds = start.timestamp()
    return [datetime.fromtimestamp(seconds + (row + 1) * recorder.interval, start.tzinfo) for row in range(rows)]
