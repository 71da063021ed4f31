"""What the page says, in the languages there are: gettext catalogues in `locale`, English in the source.

`python -m controller.web.catalogue` writes the catalogues anew after texts have changed.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Mapping
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any, Self

LANGUAGES = {"en": "English", "ko": "한국어"}
LOCALE = Path(__file__).parent / "locale"
DOMAIN = "onsil"


def N_(text: str) -> str:
    """Mark a text for translation where it is not said yet."""
    return text


def minute(time: str) -> str:
    """A local time (ISO 8601) as people read it, to the minute."""
    return time[:16].replace("T", " ")


class Speech:
    """One language. Called with an English text, and values for its {holes}, it says the text.

    `places` has what the compartments of the site are called in it, "" for the one that is spoken of.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.places: Mapping[str, str] = {}
        self._catalogue = gettext.translation(DOMAIN, LOCALE, [language], fallback=language == "en")

    def __call__(self, text: str, /, **values: object) -> str:
        said = self._catalogue.gettext(text) if text else ""
        return said.format(**values) if values else said

    def about(self, compartments: Iterable[Mapping[str, Any]]) -> Self:
        """The same language for a site with these compartments, each with its name and `ko` and `en`."""
        return self._with({each["name"]: each[self.language] for each in compartments})

    def inside(self, compartment: str) -> Self:
        """The same where it is clear that this compartment is meant."""
        return self._with({**self.places, compartment: ""}) if compartment else self

    def _with(self, places: Mapping[str, str]) -> Self:
        made = copy(self)
        made.places = places
        return made

    def duration(self, seconds: float) -> str:
        """Seconds as a person says them: "45 s", "5 min", "1 h 30 min"."""
        say, whole = self, max(round(seconds), 0)
        if whole < 60:
            return say("{n} s", n=whole)
        hours, minutes = divmod(whole // 60, 60)
        days, hours = divmod(hours, 24)
        parts = [
            say("{n} d", n=days) if days else "",
            say("{n} h", n=hours) if hours else "",
            say("{n} min", n=minutes) if minutes and not days else "",
        ]
        return " ".join(filter(None, parts))


@cache
def speech(language: str) -> Speech:
    """The language of this code; English for one there is none of."""
    return Speech(language if language in LANGUAGES else "en")
