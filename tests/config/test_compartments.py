"""compartments: in site.yaml: what belongs to which, and names that seem to be meant for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.analysis import Finding, analyse
from controller.config import check_texts
from controller.core.plan import CompartmentPlan

from .example import RULES, changed
from .example import SITE as HOUSE

BAYS = Path(__file__).parents[2] / "deploy" / "examples" / "bays"
SITE, BAY_RULES = ((BAYS / name).read_text(encoding="utf-8") for name in ("site.yaml", "rules.yaml"))
EAST = "  east: {ko: 동쪽 동, en: East bay}\n"


def test_they_have_names_in_both_languages() -> None:
    configuration = check_texts(SITE, BAY_RULES).configuration
    assert configuration is not None
    assert configuration.plan.compartments == (
        CompartmentPlan("east", "동쪽 동", "East bay"),
        CompartmentPlan("west", "서쪽 동", "West bay"),
    )


@pytest.mark.parametrize(
    ("written", "shown"), [("{ko: 동쪽}", ("동쪽", "동쪽")), ("{en: East}", ("East", "East")), ("{}", ("east", "east"))]
)
def test_a_name_that_is_not_given_is_the_other_one(written: str, shown: tuple[str, str]) -> None:
    configuration = check_texts(changed(SITE, EAST, f"  east: {written}\n"), BAY_RULES).configuration
    assert configuration is not None
    east = configuration.plan.compartments[0]
    assert (east.ko, east.en) == shown


def test_what_belongs_to_one_is_said_by_its_name() -> None:
    configuration = check_texts(SITE, BAY_RULES).configuration
    assert configuration is not None
    names = ("east.air.temperature", "west.roof_vent", "east.warmth", "outside.rain", "boiler", "eastern.temperature")
    assert [configuration.plan.compartment_of(name) for name in names] == ["east", "west", "east", "", "", ""]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("outside", "site.yaml:14:3: outside is shared by all compartments (remove it here)"),
        ("south.bay", "site.yaml:14:3: the name of a compartment has no dot (write south_bay)"),
        ("1st", "'1st' cannot be a name"),
    ],
)
def test_what_cannot_be_one(name: str, says: str) -> None:
    errors = check_texts(changed(SITE, EAST, f"{EAST}  {name}: {{}}\n"), BAY_RULES).errors
    assert len(errors) == 1
    assert says in str(errors[0])


def test_a_key_that_there_is_not() -> None:
    (error,) = check_texts(changed(SITE, EAST, "  east: {k: 동쪽}\n"), BAY_RULES).errors
    assert str(error) == "site.yaml:13:10: there is no 'k' here (did you mean ko?)"


def test_one_that_nothing_belongs_to() -> None:
    (warning,) = check_texts(changed(SITE, EAST, f"{EAST}  south: {{}}\n"), BAY_RULES).warnings
    assert str(warning) == "site.yaml:14:3: nothing belongs to south (names like south.air.temperature do)"


@pytest.mark.parametrize(
    ("meant", "written"),
    [("west.fogger.relay", "wets.fogger.relay"), ("west.fogger.relay", "west_fogger.relay")],
)
def test_a_name_that_is_meant_for_one(meant: str, written: str) -> None:
    (warning,) = check_texts(SITE.replace(meant, written), BAY_RULES).warnings
    assert warning.message == f"{written} belongs to no compartment"
    assert warning.suggestion == f"did you mean {meant}?"


def test_a_site_without_them_is_what_it_was() -> None:
    report = check_texts(HOUSE, RULES, lookup=lambda name: "x")
    assert report.configuration is not None
    assert report.configuration.plan.compartments == ()
    assert report.warnings == ()


def findings(old: str, new: str) -> list[Finding]:
    configuration = check_texts(SITE, changed(BAY_RULES, old, new)).configuration
    assert configuration is not None
    return [found for found in analyse(configuration.plan, 2026) if found.kind == "other compartment"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "when: west.air.vpd",
            "when: east.air.vpd",
            "'Fog the cucumbers' runs west.fogger by east.air.vpd, of another compartment (did you mean west.air.vpd?)",
        ),
        (
            "<bay>.ventilation: <bay>.warmth + 4 K",
            "<bay>.ventilation: east.warmth + 4 K",
            "west.ventilation goes by east.warmth, of another compartment (did you mean west.warmth?)",
        ),
        (
            "by: <bay>.air.temperature",
            "by: west.air.temperature",
            "'Ventilate east in proportion' runs east.roof_vent by west.air.temperature, of another compartment "
            "(did you mean east.air.temperature?)",
        ),
    ],
)
def test_a_rule_that_was_copied_and_not_changed(old: str, new: str, says: str) -> None:
    (found,) = findings(old, new)
    assert says in str(found)
    assert found.place.line


def test_a_rule_that_compares_both_is_meant() -> None:
    assert (
        findings("when: west.air.vpd > 1.3 kPa", "when: east.air.vpd < west.air.vpd and west.air.vpd > 1.3 kPa") == []
    )


# area, and a twin for each


def with_areas(east: str, west: str = "") -> str:
    made = changed(SITE, "en: East bay}", f"en: East bay, {east}}}")
    return changed(made, "en: West bay}", f"en: West bay, {west}}}") if west else made


def test_they_have_an_area_where_the_site_says_so() -> None:
    configuration = check_texts(with_areas("area: 1200 m²", "area: 800 m2"), BAY_RULES).configuration
    assert configuration is not None
    assert [each.area for each in configuration.plan.compartments] == [1200.0, 800.0]


@pytest.mark.parametrize(
    ("site", "says"),
    [
        (with_areas("area: 1200 m²"), "west has no area, and others have (give it one like area: 1200 m²)"),
        (with_areas("area: 0 m²", "area: 1 m²"), "0 m² is too little (it must be more than 0)"),
        (with_areas("area: 30 °C", "area: 1 m²"), "°C is not a unit of this quantity (use m², m2)"),
        (with_areas("area: 1200", "area: 1 m²"), "1200 has no unit (write 1200 m²)"),
    ],
)
def test_areas_that_are_wrong(site: str, says: str) -> None:
    errors = check_texts(site, BAY_RULES).errors
    assert len(errors) == 1
    assert says in str(errors[0])


def test_the_twin_of_a_compartment_can_be_another() -> None:
    twin = "\ntwin:\n  structure: venlo\n  compartments:\n    west: {structure: west.toml}\n"
    configuration = check_texts(SITE + twin, BAY_RULES).configuration
    assert configuration is not None
    assert configuration.twin is not None
    assert configuration.twin.of("east") == ("venlo", "tomato")
    assert configuration.twin.of("west") == ("west.toml", "tomato")
    (error,) = check_texts(SITE + twin.replace("west:", "wets:"), BAY_RULES).errors
    assert "there is no compartment wets (did you mean west?)" in str(error)
    errors = check_texts(HOUSE + twin, RULES).errors
    assert any("there is no compartment west (the site has none: remove it here)" in str(error) for error in errors)
