import asyncio
import contextlib

from controller.app.supervisor import keep_running

from .wait import until


async def test_a_part_that_fails_or_ends_is_started_again() -> None:
    starts = 0

    async def part() -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            raise ValueError("a mistake")
        if starts > 2:
            await asyncio.Event().wait()

    task = asyncio.create_task(keep_running("part", part, first_pause=0.001))
    await until(lambda: starts == 3)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
