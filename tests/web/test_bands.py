from controller.core.plan import Plan
from controller.web.bands import Band, bands
from tests.core.writing import GIMJE, drive, motor, rule, sensor, setpoint, switch


def test_rules_show_between_which_setpoints_a_point_is_kept() -> None:
    plan = Plan(
        GIMJE,
        (sensor("air.temperature"), sensor("air.humidity")),
        (motor("vent"), switch("heater"), switch("fan")),
        setpoints=(
            setpoint("heat", "18 °C"),
            setpoint("cool", "heat + 4 °C"),
            setpoint("bonus", "1 °C"),
            setpoint("damp", "85 %"),
        ),
        rules=(
            rule("Heat", "air.temperature < heat - 0.5 °C", {"heater": "on"}),
            drive("Cool", "vent", "air.temperature", "cool + bonus", "6 °C"),
            rule("Dry", "damp < air.humidity and air.temperature > 10 °C", {"fan": "on"}),
        ),
    )
    assert bands(plan) == {
        "air.temperature": Band(("heat",), ("cool",)),
        "air.humidity": Band((), ("damp",)),
    }
