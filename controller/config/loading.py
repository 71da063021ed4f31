"""From two files to a configuration, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from controller.core.plan import Plan, SitePlan
from controller.model.errors import ConfigError, one_of

from . import building, folding, neighbours, variables, watches
from .actuators import actuators, interlocks
from .compartments import compartments, strays
from .decoding import decoded
from .document import Lookup, parse
from .edits import new_variables
from .entry import Entry, validate
from .language import Language
from .leftovers import leftovers
from .numbers import settings
from .problems import Problems
from .repeating import repeated
from .rules_file import RulesFile
from .settings import (
    Configuration,
    Influx1Settings,
    Influx2Settings,
    Texts,
    TwinSettings,
    UplinkSettings,
)
from .site_file import Influx1, SiteFile
from .treatment import Points
from .wiring import Wiring, wire

SITE, RULES = "site.yaml", "rules.yaml"
Model = TypeVar("Model", bound=Entry)


@dataclass(frozen=True, slots=True)
class Names:
    """What the two files are called in messages."""

    site: str = SITE
    rules: str = RULES


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check: the configuration where there is no error, and what was found, in the order of the files.

    Warnings let the controller run.
    """

    configuration: Configuration | None
    errors: tuple[ConfigError, ...] = ()
    warnings: tuple[ConfigError, ...] = ()


def load(directory: Path) -> Configuration:
    """The configuration in a directory. Raises ConfigError with the first mistake, OSError where a file is missing."""
    return _or_first_error(check(directory))


def load_texts(site: str, rules: str, names: Names = Names()) -> Configuration:
    """The same from texts, for the editor, backtests and shadow rules. Raises ConfigError with the first mistake."""
    return _or_first_error(check_texts(site, rules, names))


def check(directory: Path) -> Report:
    """Everything that is wrong with the two files of a directory. Raises OSError where one cannot be read."""
    paths = directory / SITE, directory / RULES
    names = Names(*(str(path) for path in paths))
    contents = [path.read_bytes() for path in paths]
    problems, site, rules = Problems(), "", ""
    with problems.caught():
        site = decoded(contents[0], names.site)
    with problems.caught():
        rules = decoded(contents[1], names.rules)
    if problems:
        return Report(None, tuple(problems.errors))
    report = check_texts(site, rules, names)
    found = report.configuration
    if found is None or found.twin is None:
        return report
    try:
        watches.factory(watches.TWIN).open(found.plan, found.twin, directory)
    except ConfigError as error:
        # the greenhouse is run without its twin as well
        placed = error if error.place.file else ConfigError(error.message, found.twin.place, error.suggestion)
        return replace(report, warnings=(*report.warnings, placed))
    return report


def check_texts(
    site: str,
    rules: str,
    names: Names = Names(),
    lookup: Lookup = variables.lookup,
    in_force: str | None = None,
) -> Report:
    """Everything that is wrong with the texts of the two files. `lookup` says what `${NAME}` stands for.

    For an edit from afar `in_force` is the text of the rules in force: no other `${NAME}` than theirs is then right.
    """
    texts = Texts(site, rules)
    problems = Problems()
    for error in () if in_force is None else new_variables(rules, in_force, names.rules):
        problems.add_unset(error)
    warnings: list[ConfigError] = []
    configuration = _configuration(texts, names, lookup, problems, warnings)
    errors = _in_order(problems.errors, texts, names)
    return Report(None if errors else configuration, errors, _in_order(warnings, texts, names))


def _configuration(
    texts: Texts, names: Names, lookup: Lookup, problems: Problems, warnings: list[ConfigError]
) -> Configuration | None:
    site_document = parse(texts.site, names.site, lookup, problems)
    rules_document = parse(texts.rules, names.rules, lookup, problems)
    site = None if site_document is None else validate(SiteFile, site_document, problems)
    rules = None if rules_document is None else validate(RulesFile, repeated(rules_document, problems), problems)
    if site is None or site_document is None:
        return None
    wiring = wire(site, site_document, problems)
    points = Points(site, wiring, problems)
    moved, numbers = actuators(site, wiring, points, problems), settings(site, wiring, problems)
    by_name = {actuator.name: actuator for actuator in moved}
    if len(by_name) + len(numbers) < len(site.actuators):
        return None  # what names an actuator that is wrong would only be called wrong as well
    warnings += [*leftovers(site, wiring), *strays(site)]
    uplink = _uplink(site, wiring, problems)
    bounds = interlocks(site, by_name, problems)
    parts = compartments(site, problems)
    twin = _twin(site, problems)
    if rules is None:
        return None
    language = Language(rules, by_name, {plan.name: plan for plan in numbers}, wiring.points, problems)
    plan = Plan(
        _site_plan(site),
        tuple(points.sensors.values()),
        moved,
        tuple(points.votes.values()),
        bounds,
        language.periods(),
        language.setpoints(),
        language.rules(),
        language.irrigation(),
        language.safety(),
        language.alarms(),
        defines=language.defines(),
        sums=language.sums(),
        controls=language.controls(),
        limits=language.limits(),
        stages=language.stages(),
        pumps=language.pumps(),
        settings=numbers,
        sets=language.sets(),
        compartments=parts,
    )
    if problems:
        return None
    building.check(plan, problems)
    return Configuration(plan, wiring.finished(points.settings), uplink, language.notify(), texts, twin)


def _site_plan(site: SiteFile) -> SitePlan:
    stands = site.site
    return SitePlan(stands.name.text, stands.latitude, stands.longitude, stands.timezone, stands.language)


def _twin(site: SiteFile, problems: Problems) -> TwinSettings | None:
    twin = site.twin
    if twin is None:
        return None
    known = [name.text for name in site.compartments]
    for name in twin.compartments:
        if name.text not in known:
            hint = one_of(name.text, known, "the site has none: remove it here")
            problems.add(name.error(f"there is no compartment {name.text}", 0, hint))
    structure, crop = twin.structure.text, "tomato" if twin.crop is None else twin.crop.text
    own = {
        name.text: (own.structure.text if own.structure else structure, own.crop.text if own.crop else crop)
        for name, own in twin.compartments.items()
    }
    return TwinSettings(structure, crop, twin.structure.place, own)


def _uplink(site: SiteFile, wiring: Wiring, problems: Problems) -> UplinkSettings:
    uplink = site.uplink
    influx = uplink.influxdb
    server: Influx1Settings | Influx2Settings | None = None
    if isinstance(influx, Influx1):
        username, password = influx.username, influx.password
        server = Influx1Settings(
            influx.url, influx.database.text, username and username.text, password and password.text
        )
    elif influx is not None:
        server = Influx2Settings(influx.url, influx.org.text, influx.bucket.text, influx.token.text)
    return UplinkSettings(
        server,
        uplink.keep,
        uplink.max_size,
        neighbours.home_assistant(uplink.home_assistant, wiring, problems),
        neighbours.sparkplug(uplink.sparkplug, site.site.name.text, wiring, problems),
    )


def _or_first_error(report: Report) -> Configuration:
    if report.errors:
        raise report.errors[0]
    assert report.configuration is not None
    return report.configuration


def _in_order(found: Sequence[ConfigError], texts: Texts, names: Names) -> tuple[ConfigError, ...]:
    """Sorted by place, each place made a real one: a text that is folded over several lines has one long column."""
    lines = {names.site: texts.site.splitlines(), names.rules: texts.rules.splitlines()}
    placed = [folding.unfolded(error, lines.get(error.place.file, [])) for error in found]
    return tuple(sorted(placed, key=lambda error: (error.place.file != names.site, *error.place)))
