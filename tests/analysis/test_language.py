"""The analysis knows the whole language: definitions, corrections, needs, bounds, stages."""

from __future__ import annotations

from controller.analysis import Finding, analyse
from controller.config import check_texts
from simulators.demo.files import EXAMPLE

SITE = (EXAMPLE / "site.yaml").read_text(encoding="utf-8")
SAFETY = """
safety:
  - {name: Storm, when: outside.wind_speed > 15 m/s, until: outside.wind_speed < 11 m/s, force: {roof_vent: 0 %}}
"""
REST = """
irrigation:
  - {name: Water, valve: irrigation_a, start: 3 h since last start, give: 2 min}
"""


def findings(rules: str) -> list[Finding]:
    report = check_texts(SITE, "onsil: 1\n" + rules + SAFETY + REST, lookup=lambda name: "x")
    assert report.errors == (), report.errors
    assert report.configuration is not None
    found = analyse(report.configuration.plan, 2026)
    return [finding for finding in found if finding.kind != "nobody moves it"]


def test_definitions_are_looked_into() -> None:
    (finding,) = findings("""
define:
  hot(limit): air.temperature > limit
  bright: outside.radiation > 300 W/m²
rules:
  - {name: A, when: hot(30 °C) and bright and hot(70 °C), do: {fan: on}}
""")
    assert (finding.kind, finding.message.split(":")[0]) == ("never fires", "rule 'A' can never begin")


def test_corrections_and_their_cap_are_added_up() -> None:
    rules = """
setpoints:
  warmth:
    value: 20 °C
    add: ["4 K * ramp(outside.radiation, 200 W/m², 800 W/m²)"]
    add_within: 0 K .. 2 K
rules:
  - {name: A, when: warmth > LIMIT, do: {fan: on}}
"""
    assert findings(rules.replace("LIMIT", "21.5 °C")) == []
    (finding,) = findings(rules.replace("LIMIT", "22.5 °C"))
    assert finding.kind == "never fires"


def test_a_need_follows_from_its_input() -> None:
    rules = """
controls:
  need: {by: air.temperature, from: 20 °C, band: 4 K}
rules:
  - {name: A, when: need > 90 % and air.temperature < LIMIT, do: {fan: on}}
"""
    assert findings(rules.replace("LIMIT", "25 °C")) == []
    (finding,) = findings(rules.replace("LIMIT", "22 °C"))
    assert finding.kind == "never fires"


def test_a_drive_within_bounds_does_not_clash_beyond_them() -> None:
    rules = """
rules:
  - {name: Vent, drive: roof_vent, by: air.temperature, from: 24 °C, band: 6 K, within: 0 % .. HIGH}
  - {name: Shut, when: air.co2 < 380 ppm, do: {roof_vent: 0 %}}
"""
    assert findings(rules.replace("HIGH", "4 %")) == []
    (finding,) = findings(rules.replace("HIGH", "80 %"))
    assert finding.kind == "conflict"
    assert "air.co2 = " in finding.witness


def test_a_band_below_clashes_where_it_is_cold() -> None:
    (finding,) = findings("""
rules:
  - {name: Warm, drive: shade_screen, by: air.temperature, from: 16 °C, band: 4 K below}
  - {name: Open, when: outside.wind_speed > 12 m/s, do: {shade_screen: 0 %}}
""")
    assert finding.kind == "conflict"
    assert "air.temperature = 1" in finding.witness


def test_a_rule_on_a_staged_switch_never_decides() -> None:
    (finding,) = findings("""
controls:
  need: {by: air.temperature, from: 20 °C, band: 4 K}
stages:
  - {name: Fans, by: need, switches: [fan, fogger], on_at: [30 %, 60 %]}
rules:
  - {name: A, when: air.humidity > 90 %, until: air.humidity < 80 %, do: {fan: on}}
""")
    assert finding.message == "'A' and the stages 'Fans' both move fan"


def test_a_limit_that_never_holds_is_found() -> None:
    (finding,) = findings("""
limits:
  - {name: Frost lock, of: roof_vent, at_most: 0 %, when: outside.temperature < -60 °C}
""")
    assert finding.message.startswith("limit 'Frost lock' can never begin")
