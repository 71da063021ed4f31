"""The API, from its own OpenAPI document."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, cast

from controller.app.desk import Desk
from controller.web.api import Api
from controller.web.backups import Backups
from controller.web.feed import Feed
from controller.web.openapi import document
from controller.web.scans import Scans

from .markdown import code, sentence, table

_INTRODUCTION = """\
The page's controller answers at `/api/...`. A running one serves this as an OpenAPI document at `/api/openapi.json`.

On localhost nobody needs to log in until there is a user. Beyond it, or once there is one, a program sends a token that
`onsil user token NAME` has printed:

```sh
curl -H "authorization: Bearer $ONSIL_TOKEN" https://greenhouse.local:8443/api/status
```

`/healthz` says that the process answers, `/readyz` that it runs the greenhouse, or what is missing of that
(`docs/installer/upkeep.md`); both need no token. `/metrics` is for Prometheus."""


def page() -> str:
    """Every operation."""
    # the table of operations needs no running greenhouse; their answers would
    made = document(
        Api(cast("Desk", None), cast("Feed", None), cast("Backups", None), cast("Scans", None)).operations(),
        version("onsil"),
    )
    parts = ["# API", _INTRODUCTION]
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            parts.append(f"## {method.upper()} {path}")
            parts.append(f"{sentence(operation['summary'])} {operation['description']}")
            if operation["parameters"]:
                rows = [
                    (code(each["name"]), each["in"], sentence(each["description"])) for each in operation["parameters"]
                ]
                parts.append(table(("parameter", "in", "meaning"), rows))
            if "requestBody" in operation:
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                parts.append(_body(made["components"]["schemas"][reference.rpartition("/")[2]]))
    refusals = {
        code: each["description"] for code, each in next(iter(made["paths"].values()))["get"]["responses"].items()
    }
    parts += ["## Answers", table(("code", "meaning"), [(code, sentence(text)) for code, text in refusals.items()])]
    parts.append('What is refused says why: `{"error": "..."}`.')
    return "\n\n".join(parts) + "\n"


def _body(schema: dict[str, Any]) -> str:
    rows = [
        (code(name), _kind(value), sentence(value.get("description", "")))
        for name, value in schema.get("properties", {}).items()
    ]
    return table(("in the body", "what", "meaning"), rows)


def _kind(value: dict[str, Any]) -> str:
    kinds = [each.get("type", "") for each in value.get("anyOf", [value])]
    return " or ".join(filter(None, kinds))
