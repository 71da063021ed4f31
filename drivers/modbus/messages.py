"""What a device says to the line that carries it: requests, answers and the jobs that are made of them.

A job is a generator. It yields a `Request` and is resumed with its `Answer`, or yields a `Pause` and is resumed with
`None` when it is over; what it returns goes to the controller. A job knows nothing of ports, time-outs or retries: the
line repeats a request that got no answer, byte for byte, and closes the job when it gives up.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from controller.model.commands import Command
from controller.model.ports import FieldInput
from controller.model.time import Instant

READ_COILS, READ_CONTACTS, READ_HOLDING, READ_INPUT = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16

BIT_READS = frozenset((READ_COILS, READ_CONTACTS))
WORD_READS = frozenset((READ_HOLDING, READ_INPUT))


@dataclass(frozen=True, slots=True)
class Request:
    """One Modbus request without its unit address. `address` is the one on the wire, counted from 0.

    Reads use `count`; writes use `values`: words for registers, 0 or 1 for `WRITE_COILS`, and for `WRITE_COIL` the
    word itself (0xFF00 on, 0x0000 off, others where a device gives them a meaning).
    """

    function: int
    address: int
    count: int = 1
    values: tuple[int, ...] = ()


class Answer(NamedTuple):
    """What a device answered: registers, or bits as 0 and 1; or the exception code with which it refused."""

    at: Instant
    words: tuple[int, ...] = ()
    refusal: int | None = None


class Pause(NamedTuple):
    """Leave the line to others for `seconds` of real time."""

    seconds: float


Job = Generator[Request | Pause, Answer | None, Sequence[FieldInput]]

ILLEGAL_ADDRESS = 2
_REFUSALS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "still working on it",
    6: "device busy",
    8: "memory parity error",
}


def refusal_text(code: int) -> str:
    """A Modbus exception code in words."""
    return f"refused: {_REFUSALS.get(code, 'exception')} ({code})"


class FieldDevice(Protocol):
    """One device on the line, as the line sees it."""

    @property
    def points(self) -> Sequence[str]:
        """The points that are read."""

    @property
    def outputs(self) -> Sequence[str]:
        """The points that are commanded."""

    @property
    def note(self) -> str:
        """What there is to say of the device by its own account, for people; "" where nothing is."""

    @property
    def complaint(self) -> str:
        """What of this is a fault, for which somebody should go and look."""

    def poll(self) -> Job:
        """Read everything the points need."""

    def command(self, command: Command) -> Job:
        """Carry out a command and read back what became of it."""

    def skips(self, command: Command) -> bool:
        """Whether the command can be dropped: a renewal, and the device has no timer to renew."""

    def farewell(self) -> Job | None:
        """What is to be said to the device when nobody will look after it any more."""

    def forget(self) -> None:
        """The device was gone: assume nothing of what was known of it."""
