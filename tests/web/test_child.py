"""Processes beside the greenhouse leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest

from controller.web.child import speaking

# somebody else holds its pipe for longer than anybody would wait
HOLDS_THE_PIPE = "import subprocess; subprocess.Popen(['sleep', '20']); print('here', flush=True); input()"


def test_one_that_is_killed_is_not_waited_for_and_leaves_no_pipe_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", found.append)

    async def ask() -> None:
        async with asyncio.timeout(10), speaking(["-c", HOLDS_THE_PIPE], b"") as said:
            assert await said.readline() == b"here\n"

    asyncio.run(ask())
    gc.collect()
    assert found == []
