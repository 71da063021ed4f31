"""influxdb-client loaded in part: small, and still whole for anybody else."""

from __future__ import annotations

import json
import subprocess
import sys

PART = """
import json, sys
from controller.uplink.influxdb import light
with light.writing_parts() as parts:
    service = parts.write_service.WriteService(parts.api_client.ApiClient(parts.configuration.Configuration()))
loaded = sum(name.startswith("influxdb_client") for name in sys.modules)
"""
WHOLE = """
from influxdb_client.client.write_api import SYNCHRONOUS
import influxdb_client
point = influxdb_client.Point("m").tag("a", "b").field("f", 1.0).to_line_protocol()
client = influxdb_client.InfluxDBClient("http://127.0.0.1:1", "token", org="o")
assert type(client.write_api(SYNCHRONOUS)).__name__ == "WriteApi"
assert point == "m,a=b f=1"
"""
SAME = "assert isinstance(service, influxdb_client.WriteService)\n"


def run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def test_only_the_writing_part_is_loaded() -> None:
    assert json.loads(run(PART + "print(loaded)")) < 20


def test_it_can_be_loaded_again() -> None:
    run(PART + PART)


def test_whoever_wants_the_whole_library_gets_it_afterwards() -> None:
    run(PART + WHOLE + SAME)


def test_the_whole_library_serves_where_it_is_there_already() -> None:
    run(WHOLE + PART + SAME)
