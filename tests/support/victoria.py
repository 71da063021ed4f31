"""A real VictoriaMetrics for tests: on a free loopback port, stopped and started at will, and what it took survives."""

from __future__ import annotations

import json
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.server import Server, free_port


class Victoria(Server):
    """One server, which takes InfluxDB's writes at /api/v2/write. Points sent twice stand in it twice."""

    def __init__(self, folder: Path, behind: bool) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        command = [
            *(("chrt", "--idle", "0") if behind else ()),
            "victoria-metrics",
            f"-httpListenAddr=127.0.0.1:{port}",
            f"-storageDataPath={folder / 'data'}",
            "-retentionPeriod=100y",
            "-loggerLevel=WARN",
        ]
        super().__init__(command, f"{self.url}/health", folder / "victoria.log")
        self.start()

    def export(self, metric: str) -> list[dict[str, Any]]:
        """The series of a metric (measurement_field) as `metric`, `values`, `timestamps` (ms)."""
        urllib.request.urlopen(f"{self.url}/internal/force_flush", timeout=60).close()
        query = urllib.parse.urlencode({"match[]": metric, "start": "0", "end": "4102444800"})
        with urllib.request.urlopen(f"{self.url}/api/v1/export?{query}", timeout=60) as answer:
            return [json.loads(line) for line in answer]

    def count(self, metric: str) -> int:
        """How many values of a metric there are, of all its series together."""
        return sum(len(series["values"]) for series in self.export(metric))


@contextmanager
def victoria(behind: bool = False) -> Iterator[Victoria]:
    """A running server for the length of a with block; `behind` everything else, as behind-onsil.conf has it."""
    with tempfile.TemporaryDirectory() as folder:
        server = Victoria(Path(folder), behind)
        try:
            yield server
        finally:
            server.kill()
