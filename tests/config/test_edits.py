"""An edit from afar keeps the `${NAME}` of the rules in force, and brings in no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.config import check_texts, new_variables

from .example import RULES, SITE, VARIABLES, changed

ALARM = "onsil: 1\nalarms: [{name: %s, when: air.temperature < 5 °C}]\nnotify:\n  high: [%s]\n"
IN_FORCE = ALARM % ("Frost", '"mailto://${USER}:${WORD}@farm.example", "${PHONE}"')


def refused(edited: str, in_force: str = IN_FORCE) -> list[str]:
    return [str(error) for error in new_variables(edited, in_force, "rules.yaml")]


@pytest.mark.parametrize(
    "edited",
    [
        IN_FORCE,
        ALARM % ("Cold", '"${PHONE}"'),
        ALARM % ("Cold", "'${PHONE}'"),
        ALARM % ("Cold", '"${PHONE}", "ntfy://farm", "${PHONE}"'),
        IN_FORCE.replace("high:", "critical:"),
        IN_FORCE.replace("high: [", "high:\n    - mailto://${USER}:${WORD}@farm.example\n  low: ["),
        "onsil: 1\n",
        "a: [",
        f"{IN_FORCE}# ${{TOKEN}}\n",
    ],
)
def test_what_is_in_force_may_stay_move_within_its_section_and_go(edited: str) -> None:
    assert refused(edited) == []


@pytest.mark.parametrize(
    ("edited", "column", "named"),
    [
        (ALARM % ("Frost", '"http://evil/${TOKEN}"'), 23, "${TOKEN}"),
        (ALARM % ("Frost", '"http://evil/${PHONE}"'), 23, "${PHONE}"),
        (ALARM % ("Frost", '"mailto://${USER}:${WORD}@evil.example"'), 20, "${USER}"),
        (ALARM % ("Frost", '"${PHONE} "'), 11, "${PHONE}"),
        (ALARM % ("Frost", '"${phone}"'), 11, "${phone}"),
        (ALARM % ("Frost", '"${"'), 11, "${"),
    ],
)
def test_nothing_else_may_be_brought_in(edited: str, column: int, named: str) -> None:
    assert refused(edited) == [
        f"rules.yaml:4:{column}: the rules in force have no {named} in just this value, and behind it may be a secret"
        " (edit rules.yaml on the machine)"
    ]


def test_an_address_may_not_become_a_name_that_everybody_reads() -> None:
    (said,) = refused(ALARM % ('"${PHONE}"', '"${PHONE}"'))
    assert said.startswith("rules.yaml:2:18: ")


def test_a_folded_value_has_its_real_place() -> None:
    (said,) = refused("onsil: 1\nnotify:\n  high:\n    - ntfy://farm\n      ${TOKEN}\n")
    assert said.startswith("rules.yaml:5:7: ")


@given(st.lists(st.sampled_from(["${PHONE}", "${TOKEN}", "x${PHONE}", "ntfy://farm"]), max_size=5))
def test_after_any_edits_only_what_was_in_force_is_named(addresses: list[str]) -> None:
    edited = ALARM % ("Frost", ", ".join(f'"{address}"' for address in addresses))
    assert bool(refused(edited)) == any("${" in address and address != "${PHONE}" for address in addresses)


def test_the_checker_says_it_once_and_first() -> None:
    edited = changed(RULES, 'high: ["${ALARM_URL}"]', 'high: ["http://evil/${SURELY_NOT_SET}"]')
    report = check_texts(SITE, edited, lookup=VARIABLES.get, in_force=RULES)
    (error,) = report.errors
    assert "${SURELY_NOT_SET}" in error.message
    assert report.configuration is None
    assert check_texts(SITE, RULES, lookup=VARIABLES.get, in_force=RULES).errors == ()
