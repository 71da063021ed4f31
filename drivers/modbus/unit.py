"""A device on the line with its work in hand. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.model.commands import Command
from controller.model.ports import DeviceHealth

from .messages import FieldDevice, Job, Request
from .options import DeviceOptions


@dataclass(slots=True)
class Running:
    """A job in progress. `request` is what it waits for; None before its first, and in a pause until `ready_at`."""

    job: Job
    command: Command | None = None
    request: Request | None = None
    attempts: int = 0
    ready_at: float = 0.0  # real time, s


@dataclass(slots=True)
class Unit:
    """A device with its work: commands that wait, by output and in the order of their coming; those that have begun, of
    which each output has one; and up to one poll. `timeout` and `settle` in s of real time.
    """

    name: str
    options: DeviceOptions
    device: FieldDevice
    timeout: float
    settle: float
    health: DeviceHealth = field(init=False)
    queue: dict[str, tuple[int, Command]] = field(default_factory=dict)
    orders: dict[str, Running] = field(default_factory=dict)
    polling: Running | None = None

    def __post_init__(self) -> None:
        self.health = DeviceHealth(self.name)

    @property
    def fresh(self) -> int | None:
        """The number of the oldest command that has not begun."""
        return next((number for number, _ in self.queue.values()), None)

    @property
    def confirm_at(self) -> float | None:
        """When the next of the commands that have begun wants the line (real time, s)."""
        return min((running.ready_at for running in self.orders.values()), default=None)

    def take(self, number: int, command: Command) -> None:
        """Queue a command in the place of an older one for its output, and end what is still done for that one."""
        begun = self.orders.pop(command.output, None)
        if begun is not None:
            begun.job.close()
        number, _ = self.queue.get(command.output, (number, command))
        self.queue[command.output] = (number, command)

    def begin(self) -> Running:
        """The oldest command that waits, as a job."""
        _, command = self.queue.pop(next(iter(self.queue)))
        running = self.orders[command.output] = Running(self.device.command(command), command)
        return running

    def next_order(self) -> Running:
        """Of the commands that have begun, the one whose turn it is."""
        return min(self.orders.values(), key=lambda running: running.ready_at)

    def has(self, running: Running) -> bool:
        """Whether the job has neither ended nor been replaced."""
        if running.command is None:
            return self.polling is running
        return self.orders.get(running.command.output) is running

    def close_poll(self) -> None:
        if self.polling is not None:
            self.polling.job.close()
            self.polling = None

    def drop(self) -> dict[str, Command]:
        """End all work; the commands that were not carried out, by output."""
        unserved = {output: command for output, (_, command) in self.queue.items()}
        for output, running in self.orders.items():
            running.job.close()
            if running.command is not None:
                unserved.setdefault(output, running.command)
        self.close_poll()
        self.queue.clear()
        self.orders.clear()
        return unserved
