"""`onsil check`: exit codes, one line an error, findings with witnesses, and a sentence for each rule."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from controller.cli.main import main
from controller.cli.printing import why_lines
from simulators.demo.files import EXAMPLE


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "x")
    for name in ("site.yaml", "rules.yaml"):
        shutil.copy(EXAMPLE / name, tmp_path / name)
    return tmp_path


def change(house: Path, before: str, after: str) -> None:
    path = house / "rules.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_right_files_are_right(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(house)]) == 0
    assert capsys.readouterr().out == f"{house}: right\n"


def test_an_error_is_one_line_with_its_place_and_a_way_out(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(house, "do: {heater: on}", "do: {heatre: on}")
    assert main(["check", str(house)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"{house}/rules.yaml:18:10: there is no actuator 'heatre' (did you mean heater?)"


def test_a_finding_is_a_warning_with_its_witness(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = "  - {name: Save oil, when: air.temperature > 15 °C, do: {heater: off}}\n"
    change(house, "\nirrigation:\n", f"{rule}\nirrigation:\n")
    assert main(["check", str(house)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{house}: right, with 1 warning\n"
    assert "warning: " in said.err
    assert "'Heat up to the setpoint' and 'Save oil' ask opposite things of heater" in said.err
    assert "air.temperature = 15." in said.err
    assert main(["check", str(house), "--json"]) == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert warning["kind"] == "conflict"
    assert warning["witness"]


def test_a_directory_without_files_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert "cannot read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "When air.temperature < heating_temperature - 0.5 °C: Heater on"),
        ("ko", "air.temperature < heating_temperature - 0.5 °C이면 난방기 켜짐"),
    ],
)
def test_each_rule_is_explained(house: Path, capsys: pytest.CaptureFixture[str], language: str, sentence: str) -> None:
    assert main(["check", str(house), "--explain", "--language", language]) == 0
    assert sentence in capsys.readouterr().out
    assert main(["check", str(house), "--explain", "--language", language, "--json"]) == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert len(rules) == 14
    assert rules[0]["line"] == 16
    assert rules[0]["sentence"].startswith(sentence)


def test_why_speaks_the_language_of_the_site() -> None:
    answer = {
        "actuator": "roof_vent",
        "position": 5.0,
        "target": 5.0,
        "moving": "",
        "limited": "",
        "trouble": "cannot be reached",
        "language": "ko",
        "cause": {
            "level": "safety",
            "rule": "Storm",
            "values": {"outside.wind_speed": "17 m/s"},
            "chain": ["instead of 74 % by Ventilate in proportion"],
        },
    }
    lines = why_lines(answer)
    assert lines[1].startswith("안전: Storm")
    assert "74 %" in lines[3]
    assert "instead of" not in lines[3]
    assert lines[4].strip() != "cannot be reached"
    assert why_lines(answer | {"language": "en"})[3:] == [
        "  instead of 74 % by Ventilate in proportion",
        "  cannot be reached",
    ]
