"""Where events go besides the store: each uplink in a task of its own, made anew when its settings change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from controller.app.engine import Engine
from controller.app.status import Data
from controller.app.supervisor import Part
from controller.config import Configuration
from controller.config.settings import HomeAssistantSettings, SparkplugSettings
from controller.core.core import Step
from controller.core.plan import Plan
from controller.model.events import AlarmState
from controller.model.time import NS, Clock
from controller.store import Store
from controller.uplink.influxdb import InfluxUplink, Server
from controller.uplink.inventory import Inventory, inventory
from controller.uplink.notify import Announcer, Notifier

if TYPE_CHECKING:  # each brings 16 MB of MQTT, which a house without them need not carry
    from controller.uplink.home_assistant import HomeAssistant
    from controller.uplink.sparkplug import Sparkplug

Settings = TypeVar("Settings")
Made = TypeVar("Made")
Influx = tuple[Server, str, dict[str, str]]
Home = tuple[HomeAssistantSettings, Inventory]
Spark = tuple[SparkplugSettings, Inventory]
Notify = tuple[str, Mapping[str, tuple[str, ...]]]


class Uplinks:
    """The database that the outbox is drained into, the neighbours that see and ask, and who is told of alarms."""

    def __init__(self, store: Store, engine: Engine, clock: Clock) -> None:
        self._store, self._engine, self._clock = store, engine, clock
        self._influx: _Slot[Influx, InfluxUplink] = _Slot()
        self._notify: _Slot[Notify, Notifier] = _Slot()
        self._home: _Slot[Home, HomeAssistant] = _Slot()
        self._spark: _Slot[Spark, Sparkplug] = _Slot()

    async def apply(self, configuration: Configuration) -> None:
        """Have the uplinks running that the configuration names."""
        server, plan = configuration.uplink.influxdb, configuration.plan
        await self._influx.put(None if server is None else (server, plan.site.name, units(plan)), self._make_influx)
        home, spark = configuration.uplink.home_assistant, configuration.uplink.sparkplug
        await self._home.put(None if home is None else (home, inventory(plan)), self._make_home)
        await self._spark.put(None if spark is None else (spark, inventory(plan)), self._make_spark)
        await self._notify.put(
            (plan.site.name, configuration.notify) if configuration.notify else None, self._make_notify
        )

    async def stop(self) -> None:
        """End the uplinks; what they have not delivered stays in the outbox."""
        await self._influx.put(None, self._make_influx)
        await self._home.put(None, self._make_home)
        await self._spark.put(None, self._make_spark)
        await self._notify.put(None, self._make_notify)

    def status(self) -> list[Data]:
        slots = (self._influx, self._home, self._spark, self._notify)
        return [slot.made.status() for slot in slots if slot.made is not None]

    def _make_influx(self, settings: Influx) -> tuple[InfluxUplink, Part]:
        server, site, units_of = settings
        uplink = InfluxUplink(server, site, self._store.outbox, units_of)
        return uplink, Part("uplink influxdb", uplink.run)

    def _make_home(self, settings: Home) -> tuple[HomeAssistant, Part]:
        from controller.uplink.home_assistant import HomeAssistant

        uplink = HomeAssistant(*settings, lambda: self._engine.core, self._engine.emit, self._clock)
        return uplink, Part("uplink home assistant", lambda: self._listening(uplink.changed, uplink.run))

    def _make_spark(self, settings: Spark) -> tuple[Sparkplug, Part]:
        from controller.uplink.sparkplug import Sparkplug

        uplink = Sparkplug(*settings, lambda: self._engine.core, self._engine.emit, self._clock, self._store.outbox)
        return uplink, Part("uplink sparkplug", lambda: self._listening(uplink.changed, uplink.run))

    def _make_notify(self, settings: Notify) -> tuple[Notifier, Part]:
        site, addresses = settings
        announcer = Announcer(site, addresses)
        for alarm in self._engine.core.alarms():
            if alarm.state is AlarmState.RAISED:
                announcer.stands(alarm.name, alarm.priority, alarm.text, self._clock.now().mono_ns / NS)
        notifier = Notifier(announcer, self._clock)
        return notifier, Part("uplink notify", lambda: self._telling(notifier))

    async def _telling(self, notifier: Notifier) -> None:
        silence = self._engine.listen(lambda step: _tell(notifier, step))
        try:
            await notifier.run()
        finally:
            silence()

    async def _listening(self, changed: Callable[[], None], run: Callable[[], Awaitable[None]]) -> None:
        """Run an uplink that is to know of every step."""
        silence = self._engine.listen(lambda _: changed())
        try:
            await run()
        finally:
            silence()


class _Slot(Generic[Settings, Made]):
    """One uplink, or none."""

    def __init__(self) -> None:
        self.made: Made | None = None
        self._settings: Settings | None = None
        self._part: Part | None = None

    async def put(self, settings: Settings | None, make: Callable[[Settings], tuple[Made, Part]]) -> None:
        """Run the uplink with these settings; the one that runs with the same goes on."""
        if settings == self._settings:
            return
        if self._part is not None:
            await self._part.stop()
            self.made = self._part = None
        self._settings = settings
        if settings is not None:
            self.made, self._part = make(settings)


def _tell(notifier: Notifier, step: Step) -> None:
    if step.events:
        notifier.hear(step.events)


def units(plan: Plan) -> dict[str, str]:
    """The unit of each point, for those whose names do not say it."""
    return {sensor.point: sensor.quantity.unit.symbol for sensor in plan.sensors}
