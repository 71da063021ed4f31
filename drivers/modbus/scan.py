"""What answers on a line: tries addresses and line settings, and never writes to a device.

A device that answers anything, a refusal too, is there. Korean nodes are known by their information block; others by
the identification of their profile, and by whether what they then measure can be true. Cheap probes give nothing away
but their registers, so several profiles may fit: the one that explains most of them is taken, the others are named.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from enum import Enum

from controller.model.points import Quality, Reading
from controller.model.ports import BusSettings, FieldInput, PointSettings, Source
from controller.model.time import Instant
from drivers.scanning import Progress, followed

from . import profile
from .device import ProfileDevice
from .ksx3267 import codes as korean
from .ksx3267.device import KsNode
from .ksx3267.node import CODES_FROM, INFO, OFFSETS, NodeInfo, NodeOptions, layout, node_info, told_besides
from .link import Link, NoAnswer
from .messages import BIT_READS, READ_HOLDING, READ_INPUT, WORD_READS, Answer, FieldDevice, Job, Pause, Request
from .options import SerialOptions, TcpOptions, bus_options
from .pdu import Refused
from .profile import Identification, Profile, Register

USUAL = ((9600, "N"), (4800, "N"), (19200, "E"), (19200, "N"), (38400, "N"), (115200, "N"))
"""Line settings that devices leave the factory with, as baud rate and parity. A second stop bit is only a longer pause
to a receiver, so devices that send two are heard with one."""

ANY_ADDRESS = 254  # Senseair's sensors answer to it, whatever their own

# one that is not understood is refused by most devices, and that is an answer too; of those that say nothing to it, the
# humble ones have their first holding register at 0, and their first input register at 1 or before
_PROBES = (Request(READ_HOLDING, 0), Request(READ_INPUT, 1))
_TYPES = {1: "sensor node", 2: "actuator node", 3: "integrated node", 4: "gateway"}
_PROFILES = {10: "ks-x-3267", 20: "ks-x-3288", 30: "ks-b-7958", 31: "ks-b-7958"}


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """`settings` are tried in turn until devices are found with one, or all where `thorough`. `patience` is how long a
    device may take to begin its answer (s), `gateway_patience` how long a gateway may: it waits itself for the device,
    and who does not wait for it has all later answers come later and later.
    """

    addresses: Sequence[int] = (*range(1, 248), ANY_ADDRESS)
    settings: Sequence[tuple[int, str]] = USUAL
    patience: float = 0.15
    thorough: bool = False
    gateway_patience: float = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """A device: where it is, what it is taken for, and what it offers.

    `link` is None on a network. `profile` is "" where nobody knows it. `also` are other profiles that fit. `values` are
    what its sources read at the moment, in the unit of the source; `outputs` are what can be commanded.
    """

    address: int
    link: SerialOptions | None
    profile: str = ""
    title: str = "unknown device"
    also: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


async def search(
    port: str, options: ScanOptions = ScanOptions(), progress: Callable[[Progress[Finding]], None] = lambda _: None
) -> tuple[Finding, ...]:
    """Everything that answers at this port, a device file or tcp://host:port. Raises LinkLost and ConfigError."""
    return await followed(scan(port, options), progress)


async def scan(port: str, options: ScanOptions = ScanOptions()) -> AsyncIterator[Progress[Finding]]:
    """Progress before each address, and at the end. Raises LinkLost and ConfigError."""
    links = _links(port, options)
    total, done = len(links) * len(options.addresses), 0
    found: tuple[Finding, ...] = ()
    for link_options in links:
        answers, serial, garbled = False, _serial(link_options), list[int]()
        async with _open(link_options) as link:
            gateway = isinstance(link_options, TcpOptions) and not link_options.rtu
            asking = _Asking(link, options.gateway_patience if gateway else options.patience)
            for address in options.addresses:
                yield Progress(done, total, f"{_said(link_options)}, address {address}", found)
                done += 1
                presence = await asking.presence(address)
                if presence is _Presence.ANSWERS:
                    answers = True
                    found = (*found, await _identify(asking, address, link_options))
                elif presence is _Presence.GARBLED:
                    garbled.append(address)
                for late in asking.late():
                    answers = True
                    others = tuple(finding for finding in found if (finding.address, finding.link) != (late, serial))
                    found = (*others, await _late(asking, late, link_options))
            found = (*_each_once(found), *_not_understood(garbled, serial))
        if answers and not options.thorough:
            break
    yield Progress(total, total, "done", found)


def _links(port: str, options: ScanOptions) -> list[SerialOptions | TcpOptions]:
    if "://" in port:
        return [bus_options(BusSettings("scan", {"url": port}, ())).link]
    return [SerialOptions(port, baudrate, parity) for baudrate, parity in options.settings]


