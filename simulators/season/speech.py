"""The report's words in the languages there are: gettext catalogues in `locale`, English in the source.

`python -m simulators.season.speech` compiles the catalogues after they were edited; needs Babel.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable
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
    from babel.messages.pofile import read_po

    from controller.web import catalogue

    with path.open("rb") as file:
        return catalogue.compiled(read_po(file))


if __name__ == "__main__":
    for po in LOCALE.rglob("*.po"):
        po.with_suffix(".mo").write_bytes(compiled(po))
