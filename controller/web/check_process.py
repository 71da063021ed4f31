"""Checks rules in a process of its own: `python -m controller.web.check_process`.

A text in the making can be anything, and the analysis takes a second of a whole core: neither is to touch the process
that moves the vents. Takes and gives one JSON document on standard input and output.
"""

from __future__ import annotations

import re
import resource
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from controller.analysis import Finding, analyse
from controller.config import check_texts, variables
from controller.config.document import Lookup
from controller.core.build import Builder
from controller.core.plan import Plan
from controller.model.errors import ConfigError
from controller.web.advice import advised
from controller.web.language import Speech, speech
from controller.web.sentences import sentences
from controller.web.setpoint_lines import ALWAYS, Era, setpoints_over

MOST_MEMORY = 192 * 2**20  # bytes, three times what a large file needs
EVERY = 600  # s between two points of the picture of setpoints


def report(question: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with `rules`, what is odd, what each rule does, and the setpoints of the day that `now` is in.

    `rules` are an edit of those `in_force`. `values` are what the points read now: the picture shows the setpoints as
    if they stayed so.
    """
    rules = question["rules"]
    checked = check_texts(question["site"], rules, lookup=_veiled(rules), in_force=question["in_force"])
    say = speech(question["language"])
    found: dict[str, Any] = {
        "errors": [_item(error, say) for error in checked.errors],
        "findings": [_item(warning, say) for warning in checked.warnings if warning.place.file != "site.yaml"],
        "sentences": [],
        "setpoints": {},
        "words": [],
    }
    if checked.configuration is None:
        return found
    plan, now = checked.configuration.plan, int(question["now"])
    year = datetime.fromtimestamp(now, UTC).year
    found["findings"] += [_item(finding, say) for finding in analyse(plan, year) if finding.place.file != "site.yaml"]
    found["findings"].sort(key=lambda item: item["line"])
    found["sentences"] = _sentences(plan, say)
    found["setpoints"] = _picture(plan, now, question["values"])
    found["words"] = sorted(_words(plan))
    return found


def _veiled(rules: str) -> Lookup:
    """Looks variables up, but keeps to itself those that `rules` names.

    Everybody who may look may have a text checked, and errors and sentences quote it: `name: ${INFLUX_TOKEN}` would
    tell. What is set but not shown stays as it is written; a short number is no secret, and may be part of a value.
    """
    named = set(re.findall(r"\$\{(\w+)\}", rules))

    def lookup(name: str) -> str | None:
        value = variables.lookup(name)
        if not value or name not in named or re.fullmatch(r"[-+]?[\d.]{1,5}", value):
            return value
        return f"${{{name}}}"

    return lookup


def _item(item: ConfigError | Finding, say: Speech) -> dict[str, Any]:
    place = item.place
    return {
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "message": advised(item.message, say),
        "suggestion": advised(item.suggestion, say),
        "kind": getattr(item, "kind", ""),
        "witness": getattr(item, "witness", ""),
    }


def _sentences(plan: Plan, say: Speech) -> list[dict[str, Any]]:
    return [{"name": name, "text": text, "line": line} for name, text, line in sentences(plan, say)]


def _picture(plan: Plan, now: int, values: Mapping[str, float | None]) -> dict[str, Any]:
    zone = ZoneInfo(plan.site.timezone)
    midnight = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start = round(midnight.timestamp())
    times = list(range(start, start + 86400, EVERY))
    lines = setpoints_over([Era(ALWAYS, plan)], times, {name: [value] * len(times) for name, value in values.items()})
    return {"times": times, "lines": lines}


def _words(plan: Plan) -> set[str]:
    return {*Builder(plan).scope.names(), *(period.name for period in plan.periods), *(a.name for a in plan.actuators)}


def main() -> None:
    """Answer one question."""
    # a text that explodes is to hurt itself, not the process that shares the service's memory
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    question = orjson.loads(sys.stdin.buffer.read())
    sys.stdout.buffer.write(orjson.dumps(report(question)))


if __name__ == "__main__":
    main()
