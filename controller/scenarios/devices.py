"""Ideal devices: they do what they are told at once, and end their runs and leases to the second. Pure."""

from __future__ import annotations

from controller.model.commands import Command, Followed, Report, Verb
from controller.model.time import Instant

_RUNNING = (Verb.ON, Verb.OPEN, Verb.CLOSE)


class IdealDevices:
    """Every output of a site."""

    def __init__(self) -> None:
        self._ends: dict[str, Instant] = {}

    def obey(self, command: Command, now: Instant) -> Report:
        """Carry out a command; what the device says of it."""
        if command.verb is Verb.SET:
            return Report(command.output, Followed.RESTING, now, command.verb, command.id, value=command.value)
        running = command.verb in _RUNNING
        self._ends.pop(command.output, None)
        if running and command.seconds is not None:
            self._ends[command.output] = now.after(command.seconds)
        followed = Followed.RUNNING if running else Followed.RESTING
        return Report(command.output, followed, now, command.verb if running else None, command.id)

    def run_out(self, now: Instant) -> list[Report]:
        """What devices whose time is over by now say."""
        over = [output for output, end in self._ends.items() if end <= now]
        for output in over:
            del self._ends[output]
        return [Report(output, Followed.RESTING, now) for output in over]

    def next_end(self) -> Instant | None:
        """When the first of them ends its run."""
        return min(self._ends.values(), default=None)
