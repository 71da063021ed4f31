"""Who is told what, and when again. Pure: time comes in as core-independent seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from controller.model.events import Alarmed, AlarmState

REMIND_EVERY = {"critical": 15 * 60.0, "high": 60 * 60.0}
"""Seconds after which an alarm that nobody has acknowledged is told again. Others are told once."""

ESCALATE_AFTER = 3
"""Times an alarm is told to its own addresses before those of the next higher priority are told as well."""

PRIORITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to which addresses (Apprise URLs)."""

    to: tuple[str, ...]
    title: str
    body: str


@dataclass(slots=True)
class _Told:
    priority: str
    text: str
    times: int
    next_at: float | None


class Announcer:
    """Remembers which alarms stand and have been told. `addresses` are those of each priority."""

    def __init__(self, site: str, addresses: Mapping[str, tuple[str, ...]]) -> None:
        self._site = site
        self._addresses = addresses
        self._told: dict[str, _Told] = {}

    def stands(self, alarm: str, priority: str, text: str, now: float) -> None:
        """An alarm that was told before this process began: it is only reminded of."""
        self._told[alarm] = _Told(priority, text, 1, self._next(priority, now))

    def take(self, event: Alarmed, now: float) -> list[Message]:
        """What an alarm's change of state gives to tell, at `now` (s)."""
        told = self._told.get(event.alarm)
        match event.state:
            case AlarmState.RAISED:
                told = self._told[event.alarm] = _Told(event.priority, event.text, 0, None)
                return self._tell(event.alarm, told, now)
            case AlarmState.ACKNOWLEDGED if told is not None:
                told.next_at = None
            case AlarmState.CLEARED if told is not None:
                del self._told[event.alarm]
                return self._message(told, f"{event.alarm} is over", told.text)
        return []

    def due(self, now: float) -> list[Message]:
        """Reminders whose time has come."""
        late = [(alarm, told) for alarm, told in self._told.items() if told.next_at is not None and told.next_at <= now]
        return [message for alarm, told in late for message in self._tell(alarm, told, now)]

    def next_due(self) -> float | None:
        """When `due` has something next."""
        return min((told.next_at for told in self._told.values() if told.next_at is not None), default=None)

    def _tell(self, alarm: str, told: _Told, now: float) -> list[Message]:
        told.times += 1
        told.next_at = self._next(told.priority, now)
        again = f" (still, told {told.times} times)" if told.times > 1 else ""
        return self._message(told, f"{alarm}{again}", told.text)

    def _next(self, priority: str, now: float) -> float | None:
        every = REMIND_EVERY.get(priority)
        return None if every is None else now + every

    def _message(self, told: _Told, title: str, body: str) -> list[Message]:
        to = dict.fromkeys(self._addresses.get(told.priority, ()))
        rank = PRIORITIES.index(told.priority)
        if told.times > ESCALATE_AFTER and rank:
            to |= dict.fromkeys(self._addresses.get(PRIORITIES[rank - 1], ()))
        if not to:
            return []
        return [Message(tuple(to), f"{self._site}: {title}", f"{told.priority}: {body}")]
