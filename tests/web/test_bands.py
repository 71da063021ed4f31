from controller.core.plan import Plan
from controller.web.bands import Band, bands
from tests.core.writing import GIMJE, drive, motor, rounds, rule, sensor, setpoint, switch, valve


def test_rules_show_between_which_setpoints_a_point_is_kept() -> None:
    plan = Plan(
        GIMJE,
        (sensor("air.temperature"), sensor("air.humidity"), sensor("slab_a.water_content")),
        (motor("vent"), switch("heater"), switch("fan"), valve("tap")),
        setpoints=(
            setpoint("heat", "18 °C"),
            setpoint("cool", "heat + 4 °C"),
            setpoint("bonus", "1 °C"),
            setpoint("damp", "85 %"),
            setpoint("mean", "17 °C"),
            setpoint("dry", "50 %"),
        ),
        rules=(
            rule("Heat", "air.temperature < heat - 0.5 °C", {"heater": "on"}),
            drive("Cool", "vent", "air.temperature", "cool + bonus", "6 °C"),
            rule("Warm", "average(air.temperature, 10 min) < mean", {"heater": "on"}),
            rule("Dry", "damp < air.humidity and air.temperature > 10 °C", {"fan": "on"}),
        ),
        irrigation=(rounds("Water", "tap", "slab_a.water_content < dry", give="1 min"),),
    )
    assert bands(plan) == {
        "air.temperature": Band(("heat", "mean"), ("cool",)),
        "air.humidity": Band((), ("damp",)),
        "slab_a.water_content": Band(("dry",), ()),
    }
