"""A greenhouse that has been recorded for half a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.config import RULES as RULES_FILE
from controller.config import SITE as SITE_FILE
from controller.core import core
from controller.core.core import Core, Step
from controller.core.plan import Plan
from controller.model.commands import Report, Request
from controller.model.points import Reading
from controller.model.time import Instant
from controller.store import Store
from simulators.season.engine import Engine
from tests.config.example import RULES, SITE

from .rules import BEGIN, plan, season

HOURS = 13


class Recording(Core):
    """A core that stores what it says, as the controller does."""

    store: Store

    def step(self, now: Instant, inputs: list[Reading | Report | Request]) -> Step:  # type: ignore[override]
        step = super().step(now, inputs)
        self.store.append(step.events)
        return step


def recording(plan: Plan, store: Store) -> Recording:
    """Skips the test where the core is compiled."""
    if not str(core.__file__).endswith(".py"):
        pytest.skip("no class in Python can be derived from a compiled one")
    made = Recording(plan)
    made.store = store
    return made


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    with Store.open(folder) as store:
        now = Instant(BEGIN, BEGIN)
        store.save_rules(RULES_FILE, RULES, now)
        store.save_rules(SITE_FILE, SITE, now)
        wanted = season(HOURS / 24)
        engine = Engine(plan(), wanted, wanted.table(plan().site), machine=False)
        engine.core = recording(plan(), store)
        engine.run()
        assert store.flush()
    return folder
