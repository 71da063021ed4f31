"""The example house as a plan: what every line of its two files means to the core."""

from __future__ import annotations

from controller.core.plan import Atom, InterlockPlan, Plan, VotePlan
from controller.rules.parser import Text

from .writing import GIMJE, alarm, drive, motor, period, rounds, rule, sensor, setpoint, switch, valve


def house1() -> Plan:
    return Plan(
        site=GIMJE,
        sensors=(
            sensor("air.temperature", low=-30, high=60, max_rate=5 / 60, stale_after=60, stuck_after=6 * 3600),
            sensor("air.humidity"),
            sensor("air.temperature_2"),
            sensor("air.humidity_2"),
            sensor("air.co2"),
            sensor("outside.temperature"),
            sensor("outside.wind_speed"),
            sensor("outside.rain", stale_after=120),
            sensor("outside.radiation"),
            sensor("slab_a.water_content", stale_after=45 * 60, gain=1.04, offset=-0.8),
            sensor("slab_a.ec"),
            sensor("slab_a.drain"),
        ),
        votes=(VotePlan("air.temperature", ("air.temperature", "air.temperature_2"), disagree=2.0),),
        actuators=(
            motor("roof_vent", 180),
            motor("shade_screen", 240, deadband=5.0, safe=None),
            switch("heater", min_on=180, min_off=300),
            switch("fan", min_on=60, min_off=60),
            switch("fogger", max_on=120, min_off=60),
            valve("irrigation_a", flow=24 / 60, max_on=900, max_per_day=5400),
        ),
        interlocks=(
            InterlockPlan(
                Text("heater on and roof_vent > 30 %"),
                (Atom("heater", 50.0, 100.0), Atom("roof_vent", 30.000001, 100.0)),
                keep="roof_vent",
            ),
        ),
        periods=(
            period("night", "sunset .. sunrise - 1 h"),
            period("morning", "sunrise - 1 h .. sunrise + 2 h"),
            period("day", "sunrise + 2 h .. sunset"),
        ),
        setpoints=(
            setpoint("heating_temperature", {"night": "16 °C", "morning": "18 °C", "day": "19 °C"}, ramp=2 / 3600),
            setpoint("ventilation_temperature", "heating_temperature + 4 °C"),
            setpoint("light_bonus", "2 °C * clamp(outside.radiation / 800 W/m², 0, 1)"),
        ),
        rules=(
            rule(
                "Heat up to the setpoint",
                "air.temperature < heating_temperature - 0.5 °C",
                {"heater": "on"},
                until="air.temperature > heating_temperature + 0.5 °C",
            ),
            drive(
                "Ventilate in proportion",
                "roof_vent",
                "air.temperature",
                "ventilation_temperature + light_bonus",
                "6 °C",
                {"outside.temperature < 5 °C": "12 °C"},
            ),
            rule(
                "Dry the air at dawn",
                "air.humidity_deficit < 2 g/m³ for 10 min and period is morning",
                {"roof_vent": "at least 10 %", "fan": "on"},
                until="air.humidity_deficit > 3 g/m³",
            ),
            rule(
                "Shade at strong sun",
                "outside.radiation > 700 W/m² for 5 min",
                {"shade_screen": "70 %"},
                until="outside.radiation < 550 W/m² for 15 min",
            ),
            rule(
                "Close the screen on cold nights",
                "period is night and outside.temperature < 8 °C",
                {"shade_screen": "100 %"},
            ),
            rule(
                "Fog when the air is too dry",
                "air.vpd > 1.6 kPa for 3 min and roof_vent < 50 %",
                {"fogger": "on for 30 s every 5 min"},
            ),
        ),
        irrigation=(
            rounds(
                "Slab A by light",
                "irrigation_a",
                "radiation_sum since last start > 120 J/cm² or 3 h since last start",
                "2 min",
                window="sunrise + 2 h .. sunset - 2 h",
                skip_when="slab_a.water_content > 75 %",
                stop_day_when="drain_fraction > 35 %",
            ),
            rounds(
                "Slab A night rescue",
                "irrigation_a",
                "slab_a.water_content < 45 % for 10 min",
                "1 min",
                window="sunset .. sunrise",
                rest="1 h",
            ),
        ),
        safety=(
            rule(
                "Storm",
                "outside.wind_speed > 15 m/s",
                {"roof_vent": "at most 5 %"},
                until="outside.wind_speed < 11 m/s for 15 min",
            ),
            rule("Rain", "outside.rain is wet", {"roof_vent": "at most 15 %"}, until="outside.rain is dry for 10 min"),
            rule(
                "Blind",
                "air.temperature is bad for 2 min",
                {"roof_vent": "10 %", "heater": "off", "fogger": "off"},
            ),
        ),
        alarms=(
            alarm("Frost", "air.temperature < 5 °C for 2 min", "critical"),
            alarm("Too hot", "air.temperature > 38 °C for 5 min"),
            alarm("Dry slab", "slab_a.water_content < 35 % for 30 min"),
        ),
    )
