"""Events that are told in words, as the journal keeps them."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from controller.model.commands import Cause, Level
from controller.model.events import Alarmed, Commanded, Decided, Event, Noted
from controller.model.time import Instant

DECISION = "decision"
COMMAND = "command"
ALARM = "alarm"
NOTE = "note"


class Entry(NamedTuple):
    """One line of the journal. `subject` is an actuator, an alarm or what a note is about; `body` is JSON."""

    at_ns: int
    kind: str
    subject: str
    body: str

    def data(self) -> dict[str, Any]:
        """The body as plain data."""
        data: dict[str, Any] = orjson.loads(self.body)
        return data


def told(event: Event) -> tuple[Instant, Entry] | None:
    """The entry of an event with its instant; None for numeric samples and for the renewals of a lease.

    A renewal repeats a command that is in the journal already, every few seconds for as long as it holds.
    """
    match event:
        case Decided(actuator, target, cause, at):
            return at, _entry(at, DECISION, actuator, {"target": target, "cause": cause_data(cause)})
        case Commanded(actuator, command) if not command.renews:
            body = {
                "output": command.output,
                "verb": str(command.verb),
                "id": command.id,
                "seconds": command.seconds,
                "cause": cause_data(command.cause),
            }
            return command.at, _entry(command.at, COMMAND, actuator, body)
        case Alarmed(alarm, state, priority, text, at):
            return at, _entry(at, ALARM, alarm, {"state": str(state), "priority": priority, "text": text})
        case Noted(subject, text, at):
            return at, _entry(at, NOTE, subject, {"text": text})
    return None


def cause_data(cause: Cause) -> dict[str, Any]:
    """A cause as plain data, and `cause_of` back."""
    return {"level": str(cause.level), "rule": cause.rule, "values": cause.values, "chain": cause.chain}


def cause_of(data: dict[str, Any]) -> Cause:
    """The cause that `cause_data` was made from."""
    values = tuple((name, value) for name, value in data["values"])
    return Cause(Level(data["level"]), data["rule"], values, tuple(data["chain"]))


def _entry(at: Instant, kind: str, subject: str, body: dict[str, Any]) -> Entry:
    # a text with half a character in it (a lone surrogate) must not cost the event
    try:
        text = orjson.dumps(body).decode()
    except TypeError:
        text = orjson.dumps(_mended(body)).decode()
    return Entry(at.wall_ns, kind, _mended(subject), text)


def _mended(value: Any) -> Any:
    """The same data with characters that no encoding has replaced by "?"."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _mended(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(item) for item in value]
    return value
