"""A house that has every form of the language which the example house has not."""

from __future__ import annotations

from controller.core.plan import (
    ControlPlan,
    DefinePlan,
    LimitPlan,
    Pace,
    Plan,
    PumpPlan,
    SetPlan,
    SettingPlan,
    StagePlan,
    SumPlan,
)
from controller.model.units import unit
from controller.rules.parser import Text, parse_window

from .writing import GIMJE, drive, expression, motor, period, rounds, rule, sensor, setpoint, switch, valve


def house2() -> Plan:
    litres_per_second = 20 / 60
    return Plan(
        site=GIMJE,
        sensors=tuple(
            sensor(point)
            for point in (
                "air.temperature",
                "air.humidity",
                "pipe.temperature",
                "outside.temperature",
                "outside.wind_speed",
                "outside.radiation",
                "slab_a.water_content",
                "water.volume",
            )
        ),
        actuators=(
            motor("roof_vent", 120),
            motor("screen", 200, deadband=2.0, safe=None),
            motor("mixing_valve", 90),
            *(switch(f"fan_{n}", min_on=120, min_off=120) for n in (1, 2, 3)),
            switch("pump"),
            *(valve(f"bed_{n}", flow=litres_per_second, max_on=600, max_per_day=3600) for n in (1, 2)),
        ),
        periods=(period("night", "sunset .. sunrise"), period("day", "sunrise .. sunset")),
        defines=(
            DefinePlan("sunny", expression("outside.radiation > 300 W/m² for 3 min")),
            DefinePlan("by_sun", expression("most * ramp(outside.radiation, 200 W/m², 800 W/m²)"), ("most",)),
        ),
        sums=(
            SumPlan("bank", expression("air.temperature - 20 °C"), "never", forget=86400.0),
            SumPlan("thirst", expression("air.vpd")),
        ),
        setpoints=(
            setpoint(
                "warmth",
                {"night": "16 °C", "day": "20 °C"},
                over=3600.0,
                shape="sine",
                corrections=(expression("by_sun(2 K)"), expression("-bank / 24 h")),
                correction_low=expression("-1 K"),
                correction_high=expression("2 K"),
            ),
            setpoint("pipe_goal", "30 °C + 0.4 K * (heat_need / 1 %)", high=expression("60 °C")),
        ),
        controls=(
            ControlPlan(
                "heat_need",
                Text("heat_need"),
                expression("air.temperature"),
                expression("warmth"),
                expression("4 K"),
                reverse=True,
                integral=1800.0,
            ),
        ),
        rules=(
            drive("Mix", "mixing_valve", "pipe.temperature", "pipe_goal", "20 K", reverse=True, integral=300.0),
            drive(
                "Vent",
                "roof_vent",
                "air.temperature",
                "warmth + 4 K",
                "5 K",
                high=expression("100 % - 60 % * ramp(outside.wind_speed, 5 m/s, 12 m/s)"),
            ),
            rule("Screen", "period is night or outside.temperature < 2 °C", {"screen": "100 %"}),
        ),
        limits=(
            LimitPlan("Gap", "screen", high=expression("100 % - 5 % * ramp(air.humidity, 85 %, 95 %)")),
            LimitPlan("Slow", "screen", falling=Pace(5, 120), rising=Pace(20, 60)),
            LimitPlan("Frost", "roof_vent", when=expression("outside.temperature < 0 °C"), high=expression("0 %")),
        ),
        stages=(
            StagePlan(
                "Fans",
                expression("100 % * ramp(air.temperature, 24 °C, 30 °C)"),
                ("fan_1", "fan_2", "fan_3"),
                (10.0, 40.0, 70.0),
                delay=60.0,
                rotate_every=1800.0,
            ),
        ),
        irrigation=(
            rounds(
                "Beds",
                "bed_1",
                "thirst since last start > 2 kPa·h or 4 h since last start",
                "4 min",
                window="sunrise + 1 h .. sunset - 1 h",
                rest="5 min",
                then=("bed_2",),
                times=(parse_window(Text("10:00 .. 11:00")).start,),
                volume=60.0,
                meter="water.volume",
            ),
            rounds("Rescue", "bed_2", "slab_a.water_content < 45 % for 10 min", "2 min", rest="1 h"),
        ),
        pumps=(PumpPlan("pump", ("bed_1", "bed_2"), capacity=litres_per_second),),
        settings=(SettingPlan("feed", "mixer.ec", unit("mS/cm"), 0.5, 4.0, 1.5, 0.05),),
        sets=(
            SetPlan(
                "By light",
                "feed",
                expression("5 mS/cm - 3 mS/cm * ramp(outside.radiation, 100 W/m², 900 W/m²)"),
                expression("air.humidity < 95 %"),
            ),
            SetPlan(
                "Heat", "feed", expression("1 mS/cm"), expression("air.temperature > 35 °C for 5 min"), safety=True
            ),
        ),
        safety=(
            rule(
                "Storm",
                "maximum(outside.wind_speed, 2 min) > 15 m/s",
                {"roof_vent": "at most 5 %"},
                until="outside.wind_speed < 11 m/s for 15 min",
            ),
        ),
    )
