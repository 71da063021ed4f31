"""Which rules were in force over a stretch of the past, ready to be run. Reads the history: call it from a thread."""

from __future__ import annotations

from functools import lru_cache

from controller.app.records import MOST_CHANGES, Records
from controller.config import check_texts
from controller.config.settings import Texts
from controller.config.variables import lookup
from controller.core.plan import Plan
from controller.model.time import NS
from controller.web.setpoint_lines import Era


def eras(records: Records, plan: Plan, start: int, end: int) -> list[Era]:
    """The eras from `start` to `end` (s since 1970). `plan` is the one in force now. Raises sqlite3.Error."""
    now = records.texts_in_force()
    return [
        Era(at_ns // NS, plan if texts == now else _plan(texts))
        for at_ns, texts in records.in_force(start * NS, end * NS)
    ]


@lru_cache(maxsize=MOST_CHANGES)
def _plan(texts: Texts) -> Plan | None:
    """The plan of earlier texts; None where this version of the controller finds them wrong."""
    # a secret that is gone by now is none of the setpoints' business
    configuration = check_texts(texts.site, texts.rules, lookup=lambda name: lookup(name) or "unknown").configuration
    return None if configuration is None else configuration.plan
