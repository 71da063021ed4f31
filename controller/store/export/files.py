"""Files of the local history at steps of one minute or more: CSV, an Excel workbook, or Parquet.

KOAT 116 (the certification of Korean greenhouse controllers) asks for stored measurements to be given out at steps of
a minute. A day is read and written at a time, so that a season needs no more memory than a day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NamedTuple
from zoneinfo import ZoneInfo

from controller.core.plan import Plan
from controller.store.export.dictionary import meanings
from controller.store.export.table import DAY, MINUTE, Column, Stretch, columns, positions
from controller.store.export.xlsx import MOST_ROWS, Workbook
from controller.store.history import History

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}


class Order(NamedTuple):
    """What is to be given out: from `start` to before `end` (s since 1970), the names of points and of actuators.

    `step` is in seconds, whole minutes. Steps begin where they do on the site's clock.
    """

    start: int
    end: int
    points: Sequence[str]
    actuators: Sequence[str]
    step: int = MINUTE


def formats() -> list[str]:
    """What this installation can write: Parquet needs the package pyarrow."""
    return [name for name in FORMATS if name != "parquet" or find_spec("pyarrow") is not None]


def write(history: History, plan: Plan, order: Order, form: str, path: Path) -> None:
    """Write the file. Blocks for as long as it takes. Raises ValueError, OSError and sqlite3.Error."""
    if form not in formats():
        raise ValueError(f"this controller writes {', '.join(formats())}" + _hint(form))
    if form == "xlsx" and (order.end - order.start) // order.step >= MOST_ROWS:
        raise ValueError(f"a workbook holds {MOST_ROWS} rows: choose a shorter time or a longer step")
    zone = ZoneInfo(plan.site.timezone)
    titles = [meaning.column for meaning in meanings(plan, order.points, order.actuators)]
    with path.open("wb") as out:
        if form == "csv":
            _csv(out, titles, _days(history, order, zone))
        elif form == "xlsx":
            with Workbook(out, plan.site.name, titles) as book:
                for rows in _days(history, order, zone):
                    book.rows(rows)
        else:
            _parquet(out, titles, _days(history, order, zone), zone)


def _hint(form: str) -> str:
    return "; for Parquet install onsil[parquet]" if form == "parquet" else ""


def _days(history: History, order: Order, zone: ZoneInfo) -> Iterator[list[list[Any]]]:
    """Rows of up to a day each: local time, then a value for each column."""
    step = order.step
    shift = int((datetime.fromtimestamp(order.start, zone).utcoffset() or timedelta()).total_seconds())
    start = (order.start + shift) // step * step - shift
    while start < order.end:
        end = min(start + max(DAY // step, 1) * step, order.end)
        over = Stretch(start, start + -(-(end - start) // step) * step, step)
        found: list[Column] = [c["mean"] for c in columns(history, order.points, over).values()]
        found += positions(history, order.actuators, over, order.end).values()
        yield [
            [datetime.fromtimestamp(at, zone), *(column[row] for column in found)]
            for row, at in enumerate(over.times())
        ]
        start = over.end


def _csv(out: IO[bytes], titles: Sequence[str], days: Iterator[list[list[Any]]]) -> None:
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)  # the mark lets Excel read Korean
    writer = csv.writer(text)
    writer.writerow(titles)
    for rows in days:
        writer.writerows([row[0].isoformat(timespec="minutes"), *row[1:]] for row in rows)
    text.detach()


def _parquet(out: IO[bytes], titles: Sequence[str], days: Iterator[list[list[Any]]], zone: ZoneInfo) -> None:
    import pyarrow  # type: ignore[import-untyped,import-not-found,unused-ignore]
    import pyarrow.parquet  # type: ignore[import-untyped,import-not-found,unused-ignore]

    types = [pyarrow.timestamp("s", tz=zone.key), *(pyarrow.float64() for _ in titles[1:])]
    schema = pyarrow.schema(list(zip(titles, types, strict=True)))
    with pyarrow.parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for rows in days:
            arrays = [pyarrow.array(column, kind) for column, kind in zip(zip(*rows, strict=True), types, strict=True)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
