"""The life of a shadow: begun, kept, gone on with, ended, and let go when something is wrong with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from controller.app import beside as beside_module
from controller.app.beside import Beside
from controller.app.control import Refused
from controller.app.engine import Engine
from controller.app.records import MOST_TEXT
from controller.app.shadow_file import FILE
from controller.config import load_texts
from controller.core.core import Core
from controller.model.events import Alarmed, Noted
from controller.model.time import NS, Instant

from .house import Memory, Relay, temperature
from .wait import until

SITE = """\
onsil: 1
site: {name: House, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul}
buses: {line: {driver: modbus, port: /dev/nowhere}}
devices:
  box: {bus: line, address: 1, profile: xy-md02, points: {air.temperature: temperature}}
  relays: {bus: line, address: 2, profile: waveshare-relay-8, points: {heater.relay: channel/1}}
actuators:
  heater: {kind: switch, output: heater.relay, safe: off}
"""
RULES = """\
onsil: 1
rules: [{name: Heat, when: air.temperature < 18 °C, until: air.temperature > 19 °C, do: {heater: on}}]
alarms: [{name: Frost, when: air.temperature < 5 °C, priority: critical}]
"""
COOLER = RULES.replace("18 °C", "16 °C")
WRONG = RULES.replace("air.temperature < 18", "air.temprature < 18")


@dataclass(slots=True)
class HandClock:
    """A clock that a test moves on; who sleeps by it moves it as well."""

    at: Instant = field(default_factory=lambda: Instant(0, 1_780_000_000 * NS))

    def now(self) -> Instant:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at = self.at.after(seconds)
        await asyncio.sleep(0)

    def real_seconds(self, seconds: float) -> float:
        return seconds


@dataclass(slots=True)
class House:
    """An engine with one heater, and what may run beside it. `again` is another process over the same directory."""

    state: Path
    site: str = SITE
    clock: HandClock = field(default_factory=HandClock)
    relay: Relay = field(default_factory=Relay)
    journal: Memory = field(default_factory=Memory)
    engine: Engine = field(init=False)
    beside: Beside = field(init=False)

    def __post_init__(self) -> None:
        self.again()

    def again(self) -> None:
        self.engine = Engine(Core(load_texts(self.site, RULES).plan), self.clock, self.relay.output, self.journal)
        self.engine.adopt(self.engine.core)
        self.beside = Beside(self.engine, lambda: self.site, self.clock, self._note, self.state)

    def _note(self, subject: str, text: str) -> None:
        self.journal.append((Noted(subject, text, self.clock.now()),))

    async def reads(self, value: float, times: int = 12) -> None:
        """The thermometer shows this, every five seconds."""
        for _ in range(times):
            self.clock.at = self.clock.at.after(5)
            steps = self.engine.counters.steps
            self.engine.emit((temperature(value, self.clock),))
            await until(lambda steps=steps: self.engine.counters.steps > steps)  # type: ignore[misc]

    def notes(self) -> list[str]:
        return [e.text for e in self.journal.events if isinstance(e, Noted) and e.subject == "shadow"]

    def told(self) -> dict[str, Any]:
        return self.beside.tell()


@pytest.fixture
async def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_a_shadow_is_begun_finds_something_and_is_ended(house: House) -> None:
    assert house.told() == {"running": False}
    assert house.beside.summary() is None
    await house.beside.begin(COOLER, "Kim")
    await house.reads(17.0)
    told, summary = house.told(), house.beside.summary()
    assert summary is not None
    assert (told["by"], told["since"], told["count"], told["rules"]) == ("Kim", "2026-05-29T05:26:40+09:00", 1, COOLER)
    (now,), (found,) = told["now"], told["found"]
    assert (now["name"], now["differs"], now["here"]["text"], now["there"]["text"]) == ("heater", True, "100 %", "0 %")
    assert (found["here"]["cause"]["rule"], found["there"]["cause"]["level"], found["until"]) == ("Heat", "idle", None)
    assert summary["differences"] == [house.notes()[1]]
    await house.beside.end("Lee")
    assert house.told() == {"running": False}
    assert [house.notes()[0], *house.notes()[2:]] == ["begun by Kim", "ended by Lee; differences: 1"]
    assert list(house.state.iterdir()) == []


async def test_a_shadow_sends_nothing_and_alarms_nobody(house: House) -> None:
    await house.beside.begin(RULES.replace("< 18", "< 30").replace("> 19", "> 31").replace("< 5", "< 40"), "Kim")
    await house.reads(25.0)
    assert house.told()["now"][0]["there"]["text"] == "100 %"
    assert "on" not in house.relay.verbs()
    assert not [event for event in house.journal.events if isinstance(event, Alarmed)]
    assert house.engine.counters.alarms == 0


async def test_its_time_goes_by_where_the_rules_in_force_have_nothing_to_do(house: House) -> None:
    later = "onsil: 1\nrules: [{name: Morning, when: time is 05:30 .. 24:00, do: {heater: on}}]\n"
    await house.beside.begin(later, "Kim")  # it is 05:26
    pulse = asyncio.create_task(house.beside.pulse())
    await until(lambda: house.told()["count"] == 1)
    pulse.cancel()
    assert house.told()["found"][0]["since"] >= "2026-05-29T05:30"


async def test_there_is_one_at_a_time(house: House) -> None:
    await house.beside.begin(COOLER, "Kim")
    with pytest.raises(Refused, match="the shadow of Kim runs already"):
        await house.beside.begin(RULES, "Lee")
    both = await asyncio.gather(house.beside.end("Kim"), house.beside.end("Lee"), return_exceptions=True)
    assert [str(each) for each in both if each] == ["no shadow runs"]
    both = await asyncio.gather(*(house.beside.begin(RULES, by) for by in ("Kim", "Lee")), return_exceptions=True)
    assert [str(each) for each in both if each] == ["the shadow of Kim runs already: end it first"]


async def test_rules_that_are_wrong_are_refused_with_their_place(house: House) -> None:
    with pytest.raises(Refused, match=r"trial.yaml:2:\d+: .*did you mean air.temperature"):
        await house.beside.begin(WRONG, "Kim", "trial.yaml")
    with pytest.raises(Refused, match="longer than 256 kB"):
        await house.beside.begin(RULES + "#" * MOST_TEXT, "Kim")
    assert house.notes() == []
    await house.beside.save()
    assert list(house.state.iterdir()) == []


async def test_one_that_cannot_be_kept_is_not_begun(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("controller.app.shadow_file.replace_file", full)
    with pytest.raises(Refused, match="cannot be kept: No space left"):
        await house.beside.begin(COOLER, "Kim")
    assert house.told() == {"running": False}


async def test_it_goes_on_after_a_restart(house: House) -> None:
    await house.beside.begin(COOLER, "Kim")
    await house.reads(17.0)
    await house.beside.save()
    before = house.told()
    house.again()
    await house.beside.start(None)
    after = house.told()
    assert {**after, "now": 0} == {**before, "now": 0}
    assert house.notes()[2:] == ["goes on; begun by Kim"]
    await house.reads(17.0)
    assert house.told()["count"] == 1  # it is still the same difference
    await house.reads(20.0)
    assert house.told()["found"][0]["until"] is not None


async def test_it_goes_on_after_a_power_cut(house: House) -> None:
    await house.beside.begin(COOLER, "Kim")
    house.again()
    await house.beside.start(None)
    assert (house.told()["by"], house.notes()) == ("Kim", ["begun by Kim", "begun by Kim"])


async def test_what_is_found_is_written_down_without_being_asked(house: House) -> None:
    keeping = asyncio.create_task(house.beside.keep())
    await house.beside.begin(COOLER, "Kim")
    await house.reads(17.0)
    keeping.cancel()
    keeping = asyncio.create_task(house.beside.keep())
    await until(lambda: b'"count":1' in (house.state / FILE).read_bytes())
    keeping.cancel()


async def test_one_that_was_ended_does_not_come_back(house: House) -> None:
    await house.beside.begin(COOLER, "Kim")
    await house.beside.end("Kim")
    house.again()
    await house.beside.start(None)
    assert house.told() == {"running": False}


async def test_what_a_person_began_goes_before_the_option(house: House, tmp_path: Path) -> None:
    option = tmp_path / "new.yaml"
    option.write_text(RULES)
    await house.beside.begin(COOLER, "Kim")
    house.again()
    await house.beside.start(option)
    assert (house.told()["by"], house.told()["rules"]) == ("Kim", COOLER)
    assert "--shadow is not used: the shadow of Kim goes on" in house.notes()


async def test_the_shadow_of_the_option_goes_on_while_the_option_says_the_same(house: House, tmp_path: Path) -> None:
    option = tmp_path / "new.yaml"
    option.write_text(COOLER)
    await house.beside.start(option)
    await house.reads(17.0)
    await house.beside.save()
    house.again()
    await house.beside.start(option)
    assert (house.told()["by"], house.told()["count"]) == ("--shadow", 1)
    option.write_text(COOLER.replace("16 °C", "15 °C"))
    house.again()
    await house.beside.start(option)
    assert (house.told()["count"], "15 °C" in house.told()["rules"]) == (0, True)
    house.again()
    await house.beside.start(None)
    assert house.told() == {"running": False}
    assert house.notes()[-1] == "ended: the controller was started without --shadow"


@pytest.mark.parametrize("text", [WRONG, None, "rules: ["])
async def test_an_option_that_is_wrong_costs_a_line_and_nothing_else(
    house: House, tmp_path: Path, text: str | None
) -> None:
    option = tmp_path / "new.yaml"
    if text is not None:
        option.write_text(text)
    await house.beside.start(option)
    assert house.told() == {"running": False}
    (note,) = house.notes()
    assert note.startswith("ended: ")
    assert str(option) in note
    await house.reads(17.0, 1)
    assert house.relay.verbs() == ["on"]


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"begun": {"rules": 5}}', b"\xff"])
async def test_a_damaged_file_costs_a_line_and_nothing_else(house: House, damage: bytes) -> None:
    (house.state / FILE).write_bytes(damage)
    await house.beside.start(None)
    (note,) = house.notes()
    assert note.startswith("ended: shadow.json is damaged")
    await house.beside.save()
    assert list(house.state.iterdir()) == []


async def test_a_file_is_left_alone_by_a_process_that_never_looked_into_it(house: House) -> None:
    """One that has found the port of the page taken, and gives up."""
    await house.beside.begin(COOLER, "Kim")
    house.again()
    await house.beside.save()
    assert (house.state / FILE).exists()


async def test_a_state_that_does_not_fit_gives_way_to_that_of_the_rules_in_force(house: House) -> None:
    await house.beside.begin(COOLER, "Kim")
    await house.beside.save()
    text = (house.state / FILE).read_text()
    (house.state / FILE).write_text(text.replace('\\"version\\":', '\\"was\\":'))
    house.again()
    await house.beside.start(None)
    assert house.told()["by"] == "Kim"


async def test_a_shadow_that_fails_is_let_go_and_control_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.beside.begin(COOLER, "Kim")
    broken = house.beside._running
    assert broken is not None

    def fails(*_: object) -> None:
        raise ZeroDivisionError("in the shadow")

    # only the shadow's core: a mistake of the program, which no rules can be written to make
    monkeypatch.setattr(broken.shadow, "_core", type("Broken", (), {"step": fails})())
    await house.reads(17.0, 2)
    assert house.relay.verbs() == ["on"]
    assert house.told() == {"running": False}
    assert house.notes()[1:] == ["ended: it failed (ZeroDivisionError: in the shadow)"]
    await house.beside.save()
    assert not (house.state / FILE).exists()
    assert house.engine.counters.faults == 0


async def test_it_goes_on_when_the_rules_in_force_change(house: House) -> None:
    await house.beside.begin(COOLER, "Kim")
    await house.reads(17.0)
    house.engine.adopt(Core.restore(load_texts(SITE, COOLER).plan, house.engine.core.snapshot()))
    await house.beside.site_changed()
    await house.reads(20.0)
    await house.reads(17.0)
    told = house.told()
    assert (told["by"], told["count"], told["now"][0]["differs"]) == ("Kim", 1, False)


async def test_it_goes_on_with_another_site_where_its_rules_fit(house: House) -> None:
    await house.beside.begin(COOLER, "Kim")
    await house.reads(17.0)
    house.site = SITE.replace("safe: off", "safe: off, min_on: 1 min")
    await house.beside.site_changed()
    assert (house.told()["by"], house.told()["count"]) == ("Kim", 1)
    house.site = SITE.replace("heater:", "boiler:")
    await house.beside.site_changed()
    assert house.told() == {"running": False}
    assert house.notes()[-1].startswith("ended: shadow:2:")


async def test_nothing_is_looked_at_where_none_runs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.beside.begin(COOLER, "Kim")
    await house.beside.end("Kim")
    monkeypatch.setattr(beside_module, "load_texts", None)
    await house.beside.site_changed()
    assert house.engine._shadow is None


async def test_applying_it_hands_its_rules_over(house: House) -> None:
    written: list[tuple[str, str]] = []
    await house.beside.begin(COOLER, "Kim")
    assert await house.beside.apply("Lee", lambda text, by: written.append((text, by))) == COOLER
    assert written == [(COOLER, "Lee")]
    assert house.notes()[-1] == "put into force by Lee; differences: 0"
    with pytest.raises(Refused, match="no shadow runs"):
        await house.beside.apply("Lee", lambda text, by: written.append((text, by)))


async def test_one_whose_rules_cannot_be_written_goes_on(house: House) -> None:
    def full(*_: object) -> None:
        raise Refused("rules.yaml cannot be written")

    await house.beside.begin(COOLER, "Kim")
    with pytest.raises(Refused, match="cannot be written"):
        await house.beside.apply("Lee", full)
    assert house.told()["running"]
