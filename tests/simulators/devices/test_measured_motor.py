"""Vents whose devices say where they are, from site.yaml through driver and core to a virtual device and back."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from controller.config import Configuration, check_texts
from controller.core.core import Core
from controller.core.views import ActuatorView
from controller.model.commands import Command, Override, Report
from controller.model.points import Reading
from controller.model.time import NS, Instant
from drivers.modbus import pdu
from drivers.modbus.ksx3267.device import KsNode
from drivers.modbus.ksx3267.node import NodeOptions
from drivers.modbus.messages import Answer, Job, Request
from simulators.devices import ks_node
from simulators.devices.ks_actuator import Actuator, Travel

SITE = """
onsil: 1
site: {name: House, latitude: 35.8, longitude: 126.9, timezone: Asia/Seoul}
buses: {rs485: {driver: modbus, port: /dev/ttyUSB0}}
devices:
  node:
    bus: rs485
    address: 5
    profile: ks-x-3267
    poll: 5 s
    points: {south.node: retractable/1, south.position: position/1}
actuators:
  south: {kind: position, output: south.node, measured: south.position, travel_time: 100 s, safe: 0 %}
"""
RULES = "onsil: 1\nrules: []\n"


class Line:
    """A core, the driver of one node and the virtual node, in one time of their own; polled every 5 s."""

    def __init__(self, site: str = SITE, **options: bool) -> None:
        report = check_texts(site, RULES)
        assert report.errors == ()
        assert report.configuration is not None
        self.configuration: Configuration = report.configuration
        self.core = Core(self.configuration.plan)
        (bus,) = self.configuration.buses
        (settings,) = bus.settings.devices
        self.driver = KsNode(settings.points, NodeOptions(**options))
        self.node = ks_node.KsNode(
            settings, lambda point: 0.0, lambda point, value: None, lambda point: Travel(100.0, 100.0)
        )
        self.orders: list[Command] = []
        self.asked: list[Request] = []
        self.silent = False
        self.t = 0.0
        self._wake = 0.0

    @property
    def motor(self) -> Actuator:
        return self.node.actuators["south.node"]

    @property
    def view(self) -> ActuatorView:
        return self.core.actuators()[0]

    def now(self) -> Instant:
        return Instant(round(self.t * NS), 1_790_000_000 * NS + round(self.t * NS))

    def after(self, seconds: float) -> Line:
        """Let time pass, second by second."""
        for tick in count(1):
            if tick > seconds:
                return self
            self.t += 1
            self.node.advance(self.t)
            inputs = [] if self.silent or self.t % 5 else list(self._carried_out(self.driver.poll()))
            self._step(inputs)
        raise AssertionError

    def put(self, opening: float, seconds: float = 300) -> Line:
        self._step([Override("south", opening, 86400.0, "Kim")])
        return self.after(seconds)

    def _step(self, inputs: list[Reading | Report | Override]) -> None:
        if not inputs and self.t < self._wake:
            return
        step = self.core.step(self.now(), inputs)
        self._wake = self.t if step.wake_at is None else self.t + step.wake_at.seconds_since(self.now())
        for command in step.commands:
            self.orders.append(command)
            self._step(list(self._carried_out(self.driver.command(command))))

    def _carried_out(self, job: Job) -> Iterator[Reading | Report | Override]:
        """Run a job of the driver against the node; pauses take no time here."""
        answer: Answer | None = None
        while True:
            try:
                wanted = job.send(answer)
            except StopIteration as done:
                yield from done.value
                return
            answer = None
            if isinstance(wanted, Request):
                self.asked.append(wanted)
                sent = pdu.payload(wanted)
                try:
                    words = pdu.words(wanted, sent, self.node.answer(sent, self.t))
                    answer = Answer(self.now(), words or ())
                except pdu.Refused as refused:
                    answer = Answer(self.now(), refusal=refused.code)

    def alarms(self) -> list[str]:
        return [alarm.text for alarm in self.core.alarms()]


def moved(line: Line) -> list[tuple[str, float]]:
    return [(str(order.verb), pytest.approx(order.seconds, abs=1.5)) for order in line.orders if order.seconds]


def test_a_node_says_where_its_vent_is_and_it_need_not_be_closed_to_learn_that() -> None:
    line = Line()
    line.motor.crank(40, 0)
    line.put(60)
    assert moved(line) == [("open", 20)]
    assert line.motor.position == pytest.approx(60, abs=1)
    assert (line.view.position, line.view.basis) == (60, "measured")


def test_it_finds_a_position_by_itself_where_it_is_told_one() -> None:
    line = Line(positions=True).put(35)
    assert line.motor.position == 35
    assert line.view.position == 35
    assert any(request.values[:1] == (305,) for request in line.asked)


def test_a_jammed_vent_is_alarmed_and_goes_on_when_it_is_free() -> None:
    line = Line().put(20)
    line.motor.jammed = True
    line.put(60, 3600)
    assert line.alarms() == ["south does not move: ordered 60 %, measured 20 %"]
    assert line.view.position == 20
    assert len(moved(line)) <= 10
    line.motor.jammed = False
    line.after(1800)
    assert line.motor.position == pytest.approx(60, abs=2)
    assert line.alarms() == []


def test_a_vent_that_somebody_cranks_is_put_back() -> None:
    line = Line().put(50)
    line.motor.crank(20, line.t)
    line.after(120)
    assert line.motor.position == pytest.approx(50, abs=2)
    assert line.alarms() == []


def test_one_that_is_held_by_hand_is_followed_with_the_eyes_and_then_put_back() -> None:
    line = Line().put(50)
    line.motor.take(line.t)
    line.motor.crank(80, line.t)
    line.after(60)
    assert (line.view.position, line.view.trouble) == (80, "manual control")
    line.motor.give_back()
    line.after(120)
    assert line.motor.position == pytest.approx(50, abs=2)


def test_a_node_that_is_not_heard_any_more_leaves_the_estimate() -> None:
    line = Line().put(50)
    line.silent = True
    line.put(80, 900)
    assert line.view.basis == "estimated"
    assert line.view.position == pytest.approx(80, abs=1)
    assert line.motor.position == pytest.approx(80, abs=2)
    assert any("no good value of south.position" in text for text in line.alarms())
