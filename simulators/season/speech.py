"""The report's words in the languages there are: gettext catalogues in `locale`, English in the source.

`python -m simulators.season.speech` compiles the catalogues after they were edited; needs Babel.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "season"

Say = Callable[[str], str]

_WORD = re.compile(r"\[\[(.+?)\]\]")


def speech(language: str) -> Say:
    """Says an English text in this language; English where there is no catalogue, or no such text in it."""
    return gettext.translation(DOMAIN, LOCALE, [language], fallback=True).gettext


def in_words(template: str, say: Say) -> str:
    """A template with what stands in [[ ]] said."""
    return _WORD.sub(lambda found: say(found[1]), template)


def compiled(path: Path) -> bytes:
    """The .mo of a .po."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    out = io.BytesIO()
    with path.open("rb") as file:
        catalog = read_po(file)
    # the same source gives the same file, whenever
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    write_mo(out, catalog)
    return out.getvalue()


if __name__ == "__main__":
    for po in LOCALE.rglob("*.po"):
        po.with_suffix(".mo").write_bytes(compiled(po))
