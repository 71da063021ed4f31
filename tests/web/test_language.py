"""Every text has its translation, with the same holes, and the compiled catalogue is the one that is edited."""

import re

import pytest

from controller.web import phrases
from controller.web.catalogue import compiled, po, said, translated
from controller.web.language import LANGUAGES, speech
from controller.web.phrases import told

OTHERS = [language for language in LANGUAGES if language != "en"]
KO = speech("ko")


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_missing(language: str) -> None:
    catalogue = translated(language)
    known = {message.id: message for message in catalogue if message.id}
    texts = {message.id for message in said() if message.id}
    assert not [text for text in texts if text not in known or not known[text].string]
    assert set(known) == texts, "run python -m controller.web.catalogue"
    assert not [message.id for message in catalogue if message.fuzzy and message.id]


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_same_holes(language: str) -> None:
    for message in translated(language):
        if message.id:
            holes = re.findall(r"\{(\w+)\}", str(message.id))
            assert sorted(holes) == sorted(re.findall(r"\{(\w+)\}", str(message.string))), message.id


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalogue_is_up_to_date(language: str) -> None:
    assert po(language).with_suffix(".mo").read_bytes() == compiled(translated(language))


def filled(form: str) -> str:
    """A text of this form: numbers in the holes for numbers, names in the others."""
    return re.sub(r"\{(\w+)\}", lambda hole: "5" if hole[1] in ("n", "hours", "minutes") else f"<{hole[1]}>", form)


@pytest.mark.parametrize("text", phrases.WORDS + tuple(map(filled, phrases.FORMS)))
def test_what_the_core_says_is_said_in_korean(text: str) -> None:
    assert told(text, KO) != text


def test_what_stands_in_the_holes_is_looked_at_too() -> None:
    assert (
        told("no good value of air.co2: no reading for too long", KO)
        == "air.co2의 믿을 만한 값이 없음: 너무 오래 측정값이 없음"
    )
    assert told("override to 30 % by Kim for 20 min", KO) == "Kim이(가) 20분 동안 30 %로 수동 조작"
    assert told("something new", KO) == "something new"
    assert told("air.temperature > 38 °C for 5 min", KO) == "air.temperature > 38 °C for 5 min"
    assert told("round skipped", speech("en")) == "round skipped"


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (0, "0 s", "0초"),
        (59.4, "59 s", "59초"),
        (60, "1 min", "1분"),
        (3600, "1 h", "1시간"),
        (5400, "1 h 30 min", "1시간 30분"),
        (90000, "1 d 1 h", "1일 1시간"),
        (-5, "0 s", "0초"),
    ],
)
def test_durations(seconds: float, english: str, korean: str) -> None:
    assert (speech("en").duration(seconds), KO.duration(seconds)) == (english, korean)


def test_a_language_that_there_is_none_of_is_english() -> None:
    assert speech("fr").language == "en"
