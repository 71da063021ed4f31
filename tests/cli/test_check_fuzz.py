"""`onsil check` as a whole, on every example with pieces exchanged: right or wrong, in words, and nothing else."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.cli.main import main
from tests.config.test_fuzz import mutated

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
HOUSES = sorted(path.name for path in EXAMPLES.iterdir())
SECTIONS = (
    "define", "setpoints", "sums", "controls", "rules", "limits", "stages", "irrigation", "pumps", "safety", "alarms",
)  # fmt: skip
_SECRET = re.compile(r"\$\{(\w+)\}")


def texts(house: str) -> tuple[str, str]:
    """site.yaml and rules.yaml of an example, without what comes from the environment."""
    site, rules = ((EXAMPLES / house / name).read_text(encoding="utf-8") for name in ("site.yaml", "rules.yaml"))
    return _SECRET.sub("json://farm", site), _SECRET.sub("json://farm", rules)


def checked(site: str, rules: str) -> None:
    """Check the two texts, and look at what was answered."""
    with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()) as out:
        for file, text in (("site.yaml", site), ("rules.yaml", rules)):
            Path(name, file).write_bytes(text.encode("utf-8", "surrogatepass"))
        code = main(["check", name, "--json", "--explain"])
    answer = json.loads(out.getvalue())
    assert (code, answer["right"]) in ((0, True), (1, False))
    assert bool(answer["errors"]) == (code == 1)
    assert code == 1 or len(answer["rules"]) >= 1
    for item in (*answer["errors"], *answer["warnings"]):
        assert item["line"] >= 1
        assert item["column"] >= 1
        assert item["message"]
        assert "\n" not in item["message"]


def test_the_examples_use_every_form() -> None:
    written = "\n".join(texts(house)[1] for house in HOUSES)
    assert [section for section in SECTIONS if f"\n{section}:" not in written] == []


@pytest.mark.parametrize("house", HOUSES)
def test_an_example_is_right(house: str) -> None:
    site, rules = texts(house)
    with tempfile.TemporaryDirectory() as name:
        Path(name, "site.yaml").write_text(site, encoding="utf-8")
        Path(name, "rules.yaml").write_text(rules, encoding="utf-8")
        assert main(["check", name]) == 0
    checked(site, rules)


@pytest.mark.parametrize("house", HOUSES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_mutated_examples_are_right_or_wrong(house: str, data: st.DataObject) -> None:
    site, rules = texts(house)
    which = data.draw(st.sampled_from(["site", "rules", "rules", "rules", "both"]))
    if which != "rules":
        site = data.draw(mutated(site))
    if which != "site":
        rules = data.draw(mutated(rules))
    checked(site, rules)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(HOUSES), st.sampled_from(HOUSES), st.sampled_from(SECTIONS))
def test_a_section_of_another_house_is_right_or_wrong(house: str, other: str, section: str) -> None:
    site, rules = texts(house)
    taken = re.search(rf"^{section}:.*?(?=^\w|\Z)", texts(other)[1], re.MULTILINE | re.DOTALL)
    checked(site, re.sub(rf"^{section}:.*?(?=^\w|\Z)", "", rules, flags=re.MULTILINE | re.DOTALL) + (taken or [""])[0])
