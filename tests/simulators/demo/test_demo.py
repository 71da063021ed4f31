"""`onsil demo` as a user starts it, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process

import pytest

from tests.support.mosquitto import mosquitto

ONSIL = [sys.executable, "-c", "import sys; from controller.cli import main; sys.exit(main())"]


async def start(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(*ONSIL, "demo", *arguments, stdout=PIPE, stderr=PIPE)


async def finished(process: Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def test_it_drives_a_greenhouse_and_says_so() -> None:
    code, out, err = await finished(await start("--json", "--for", "6s", "--speed", "600"))
    result = json.loads(out)
    assert result["driven"], err
    assert code == 0
    assert result["readings"] > 100
    assert result["commands"] > 0
    assert result["stored"] >= result["readings"]
    assert result["lost"] == result["delivered"] == result["waiting"] == 0
    assert result["simulated_hours"] > 0.9
    assert "roof_vent" in result["moved"]
    assert result["changed"]["air.temperature"] < 0


async def test_it_takes_a_real_broker_and_ends_well_when_asked() -> None:
    with mosquitto() as broker:
        process = await start("--headless", "--speed", "600", "--broker", broker.url)
        assert process.stdout is not None
        first = await asyncio.wait_for(process.stdout.readline(), 60)
        assert b"air.temperature" in first
        process.send_signal(signal.SIGINT)
        code, out, err = await finished(process)
        assert code == 0, err
        assert "readings taken" in out


async def test_where_nothing_happens_the_answer_is_no() -> None:
    code, out, _ = await finished(await start("--json", "--for", "1s", "--speed", "1"))
    assert json.loads(out)["driven"] is False
    assert code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--for", "soon"), "write it like 30min or 60s"),
        (("--speed", "0"), "the speed is a number up to 3600"),
        (("--port", "http"), "'http' is not a port"),
        (("--start", "noon"), "'noon' is not a time"),
        (("--start", "0001-01-01"), "a demonstration begins between 1971 and 2199"),
        (("--broker", "nowhere"), "onsil: 'nowhere' is no address of a broker"),
        (("--influx", "nowhere"), "onsil: this is no web address"),
        (("--faults", "nowhere.yaml"), "nowhere.yaml: No such file"),
    ],
)
async def test_wrong_use_is_explained(arguments: tuple[str, ...], said: str) -> None:
    code, _, err = await finished(await start(*arguments))
    assert code == 2
    assert said in err