def _open(options: SerialOptions | TcpOptions) -> AbstractAsyncContextManager[Link]:
    from .factory import opener

    return opener(options)(lambda: None)


def _said(options: SerialOptions | TcpOptions) -> str:
    if isinstance(options, TcpOptions):
        return f"{options.host}:{options.port}"
    return f"{options.baudrate} baud 8{options.parity}{options.stop_bits}"


def _serial(options: SerialOptions | TcpOptions) -> SerialOptions | None:
    return options if isinstance(options, SerialOptions) else None


_LATE = 1.0  # s that are left to a device of which it is known that it takes its time
_UNKNOWN = "it answers, but like no device we know: ten lines of your own describe it, see drivers/modbus/README.md"
_LINE = 32  # devices: as many as a line carries without a repeater
_ANYWHERE = "it answers at {} more addresses as well: it does not look at the address"
_SOME = 5  # addresses: who answers garbage to more of them has not been asked
_BABBLE = (
    "here and at {} more addresses comes what cannot be understood: something speaks without being asked, or "
    "the wiring has a fault"
)
_GARBLED = "something answers that cannot be understood: two devices with one address, or other line settings"


def _each_once(found: Sequence[Finding]) -> Sequence[Finding]:
    """What is found at more addresses than a line can have devices is one that does not look at the address."""
    alike = Counter((finding.link, finding.profile, finding.title) for finding in found)
    kept: dict[tuple[object, ...], Finding] = {}
    for finding in found:
        key = finding.link, finding.profile, finding.title
        if (number := alike[key]) <= _LINE:
            kept[*key, finding.address] = finding
        elif key not in kept:
            kept[key] = replace(finding, note=_ANYWHERE.format(number - 1))
    return tuple(kept.values())


def _not_understood(addresses: Sequence[int], link: SerialOptions | None) -> Sequence[Finding]:
    """What is said of addresses where something came that made no sense."""
    if len(addresses) <= _SOME:
        return [Finding(address, link, note=_GARBLED) for address in addresses]
    return [Finding(addresses[0], link, note=_BABBLE.format(len(addresses) - 1))]


class _Presence(Enum):
    SILENT = 0
    GARBLED = 1
    ANSWERS = 2


class _Asking:
    """Reads of one line. What has been asked once is not asked again."""

    def __init__(self, link: Link, patience: float) -> None:
        self._link = link
        self._patience = patience
        self._known: dict[tuple[int, Request], Answer | None] = {}
        self._garbled: set[int] = set()
        self._late: dict[int, bool] = {}  # devices that answered when it was another's turn: whether they are told of

    def late(self) -> list[int]:
        """Addresses of devices that answered too late, each once."""
        news = [address for address, told in self._late.items() if not told]
        self._late |= dict.fromkeys(news, True)
        return news

    async def be_patient(self, address: int) -> None:
        """Ask a device anew, and wait longer; first let what it still has to say pass by."""
        await asyncio.sleep(_LATE)
        self._known = {key: answer for key, answer in self._known.items() if key[0] != address}

    async def presence(self, address: int) -> _Presence:
        for probe in _PROBES:
            if await self.read(address, probe) is not None:
                return _Presence.ANSWERS
        return _Presence.GARBLED if address in self._garbled else _Presence.SILENT

    async def read(self, address: int, request: Request) -> Answer | None:
        """The answer, or None. Never anything but a read."""
        if request.function not in BIT_READS | WORD_READS:
            raise AssertionError(f"a scan must not write: {request}")
        key = (address, request)
        if key not in self._known:
            self._known[key] = await self._ask(address, request)
        return self._known[key]

    async def words(self, address: int, request: Request) -> tuple[int, ...] | None:
        """What was read, or None where the device refused or said nothing."""
        answer = await self.read(address, request)
        return None if answer is None or answer.refusal is not None else answer.words

    async def poll(self, address: int, device: FieldDevice) -> Sequence[FieldInput] | None:
        """What a poll of the device says; None where it did not answer everything."""
        job: Job = device.poll()
        answer: Answer | None = None
        while True:
            try:
                step = job.send(answer)
            except StopIteration as done:
                found: Sequence[FieldInput] = done.value
                return found
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                answer = None
            elif (answer := await self.read(address, step)) is None:
                job.close()
                return None

    async def _ask(self, address: int, request: Request) -> Answer | None:
        await self._link.quiet()
        try:
            words = await self._link.ask(address, request, _LATE if address in self._late else self._patience)
        except Refused as refused:
            return Answer(_now(), refusal=refused.code)
        except NoAnswer as failure:
            if failure.other in {address, *(asked for asked, _ in self._known)}:
                self._late.setdefault(failure.other, False)
            elif failure.garbled:
                self._garbled.add(address)
            return None
        return Answer(_now(), words)


