"""What the house is doing when something breaks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.e2e.rehearsal import Rehearsal, actuators

Begin = Callable[[Rehearsal], Awaitable[None]]

ROUND = 240.0  # s of irrigation that a hand asks for


async def irrigating(house: Rehearsal) -> None:
    """The valve is open, for another few minutes."""
    house.ask(do="override", actuator="irrigation_a", value=100, seconds=ROUND, by="grower")
    await truth(house, lambda positions: positions.get("irrigation_a", 0) > 0)


async def vent_moving(house: Rehearsal) -> None:
    """The vent is on its way to somewhere else."""
    here = actuators(house.status())["roof_vent"]["position"]
    house.ask(do="override", actuator="roof_vent", value=20 if here > 50 else 80, seconds=ROUND, by="grower")
    await house.until(lambda status: actuators(status)["roof_vent"]["moving"], "the vent moves")


async def idle(house: Rehearsal) -> None:
    """Nothing moves."""
    await house.until(lambda status: not any(a["moving"] for a in status["actuators"]), "nothing moves")


SITUATIONS: dict[str, Begin] = {"irrigating": irrigating, "vent moving": vent_moving, "idle": idle}


async def truth(house: Rehearsal, fits: Callable[[dict[str, float]], bool], patience: float = 60.0) -> None:
    """Wait until the devices in the field are where they should be; `patience` in real seconds."""
    end = house.clock.now().after(patience * house.clock.speed)
    positions: dict[str, float] = {}
    while house.clock.now() < end:
        positions = (await house.field.ask("state"))["positions"]
        if fits(positions):
            return
        await house.wait(house.clock.speed * 0.05)
    raise AssertionError(f"the field stays at {positions}")
