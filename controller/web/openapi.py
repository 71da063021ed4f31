"""The OpenAPI document, made from the table of operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from controller.web.api import Operation
from controller.web.questions import Done, Mistake

_SAYS_DONE = frozenset(
    {
        "/api/override",
        "/api/release",
        "/api/acknowledge",
        "/api/scan/cancel",
        "/api/shadow/end",
        "/api/shadow/apply",
    }
)


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    models: list[type[BaseModel]] = [Done, Mistake, *(operation.body for operation in operations if operation.body)]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Onsil",
            "version": version,
            "summary": "What a running controller can be asked, with the verbs of its command line.",
        },
        "paths": paths,
        "components": {
            "schemas": {model.__name__: model.model_json_schema() for model in models},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    in_path = re.findall(r"\{(\w+)\}", operation.path)
    answer: dict[str, Any] = {"type": "object"}
    if operation.path in _SAYS_DONE:
        answer = {"$ref": "#/components/schemas/Done"}
    elif operation.path == "/api/journal":
        answer = {"type": "array", "items": {"type": "object"}}
    elif operation.media != ("application/json",):
        answer = {"type": "string"}
    found: dict[str, Any] = {
        "operationId": operation.answer.__name__,
        "summary": operation.summary,
        "description": f"Needs the role {operation.role.name.lower()}.",
        "parameters": [
            {
                "name": name,
                "in": "path" if name in in_path else "query",
                "required": name in in_path,
                "description": text,
                "schema": {"type": "string"},
            }
            for name, text in operation.parameters.items()
        ],
        "responses": {
            "200": {"description": "Done", "content": {media: {"schema": answer} for media in operation.media}},
            **{code: _no(why) for code, why in _REFUSALS.items()},
        },
    }
    if operation.body is not None:
        schema = {"$ref": f"#/components/schemas/{operation.body.__name__}"}
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


_REFUSALS = {
    "400": "The question makes no sense here",
    "401": "Log in, or send a token",
    "403": "The role does not suffice, or the request comes from another site",
    "404": "There is no such thing",
    "421": "Asked for by a name that is not this computer's",
    "422": "The body is not as described, or the rules are wrong",
    "503": "The history cannot be read now",
}


def _no(why: str) -> dict[str, Any]:
    return {"description": why, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Mistake"}}}}
