"""site.yaml and rules.yaml: their shape, where everything stands in them, and what they come to."""

from .decoding import read
from .drivers import factory as driver_factory
from .edits import new_variables
from .loading import RULES, SITE, Names, Report, check, check_texts, load, load_texts
from .schema import schema
from .settings import (
    Configuration,
    ConfiguredBus,
    Influx1Settings,
    Influx2Settings,
    Texts,
    UplinkSettings,
)

__all__ = [
    "RULES",
    "SITE",
    "Configuration",
    "ConfiguredBus",
    "Influx1Settings",
    "Influx2Settings",
    "Names",
    "Report",
    "Texts",
    "UplinkSettings",
    "check",
    "check_texts",
    "driver_factory",
    "load",
    "load_texts",
    "new_variables",
    "read",
    "schema",
]
