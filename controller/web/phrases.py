"""What the controller itself says in English, in the language of the page: causes, limits, alarms, notes.

The core writes sentences with names and values in them. Each form is listed here once with {holes}; a text that fits a
form is said in its translation, and what stands in the holes is looked at in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from controller.web.language import N_, Speech, speech

WORDS = (
    N_("hard limit"),
    N_("interlock"),
    N_("safety"),
    N_("hand"),
    N_("irrigation"),
    N_("rule"),
    N_("idle"),
    N_("good"),
    N_("stale"),
    N_("bad"),
    N_("unknown"),
    N_("none"),
    N_("wet"),
    N_("dry"),
    N_("on"),
    N_("off"),
    N_("open"),
    N_("closed"),
    N_("opening"),
    N_("closing"),
    N_("measured"),
    N_("estimated"),
    N_("raised"),
    N_("acknowledged"),
    N_("cleared"),
    N_("critical"),
    N_("high"),
    N_("medium"),
    N_("low"),
    N_("online"),
    N_("offline"),
    N_("nothing asks for it"),
    N_("longest time on reached"),
    N_("kept on for its shortest time on"),
    N_("kept off for its shortest time off"),
    N_("its time of the day is used up"),
    N_("cannot be reached"),
    N_("is held by hand at the device"),
    N_("refuses"),
    N_("does not follow"),
    N_("round skipped"),
    N_("no more rounds today"),
    N_("no start yet"),
    N_("nothing"),
    N_("since last start"),
    N_("the clock is not set: times of day may be wrong"),
    N_("from"),
    N_("band"),
    N_("start time"),
    N_("no connection"),
    N_("no reading yet"),
    N_("no reading for too long"),
    N_("measured too long ago"),
    N_("the device has no value"),
    N_("the value has not changed for too long"),
    # what nodes of the Korean standards report
    N_("error"),
    N_("busy"),
    N_("voltage error"),
    N_("current error"),
    N_("temperature error"),
    N_("fuse error"),
    N_("need replace"),
    N_("need calibration"),
    N_("need check"),
    N_("the node is operated by hand"),
    N_("the nutrient supply waters other zones"),
    N_("the device has not acknowledged the downlink"),
    N_("the controller itself has it open"),
    N_("write the broker like mqtt://192.168.0.10"),
    N_("no scan is under way"),
    N_("this is too long"),
    N_("the page"),
    N_("it ended without an answer"),
    N_("twin heater"),
    N_("twin welded"),
    N_("twin vent"),
    N_("twin door"),
    N_("the heater does not heat: the air goes as with a cold heater"),
    N_("the heater heats although it is off: the air goes as with a heater that runs on"),
    N_("a vent does not move: the air goes as with closed vents"),
    N_("a door is open, or a vent does not close: more is lost than through a closed house"),
)

FORMS = (
    N_("actuator {name}"),
    N_("sensor {name}"),
    N_("limit {name}"),
    N_("device {name}"),
    N_("device {name}: {reason}"),
    N_("node: {reason}"),
    N_("{first}; {second}"),
    N_("{name}: need calibration"),
    N_("{name}: high EC"),
    N_("{name}: low EC"),
    N_("{name}: high pH"),
    N_("{name}: low pH"),
    N_("{name}: low flow"),
    N_("{name}: high temperature"),
    N_("{name}: low temperature"),
    N_("{name}: abnormal"),
    N_("{name}: low level"),
    N_("{name}: overload"),
    N_("disagree {name}"),
    N_("twin heater in {name}"),
    N_("twin welded in {name}"),
    N_("twin vent in {name}"),
    N_("twin door in {name}"),
    N_("irrigation {name}"),
    N_("stale: {reason}"),
    N_("bad: {reason}"),
    N_("{value} is outside {low} .. {high}"),
    N_("{value} is too sudden a change"),
    N_("{actuator} would be {position} by {cause}; it is {here} by {other}"),
    N_("{name}: no difference any more"),
    N_("begun by {who}"),
    N_("goes on; begun by {who}"),
    N_("ended by {who}; differences: {n}"),
    N_("put into force by {who}; differences: {n}"),
    N_("ended: {reason}"),
    N_("it failed ({reason})"),
    N_("the controller was started without --shadow"),
    N_("--shadow is not used: the shadow of {who} goes on"),
    N_("the shadow of {who} runs already: end it first"),
    N_("the shadow cannot be kept: {reason}"),
    N_("these rules cannot be run: {reason}"),
    N_("no shadow runs"),
    N_("instead of {position} % by {rule}"),
    N_("on the way to {position} %"),
    N_("safe position: {rule} cannot know"),
    N_("{rule} (cannot know)"),
    N_("override to {position} % by {who} for {time}"),
    N_("override to {value} by {who} for {time}"),
    N_("override by {who} has ended"),
    N_("override by {who} refused: it is no number"),
    N_("released by {who}"),
    N_("set to {value} by {rule} ({values})"),
    N_("set to {value} by {rule}"),
    N_("round started ({values})"),
    N_("gave only {given} of {wanted}: the window has closed"),
    N_("gave only {given} of {wanted}"),
    N_("gave {given}: the window has closed"),
    N_("gave {given}: no valve or pump was free"),
    N_("gave {given}"),
    N_("the clock was set by {n} s"),
    N_("begins anew: what was kept of it does not fit"),
    N_("no good value of {point}: {reason}"),
    N_("{first} and {second} disagree"),
    N_("the old files stay in force: {reason}"),
    N_("{text} (seen by {who})"),
    N_("{file} was replaced by {who}"),
    N_("{who} logged in"),
    N_("backup made by {who}"),
    N_("{who} is just having a backup made; wait until it is done"),
    N_("there is not enough room on the disk for a backup: {needed} MB are needed, {free} MB are free"),
    N_("the disk is full: the backup could not be made"),
    N_("the backup could not be made: {reason}"),
    N_("scan of {target} begun by {who}"),
    N_("{who} is just scanning {target}; wait until that is done"),
    N_("{port} cannot be scanned: {reason}"),
    N_("the bus {name} uses it"),
    N_("{names} has it open"),
    N_("there is no serial port {name}"),
    N_("it took longer than {n} s"),
    N_("{name} is back"),
    N_("{name} is no part any more"),
    N_("{name}: does not answer"),
    N_("{name} since last start"),
    N_("{actuator} cannot be reached"),
    N_("{actuator} no connection"),
    N_("{actuator} does not follow"),
    N_("does not move: ordered {ordered} %, measured {measured} %"),
    N_("{actuator} does not move: ordered {ordered} %, measured {measured} %"),
    N_("{actuator} refuses"),
    N_("{actuator} is held by hand at the device"),
    N_("{actuator}: longest time on reached"),
    N_("{actuator}: its time of the day is used up"),
    N_("an override lasts from {low} to {high}"),
    N_("the value is a number from 0 to 100 (%)"),
    N_("the value is a number from {low} to {high}"),
    N_("there is no actuator {name}"),
    N_("there is no alarm {name}"),
    N_("there is no such version"),
    N_("rules.yaml cannot be read: {reason}"),
    N_("rules.yaml cannot be written: {reason}"),
    N_("the file is written, but the controller has not taken it over yet; see the alarms"),
    N_("these rules could not be checked: {reason}"),
    N_("this controller keeps no history"),
    N_("the history cannot be read now"),
    N_("{hours} h {minutes} min"),
    N_("{n} h"),
    N_("{minutes} min {n} s"),
    N_("{n} min"),
    N_("{n} s"),
)

_KNOWN = frozenset(WORDS)
_NUMBER, _NUMBERS = r"-?\d[\d.]*", frozenset({"n", "hours", "minutes"})


class Forms:
    """Sentences with {holes}. Of several that fit a text, the one with the least in its holes is meant."""

    def __init__(self, forms: Sequence[str]) -> None:
        self._forms = forms

    @cached_property
    def _patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        # where all is said in English they are never needed
        return [(form, _pattern(form)) for form in sorted(self._forms, key=_said_outright, reverse=True)]

    def fitting(self, text: str) -> tuple[str, dict[str, str]] | None:
        """The form of this text, and what stands in its holes."""
        for form, pattern in self._patterns:
            match = pattern.fullmatch(text)
            if match is not None:
                return form, match.groupdict()
        return None


def _said_outright(form: str) -> int:
    return len(re.sub(r"\{\w+\}", "", form))


def _pattern(form: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", form)
    holes = (f"(?P<{p}>{_NUMBER if p in _NUMBERS else '.+?'})" if i % 2 else re.escape(p) for i, p in enumerate(parts))
    return re.compile("".join(holes), re.DOTALL)


_FORMS = Forms(FORMS)


def told(text: str, say: Speech) -> str:
    """The text in the language of `say`; as it is where no form fits."""
    return text if say.language == "en" else _told(text, say.language, 3)


@lru_cache(maxsize=1024)
def _told(text: str, language: str, depth: int) -> str:
    say = speech(language)
    if text in _KNOWN:
        return say(text)
    found = _FORMS.fitting(text) if depth else None
    if found is None:
        return text
    form, holes = found
    return say(form, **{name: _told(value, language, depth - 1) for name, value in holes.items()})
