"""JSON Schema of both files, with which editors complete, explain and check while one writes.

VS Code's YAML extension takes it from a first line such as `# yaml-language-server: $schema=rules.schema.json`.
"""

from __future__ import annotations

from typing import Any, Literal

from .entry import File
from .rules_file import RulesFile
from .site_file import SiteFile

_FILES: dict[str, type[File]] = {"site": SiteFile, "rules": RulesFile}


def schema(file: Literal["site", "rules"]) -> dict[str, Any]:
    """The schema (draft 2020-12) of site.yaml or rules.yaml."""
    made = _tidy(_FILES[file].model_json_schema(mode="validation"))
    assert isinstance(made, dict)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Onsil {file}.yaml"} | made


def _tidy(part: Any, *, names: bool = False) -> Any:
    """Without what pydantic adds for programmers: titles made of names, and null where a key can be left away.

    `names` says that the keys of `part` are names of the file and not words of JSON Schema.
    """
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    if names:
        return {name: _tidy(value) for name, value in part.items()}
    tidied: dict[str, Any] = {}
    for word, value in part.items():
        if word == "anyOf" and {"type": "null"} in value:
            others = [_tidy(item) for item in value if item != {"type": "null"}]
            tidied |= others[0] if len(others) == 1 else {"anyOf": others}
        elif word in ("examples", "const", "enum"):
            tidied[word] = value
        elif word == "default":
            # a default in seconds or % says nothing where a text with a unit is written
            if isinstance(value, str) or part.get("type") in ("number", "integer"):
                tidied[word] = value
        elif word not in ("title", "discriminator"):
            tidied[word] = _tidy(value, names=word in ("properties", "$defs", "patternProperties"))
    if "patternProperties" in part:
        tidied["additionalProperties"] = False
    # what is said of the field counts more than what is said of its kind
    return tidied | {word: part[word] for word in ("description", "examples") if word in part}
