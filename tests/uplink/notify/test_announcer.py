"""Who is told what of an alarm, and when again."""

from __future__ import annotations

from controller.model.events import Alarmed, AlarmState
from controller.model.time import Instant
from controller.uplink.notify import Announcer

ADDRESSES = {"critical": ("sms://",), "high": ("mail://", "ntfy://")}


def event(state: AlarmState, priority: str = "high", alarm: str = "Dry slab") -> Alarmed:
    return Alarmed(alarm, state, priority, "slab_a.water_content < 35 %", Instant(0, 0))


def announcer() -> Announcer:
    return Announcer("Gimje house 1", ADDRESSES)


def test_an_alarm_is_told_to_the_addresses_of_its_priority_and_so_is_its_end() -> None:
    one = announcer()
    (raised,) = one.take(event(AlarmState.RAISED), 0.0)
    assert (raised.to, raised.title) == (("mail://", "ntfy://"), "Gimje house 1: Dry slab")
    assert raised.body == "high: slab_a.water_content < 35 %"
    (over,) = one.take(event(AlarmState.CLEARED), 60.0)
    assert over.title == "Gimje house 1: Dry slab is over"
    assert one.next_due() is None


def test_an_alarm_that_nobody_acknowledges_is_told_again_and_at_last_to_others() -> None:
    one = announcer()
    one.take(event(AlarmState.RAISED), 0.0)
    told = []
    while (due := one.next_due()) is not None and len(told) < 4:
        assert one.due(due - 1) == []
        told += one.due(due)
    assert [message.title.split(": ")[1] for message in told[:2]] == [
        "Dry slab (still, told 2 times)",
        "Dry slab (still, told 3 times)",
    ]
    assert "sms://" not in told[1].to
    assert told[2].to == ("mail://", "ntfy://", "sms://")


def test_an_acknowledged_alarm_is_not_told_again() -> None:
    one = announcer()
    one.take(event(AlarmState.RAISED), 0.0)
    one.take(event(AlarmState.ACKNOWLEDGED), 10.0)
    assert one.next_due() is None
    assert one.due(1e9) == []


def test_low_alarms_and_priorities_without_addresses_disturb_nobody() -> None:
    one = announcer()
    assert one.take(event(AlarmState.RAISED, "low"), 0.0) == []
    assert one.next_due() is None


def test_an_alarm_from_before_a_restart_is_only_reminded_of() -> None:
    one = announcer()
    one.stands("Frost", "critical", "cold", 100.0)
    assert one.due(100.0) == []
    (reminder,) = one.due(100.0 + 15 * 60)
    assert reminder.to == ("sms://",)
