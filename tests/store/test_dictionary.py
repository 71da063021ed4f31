"""What an export says of its columns."""

from __future__ import annotations

from dataclasses import replace

from controller.core.plan import CompartmentPlan, Plan
from controller.store.export import meanings
from tests.core.writing import GIMJE, motor, sensor

PLAN = Plan(GIMJE, (sensor("east.air.temperature"), sensor("outside.rain")), (motor("east.roof_vent"),))


def test_a_column_says_in_which_compartment_it_was_measured() -> None:
    plan = replace(PLAN, compartments=(CompartmentPlan("east", "동쪽 동", "East bay"),))
    found = meanings(plan, ["east.air.temperature", "outside.rain"], ["east.roof_vent"])
    plain = meanings(PLAN, ["east.air.temperature", "outside.rain"], ["east.roof_vent"])
    assert [each.meaning for each in found] == [
        f"East bay: {each.meaning}" if each.name.startswith("east.") else each.meaning for each in plain
    ]
    assert [each[:-1] for each in found] == [each[:-1] for each in plain]
