"""The API of a running controller against its own document: whatever fits it, and whatever does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.app.wait import until
from tests.e2e.rehearsal import Rehearsal

from .demo_house import complaints, demo_house, weight

SEED = 20260621
CASES = 20  # of each operation that fit its description, and as many that do not
COSTLY = 1  # where a process is started for each
FITTING, UNFITTING = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
NAMES = ("roof_vent", "heater", "irrigation_a", "air.temperature", "sensor slab_a.ec")
# names and rules may fit their description and still be none that this house has
TOO_STRICT = [positive_data_acceptance]


async def test_nothing_that_is_asked_breaks_the_controller(tmp_path: Path) -> None:
    async with demo_house(tmp_path) as house:
        document = f"http://localhost:{house.port}/api/openapi.json"
        schema = await asyncio.to_thread(schemathesis.openapi.from_url, document)
        await asyncio.to_thread(ask_all, schema, SEED)
        before = weight(house)
        await asyncio.to_thread(ask_all, schema, SEED + 1)
        await lets_go(house, before.descriptors)
        assert weight(house).memory - before.memory < 8 << 20
        assert complaints(house) == []
        assert house.status()["counters"]["faults"] == 0


async def lets_go(house: Rehearsal, descriptors: int) -> None:
    """Connections are closed a little later than their answers are read."""
    await until(lambda: weight(house).descriptors <= descriptors, what="files and sockets are closed")


def ask_all(schema: BaseSchema, number: int) -> None:
    for operation in operations(schema):
        costly = operation.method == "post" and operation.path.startswith(("/api/rules", "/api/shadow", "/api/backup"))
        takes_nothing = not (operation.body or operation.query or operation.path_parameters)
        for mode in (FITTING,) if takes_nothing else (FITTING, UNFITTING):
            ask(operation, mode, COSTLY if costly else CASES, number)


def operations(schema: BaseSchema) -> Iterator[APIOperation]:
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(found) >= 12
    return (operation for operation in found if operation.path != "/api/events")  # a stream does not end


def ask(operation: APIOperation, mode: schemathesis.GenerationMode, cases: int, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=cases, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(case=operation.as_strategy(generation_mode=mode), name=st.none() | st.sampled_from(NAMES))
    def run(case: schemathesis.Case, name: str | None) -> None:
        if name is not None and mode is FITTING:
            for place in (case.path_parameters, case.query, case.body):
                if isinstance(place, dict):
                    place.update({key: name for key in ("actuator", "alarm", "points", "subject") if key in place})
        answer = case.call(timeout=60)
        case.validate_response(answer, excluded_checks=TOO_STRICT)

    run()