def _now() -> Instant:
    return Instant(time.monotonic_ns(), time.time_ns())


async def _identify(asking: _Asking, address: int, options: SerialOptions | TcpOptions) -> Finding:
    link = _serial(options)
    node = None
    for offset in OFFSETS:
        words = await asking.words(address, Request(READ_HOLDING, INFO[0] + offset, INFO[1]))
        if words is not None and (info := node_info(words)).plausible:
            node = info, offset
            if not info.may_be_one_off:
                break
    if node is not None:
        return await _node(asking, address, link, *node)
    fits: list[tuple[tuple[int, int, bool], Finding]] = []
    for name in profile.names():
        known = profile.load(name)
        if known.identification is not None and await _answers(asking, address, known.identification):
            finding = await _measured(asking, address, link, name, known)
            if finding is not None:
                fits.append((_fit(known, finding, link), finding))
    if not fits:
        return Finding(address, link, note=_UNKNOWN)
    fits.sort(key=lambda entry: entry[0], reverse=True)
    (best, chosen), others = fits[0], fits[1:]
    # a device that tells its own address is told by that; the others only did not contradict
    also = tuple(other.profile for rank, other in others if rank[0] == best[0])
    return replace(chosen, also=also)


async def _late(asking: _Asking, address: int, options: SerialOptions | TcpOptions) -> Finding:
    """A device that answers when its time is over."""
    await asking.be_patient(address)
    if await asking.presence(address) is not _Presence.ANSWERS:
        return Finding(address, _serial(options), note="it answers late, and not always")
    finding = await _identify(asking, address, options)
    return replace(finding, options={**finding.options, "timeout": f"{_LATE:g} s"}) if finding.profile else finding


async def _answers(asking: _Asking, address: int, by: Identification) -> bool:
    words = await asking.words(address, Request(by.function, by.address, by.count))
    if words is None or by.value is None:
        return words is not None
    return words[0] == (address if by.value == "address" else by.value)


async def _measured(
    asking: _Asking, address: int, link: SerialOptions | None, name: str, known: Profile
) -> Finding | None:
    """The device as this profile sees it; None where what it then measures cannot be."""
    points = [PointSettings(source, source) for source in known.sources]
    found = await asking.poll(address, ProfileDevice(points, known))
    if found is None:
        return None
    values = {}
    for entry in found:
        if isinstance(entry, Reading):
            if entry.quality is not Quality.GOOD:
                return None
            values[entry.point] = entry.value
    reported = {entry.output for entry in found if not isinstance(entry, Reading)}
    outputs = {source for source, entry in known.sources.items() if not isinstance(entry, Register)}
    if not outputs <= reported:
        return None
    sources = {name: profile.source(entry) for name, entry in known.sources.items()}
    return Finding(address, link, name, known.title, sources=sources, values=values)


def _fit(known: Profile, finding: Finding, link: SerialOptions | None) -> tuple[int, int, bool]:
    """How well a profile fits, to be compared: what is sure, then how much it explains, then the line's settings."""
    assert known.identification is not None
    sure = int(known.identification.value is not None)
    explained = sum(not isinstance(entry, Register) or entry.range is not None for entry in known.sources.values())
    parity = "N" if link is None else link.parity
    same = link is None or (known.serial.baudrate, known.serial.parity[0].upper()) == (link.baudrate, parity)
    return sure, explained, same


async def _node(asking: _Asking, address: int, link: SerialOptions | None, info: NodeInfo, offset: int) -> Finding:
    title = f"Korean standard {_TYPES[info.type]}, serial number {info.serial}"
    options = {"address_offset": str(offset)} if offset else {}
    name = _PROFILES[info.protocol]
    description = info.default()
    words = await asking.words(address, Request(READ_HOLDING, CODES_FROM + offset, info.channels))
    if description is None or words is None:
        note = info.unknown if description is None else "it does not tell its device codes"
        return Finding(address, link, name, title, (), options, note=note)
    blocks = layout(info, words, description)
    names = [korean.name_of(wanted) for wanted in (*blocks, *told_besides(description.node, blocks))]
    sources = {source: korean.source(source) for source in names}
    points = [PointSettings(source, source) for source in names]
    found = await asking.poll(address, KsNode(points, NodeOptions(offset))) or ()
    values = {
        entry.point: entry.value for entry in found if isinstance(entry, Reading) and entry.quality is Quality.GOOD
    }
    return Finding(address, link, name, title, (), options, sources, values)
