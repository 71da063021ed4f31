"""What the models of both files share: known keys only, and mistakes in the reader's words instead of pydantic's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, model_validator
from pydantic_core import ErrorDetails

from controller.model.errors import ConfigError, Place, did_you_mean, one_of

from .nodes import Mapping, Sequence, place_of
from .problems import Problems

Model = TypeVar("Model", bound=BaseModel)


class Entry(BaseModel):
    """One mapping of a file. Unknown and missing keys go to the `Problems` that validation gets as its context."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True)

    open_keys: ClassVar[bool] = False
    """Whether others (the drivers) know more keys."""
    empty_is_none: ClassVar[bool] = False
    """Whether a key with nothing behind it may stand there."""

    @model_validator(mode="before")
    @classmethod
    def _look_at_keys(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, Mapping):
            return data
        problems = info.context
        assert isinstance(problems, Problems)
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        unknown = [] if cls.open_keys else [key for key in data if key not in fields]
        for key in unknown:
            hint = one_of(key, [name for name in fields if name not in data] or fields)
            problems.add(ConfigError(f"there is no {str(key)!r} here", data.key(key), hint))
        for name, field in fields.items():
            example = f"write {name}: {field.examples[0] if field.examples else '...'}"
            if name in data:
                if data[name] is None and (field.is_required() or not cls.empty_is_none):
                    problems.add(ConfigError(f"{name!r} is empty", data.key(name), example))
            elif field.is_required() and not any(did_you_mean(key, [name]) for key in unknown):
                where = f" in {data.title}" if data.title else ""
                problems.add(ConfigError(f"{name!r} is missing{where}", data.place, example))
        return {key: value for key, value in data.items() if key in fields and value is not None}


class File(Entry):
    """A whole file. A section with nothing in it is as good as none."""

    empty_is_none: ClassVar[bool] = True


def validate(model: type[Model], document: Mapping, problems: Problems) -> Model | None:
    """The document as a model; every mistake goes to `problems`, and then it is None."""
    before = len(problems)
    try:
        made = model.model_validate(document, context=problems)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            if details["type"] != "missing":  # has been said, with a suggestion
                problems.add(_explain(details, document))
        return None
    return made if document.whole and len(problems) == before else None


def _explain(details: ErrorDetails, document: Mapping) -> ConfigError:
    place, name = _locate(document, details["loc"])
    given: Any = details["input"]
    context = details.get("ctx", {})
    own = context.get("error")
    if isinstance(own, ConfigError):
        return own if own.place.line else ConfigError(own.message, place, own.suggestion)
    if details["loc"][-1] == "[key]":
        return ConfigError(f"there is no {str(given)!r} here", place_of(given, place), _choice(given, context))
    message, suggestion = _words(details["type"], name, given, context)
    return ConfigError(message, place_of(given, place), suggestion)


def _words(kind: str, name: str, given: object, context: dict[str, Any]) -> tuple[str, str]:
    if given is None:
        return f"{name} is empty", f"write something behind {name}:, or remove it"
    shown = _shown(given)
    match kind:
        case "string_type":
            return f"{name} must be a text, not {shown}", f'write "{shown}"' if isinstance(given, (int, float)) else ""
        case "int_type" | "float_type" | "int_from_float" | "int_parsing" | "finite_number":
            return f"{name} must be a number, not {shown}", _only_number(given)
        case "bool_type":
            return f"{name} must be true or false, not {shown}", ""
        case "literal_error":
            return f"{name} cannot be {shown}", _choice(given, context)
        case "greater_than_equal" | "greater_than":
            bound = context.get("ge", context.get("gt"))
            return f"{name} cannot be {shown}", f"it must be {'at least' if 'ge' in context else 'more than'} {bound:g}"
        case "less_than_equal" | "less_than":
            bound = context.get("le", context.get("lt"))
            return f"{name} cannot be {shown}", f"it must be {'at most' if 'le' in context else 'less than'} {bound:g}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{name} needs entries of its own, not {shown}", "write 'name: value' lines below it"
        case "list_type":
            return f"{name} must be a list, not {shown}", "begin each item with '- ', or write [a, b]"
        case "too_short" | "string_too_short":
            return f"{name} is empty", ""
        case _:
            return f"{name} cannot be {shown}", ""


def _choice(given: object, context: dict[str, Any]) -> str:
    words = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
    return one_of(str(given), words)


def _shown(given: object) -> str:
    match given:
        case bool():
            return "true" if given else "false"
        case Mapping():
            return "a group of entries"
        case Sequence():
            return "a list"
        case str():
            return repr(str(given))
        case _:
            return str(getattr(given, "written", given))


def _only_number(given: object) -> str:
    found = re.match(r"\s*([-+]?\d+(\.\d+)?)\s*\S", given) if isinstance(given, str) else None
    return f"write {found[1]}" if found else ""


def _locate(document: Mapping, location: Iterable[int | str]) -> tuple[Place, str]:
    """The place and the name of what stands at a location. Tags of unions, like "<periods>", are no part of it."""
    here: object = document
    place, name = document.place, "the file"
    for part in location:
        if isinstance(part, str) and part.startswith("<"):
            continue
        if isinstance(here, Mapping) and part in here:
            place, name, here = here.places[str(part)], str(part), here[str(part)]
            if isinstance(here, (Mapping, Sequence)):
                place = here.place
        elif isinstance(here, Sequence) and isinstance(part, int) and part < len(here):
            place, here = here.places[part], here[part]
            name = f"item {part + 1}"
        else:
            break
    return place, name
