"""Periods of the day: together they must cover it, all year round, and each setpoint must know them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from controller.core.calendar import Calendar
from controller.core.plan import PeriodPlan
from controller.model.errors import Place
from controller.model.time import NS

from ..finding import Finding
from ..survey import Survey

_SLACK = 60 * NS
"""Edges within a minute of each other meet: sunset is not known better than that."""


def gaps_and_overlaps(survey: Survey) -> Iterator[Finding]:
    """Times of the year at which no period holds, or two do; the first day of each kind is the witness."""
    plan = survey.plan
    if not plan.periods:
        return
    calendar = Calendar(plan.site)
    gap: Finding | None = None
    overlaps: dict[tuple[str, str], Finding] = {}
    for offset in range(365):
        day = date(survey.year, 1, 1) + timedelta(days=offset)
        for start, end, holding in _pieces(calendar, plan.periods, day):
            if end - start <= _SLACK:
                continue
            span = f"{calendar.local(start):%d %b %H:%M} to {calendar.local(end):%H:%M}".lstrip("0")
            if not holding and gap is None:
                gap = Finding(
                    "gap between periods",
                    "no period holds",
                    _first_place(plan.periods),
                    span,
                    "let each period end where the next begins",
                )
            for one, other in pairwise(holding):
                overlaps.setdefault(
                    (one.name, other.name),
                    Finding(
                        "overlap of periods",
                        f"{one.name} and {other.name} overlap; {one.name} wins, for it stands first",
                        other.place,
                        span,
                        "let each period end where the next begins",
                    ),
                )
    if gap is not None:
        yield gap
    yield from overlaps.values()


def unknown_to_setpoints(survey: Survey) -> Iterator[Finding]:
    """Setpoints by period that leave a period out: the value of the period before then stays."""
    names = [period.name for period in survey.plan.periods]
    for setpoint in survey.plan.setpoints:
        given = {name for name, _ in setpoint.by_period}
        missing = [name for name in names if name not in given]
        if given and missing:
            yield Finding(
                "setpoint without a period",
                f"{setpoint.name} says nothing for {' and '.join(missing)}: the value before stays",
                setpoint.text.place,
                suggestion=f"add {missing[0]}: ...",
            )


def _pieces(
    calendar: Calendar, periods: tuple[PeriodPlan, ...], day: date
) -> Iterator[tuple[int, int, list[PeriodPlan]]]:
    first = round(datetime.combine(day, time(), calendar.zone).timestamp()) * NS
    last = calendar.midnight_after(first)
    spans = [(period, span) for period in periods for span in calendar.spans(period.window, first)]
    cuts = sorted({first, last, *(edge for _, span in spans for edge in span if first < edge < last)})
    for start, end in pairwise(cuts):
        holding = [period for period, (begin, stop) in spans if begin <= start and end <= stop]
        yield start, end, list(dict.fromkeys(holding))


def _first_place(periods: tuple[PeriodPlan, ...]) -> Place:
    return periods[0].place
