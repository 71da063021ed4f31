"""The field as a process of its own: it starts, answers, can be disturbed, and never outlives its parent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

import aiomqtt
import pytest

from controller.app.clock import ScaledClock
from controller.model.time import NS
from simulators.demo import files
from simulators.demo.child import FieldFailed, field_process
from tests.simulators.line.bench import until

SUMMER = 1_782_000_000 * NS


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "x")


def arguments(folder: Path, speed: float = 60.0) -> list[str]:
    clock = ScaledClock(speed, time.time_ns(), SUMMER)
    return ["--site", str(files.EXAMPLE), "--folder", str(folder), "--clock", str(clock)]


def runs(pid: int) -> bool:
    """Whether there is such a process; one that only waits to be buried does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_it_tells_where_it_is_and_what_is_true(tmp_path: Path) -> None:
    async with field_process(arguments(tmp_path)) as field:
        assert field.addresses["rs485"] == str(tmp_path / "rs485")
        assert (tmp_path / "rs485").is_symlink()
        port = int(field.addresses["broker"].rpartition(":")[2])
        async with aiomqtt.Client("127.0.0.1", port, username="onsil") as client:
            await client.subscribe("application/#")
            await field.ask("press")
            message = await asyncio.wait_for(anext(aiter(client.messages)), 10)
            assert "water_soil" in json.loads(bytes(message.payload))["object"]
        state = await field.ask("state")
        assert state["moved"] == []
        assert set(state["positions"]) >= {"roof_vent", "heater", "irrigation_a"}
        assert -20 < state["climate"]["air.temperature"] < 60
        pid = field.pid
    assert not runs(pid)
    assert not (tmp_path / "rs485").is_symlink()


async def test_a_line_can_be_pulled_out_and_a_device_silenced(tmp_path: Path) -> None:
    async with field_process(arguments(tmp_path)) as field:
        link = tmp_path / "rs485"
        await field.ask("unplug", bus="rs485")
        assert not link.is_symlink()
        await field.ask("plug", bus="rs485")
        assert link.is_symlink()
        assert await field.ask("silence", bus="rs485", address=3) == {}
        assert await field.ask("restore", bus="rs485", address=3) == {}
        with pytest.raises(FieldFailed, match="no such question"):
            await field.ask("dance")


async def test_a_field_that_cannot_start_says_why(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FieldFailed, match="ended with code 1"):
        async with field_process(["--site", str(tmp_path), "--folder", str(tmp_path)]):
            pass
    assert str(tmp_path / "site.yaml") in capfd.readouterr().err


async def test_a_field_that_dies_is_noticed(tmp_path: Path) -> None:
    async with field_process(arguments(tmp_path)) as field:
        os.kill(field.pid, signal.SIGKILL)
        assert await field.ended() == -signal.SIGKILL
        with pytest.raises(FieldFailed, match="ended with code -9"):
            await field.ask("state")


async def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from simulators.demo.child import field_process\n"
        "async def main():\n"
        "    async with field_process(sys.argv[1:]) as field:\n"
        "        print(field.pid, flush=True)\n"
        "        await asyncio.sleep(3600)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await asyncio.wait_for(parent.stdout.readline(), 30))
    assert runs(pid)
    parent.kill()
    await parent.wait()
    await until(lambda: not runs(pid))
