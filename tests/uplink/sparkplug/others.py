"""The host application of others, as a process beside the test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from tests.app.wait import until
from tests.uplink.environment import python

PACKAGES = ("mqtt-spb-wrapper==2.1.2", "paho-mqtt==1.6.1", "protobuf==3.20.3")
HOST = Path(__file__).with_name("host.py")

Payload = dict[str, Any]


def interpreter() -> Path:
    return python("sparkplug-host", *PACKAGES)


def decoded(payloads: Sequence[bytes]) -> list[Payload]:
    """What others make of our bytes."""
    lines = "".join(f"{payload.hex()}\n" for payload in payloads)
    run = subprocess.run([interpreter(), HOST, "decode"], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


class Onlooker:
    """What the host application has understood, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.messages: list[tuple[str, Payload]] = []
        self.ready = False

    async def listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.startswith(b"{"):
                said = json.loads(line)
                self.ready |= said["kind"] == "READY"
                self.messages.append((said["kind"], said["payload"]))

    def of(self, kind: str) -> list[Payload]:
        return [payload for each, payload in self.messages if each == kind]

    def metrics(self, kind: str = "") -> list[dict[str, Any]]:
        """All metrics of messages of a kind, or of births and news."""
        wanted = (kind,) if kind else ("NBIRTH", "NDATA")
        return [m for each, payload in self.messages if each in wanted for m in payload.get("metrics", ())]

    def value(self, name: str) -> Any:
        """The newest live value; None where it is null or unknown."""
        found = [m for m in self.metrics() if m["name"] == name and not m.get("isHistorical")]
        return found[-1].get("value") if found else None

    def command(self, node: str, **values: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"node": node, "command": values}).encode() + b"\n")


@contextlib.asynccontextmanager
async def onlooker(group: str, port: int) -> AsyncIterator[Onlooker]:
    """The host application at a broker."""
    process = await asyncio.create_subprocess_exec(
        interpreter(), HOST, group, str(port),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, limit=1 << 24,
    )  # fmt: skip
    made = Onlooker(process)
    task = asyncio.create_task(made.listen())
    try:
        await until(lambda: made.ready)
        yield made
    finally:
        process.kill()
        await process.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
