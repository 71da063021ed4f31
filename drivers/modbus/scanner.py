"""The scan of a line as `onsil scan` calls it."""

from __future__ import annotations

from collections.abc import Callable

from controller.model.ports import Scanned, ScanProgress
from drivers.scanning import Progress
from drivers.terminal import lasting_name

from .fragment import fragment
from .scan import Finding, ScanOptions, search


class ModbusScanner:
    """Serial ports, and Modbus gateways on a network."""

    example = "/dev/ttyUSB0 or tcp://192.0.2.7:502"

    def covers(self, target: str) -> bool:
        """A device file, or the address of a gateway."""
        return target.startswith(("/", "tcp://", "rtu+tcp://"))

    async def scan(self, target: str, tell: Callable[[ScanProgress], None], thorough: bool) -> Scanned:
        """See `Scanner`."""

        def progress(news: Progress[Finding]) -> None:
            tell(ScanProgress(news.part, news.text, _scanned(target, news.found, thorough)))

        return _scanned(target, await search(target, ScanOptions(thorough=thorough), progress), thorough)


def _scanned(target: str, findings: tuple[Finding, ...], thorough: bool) -> Scanned:
    port = lasting_name(target) if target.startswith("/") else target
    return Scanned(tuple(map(_line, findings)), fragment(port, findings, thorough) if findings else "")


def _line(finding: Finding) -> str:
    also = f"; it could also be {' or '.join(finding.also)}" if finding.also else ""
    note = f" ({finding.note})" if finding.note else ""
    return f"address {finding.address}: {finding.profile or finding.title}{also}{note}"


scanner = ModbusScanner()
