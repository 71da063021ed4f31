"""The past and the two files, for the page: what was measured, what was noted, and which rules were in force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from controller.app.control import Refused
from controller.app.writing import replace_file
from controller.config import Configuration, new_variables
from controller.config.settings import Texts
from controller.model.ports import BusSettings
from controller.store import History

RULES, SITE = "rules.yaml", "site.yaml"
MOST_TEXT = 256 * 1024  # bytes of a rules file that the page takes
MOST_CHANGES = 8  # of the files, within what one chart shows: each costs as much as a check


class Version(NamedTuple):
    """A text of rules.yaml and when it came into force (UTC nanoseconds)."""

    at_ns: int
    text: str


class Records:
    """Every method that reads the history raises sqlite3.Error and may take milliseconds: call it from a thread."""

    def __init__(
        self,
        history: History,
        directory: Path,
        state: Path,
        configuration: Callable[[], Configuration],
        note: Callable[[str, str], None],
    ) -> None:
        """`note` writes a line (subject, text) into the journal."""
        self.history = history
        self.directory = directory
        self.state = state
        self.note = note
        self._configuration = configuration

    def rules_in_force(self) -> str:
        """The text of the rules that the core runs."""
        return self._configuration().texts.rules

    def texts_in_force(self) -> Texts:
        """The texts of both files that the core runs."""
        return self._configuration().texts

    def in_force(self, start_ns: int, end_ns: int) -> list[tuple[int, Texts]]:
        """The texts of both files that were in force in a time, each with its beginning (UTC nanoseconds), ascending.

        What was before the newest changes, or before anything was recorded, is left out.
        """
        known = (at_ns for name in (RULES, SITE) for at_ns, _ in self.history.rules_versions(name))
        found = []
        for at_ns in sorted({start_ns, *(at_ns for at_ns in known if start_ns < at_ns < end_ns)})[-MOST_CHANGES:]:
            rules, site = self.history.rules(RULES, at_ns), self.history.rules(SITE, at_ns)
            if rules is not None and site is not None:
                found.append((at_ns, Texts(site, rules)))
        return found

    def rules_file(self) -> str:
        """The text of the file, which may hold mistakes that are not in force. Raises Refused."""
        try:
            return (self.directory / RULES).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{RULES} cannot be read: {error}") from None

    def site_text(self) -> str:
        """The text of site.yaml that the core runs."""
        return self._configuration().texts.site

    def buses(self) -> list[BusSettings]:
        """What is wired, as the core runs it."""
        return [bus.settings for bus in self._configuration().buses]

    def versions(self) -> list[Version]:
        """The newest versions of rules.yaml, the newest first."""
        return [Version(*row) for row in self.history.rules_versions(RULES)]

    def write_rules(self, text: str, by: str) -> None:
        """Replace rules.yaml as a whole or not at all; the watch on the files then takes it over. Raises Refused.

        No secret can be brought in this way: a `${NAME}` must stand in the rules in force as well.
        """
        data = text.encode("utf-8", "surrogateescape")
        if len(data) > MOST_TEXT:
            raise Refused(f"the rules are longer than {MOST_TEXT // 1024} kB")
        if "${" in text and (found := new_variables(text, self.rules_in_force(), RULES)):
            raise Refused(str(found[0]))
        try:
            replace_file(self.directory / RULES, data, mode=0o664)
        except OSError as error:
            raise Refused(f"{RULES} cannot be written: {error.strerror or error}") from None
        self.note("rules", f"{RULES} was replaced by {by}")
