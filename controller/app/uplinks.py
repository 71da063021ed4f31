"""The uplinks that the site names, each in a task of its own and made anew when its settings change."""

from __future__ import annotations

from controller.app.status import Data
from controller.app.supervisor import Part
from controller.config import Configuration
from controller.core.plan import Plan
from controller.store import Store
from controller.uplink.influxdb import InfluxUplink, Server

Settings = tuple[Server, str, dict[str, str]]


class Uplinks:
    """So far there is one: the database that the outbox is drained into."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settings: Settings | None = None
        self._uplink: InfluxUplink | None = None
        self._part: Part | None = None

    async def apply(self, configuration: Configuration) -> None:
        """Have the uplinks running that the configuration names."""
        server, plan = configuration.uplink.influxdb, configuration.plan
        await self._run(None if server is None else (server, plan.site.name, _units(plan)))

    async def stop(self) -> None:
        """End the uplinks; what they have not delivered stays in the outbox."""
        await self._run(None)

    def status(self) -> list[Data]:
        return [self._uplink.status()] if self._uplink is not None else []

    async def _run(self, settings: Settings | None) -> None:
        if settings == self._settings:
            return
        if self._part is not None:
            await self._part.stop()
            self._part = self._uplink = None
        self._settings = settings
        if settings is not None:
            server, site, units = settings
            self._uplink = InfluxUplink(server, site, self._store.outbox, units)
            self._part = Part("uplink influxdb", self._uplink.run)


def _units(plan: Plan) -> dict[str, str]:
    return {sensor.point: sensor.quantity.unit.symbol for sensor in plan.sensors}
