"""The scan of a broker as `onsil scan` calls it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from controller.model.ports import BusSettings, Scanned, ScanProgress
from drivers.scanning import Progress

from .discovery import Finding
from .fragment import fragment
from .scan import LISTEN, scan

PATIENT = 900.0  # s: LoRaWAN probes speak every ten or fifteen minutes


class MqttScanner:
    """Brokers; a name and a password may stand in the address, and do not appear in what is written."""

    example = "mqtt://broker or mqtts://name:password@broker"

    def covers(self, target: str) -> bool:
        """An address that begins with mqtt:// or mqtts://."""
        return target.startswith(("mqtt://", "mqtts://"))

    async def scan(self, target: str, tell: Callable[[ScanProgress], None], thorough: bool) -> Scanned:
        """See `Scanner`. Thorough is to listen until the rarest probe has spoken."""

        def progress(news: Progress[Finding]) -> None:
            tell(ScanProgress(news.part, news.text, _scanned(url, news.found, username)))

        url, username, password = _parts(target)
        options = {"url": url, "username": username, "password": password}
        bus = BusSettings("scan", {key: value for key, value in options.items() if value is not None}, ())
        findings = await scan(bus, progress, PATIENT if thorough else LISTEN)
        return _scanned(url, findings, username)


def _scanned(url: str, findings: tuple[Finding, ...], username: str | None) -> Scanned:
    return Scanned(tuple(map(_line, findings)), fragment(url, findings, username) if findings else "")


def _parts(target: str) -> tuple[str, str | None, str | None]:
    """The address without a name and a password, and these."""
    parts = urlsplit(target)
    name, password = parts.username, parts.password
    host = parts.netloc.rpartition("@")[2]
    return (
        f"{parts.scheme}://{host}",
        None if name is None else unquote(name),
        None if password is None else unquote(password),
    )


def _line(finding: Finding) -> str:
    title = f" ({finding.title})" if finding.title else ""
    return f"{finding.name}: {finding.profile}{title}, {len(finding.offers)} sources"


scanner = MqttScanner()
