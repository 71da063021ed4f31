"""Mistakes that a grower could make: each is found, with the values at which it happens."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import NamedTuple

import pytest

from controller.analysis import Finding, analyse
from controller.config import check_texts

HOUSE = files("simulators.demo") / "house1"
SITE = (HOUSE / "site.yaml").read_text(encoding="utf-8")
RULES = (HOUSE / "rules.yaml").read_text(encoding="utf-8")


def findings(site: str, rules: str) -> list[Finding]:
    report = check_texts(site, rules, lookup=lambda name: "x")
    assert not report.errors, report.errors
    assert report.configuration is not None
    return analyse(report.configuration.plan, 2026)


class Mistake(NamedTuple):
    """`remove` is replaced by `add` in rules.yaml, or in site.yaml where `site` says so."""

    name: str
    remove: str
    add: str
    kind: str
    says: str
    witness: str = ""
    site: bool = False


RULE = "rules:\n"
SAFETY = "safety:                                   # above every rule and every hand on the page\n"


def rule(text: str) -> tuple[str, str]:
    """One more rule at the end of the rules, as YAML in one line."""
    return "\nirrigation:\n", f"  - {{{text}}}\n\nirrigation:\n"


def safety(text: str) -> tuple[str, str]:
    return SAFETY, f"{SAFETY}  - {{{text}}}\n"


def alarm(text: str) -> tuple[str, str]:
    return "notify:\n", f"  - {{{text}}}\nnotify:\n"


MISTAKES = [
    Mistake(
        "heat and not heat",
        *rule("name: Save oil, when: air.temperature > 15 °C, do: {heater: off}"),
        "conflict",
        "'Heat up to the setpoint' and 'Save oil' ask opposite things of heater",
        r"air\.temperature = 1[5-9]",
    ),
    Mistake(
        "hysteresis that overlaps another rule's",
        *rule("name: Cool, when: air.temperature > 15.8 °C, until: air.temperature < 15.2 °C, do: {heater: off}"),
        "conflict",
        "'Cool' ask opposite things of heater",
        r"air\.temperature = 1[5-9]",
    ),
    Mistake(
        "fan on and off",
        *rule("name: Quiet at night, when: time is 22:00 .. 07:00, do: {fan: off}"),
        "conflict",
        "'Dry the air at dawn' and 'Quiet at night'",
        r"0[4-6]:\d\d, air\.temperature = ",
    ),
    Mistake(
        "screen to two places",
        *rule("name: Shade the young, when: outside.radiation > 600 W/m², do: {shade_screen: 40 %}"),
        "conflict",
        "exactly 70 % and exactly 40 %",
        r"outside\.radiation = ",
    ),
    Mistake(
        "screen by cold and by sun",
        *rule("name: Open early, when: period is night and outside.temperature < 7 °C, do: {shade_screen: 0 %}"),
        "conflict",
        "'Close the screen on cold nights' and 'Open early'",
        r"outside\.temperature = ",
    ),
    Mistake(
        "a rule against the P-band",
        *rule("name: Keep CO2 in, when: air.co2 < 380 ppm, do: {roof_vent: 0 %}"),
        "conflict",
        "'Ventilate in proportion' and 'Keep CO2 in'",
        r"air\.co2 = ",
    ),
    Mistake(
        "bounds that cross",
        *rule("name: Keep wet, when: air.humidity_deficit < 1 g/m³, do: {roof_vent: at most 5 %}"),
        "conflict",
        "at least 10 % and at most 5 %",
        r"air\.humidity = \d\d",
    ),
    Mistake(
        "safety rules that cross",
        *safety("name: Fire, when: air.temperature > 50 °C, force: {roof_vent: at least 80 %}"),
        "conflict",
        "'Storm' ask opposite things of roof_vent",
        r"outside\.wind_speed = ",
    ),
    Mistake(
        "pulse against off",
        *rule("name: Dry day, when: air.humidity > 10 %, do: {fogger: off}"),
        "conflict",
        "pulses",
        r"air\.humidity = ",
    ),
    Mistake(
        "two pumps of heat by time",
        *rule("name: Night set back, when: time is 20:00 .. 23:00, do: {heater: off}"),
        "conflict",
        "'Night set back'",
        r"2[0-2]:\d\d",
    ),
    Mistake(
        "hotter than the probe can say",
        *alarm("name: Fire, when: air.temperature > 70 °C, priority: critical"),
        "never fires",
        "alarm 'Fire' can never begin",
    ),
    Mistake(
        "a humidity beyond saturation",
        *rule("name: Fog stop, when: air.humidity > 100 %, do: {fan: on}"),
        "never fires",
        "'Fog stop' can never begin",
    ),
    Mistake(
        "night at noon",
        *rule("name: Night fan, when: period is night and time is 12:00 .. 14:00, do: {fan: on}"),
        "never fires",
        "'Night fan' can never begin",
    ),
    Mistake(
        "sun at night",
        *rule("name: Moon, when: period is night and outside.radiation > 300 W/m², do: {fan: on}"),
        "never fires",
        "'Moon' can never begin",
    ),
    Mistake(
        "a gap that is empty",
        *rule("name: Between, when: air.temperature < 15 °C and air.temperature > 20 °C, do: {fan: on}"),
        "never fires",
        "'Between' can never begin",
    ),
    Mistake(
        "wet and dry air",
        *rule("name: Both, when: air.vpd > 2 kPa and air.humidity > 90 % and air.temperature < 35 °C, do: {fan: on}"),
        "never fires",
        "'Both' can never begin",
    ),
    Mistake(
        "hysteresis turned round",
        "until: air.temperature > heating_temperature + 0.5 °C",
        "until: air.temperature < heating_temperature + 0.5 °C",
        "never fires",
        "'Heat up to the setpoint' never does anything",
    ),
    Mistake(
        "storm that ends as it begins",
        "until: outside.wind_speed < 11 m/s for 15 min",
        "until: outside.wind_speed > 11 m/s for 15 min",
        "never fires",
        "'Storm' never does anything",
    ),
    Mistake(
        "an end out of reach",
        "until: outside.radiation < 550 W/m² for 15 min",
        "until: outside.radiation < -50 W/m² for 15 min",
        "never ends",
        "'Shade at strong sun' can never end",
    ),
    Mistake(
        "always on",
        *rule("name: Breeze, when: outside.wind_speed >= 0 m/s, do: {fan: on}"),
        "never ends",
        "'Breeze' is always active",
    ),
    Mistake(
        "a setpoint with a slipped point",
        "night: 16 °C",
        "night: 160 °C",
        "out of reach",
        "air.temperature never comes to heating_temperature - 0.5 °C",
        "heating_temperature - 0.5 °C = 160 °C",
    ),
    Mistake(
        "a P-band that begins in the oven",
        "heating_temperature + 4 °C",
        "heating_temperature + 400 °C",
        "out of reach",
        "air.temperature never comes to ventilation_temperature",
        "= 416 °C .. 418 °C",
    ),
    Mistake(
        "a band that nothing fills",
        "band: 6 °C",
        "band: 600 °C",
        "out of reach",
        "air.temperature never changes by 600 °C",
    ),
    Mistake(
        "a part of a condition beyond saturation",
        "air.vpd > 1.6 kPa for 3 min",
        "(air.vpd > 1.6 kPa and air.humidity < 140 %) for 3 min",
        "out of reach",
        "air.humidity never comes to 140 %",
    ),
    Mistake(
        "no deadband",
        *rule("name: Mist, when: air.humidity < 40 %, do: {fogger: on}"),
        "chatter",
        "'Mist' can switch fogger on and off",
        r"a change of air\.humidity",
    ),
    Mistake(
        "a deadband below the noise",
        *rule("name: Mist, when: air.humidity < 40 %, until: air.humidity > 40.2 %, do: {fogger: on}"),
        "chatter",
        "'Mist' can switch fogger on and off",
        r"a change of air\.humidity",
    ),
    Mistake(
        "a rule that ends itself",
        *rule("name: Close again, when: roof_vent > 60 %, do: {roof_vent: at most 20 %}"),
        "chatter",
        "'Close again' ends itself",
    ),
    Mistake(
        "no storm rule",
        "force: {roof_vent: at most 5 %}",
        "force: {fan: off}",
        "unguarded vent",
        "no safety rule closes roof_vent in a storm",
    ),
    Mistake(
        "a valve with no longest time",
        "    max_on: 15 min                        # hard: no rule, override or bug can exceed these\n",
        "",
        "unbounded irrigation",
        "irrigation_a has no max_on",
        site=True,
    ),
    Mistake(
        "a valve with no limit of the day",
        "    max_per_day: 90 min\n",
        "",
        "unbounded irrigation",
        "irrigation_a has no max_per_day",
        site=True,
    ),
    Mistake(
        "a gap after sunrise",
        "morning: sunrise - 1 h .. sunrise + 2 h",
        "morning: sunrise - 1 h .. sunrise + 1 h",
        "gap between periods",
        "no period holds",
        r"\d\d:\d\d to \d\d:\d\d",
    ),
    Mistake(
        "a period that turns round in winter",
        "  day:     sunrise + 2 h .. sunset",
        "  day:     sunrise + 2 h .. 17:20\n  evening: 17:20 .. sunset",
        "overlap of periods",
        "overlap",
        r"\d+ \w\w\w \d\d:\d\d",
    ),
    Mistake(
        "periods that overlap",
        "night:   sunset .. sunrise - 1 h",
        "night:   sunset - 1 h .. sunrise - 1 h",
        "overlap of periods",
        "night and day overlap",
        r"\d\d:\d\d to \d\d:\d\d",
    ),
    Mistake(
        "a setpoint without a period",
        "{night: 16 °C, morning: 18 °C, day: 19 °C, ramp: 2 °C/h}",
        "{night: 16 °C, day: 19 °C, ramp: 2 °C/h}",
        "setpoint without a period",
        "heating_temperature says nothing for morning",
    ),
    Mistake(
        "safe positions that an interlock forbids",
        '{never: "heater on and roof_vent > 30 %", keep: roof_vent}',
        '{never: "heater off and roof_vent < 10 %", keep: roof_vent}',
        "safe position unreachable",
        "the interlock forbids the safe positions heater at 0 % and roof_vent at 0 %",
        site=True,
    ),
    Mistake(
        "an actuator that nobody moves",
        "do: {roof_vent: at least 10 %, fan: on}",
        "do: {roof_vent: at least 10 %}",
        "nobody moves it",
        "no rule moves fan",
    ),
]


def test_house1_gives_no_false_alarm() -> None:
    assert findings(SITE, RULES) == []


def made(mistake: Mistake) -> list[Finding]:
    """What is found once somebody has made this mistake."""
    text = SITE if mistake.site else RULES
    assert mistake.remove in text
    changed = text.replace(mistake.remove, mistake.add, 1)
    return findings(changed, RULES) if mistake.site else findings(SITE, changed)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_each_mistake_is_found_with_its_witness(mistake: Mistake) -> None:
    found = made(mistake)
    fitting = [f for f in found if f.kind == mistake.kind and mistake.says in f.message]
    assert fitting, [str(f) for f in found]
    assert re.search(mistake.witness, fitting[0].witness), fitting[0].witness
    assert fitting[0].place.line > 0
    if mistake.kind not in ("nobody moves it",):
        assert fitting[0].suggestion
