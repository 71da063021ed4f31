"""The page: whole in itself, and its numbers come out as they went in."""

from __future__ import annotations

import base64
import json
import re
import zlib
from array import array
from typing import Any

import pytest

from simulators.season import backtest, plots, report, series
from simulators.season.metrics import BY_AREA, EQUALLY_LARGE, METRICS
from simulators.season.recorder import Recorder
from simulators.season.speech import LOCALE, compiled, speech
from simulators.season.table import TOGETHER, better, tables
from simulators.season.wiring import NOTES
from tests.config.example import RULES

from .rules import START, plan, season


@pytest.fixture(scope="module")
def runs() -> dict[str, backtest.Run]:
    warmer = RULES.replace("night: 16 °C", "night: 19 °C")
    assert warmer != RULES
    rules = {"mine": plan(), "warmer": plan(warmer)}
    return {name: backtest.run(each, season(1.0), record=300.0, machine=False) for name, each in rules.items()}


def recorder_of(run: backtest.Run) -> Recorder:
    assert run.recorder is not None
    return run.recorder


@pytest.fixture(scope="module")
def page(runs: dict[str, backtest.Run]) -> str:
    return report.page(plan(), season(1.0), {name: (run.result, recorder_of(run)) for name, run in runs.items()})


def inside(page: str, name: str) -> str:
    found = re.search(rf'<script type="[^"]+" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_it_asks_nobody_for_anything(page: str) -> None:
    assert not re.search(r"(src|href)\s*=|@import|url\(", page.replace("https://github.com/leeoniya/uPlot", ""))
    assert "{{" not in page


def test_the_trade_off_stands_at_the_top(page: str) -> None:
    verdict = page[page.index('class="verdict"') :].partition("</p>")[0]
    good, _, bad = verdict.partition("worse:")
    assert "warmer" in good
    assert "heat +" in bad


def test_the_numbers_come_out_as_they_went_in(page: str, runs: dict[str, backtest.Run]) -> None:
    about: dict[str, Any] = json.loads(inside(page, "about").replace("<\\/", "</"))
    data = zlib.decompress(base64.b64decode(inside(page, "packed")))
    for run in about["runs"]:
        columns = {column.name: column for column in recorder_of(runs[run["name"]]).columns()}
        for name, place in run["columns"].items():
            steps = array("H", data[place["at"] : place["at"] + 2 * about["rows"]])
            total, values = 0, []
            for step in steps:
                total = (total + step) & 0xFFFF
                values.append(place["low"] + total * place["scale"])
            assert values == pytest.approx(list(columns[name].values), abs=place["scale"])
    reasons = json.loads(data[about["text"] :])
    heaters = [found["by"]["heater"] for found in reasons]
    rules = [found["rules"] for found in reasons]
    assert all("Heat up to the setpoint" in names for names in rules)
    assert all(any("air.temperature" in value for value in found["values"]) for found in heaters)


def test_setpoints_stand_beside_the_point_they_are_compared_with_whatever_they_are_called() -> None:
    said = RULES.replace("ventilation_temperature", "open_above").replace("heating_temperature", "warmth")
    said = said.replace("\nrules:\n", "  damp: 85 %\n  dry: 45 %\n  spare_temperature: 20 °C\n\nrules:\n")
    said = said.replace("air.humidity_deficit < 2 g/m³", "air.humidity > damp")
    said = said.replace("slab_a.water_content < 45 %", "slab_a.water_content < dry")
    run = backtest.run(plan(said), season(0.1), record=300.0, machine=False)
    made = report.page(plan(said), season(0.1), {"mine": (run.result, recorder_of(run))})
    about = json.loads(inside(made, "about").replace("<\\/", "</"))
    shown = {name: chart["each"] for name, chart in about["charts"].items()}
    assert shown["temperature"] == ["air.temperature", "warmth", "open_above"]
    assert shown["humidity"] == ["air.humidity", "damp"]
    assert shown["slab"] == ["slab.water_content", "dry"]
    assert shown["co2"] == ["air.co2"]
    assert {"warmth", "open_above", "damp", "dry"} <= about["runs"][0]["columns"].keys()


def test_the_course_goes_into_a_table(tmp_path: Any, runs: dict[str, backtest.Run]) -> None:
    series.write(tmp_path / "s.csv", START, {name: recorder_of(run) for name, run in runs.items()})
    lines = (tmp_path / "s.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 2 * 288
    assert lines[0].startswith("run,time,air.temperature [°C]")
    assert lines[1].startswith("mine,2026-02-01T00:05:00+09:00,")


def test_the_course_goes_into_parquet(tmp_path: Any, runs: dict[str, backtest.Run]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    series.write(tmp_path / "s.parquet", START, {name: recorder_of(run) for name, run in runs.items()})
    found = parquet.read_table(tmp_path / "s.parquet")
    assert found.num_rows == 2 * 288
    assert "air.temperature [°C]" in found.column_names


def test_the_better_one_is_told() -> None:
    assert better(10.0, 8.0, -1) == 1
    assert better(10.0, 8.0, 1) == -1
    assert better(10.0, 8.0, 0) == 0
    assert better(10.0, 10.01, -1) == 0


def test_a_table_has_a_column_for_the_difference(runs: dict[str, backtest.Run]) -> None:
    shown = tables({name: run.result for name, run in runs.items()})[0]
    assert [str(column.header) for column in shown.columns] == ["1 days", "mine", "warmer", "difference", ""]


def test_what_was_changed_stands_above_what_it_comes_to(runs: dict[str, backtest.Run]) -> None:
    shown = {name: (run.result, recorder_of(run)) for name, run in runs.items()}
    changes = ["- night: 16 °C", "+ night: 17 <b>°C</b>", *(f"+ line {number}" for number in range(9))]
    made = report.page(plan(), season(1.0), shown, "ko", changes)
    assert "<span class=before>- night: 16 °C</span>" in made
    assert "<span class=after>+ night: 17 &lt;b&gt;°C&lt;/b&gt;</span>" in made
    assert "그 밖에 3줄" in made
    assert made.index("night: 16") < made.index("<table>")


def test_the_longest_bar_is_as_long_as_can_be(runs: dict[str, backtest.Run]) -> None:
    made = report.page(plan(), season(1.0), {name: (run.result, recorder_of(run)) for name, run in runs.items()})
    widths = [
        float(width) for width in re.findall(r'<i class="(?:good|bad)" style="left:[\d.]+%;width:([\d.]+)%', made)
    ]
    assert max(widths) == 50.0


@pytest.mark.parametrize("days", [0.1, 7.0, 138.0, 365.0, 3660.0])
def test_a_page_has_so_few_rows_that_a_phone_takes_it_and_whole_days_of_them(days: float) -> None:
    interval = plots.interval(days)
    assert 86400 % interval == 0
    assert days * 86400 / interval <= 40_000
    assert interval % 300 == 0


# languages


def test_every_word_of_the_report_is_said_in_korean() -> None:
    say = speech("ko")
    template = (LOCALE.parent / "assets" / "report.html").read_text(encoding="utf-8")
    texts = ["Jan", "Dec", "{D} {MMM}", "air.temperature"]
    texts += [*NOTES, BY_AREA, EQUALLY_LARGE, TOGETHER]
    texts += [metric.title for metric in METRICS.values()] + re.findall(r"\[\[(.+?)\]\]", template)
    assert [text for text in texts if not re.search("[가-힣]", say(text))] == []
    for po in LOCALE.rglob("*.po"):
        assert po.with_suffix(".mo").read_bytes() == compiled(po), "run python -m simulators.season.speech"


def test_reasons_are_said_in_the_language_of_the_page(runs: dict[str, backtest.Run]) -> None:
    shown = {name: (run.result, recorder_of(run)) for name, run in runs.items()}
    texts = {}
    for language in ("en", "ko"):
        made = report.page(plan(), season(1.0), shown, language)
        about = json.loads(inside(made, "about"))
        whole = zlib.decompress(base64.b64decode(inside(made, "packed")))
        texts[language] = json.loads(whole[about["text"] :])[0]["rules"]
    assert "nothing asks for it" in texts["en"]
    assert "nothing asks for it" not in texts["ko"]
    assert len(texts["en"]) == len(texts["ko"])
