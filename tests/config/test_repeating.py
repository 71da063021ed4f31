"""`for each ... in [...]`: sections written once for several compartments."""

from __future__ import annotations

import pytest

from .example import RULES, check

RAMPED = """
for each place in [air, outside]:
  setpoints:
    <place>_limit: <place>.temperature + 2 °C
  alarms:
    - {name: Cold in <place>, when: <place>.temperature < 2 °C, priority: low}
"""


def test_a_repeated_section_is_written_out_behind_the_others() -> None:
    report = check(rules=RULES + RAMPED)
    assert report.errors == ()
    assert report.configuration is not None
    plan = report.configuration.plan
    assert [alarm.name for alarm in plan.alarms][-2:] == ["Cold in air", "Cold in outside"]
    assert [alarm.when.text.text for alarm in plan.alarms][-1] == "outside.temperature < 2 °C"
    assert [setpoint.name for setpoint in plan.setpoints][-2:] == ["air_limit", "outside_limit"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[air, outside]", "[air outside]", "this repetition cannot be read"),
        ("in [air", "of [air", "this repetition cannot be read"),
        ("<place>_limit", "limit", "'limit' stands here twice"),
        ("Cold in <place>", "Cold", "'Cold' is the name of the one on line"),
        (
            "[air, outside]",
            "[air, outsied]",
            "did you mean outside.temperature?",
        ),
        ("setpoints:\n    <place>_limit: <place>.temperature + 2 °C", "onsil: 1", "'onsil' cannot be repeated"),
    ],
)
def test_mistakes_in_repetitions(old: str, new: str, says: str) -> None:
    assert old in RAMPED
    errors = check(rules=RULES + RAMPED.replace(old, new)).errors
    assert errors
    assert says in str(errors[0])
    assert str(errors[0]).startswith("rules.yaml:")
