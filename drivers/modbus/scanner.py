"""The scan of a line as `onsil scan` calls it."""

from __future__ import annotations

from collections.abc import Callable

from controller.model.ports import Scanned

from .fragment import fragment
from .scan import Finding, Progress, ScanOptions, search


class ModbusScanner:
    """Serial ports, and Modbus gateways on a network."""

    example = "/dev/ttyUSB0 or tcp://192.0.2.7:502"

    def covers(self, target: str) -> bool:
        """A device file, or the address of a gateway."""
        return target.startswith(("/", "tcp://", "rtu+tcp://"))

    async def scan(self, target: str, tell: Callable[[float, str], None], thorough: bool) -> Scanned:
        """See `Scanner`."""

        def progress(news: Progress) -> None:
            tell(news.done / max(news.total, 1), news.text)

        findings = await search(target, ScanOptions(thorough=thorough), progress)
        lines = tuple(_line(finding) for finding in findings)
        return Scanned(lines, fragment(target, findings) if findings else "")


def _line(finding: Finding) -> str:
    also = f"; it could also be {' or '.join(finding.also)}" if finding.also else ""
    note = f" ({finding.note})" if finding.note else ""
    return f"address {finding.address}: {finding.profile or finding.title}{also}{note}"


scanner = ModbusScanner()
