"""Whatever stands in the files, the answer is a configuration or ConfigErrors with a place: never another exception."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.config import Configuration, Report

from .example import RULES, SITE, check

_TOKEN = re.compile(r"\s+|[\w.]+|.", re.DOTALL)
_NASTY = [
    *("\t", "\n", "\n  ", "- ", ": ", "{", "}", "[", "]", '"', "'", "|", ">", "&a ", "*a", "!x ", "%", "#", "?", "<<"),
    *("${", "${X}", "\\", "null", "true", "~", "\x00", "\u2028", "\ufeff", "é", "온도", "\U0001f345", "---\n", "...\n"),
    *("0", "-1", "1e999", "9" * 30, "0x10", ".inf", "/ 0", "* 0 °C", "0 s", "366 d", "%RH", "K", "since last start"),
    *("for 5 min", "average(air.co2, 10 min)", "air.temperature 5 min ago", "time is 08:00 .. 25:00"),
    *("(" * 60, "not " * 80, " or air.temperature > 1 °C" * 60),
]
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")
_LINES = ["when: air.temperature < 5 °C", "band: 6 °C", "window: sunset .. sunrise"]


def mutated(text: str) -> st.SearchStrategy[str]:
    """The text with a few of its tokens left away, doubled, exchanged, or replaced by something nasty."""
    tokens = _TOKEN.findall(text)
    at = st.integers(0, len(tokens) - 1)
    change = st.tuples(at, st.integers(0, 3), st.one_of(st.sampled_from(_NASTY), at.map(tokens.__getitem__)))

    def apply(changes: list[tuple[int, int, str]]) -> str:
        work = list(tokens)
        for index, length, replacement in changes:
            work[index : index + length] = [replacement]
        return "".join(work)

    return st.lists(change, min_size=1, max_size=4).map(apply)


def must_be_an_answer(report: Report) -> None:
    assert (report.configuration is None) == bool(report.errors)
    assert report.configuration is None or isinstance(report.configuration, Configuration)
    for found in (*report.errors, *report.warnings):
        assert "\n" not in str(found)
        assert found.place.file in ("site.yaml", "rules.yaml")
        assert found.place.line >= 1
        assert found.place.column >= 1


@settings(max_examples=80, deadline=None)
@given(mutated(SITE))
def test_a_mutated_site_is_right_or_wrong(site: str) -> None:
    must_be_an_answer(check(site=site))


@settings(max_examples=80, deadline=None)
@given(mutated(RULES))
def test_mutated_rules_are_right_or_wrong(rules: str) -> None:
    must_be_an_answer(check(rules=rules))


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200), st.text(alphabet=" \n\t-:{}[]&*!|>'\"%@`#,?ab1.$<", max_size=60))
def test_any_text_is_wrong(text: str, punctuation: str) -> None:
    for some in (text, punctuation):
        for report in (check(site=some), check(rules=some)):
            must_be_an_answer(report)
            assert report.errors


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=60), st.sampled_from(["when: air.temperature < 5 °C", "band: 6 °C", "window: sunset .. sunrise"])
)
def test_any_condition_is_right_or_wrong(text: str, line: str) -> None:
    key = line.split(":")[0]
    quoted = _UNPRINTABLE.sub("", text).replace("'", "''")
    must_be_an_answer(check(rules=RULES.replace(line, f"{key}: '{quoted}'", 1)))
