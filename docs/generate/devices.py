"""The devices that are known: Modbus profiles and MQTT formats."""

from __future__ import annotations

import inspect

from drivers.modbus.profile import Profile, load, names
from drivers.mqtt.formats import FORMATS

from .markdown import code, sentence, table


def profiles_page() -> str:
    """Every Modbus profile with what it offers, and where that is known from."""
    profiles = {name: load(name) for name in names()}
    overview = [(f"[{name}](#{name})", profile.title) for name, profile in profiles.items()]
    parts = [
        "# Modbus profiles",
        "A device of site.yaml names one of these as its `profile`. The names on the left of a table are what "
        "stands on the right under `points:`. A device that is not here is "
        "[ten lines of your own](/drivers/modbus/README.md). Nodes of KS X 3267, KS X 3288 and KS B 7958 need no "
        "profile: they say themselves what they are.",
        table(("profile", "device"), overview),
    ]
    for name, profile in profiles.items():
        parts += [f"## {name}", sentence(profile.title), _offers(profile), f"Source: {sentence(profile.source)}"]
    return "\n\n".join(parts) + "\n"


def _offers(profile: Profile) -> str:
    rows = [
        (code(name), code(register.unit) if register.unit else "", "reads")
        for name, register in profile.registers.items()
    ]
    for name, output in profile.outputs.items():
        rows.append((code(name if output.channels == 1 else f"{name}/1 .. {name}/{output.channels}"), "", "switches"))
    return table(("offers", "unit", ""), rows)


def formats_page() -> str:
    """Every shape of MQTT messages."""
    parts = [
        "# MQTT formats",
        "A device on an MQTT bus names one of these as its `profile`. An example of each is in "
        "[the driver's page](/drivers/mqtt/README.md).",
    ]
    for name, kind in FORMATS.items():
        module = inspect.getmodule(kind)
        said = inspect.cleandoc((module.__doc__ if module else "") or "")
        own = inspect.cleandoc(inspect.getdoc(kind) or "") if kind.__doc__ else ""
        parts += [f"## {name}", _prose(said), _prose(own)]
        parts.append(f"Keys besides `bus`, `profile` and `points`: {', '.join(map(code, sorted(kind.OPTIONS)))}.")
    return "\n\n".join(part for part in parts if part) + "\n"


def _prose(text: str) -> str:
    """A docstring as Markdown: what looks like markup is meant as it stands, and examples keep their lines."""
    paragraphs = []
    for paragraph in filter(None, text.split("\n\n")):
        if "\n  " in paragraph:
            paragraphs.append(f"```text\n{paragraph}\n```")
        else:
            paragraphs.append(paragraph.replace("<", "\\<").replace("_", "\\_") if "`" not in paragraph else paragraph)
    return "\n\n".join(paragraphs)
