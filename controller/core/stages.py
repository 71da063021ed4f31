"""Several switches for one need: heaters, fans, pumps in stages, taking turns."""

from __future__ import annotations

from controller.rules.compiler import Compiled

from .conditions import Blindness
from .network import Moment, Network, Node
from .plan import StagePlan


class Stages(Node):
    """So many of several switches on as a need in % asks for; `slots` are their truths, `blind` as everywhere."""

    def __init__(self, network: Network, plan: StagePlan, need: Compiled, grace: float) -> None:
        self.key = f"stages {plan.name}"
        self.plan = plan
        self.slots = {name: network.slot(0.0) for name in plan.switches}
        self.blind = network.slot(0.0)
        self._network = network
        self._need = need
        self._blindness = Blindness(grace)
        self._resting = list(plan.switches)
        self._running: list[str] = []
        self._changed: float | None = None
        network.add(self, need.slots)

    def update(self, now: Moment) -> None:
        need = self._need.run(self._network.values)
        due = self._blindness.watch(need != need, now)
        blind = self._blindness.too_long(now)
        self._network.set(self.blind, float(blind))
        if need == need:
            self._approach(self._wanted(need), now)
        elif due is not None and not blind:
            self._network.wake(self, due)
        for name, slot in self.slots.items():
            self._network.set(slot, float(name in self._running))

    def _wanted(self, need: float) -> int:
        """How many should be on: those that are stay so until the need is well below their mark."""
        plan, count = self.plan, len(self._running)
        while count < len(plan.on_at) and need >= plan.on_at[count]:
            count += 1
        while count > 0 and need < plan.on_at[count - 1] - plan.hysteresis:
            count -= 1
        return count

    def _approach(self, wanted: int, now: Moment) -> None:
        plan = self.plan
        while wanted != len(self._running):
            if self._changed is not None and now.t < self._changed + plan.delay:
                self._network.wake(self, self._changed + plan.delay)
                return
            if wanted > len(self._running):
                self._start()
            else:
                self._stop()
            self._changed = now.t
        if plan.rotate_every is not None and self._running and self._resting and self._changed is not None:
            if now.t >= self._changed + plan.rotate_every:
                self._start()
                self._stop()
                self._changed = now.t
            self._network.wake(self, self._changed + plan.rotate_every)

    def _start(self) -> None:
        self._running.append(self._resting.pop(0))

    def _stop(self) -> None:
        """The one that has run longest goes first, or without rotation the last one of the list."""
        if self.plan.rotate or self.plan.rotate_every is not None:
            self._resting.append(self._running.pop(0))
        else:
            self._resting.insert(0, self._running.pop())

    def state(self) -> object:
        return [self._resting, self._running, self._changed, self._blindness.since]

    def restore(self, state: object) -> None:
        assert isinstance(state, list)
        resting, running, self._changed, self._blindness.since = state
        self._running = [name for name in running if name in self.slots]
        rested = [name for name in resting if name in self.slots]
        self._resting = rested + [name for name in self.slots if name not in rested and name not in self._running]
        for name, slot in self.slots.items():
            self._network.set(slot, float(name in self._running))
