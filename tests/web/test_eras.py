"""Which rules were in force when, from the versions that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.app.records import MOST_CHANGES, RULES, SITE, Records
from controller.config import load_texts
from controller.model.time import NS, Instant
from controller.store import Store
from controller.web.eras import eras

BAYS = Path(__file__).parents[2] / "deploy" / "examples" / "bays"
SITE_TEXT, RULES_TEXT = ((BAYS / name).read_text(encoding="utf-8") for name in (SITE, RULES))
COOLER = RULES_TEXT.replace("{night: 16 °C, day: 20 °C", "{night: 15 °C, day: 19 °C")


class Past:
    """A store in which files came into force, and the records over it."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.now = load_texts(SITE_TEXT, RULES_TEXT)
        self.records = Records(store.history, folder, folder, lambda: self.now, lambda subject, text: None)

    def came(self, at: int, **texts: str) -> None:
        """Files came into force at a time (s)."""
        for name, text in texts.items():
            self.store.save_rules(f"{name}.yaml", text, Instant(at * NS, at * NS))
        self.store.flush()

    def warmth(self, start: int, end: int) -> list[tuple[int, str]]:
        """When each version began, and its value of the warmth of the east by day."""
        found = eras(self.records, self.now.plan, start, end)
        return [
            (era.since, "" if era.plan is None else era.plan.setpoints[0].by_period[1][1].text.text) for era in found
        ]


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    with Store.open(tmp_path) as store:
        yield Past(store, tmp_path)


def test_each_version_has_its_time(past: Past) -> None:
    past.came(1000, rules=COOLER, site=SITE_TEXT)
    past.came(2000, rules=RULES_TEXT)
    past.came(3000, site=SITE_TEXT + "# moved\n")
    assert past.warmth(500, 4000) == [(1000, "19 °C"), (2000, "20 °C"), (3000, "20 °C")]
    assert past.warmth(1500, 1800) == [(1500, "19 °C")]
    assert past.warmth(0, 900) == []


def test_a_version_that_is_wrong_by_now_is_known_to_have_been(past: Past) -> None:
    past.came(1000, rules=RULES_TEXT.replace("by: <bay>", "buy: <bay>"), site=SITE_TEXT)
    past.came(2000, rules=RULES_TEXT)
    assert past.warmth(0, 4000) == [(1000, ""), (2000, "20 °C")]


def test_what_is_in_force_is_not_read_again(past: Past) -> None:
    past.came(1000, rules=RULES_TEXT, site=SITE_TEXT)
    (era,) = eras(past.records, past.now.plan, 0, 4000)
    assert era.plan is past.now.plan


def test_of_many_changes_the_newest_count(past: Past) -> None:
    past.came(1000, site=SITE_TEXT)
    for number in range(20):
        past.came(1000 + number * 10, rules=f"{RULES_TEXT}# {number}\n")
    assert [since for since, _ in past.warmth(0, 4000)] == [1190 - 10 * n for n in reversed(range(MOST_CHANGES))]
