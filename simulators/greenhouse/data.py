"""The data files that describe greenhouses and crops: every number with its unit and its source."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from controller.model.errors import ConfigError, Place, one_of

from . import parameters

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Description:
    """A greenhouse or a crop: values by parameter name, in the unit that `parameters` lists, and where each is from."""

    title: str
    values: dict[str, float]
    sources: dict[str, str]


def structures() -> list[str]:
    """The names of the structures that come with Onsil."""
    return sorted(path.stem for path in (_HERE / "structures").glob("*.toml"))


def crops() -> list[str]:
    """The names of the crops that come with Onsil."""
    return sorted(path.stem for path in (_HERE / "crops").glob("*.toml"))


def structure(name: str) -> Description:
    """A structure by its name, or from a file of one's own whose name ends in .toml. Raises ConfigError."""
    return _read(_find(name, "structures", structures()), parameters.STRUCTURE)


def crop(name: str) -> Description:
    """A crop by its name, or from a file of one's own whose name ends in .toml. Raises ConfigError."""
    return _read(_find(name, "crops", crops()), parameters.CROP)


def house(structure_name: str, crop_name: str) -> dict[str, float]:
    """All parameters of a greenhouse with its crop, in SI. Raises ConfigError."""
    return {**structure(structure_name).values, **crop(crop_name).values}


def _find(name: str, folder: str, known: list[str]) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    if name not in known:
        raise ConfigError(f"there is no {folder[:-1]} {name!r}", suggestion=one_of(name, known))
    return _HERE / folder / f"{name}.toml"


def _read(path: Path, wanted: dict[str, str]) -> Description:
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", Place(str(path))) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(error), Place(str(path))) from error
    values: dict[str, float] = {}
    sources: dict[str, str] = {}
    for section, entries in content.items():
        if not isinstance(entries, dict):
            continue
        for key, entry in entries.items():
            name = f"{section}_{key}"
            place = _place(path, text, section, key)
            if name not in wanted:
                raise ConfigError(f"there is no parameter {section}.{key}", place, one_of(name, wanted))
            if not isinstance(entry, dict) or not {"value", "unit", "source"} <= entry.keys():
                raise ConfigError(
                    f"{section}.{key} needs a value, its unit and its source",
                    place,
                    f'write {key} = {{ value = 1.0, unit = "{wanted[name]}", source = "..." }}',
                )
            if entry["unit"] != wanted[name]:
                raise ConfigError(f"{section}.{key} is in {wanted[name]}, not in {entry['unit']}", place)
            values[name] = float(entry["value"])
            sources[name] = str(entry["source"])
    missing = [name for name in wanted if name not in values]
    if missing:
        raise ConfigError(f"{missing[0]} is missing" + _further(len(missing) - 1), Place(str(path)))
    return Description(str(content.get("title", path.stem)), values, sources)


def _further(count: int) -> str:
    return f", and {count} more" if count else ""


def _place(path: Path, text: str, section: str, key: str) -> Place:
    """Where a key stands; the TOML parser of the standard library does not say."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            inside = line.strip() == f"[{section}]"
        elif inside and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return Place(str(path), number, line.index(key) + 1)
    return Place(str(path))
