"""One trial of a study: a season in a worker's process.

This is all that a worker imports by itself. What is compiled of the controller must be found before anything of it is
imported, and a season cannot even be taken out of its order without that: so the order comes closed.
"""

from __future__ import annotations

import pickle
from functools import lru_cache
from typing import TYPE_CHECKING

from . import compiling

if TYPE_CHECKING:
    from controller.core.plan import SitePlan
    from simulators.weather.table import WeatherTable

    from .season import Season


def order(site: str, rules: str, season: Season) -> bytes:
    """What a worker is to do: texts of site.yaml and rules.yaml, and a season."""
    return pickle.dumps((site, rules, season))


def evaluate(order: bytes) -> dict[str, float]:
    """The metrics of that season; runs in the worker. Raises ConfigError where the rules are wrong."""
    compiling.use()
    from .backtest import run
    from .command import plan_from

    site, rules, season = pickle.loads(order)
    plan = plan_from(site, rules)
    return run(plan, season, _weather(season, plan.site)).result.flat()


@lru_cache(maxsize=2)
def _weather(season: Season, site: SitePlan) -> WeatherTable:
    """The same for all trials of a worker."""
    return season.table(site)
