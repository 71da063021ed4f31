"""The scan of a broker as `onsil scan` calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote, urlsplit

from controller.model.ports import BusSettings, Scanned, ScanProgress
from drivers.scanning import Progress

from .discovery import Finding
from .fragment import fragment
from .scan import LISTEN, scan

PATIENT = 900.0  # s: LoRaWAN probes speak every ten or fifteen minutes


class MqttScanner:
    """Brokers. A name and a password may stand in the address, the password does not appear in what is written; behind
    a question mark other options of the bus, such as the certificate of a broker that signs its own.
    """

    example = "mqtt://broker or mqtts://name:password@broker?ca=/etc/onsil/ca.pem"

    def covers(self, target: str) -> bool:
        """An address that begins with mqtt:// or mqtts://."""
        return target.startswith(("mqtt://", "mqtts://"))

    async def scan(self, target: str, tell: Callable[[ScanProgress], None], thorough: bool) -> Scanned:
        """See `Scanner`. Thorough is to listen until the rarest probe has spoken."""

        def progress(news: Progress[Finding]) -> None:
            tell(ScanProgress(news.part, news.text, _scanned(url, news.found, username, others)))

        url, username, password, others = _parts(target)
        options = {**others, "url": url, "username": username, "password": password}
        bus = BusSettings("scan", {key: value for key, value in options.items() if value is not None}, ())
        findings = await scan(bus, progress, PATIENT if thorough else LISTEN)
        return _scanned(url, findings, username, others)


def _scanned(url: str, findings: tuple[Finding, ...], username: str | None, others: Mapping[str, str]) -> Scanned:
    return Scanned(tuple(map(_line, findings)), fragment(url, findings, username, others) if findings else "")


def _parts(target: str) -> tuple[str, str | None, str | None, Mapping[str, str]]:
    """The address alone, the name and the password, and the other options."""
    parts = urlsplit(target)
    name, password = parts.username, parts.password
    host = parts.netloc.rpartition("@")[2]
    return (
        f"{parts.scheme}://{host}",
        None if name is None else unquote(name),
        None if password is None else unquote(password),
        dict(parse_qsl(parts.query)),
    )


def _line(finding: Finding) -> str:
    title = f" ({finding.title})" if finding.title else ""
    return f"{finding.name}: {finding.profile}{title}, {len(finding.offers)} sources"


scanner = MqttScanner()
