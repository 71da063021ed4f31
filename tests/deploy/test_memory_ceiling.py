"""MemoryMax of the unit, in a real control group: all fits below it, and what goes beyond is a trial, not the house."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.app.control import NotRunning, ask
from controller.web.child import output
from tests.app.wait import until
from tests.support.memory import Ceiling, can_be_made, ceiling

from .test_unit import DEPLOY, UNIT, settings

EXAMPLE = DEPLOY / "examples" / "tunnel"
MEGABYTE = 1 << 20
PATIENCE = 60.0
EATER = "eaten = []\nwhile True: eaten.append(bytearray(1 << 20))"

pytestmark = pytest.mark.skipif(not can_be_made(), reason="no control group with a memory controller can be made here")


class House:
    """A controller under the ceiling, with its page."""

    def __init__(self, folder: Path, under: Ceiling) -> None:
        self.state, self.site = folder / "state", folder / "site"
        shutil.copytree(EXAMPLE, self.site)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self._port: int = taken.getsockname()[1]
        places = ["-c", str(self.site), "--state", str(self.state), "--port", str(self._port)]
        command = under.command(sys.executable, "-m", "controller.cli", "run", *places)
        self.process = subprocess.Popen(command, env=os.environ | {"MQTT_PASSWORD": "secret"})

    def answers(self) -> bool:
        try:
            return "time" in ask(self.state, {"do": "status"})
        except NotRunning:
            return False

    def page(self, path: str, question: Any = None) -> bytes:
        data = None if question is None else json.dumps(question).encode()
        url, kind = f"http://localhost:{self._port}{path}", {"content-type": "application/json"}
        request = urllib.request.Request(url, data, kind)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            found: bytes = answer.read()
            return found

    def opens(self) -> bool:
        try:
            return self.page("/healthz") == b"ok\n"
        except OSError:
            return False


@pytest.fixture
def under() -> Iterator[Ceiling]:
    megabytes = settings(UNIT.read_text())["MemoryMax"][0].removesuffix("M")
    with ceiling(int(megabytes) * MEGABYTE) as made:
        yield made


@pytest.fixture
async def house(tmp_path: Path, under: Ceiling) -> Any:
    made = House(tmp_path, under)
    try:
        await until(lambda: made.answers() and made.opens(), PATIENCE, what="the controller and its page answer")
        yield made
    finally:
        made.process.kill()
        made.process.wait()


async def test_a_house_with_its_page_and_a_check_is_far_below_it(house: House, under: Ceiling) -> None:
    rules = (house.site / "rules.yaml").read_text(encoding="utf-8")
    for path in ("/", "/charts", "/rules", "/system"):
        assert b"</html>" in house.page(path)
    assert json.loads(house.page("/api/rules/check", {"rules": rules}))["errors"] == []
    assert under.killed() == 0
    assert house.process.poll() is None
    assert under.peak() < 200 * MEGABYTE


async def test_where_memory_ends_a_trial_is_ended_and_the_house_goes_on(house: House, under: Ceiling) -> None:
    _, complaint = await output(["-c", f"{under.join()}\n{EATER}"], b"", PATIENCE)  # as the page starts a trial
    assert complaint == "it ended with -9"
    assert under.killed() == 1
    assert house.process.poll() is None
    assert house.answers()
    assert house.opens()
