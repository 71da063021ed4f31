"""Whatever comes over a wire: nothing ends, nothing grows, and no value is believed that cannot be."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model.commands import Report, Verb
from controller.model.errors import ConfigError
from controller.model.points import Quality, Reading
from controller.model.ports import PointSettings
from controller.model.time import Instant
from drivers.kit import at_work
from drivers.modbus import profile
from drivers.modbus.device import ProfileDevice
from drivers.modbus.ksx3267.codes import SENSORS, wanted
from drivers.modbus.ksx3267.description import parse
from drivers.modbus.ksx3267.device import KsNode
from drivers.modbus.ksx3267.node import NodeOptions
from drivers.modbus.link import LinkLost, NoAnswer
from drivers.modbus.messages import BIT_READS, WORD_READS, Answer, Job, Pause, Request
from drivers.modbus.pdu import Refused, payload, words
from drivers.modbus.rtu import Receiver
from drivers.modbus.tcp import Connection, RtuSpeech, TcpSpeech

from .conftest import Bench, Slave, Start, command, device
from .korean import info
from .wild import POINTS, SENSOR_POINTS, WildLink, wild_line

REQUESTS = st.one_of(
    st.builds(Request, st.sampled_from(sorted(WORD_READS)), st.integers(0, 0xFFFF), st.integers(1, 125)),
    st.builds(Request, st.sampled_from(sorted(BIT_READS)), st.integers(0, 0xFFFF), st.integers(1, 200)),
    st.builds(lambda at, word: Request(6, at, values=(word,)), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    st.builds(lambda at: Request(16, at, values=(1, 2)), st.integers(0, 0xFFFF)),
)


def _crc(data: bytes) -> bytes:
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def _fits(request: Request, answer: tuple[int, ...]) -> bool:
    count = request.count if request.function in WORD_READS | BIT_READS else 0
    return len(answer) == count and all(0 <= word <= 0xFFFF for word in answer)


@st.composite
def _streams(draw: st.DrawFn) -> tuple[int, Request, list[bytes]]:
    """A request, and what comes in: noise, and frames that are nearly right."""
    unit, request = draw(st.integers(1, 247)), draw(REQUESTS)
    chunks = []
    for _ in range(draw(st.integers(1, 6))):
        if draw(st.booleans()):
            chunks.append(draw(st.binary(max_size=40)))
            continue
        function = draw(st.sampled_from((request.function, request.function | 0x80, 3, 4, 0x2B)))
        body = bytes((draw(st.sampled_from((unit, 0, 255))), function)) + draw(st.binary(max_size=30))
        chunks.append(body + (_crc(body) if draw(st.booleans()) else draw(st.binary(max_size=2))))
    return unit, request, chunks


@settings(deadline=None, max_examples=300)
@given(_streams())
def test_serial_frames(stream: tuple[int, Request, list[bytes]]) -> None:
    """An answer is taken only where its CRC is right; anything else is passed over."""
    unit, request, chunks = stream
    receiver, heard = Receiver(unit, request), b""
    for chunk in chunks:
        heard += chunk
        try:
            found = receiver.feed(chunk)
        except Refused as refused:
            head = bytes((unit, request.function | 0x80, refused.code))
            assert head + _crc(head) in heard
            return
        if found is not None:
            assert _fits(request, found)
            starts = [i for i in range(len(heard)) if heard[i] == unit]
            ends = [(i, j) for i in starts for j in range(i + 5, len(heard) + 1)]
            assert any(_crc(heard[i : j - 2]) == heard[j - 2 : j] for i, j in ends)
            return
    assert receiver.other is None or receiver.other in heard


@settings(deadline=None)
@given(REQUESTS, st.binary(max_size=300))
def test_answers(request: Request, answer: bytes) -> None:
    with contextlib.suppress(Refused):
        found = words(request, payload(request), answer)
        assert found is None or _fits(request, found)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from((TcpSpeech, RtuSpeech)), st.lists(st.binary(max_size=300), max_size=8))
def test_network_frames(speech: type[TcpSpeech | RtuSpeech], chunks: list[bytes]) -> None:
    class Transport(asyncio.Transport):
        def write(self, data: object) -> None: ...
        def abort(self) -> None: ...
        def get_extra_info(self, name: str, default: object = None) -> object:
            return default

    async def play() -> None:
        connection = Connection("x:502", speech(), lambda: None)
        connection.connection_made(Transport())
        asking = asyncio.create_task(connection.ask(1, Request(3, 0, 2), 0.002))
        for chunk in chunks:
            await asyncio.sleep(0)
            connection.data_received(chunk)
        with contextlib.suppress(Refused, NoAnswer, LinkLost):
            assert len(await asking) == 2

    asyncio.run(play())


# devices, whose answers have the right length and say anything at all

WORDS = st.one_of(
    st.integers(0, 0xFFFF),
    st.sampled_from((0, 1, 2, 201, 299, 301, 399, 401, 900, 0x7FC0, 0x7F80, 0xFF80, 0x7FFF, 0x8000, 0xFFFF)),
)


def _driven(job: Job, say: Callable[[Request], Answer], most: int = 200) -> Sequence[object]:
    answer: Answer | None = None
    for _ in range(most):
        try:
            step = job.send(answer)
        except StopIteration as done:
            found: Sequence[object] = done.value
            return found
        answer = None if isinstance(step, Pause) else say(step)
    raise AssertionError("the job does not end")


def _answers(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Callable[[Request], Answer]:
    def say(request: Request) -> Answer:
        if draw(st.integers(0, 9)) == 0:
            return Answer(Instant(0, 0), refusal=draw(st.integers(0, 255)))
        if request.function in BIT_READS:
            return Answer(
                Instant(0, 0), tuple(draw(st.lists(st.integers(0, 1), min_size=request.count, max_size=request.count)))
            )
        count = request.count if request.function in WORD_READS else 0
        return Answer(Instant(0, 0), tuple(draw(st.lists(WORDS, min_size=count, max_size=count))))

    return say


def _believable(found: Sequence[object], ranges: dict[str, tuple[float, float]]) -> None:
    for entry in found:
        assert isinstance(entry, (Reading, Report))
        if isinstance(entry, Reading) and entry.quality is Quality.GOOD:
            assert math.isfinite(entry.value)
            low, high = ranges.get(entry.point, (-math.inf, math.inf))
            assert low <= entry.value <= high, entry


@pytest.mark.parametrize("name", profile.names())
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_devices_with_profiles(name: str, data: st.DataObject) -> None:
    known = profile.load(name)
    made = ProfileDevice([PointSettings(source, source) for source in known.sources], known)
    say = _answers(data.draw)
    ranges = {
        source: entry.range
        for source, entry in known.sources.items()
        if isinstance(entry, profile.Register) and entry.range is not None
    }
    for _ in range(2):
        _believable(_driven(made.poll(), say), ranges)
    for output in made.outputs[:1]:
        for verb in (Verb.ON, Verb.OFF, Verb.OPEN):
            _believable(_driven(made.command(command(output, verb, 60.0)), say), {})


KINDS = {name: SENSORS[wanted(name).family] for name in SENSOR_POINTS}
RANGES = {name: (kind.low, kind.high) for name, kind in KINDS.items()}
NODES = st.builds(
    lambda kind, channels, product, protocol: info(kind, channels, product=product, protocol=protocol),
    st.integers(1, 4),
    st.integers(1, 100),
    st.integers(0, 9),
    st.sampled_from((10, 20, 30, 31)),
)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), about=NODES, take=st.booleans())
def test_korean_nodes(data: st.DataObject, about: tuple[int, ...], take: bool) -> None:
    made = KsNode([PointSettings(name, name) for name in POINTS], NodeOptions(take_control=take))
    anything = _answers(data.draw)

    def say(request: Request) -> Answer:
        if request == Request(3, 1, 8):
            return Answer(Instant(0, 0), about)
        if request.address == 101:
            codes = st.sampled_from((0, *SENSORS, *range(101, 104), *range(111, 114), *range(201, 206), 301, 777))
            return Answer(Instant(0, 0), tuple(data.draw(codes) for _ in range(request.count)))
        return anything(request)

    _believable(_driven(made.poll(), say), RANGES)
    for output, verb in (
        ("switch/1", Verb.ON),
        ("retractable/1", Verb.CLOSE),
        ("area/3", Verb.ON),
        ("area/3", Verb.OFF),
    ):
        _believable(_driven(made.command(command(output, verb, 60.0)), say), {})
    _believable(_driven(made.poll(), say), RANGES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.text(max_size=8) | st.sampled_from(("status", "value")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ("Type", "CommSpec", "Devices", "read", "write", "starting-register", "items", "operations")
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.one_of(JSON.map(json.dumps), st.text(max_size=60), st.just("[" * 100_000)))
def test_descriptions(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse(text, "node.json")


_PROFILE_WORDS = (
    "title", "source", "registers", "outputs", "numbers", "serial", "timer", "identification", "gaps", "address",
    "type", "range", "channels", "mask", "invalid", "unit", "scale", "i16", "f32", "%", "50 ms", "adress",
)  # fmt: skip
PROFILES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_PROFILE_WORDS),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(_PROFILE_WORDS), below, max_size=6),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.one_of(PROFILES.map(json.dumps), st.text(max_size=100), st.just("[" * 2000)))
def test_profiles(text: str) -> None:
    with contextlib.suppress(ConfigError):
        profile.parse(text, "mine.yaml")


# a whole driver


async def test_a_driver_lives_through_everything_and_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.modbus.line._FIRST_REOPEN", 0.0001)
    link = WildLink(random.Random(7))
    line, outputs = wild_line(link)
    heard = 0

    def count(inputs: Sequence[object]) -> None:
        nonlocal heard
        heard += len(inputs)

    async with at_work(line, count) as task:
        sizes = []
        for goal in (3000, 6000, 9000):
            while link.asked < goal:
                line.send(command(link.dice.choice(outputs), link.dice.choice(list(Verb)), 30.0))
                await asyncio.sleep(0.001)
                assert not task.done()
            gc.collect()
            sizes.append(len(gc.get_objects()))
    assert heard > 1000
    assert sizes[2] - sizes[1] < 300, sizes


async def test_random_bytes_on_a_real_line(bench: Bench, start: Start) -> None:
    """A slave that answers with anything, and once in a while with what is right."""
    dice = random.Random(11)

    class Mad(Slave):
        def answer(self, pdu: bytes) -> bytes:
            if dice.random() < 0.3:
                return super().answer(pdu)
            return dice.randbytes(dice.randrange(1, 60))

    bench.slaves[1] = Mad(words={1: 215, 2: 640})
    box = device("box", {"t": "temperature", "h": "humidity"}, address=1, profile="xy-md02", poll="1 ms", settle="0 s")
    async with start(box, timeout="5 ms", speed=50) as line:
        await line.heard.until(lambda: len(bench.frames) > 25 and line.heard.readings("h"))
        for point, value in (("t", 21.5), ("h", 64.0)):
            good = [r for r in line.heard.readings(point) if r.quality is Quality.GOOD]
            assert all(reading.value == value for reading in good)
