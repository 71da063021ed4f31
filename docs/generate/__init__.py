"""Makes the reference pages from what the program itself reads, so that they cannot say anything else."""

from __future__ import annotations

from pathlib import Path

from . import api, commands, devices, files, vocabulary

PAGES = {
    "site.md": lambda: files.page("site"),
    "rules.md": lambda: files.page("rules"),
    "scenarios.md": files.scenarios_page,
    "units.md": vocabulary.page,
    "commands.md": commands.page,
    "api.md": api.page,
    "profiles.md": devices.profiles_page,
    "formats.md": devices.formats_page,
}


def write_all(folder: Path) -> None:
    """Write every page that has changed; a builder that goes by the time of a file has nothing else to do."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        text, path = make(), folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
