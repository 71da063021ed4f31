"""What the checker says is said in Korean too: every mistake and every finding that the tests of the checker know."""

from __future__ import annotations

import re

import pytest

from controller.config import new_variables
from controller.web.advice import advised
from controller.web.language import speech
from tests.analysis import test_seeded_mistakes as seeded
from tests.config import test_mistakes as written
from tests.config.example import changed, check

KO = speech("ko")
_HANGUL = re.compile(r"[가-힣]")


def korean(text: str) -> bool:
    """Whether it is said in Korean, in the part that is not the grower's own."""
    said = advised(text, KO)
    return said != text and _HANGUL.search(said) is not None


RULES = [mistake for mistake in written.MISTAKES if mistake.says.startswith("rules.yaml")]


@pytest.mark.parametrize("mistake", RULES, ids=lambda mistake: mistake.name)
def test_a_mistake_in_the_rules(mistake: written.Mistake) -> None:
    (error,) = check(*written.texts(mistake)).errors
    assert korean(error.message), error.message
    assert not error.suggestion or korean(error.suggestion), error.suggestion


@pytest.mark.parametrize("mistake", seeded.MISTAKES, ids=lambda mistake: mistake.name)
def test_a_finding(mistake: seeded.Mistake) -> None:
    for finding in seeded.made(mistake):
        assert korean(finding.message), finding.message
        assert not finding.suggestion or korean(finding.suggestion), finding.suggestion


def test_a_variable_that_is_not_in_force() -> None:
    rules = changed(written.RULES, 'high: ["${ALARM_URL}"]', 'high: ["http://evil/${ALARM_URL}"]')
    (error,) = new_variables(rules, written.RULES, "rules.yaml")
    assert korean(error.message)
    assert korean(error.suggestion)


def test_what_stands_in_the_holes_stays() -> None:
    text = "'Cool' can never begin: 'air.temperature > 90 °C' is never true"
    assert advised(text, KO) == "'Cool': 시작될 수 없습니다. 'air.temperature > 90 °C'은(는) 참이 되지 않습니다"
    assert advised(text, speech("en")) == text


def test_a_suggestion_of_several_parts() -> None:
    said = advised("a.x reports 0 .. 5 °C; b.y reports 1 .. 2 %", KO)
    assert said == "a.x의 범위는 0 .. 5 °C입니다; b.y의 범위는 1 .. 2 %입니다"


def test_what_nobody_knows_is_left_as_it_is() -> None:
    assert advised("colourless green ideas sleep", KO) == "colourless green ideas sleep"
