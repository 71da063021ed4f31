"""A real InfluxDB 1.x for tests: on free loopback ports, stopped and started at will; what it took survives that."""

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

USER, PASSWORD = "onsil", "s3cret"
_CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
max-series-per-database = 0
max-values-per-tag = 0
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
auth-enabled = {auth}
log-enabled = false
max-body-size = 0
[subscriber]
enabled = false
"""


class Influxd(Server):
    """One server with one database. `login` demands USER and PASSWORD."""

    def __init__(self, folder: Path, database: str = "greenhouse", login: bool = False) -> None:
        self.port, self.database, self._login = free_port(), database, login
        file = folder / "influxdb.conf"
        auth = str(login).lower()
        file.write_text(_CONFIGURATION.format(folder=folder, port=self.port, backup=free_port(), auth=auth))
        super().__init__(["influxd", "run", "-config", str(file)], f"{self.url}/ping", folder / "influxd.log")
        self.start()
        try:
            if login:
                self.query(f"CREATE USER {USER} WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES")
            self.query(f"CREATE DATABASE {database}")
        except BaseException:
            self.kill()
            raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def query(self, text: str) -> list[list[Any]]:
        """The rows of an InfluxQL statement, those of all its series one after the other."""
        values = {"q": text, "db": self.database, "epoch": "ns"}
        login = urllib.parse.urlencode({"u": USER, "p": PASSWORD}) if self._login else ""
        request = urllib.request.Request(f"{self.url}/query?{login}", urllib.parse.urlencode(values).encode())
        with urllib.request.urlopen(request, timeout=60) as answer:
            result = json.load(answer)["results"][0]
        if "error" in result:
            raise RuntimeError(result["error"])
        return [row for series in result.get("series", ()) for row in series["values"]]

    def count(self, measurement: str, field: str) -> int:
        """How many points of a measurement have this field."""
        rows = self.query(f'SELECT count("{field}") FROM "{measurement}"')
        return int(rows[0][1]) if rows else 0


@contextmanager
def influxd(login: bool = False) -> Iterator[Influxd]:
    """A running server for the length of a with block."""
    with tempfile.TemporaryDirectory() as folder:
        server = Influxd(Path(folder), login=login)
        try:
            yield server
        finally:
            server.stop()
