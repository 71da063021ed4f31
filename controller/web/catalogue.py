"""Writes the catalogues anew: `python -m controller.web.catalogue`. Needs Babel, which nothing at run time does.

The texts are those inside `say("...")` and `N_("...")`. New ones are added to each language's .po, those that nobody
says any more are dropped, and the .mo files are compiled. A test fails for a text without translation.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from controller.web.language import DOMAIN, LANGUAGES, LOCALE

HERE = Path(__file__).parent
MADE = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {"say": None, "N_": None}


def said() -> Catalog:
    """Every text of the page, with the files that say it."""
    catalog = Catalog(project="onsil", charset="utf-8")
    for file, _, text, comments, _ in extract_from_dir(HERE, [("**.py", "python")], keywords=KEYWORDS):
        if text:
            catalog.add(text, locations=[(file, 0)], auto_comments=comments)
    return catalog


def translated(language: str) -> Catalog:
    """The catalogue of a language as it stands in its .po."""
    path = po(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def po(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def compiled(catalog: Catalog) -> bytes:
    """The .mo of a catalogue: the same for the same texts, whenever and by whom."""
    catalog.creation_date = catalog.revision_date = MADE
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def main() -> None:
    """Bring each language up to date with the source."""
    for language in LANGUAGES:
        if language == "en":  # the source
            continue
        catalog = translated(language)
        catalog.update(said(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.creation_date = catalog.revision_date = MADE
        catalog.header_comment, catalog.fuzzy = "# The texts of Onsil's page.", False
        catalog.project, catalog.version = "onsil", ""
        catalog.last_translator = catalog.language_team = catalog.msgid_bugs_address = ""
        path = po(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, sort_output=True, width=110, omit_header=False, include_lineno=False)
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        missing = [message.id for message in catalog if message.id and not message.string]
        print(f"{language}: {len(catalog)} texts, {len(missing)} without translation")


if __name__ == "__main__":
    main()
