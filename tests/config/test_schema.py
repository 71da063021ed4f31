"""The JSON Schema accepts what we accept, refuses what an editor can see is wrong, and explains."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from controller.config import schema

from .example import RULES, SITE, changed

File = Literal["site", "rules"]
TEXTS: dict[File, str] = {"site": SITE, "rules": RULES}


def complaints(file: File, text: str) -> list[str]:
    document = YAML(typ="safe", pure=True).load(text)
    return [error.message for error in Draft202012Validator(schema(file)).iter_errors(document)]


@pytest.mark.parametrize("file", ["site", "rules"])
def test_it_is_a_schema_and_accepts_the_example(file: File) -> None:
    Draft202012Validator.check_schema(schema(file))
    json.dumps(schema(file))
    assert complaints(file, TEXTS[file]) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("site", "latitude: 35.80", "latitude: north"),
        ("site", "latitude: 35.80", "latitude: 95"),
        ("site", "language: ko", "language: fr"),
        ("site", "travel_time: 180 s", "travel_time: 180"),
        ("site", "travel_time: 180 s", "travel: 180 s"),
        ("site", "kind: valve", "kind: tap"),
        ("site", "    safe: closed\n", ""),
        ("site", "    bucket: greenhouse\n", ""),
        ("rules", "do: {heater: on}", "do: heater"),
        ("rules", "    band: 6 °C", "    bandwidth: 6 °C"),
        ("rules", "give: 2 min", "give: 2"),
        ("rules", "priority: critical", "priority: urgent"),
        ("rules", "  night:   sunset", "  3rd night: sunset"),
    ],
)
def test_an_editor_sees_what_is_wrong(file: File, old: str, new: str) -> None:
    assert complaints(file, changed(TEXTS[file], old, new))


def test_it_explains() -> None:
    site = schema("site")
    assert site["properties"]["interlocks"]["description"] == "Combinations that must never be."
    assert "description" in site["$defs"]["Switch"]["properties"]["max_per_day"]
    rules = schema("rules")
    assert rules["$defs"]["Drive"]["properties"]["band"]["examples"] == ["6 °C"]


@pytest.mark.parametrize("file", ["site", "rules"])
def test_it_has_no_jargon_of_its_maker(file: File) -> None:
    def walk(part: Any, names: bool = False) -> None:
        if isinstance(part, dict):
            assert names or "discriminator" not in part
            assert part.get("type") != "null"
            for key, value in part.items():
                walk(value, key in ("properties", "$defs"))
        elif isinstance(part, list):
            for item in part:
                walk(item)

    walk(schema(file))
