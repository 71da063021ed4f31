"""The keys of site.yaml, rules.yaml and scenarios.yaml, from their JSON Schemas."""

from __future__ import annotations

import json
from typing import Any, Literal

from controller.config.schema import schema
from controller.scenarios.file import ScenariosFile

from .markdown import code, sentence, table

Schema = dict[str, Any]

_INTRODUCTION = {
    "site": (
        "What is wired to what. Written by the installer.\n\n"
        "The keys of a bus and of a device besides those named here are the driver's: "
        "[Modbus and Korean nodes](/drivers/modbus/README.md), [MQTT](/drivers/mqtt/README.md), "
        "[serial instruments](/drivers/uart/README.md), [I²C](/drivers/i2c/README.md), "
        "[1-Wire](/drivers/onewire/README.md), [pins](/drivers/gpio/README.md), "
        "[forecasts](/drivers/forecast/README.md).\n\n"
        "`${NAME}` stands for a variable of the environment or a credential of the service."
    ),
    "rules": (
        "How the greenhouse is run. Written by the grower. What can stand in a value or a condition, "
        "and an example of every form, is in [the language](/controller/rules/README.md)."
    ),
    "scenarios": "What the rules must do in a given situation. `onsil test` plays it.",
}


def page(file: Literal["site", "rules"]) -> str:
    """One of the two files."""
    return _page(file, schema(file))


def scenarios_page() -> str:
    """scenarios.yaml."""
    return _page("scenarios", ScenariosFile.model_json_schema())


def _page(file: str, made: Schema) -> str:
    parts = [f"# {file}.yaml, key by key", _INTRODUCTION[file]]
    if file != "scenarios":
        parts.append(f"`onsil schema {file}` prints the same as JSON Schema, for editors that complete and check.")
    told: set[str] = set()
    for key, value in made["properties"].items():
        shape = f"Written as: {_shape(value)}."
        required = "Required." if key in made.get("required", ()) else ""
        parts.append(f"## {key}")
        parts.append(" ".join(filter(None, (sentence(value.get("description", "")), shape, required))))
        for name in _named(value):
            parts += _entry(name, made["$defs"], told)
    return "\n\n".join(parts) + "\n"


def _entry(name: str, definitions: dict[str, Schema], told: set[str]) -> list[str]:
    """One kind of entry with its keys, and the kinds that these name; each only once."""
    if name in told:
        return []
    told.add(name)
    entry = definitions[name]
    parts = [f"### {name}", sentence(entry.get("description", ""))]
    rows = [
        (code(key) + ("" if key in entry.get("required", ()) else " (optional)"), _shape(value), _meaning(value))
        for key, value in entry.get("properties", {}).items()
    ]
    if rows:
        parts.append(table(("key", "what is written", "meaning"), rows))
    for value in entry.get("properties", {}).values():
        for other in _named(value):
            parts += _entry(other, definitions, told)
    return [part for part in parts if part]


def _meaning(value: Schema) -> str:
    said = [sentence(value.get("description", ""))]
    if "default" in value and not isinstance(value["default"], (dict, list)) and value["default"] is not None:
        said.append(f"Default: {code(value['default'])}.")
    examples = [code(example if isinstance(example, str) else json.dumps(example, ensure_ascii=False))
                for example in value.get("examples", ())[:3]]  # fmt: skip
    if examples:
        said.append(f"Such as {', '.join(examples)}.")
    return " ".join(filter(None, said))


def _shape(value: Schema) -> str:
    """What may stand there, in words."""
    for word in ("anyOf", "oneOf"):
        if word in value:
            return " or ".join(dict.fromkeys(filter(None, map(_shape, value[word]))))
    if "$ref" in value:
        name = _name(value["$ref"])
        return f"[{name}](#{name.lower()})"
    if "const" in value:
        return code(value["const"])
    if "enum" in value:
        return ", ".join(code(each) for each in value["enum"])
    if value.get("not") == {}:
        return ""
    if value.get("type") == "array":
        inner = _shape(value.get("items", {}))
        return f"list of {inner}" if inner else "list"
    if value.get("type") == "object" or "patternProperties" in value:
        inside = [*value.get("patternProperties", {}).values()]
        more = value.get("additionalProperties")
        inside += [more] if isinstance(more, dict) else []
        shapes = " or ".join(dict.fromkeys(filter(None, map(_shape, inside))))
        keys = ", ".join(code(key) for key in value.get("properties", {}))
        return " with ".join(filter(None, (f"NAME: {shapes}" if shapes else "", keys))) or "a group of entries"
    kinds = value.get("type", "")
    words = {"string": "text", "number": "number", "integer": "whole number", "boolean": "`true`, `false`", "null": ""}
    return " or ".join(words[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds) if words.get(kind))


def _named(value: Any) -> list[str]:
    """The kinds of entries that a schema names, in order."""
    if isinstance(value, list):
        return [name for item in value for name in _named(item)]
    if not isinstance(value, dict):
        return []
    own = [_name(value["$ref"])] if "$ref" in value else []
    return own + [
        name for key, item in value.items() if key not in ("examples", "discriminator") for name in _named(item)
    ]


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]
