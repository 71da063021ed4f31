"""Runs GreenLight once; started by `greenlight` with the interpreter of its own environment, imports nothing of ours.

    python greenlight_reference.py JOB.json

The job names the weather (a file, or days of the package's own record), what to change in the model, and where the
trajectories go. Prints one JSON object: seconds of loading and of solving.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
import time
from importlib import resources
from pathlib import Path

ROWS_A_DAY = 288
HEADER_ROWS = 3


def main() -> None:
    from greenlight import GreenLight

    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    models = Path(str(resources.files("greenlight") / "models" / "katzin_2021"))
    prompt = [str(models / "definition" / "main_katzin_2021.json")]
    prompt += [str(models / "definition" / name) for name in job["definitions"]]
    weather = Path(job["weather"])
    if job["first_day"] is not None:
        record = models / "input_data" / "test_data" / "Bleiswijk_from_20091020.csv"
        cut(record, weather, job["first_day"], job["days"])
    options = {"t_end": str(job["days"] * 86400), "output_step": "300"}
    prompt += [str(weather), {**job["changes"], "options": options}]
    model = GreenLight(input_prompt=prompt, output_path=job["output"])
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        begin = time.perf_counter()
        model.load()
        loaded = time.perf_counter()
        model.solve()
        solved = time.perf_counter()
        model.save()
    print(json.dumps({"load": loaded - begin, "solve": solved - loaded}))


def cut(record: Path, target: Path, first_day: int, days: int) -> None:
    """Days of the package's record as a file of their own, time beginning at 0."""
    with record.open(encoding="latin-1", newline="") as lines:
        rows = list(csv.reader(lines))
    begin = HEADER_ROWS + first_day * ROWS_A_DAY
    part = rows[begin : begin + days * ROWS_A_DAY + 1]
    with target.open("w", encoding="latin-1", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerows(rows[:HEADER_ROWS])
        writer.writerows([str(300 * number), *row[1:]] for number, row in enumerate(part))


if __name__ == "__main__":
    main()
