"""What describes one greenhouse and its crop: names and units, and the flat vector in which the equations find them.

The values stand in data files (`structures/*.toml`, `crops/*.toml`), each with its unit and its source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from . import constants as k

STRUCTURE: dict[str, str] = {
    "site_elevation": "m",
    "air_height": "m",
    "air_total_height": "m",
    "air_sun_absorbed": "-",
    "cover_area": "m²/m²",
    "cover_slope": "°",
    "cover_thickness": "m",
    "cover_density": "kg/m³",
    "cover_heat": "J/(kg·K)",
    "cover_conductivity": "W/(m·K)",
    "cover_gap_resistance": "m²·K/W",
    "cover_par_transmission": "-",
    "cover_par_reflection": "-",
    "cover_nir_transmission": "-",
    "cover_nir_reflection": "-",
    "cover_fir_transmission": "-",
    "cover_fir_reflection": "-",
    "cover_convection_inside": "W/(m²·K^1.33)",
    "cover_convection_still": "W/(m²·K)",
    "cover_convection_wind": "W/(m²·K)/(m/s)^n",
    "cover_convection_exponent": "-",
    "vents_roof_area": "m²/m²",
    "vents_roof_height": "m",
    "vents_side_area": "m²/m²",
    "vents_side_height": "m",
    "vents_side_to_roof": "m",
    "vents_discharge": "-",
    "vents_wind": "-",
    "vents_net_porosity": "-",
    "vents_leakage": "-",
    "vents_leakage_top": "-",
    "thermal_screen_thickness": "m",
    "thermal_screen_density": "kg/m³",
    "thermal_screen_heat": "J/(kg·K)",
    "thermal_screen_par_transmission": "-",
    "thermal_screen_par_reflection": "-",
    "thermal_screen_nir_transmission": "-",
    "thermal_screen_nir_reflection": "-",
    "thermal_screen_fir_transmission": "-",
    "thermal_screen_fir_emission": "-",
    "thermal_screen_leakage": "m³/(m²·s·K^0.66)",
    "shade_screen_thickness": "m",
    "shade_screen_density": "kg/m³",
    "shade_screen_heat": "J/(kg·K)",
    "shade_screen_par_transmission": "-",
    "shade_screen_par_reflection": "-",
    "shade_screen_nir_transmission": "-",
    "shade_screen_nir_reflection": "-",
    "shade_screen_fir_transmission": "-",
    "shade_screen_fir_emission": "-",
    "shade_screen_leakage": "m³/(m²·s·K^0.66)",
    "floor_thickness": "m",
    "floor_density": "kg/m³",
    "floor_heat": "J/(kg·K)",
    "floor_conductivity": "W/(m·K)",
    "floor_emission": "-",
    "floor_par_reflection": "-",
    "floor_nir_reflection": "-",
    "soil_first_layer": "m",
    "soil_heat": "J/(m³·K)",
    "soil_conductivity": "W/(m·K)",
    "pipe_length": "m/m²",
    "pipe_outer_diameter": "m",
    "pipe_inner_diameter": "m",
    "pipe_emission": "-",
    "heater_pipe_power": "W/m²",
    "heater_air_power": "W/m²",
    "fan_exhaust": "m³/(m²·s)",
    "fan_stirring": "-",
    "fan_power": "W/m²",
    "fogger_rate": "kg/(m²·s)",
    "fogger_full_deficit": "Pa",
    "co2_rate": "mg/(m²·s)",
    "lamp_power": "W/m²",
    "lamp_area": "m²/m²",
    "lamp_par_share": "-",
    "lamp_nir_share": "-",
    "lamp_cooling_share": "-",
    "lamp_photons": "µmol/J",
    "lamp_emission_up": "-",
    "lamp_emission_down": "-",
    "lamp_heat": "J/(m²·K)",
    "lamp_convection": "W/(m²·K)",
    "slab_volume": "L/m²",
    "slab_capacity": "%",
    "slab_stress": "%",
    "slab_wilting": "%",
    "slab_drain_time": "s",
    "slab_bypass": "-",
    "irrigation_rate": "L/(m²·s)",
    "irrigation_ec": "mS/cm",
    "irrigation_area": "m²",
}
"""Name and unit of what a structure's file must say."""

CROP: dict[str, str] = {
    "leaf_area_most": "m²/m²",
    "leaf_area_specific": "m²/mg",
    "leaf_heat": "J/(m²·K)",
    "leaf_convection": "W/(m²·K)",
    "leaf_par_reflection": "-",
    "leaf_nir_reflection": "-",
    "leaf_par_extinction": "-",
    "leaf_nir_extinction": "-",
    "leaf_fir_extinction": "-",
    "stomata_boundary": "s/m",
    "stomata_least": "s/m",
    "stomata_light_1": "W/m²",
    "stomata_light_2": "W/m²",
    "stomata_co2_day": "ppm⁻²",
    "stomata_co2_night": "ppm⁻²",
    "stomata_vapour_day": "Pa⁻²",
    "stomata_vapour_night": "Pa⁻²",
    "stomata_dawn": "W/m²",
    "stomata_dawn_slope": "m²/W",
    "photosynthesis_potential": "µmol/(m²·s)",
    "photosynthesis_quantum_yield": "-",
    "photosynthesis_curvature": "-",
    "photosynthesis_activation": "J/mol",
    "photosynthesis_deactivation": "J/mol",
    "photosynthesis_entropy": "J/(mol·K)",
    "photosynthesis_stomatal_co2": "-",
    "photosynthesis_compensation": "ppm/K",
    "buffer_most": "mg/m²",
    "buffer_least": "mg/m²",
    "growth_fruit": "mg/(m²·s)",
    "growth_leaf": "mg/(m²·s)",
    "growth_stem": "mg/(m²·s)",
    "growth_cost_fruit": "-",
    "growth_cost_leaf": "-",
    "growth_cost_stem": "-",
    "growth_temperature_slope": "K⁻¹",
    "growth_temperature_intercept": "-",
    "growth_temperature_sum": "°C·d",
    "growth_coldest": "°C",
    "growth_hottest": "°C",
    "growth_coldest_day": "°C",
    "growth_hottest_day": "°C",
    "upkeep_fruit": "s⁻¹",
    "upkeep_leaf": "s⁻¹",
    "upkeep_stem": "s⁻¹",
    "upkeep_q10": "-",
    "upkeep_growth_share": "-",
    "harvest_fruit_most": "mg/m²",
    "harvest_time": "s",
    "harvest_dry_share": "-",
    "uptake_ec": "mS/cm",
    "initial_buffer": "mg/m²",
    "initial_leaf": "mg/m²",
    "initial_stem": "mg/m²",
    "initial_fruit": "mg/m²",
    "initial_temperature_sum": "°C·d",
}
"""Name and unit of what a crop's file must say."""

GIVEN = (*STRUCTURE, *CROP)

# fmt: off
(
    SITE_ELEVATION, AIR_HEIGHT, AIR_TOTAL_HEIGHT, AIR_SUN_ABSORBED, COVER_AREA, COVER_SLOPE, COVER_THICKNESS,
    COVER_DENSITY, COVER_HEAT, COVER_CONDUCTIVITY, COVER_GAP_RESISTANCE, COVER_PAR_TRANSMISSION,
    COVER_PAR_REFLECTION, COVER_NIR_TRANSMISSION, COVER_NIR_REFLECTION, COVER_FIR_TRANSMISSION, COVER_FIR_REFLECTION,
    COVER_CONVECTION_INSIDE, COVER_CONVECTION_STILL, COVER_CONVECTION_WIND, COVER_CONVECTION_EXPONENT,
    VENTS_ROOF_AREA, VENTS_ROOF_HEIGHT, VENTS_SIDE_AREA, VENTS_SIDE_HEIGHT, VENTS_SIDE_TO_ROOF, VENTS_DISCHARGE,
    VENTS_WIND, VENTS_NET_POROSITY, VENTS_LEAKAGE, VENTS_LEAKAGE_TOP, THERMAL_SCREEN_THICKNESS,
    THERMAL_SCREEN_DENSITY, THERMAL_SCREEN_HEAT, THERMAL_SCREEN_PAR_TRANSMISSION, THERMAL_SCREEN_PAR_REFLECTION,
    THERMAL_SCREEN_NIR_TRANSMISSION, THERMAL_SCREEN_NIR_REFLECTION, THERMAL_SCREEN_FIR_TRANSMISSION,
    THERMAL_SCREEN_FIR_EMISSION, THERMAL_SCREEN_LEAKAGE, SHADE_SCREEN_THICKNESS, SHADE_SCREEN_DENSITY,
    SHADE_SCREEN_HEAT, SHADE_SCREEN_PAR_TRANSMISSION, SHADE_SCREEN_PAR_REFLECTION, SHADE_SCREEN_NIR_TRANSMISSION,
    SHADE_SCREEN_NIR_REFLECTION, SHADE_SCREEN_FIR_TRANSMISSION, SHADE_SCREEN_FIR_EMISSION, SHADE_SCREEN_LEAKAGE,
    FLOOR_THICKNESS, FLOOR_DENSITY, FLOOR_HEAT, FLOOR_CONDUCTIVITY, FLOOR_EMISSION, FLOOR_PAR_REFLECTION,
    FLOOR_NIR_REFLECTION, SOIL_FIRST_LAYER, SOIL_HEAT, SOIL_CONDUCTIVITY, PIPE_LENGTH, PIPE_OUTER_DIAMETER,
    PIPE_INNER_DIAMETER, PIPE_EMISSION, HEATER_PIPE_POWER, HEATER_AIR_POWER, FAN_EXHAUST, FAN_STIRRING, FAN_POWER,
    FOGGER_RATE, FOGGER_FULL_DEFICIT, CO2_RATE, LAMP_POWER, LAMP_AREA, LAMP_PAR_SHARE, LAMP_NIR_SHARE,
    LAMP_COOLING_SHARE, LAMP_PHOTONS, LAMP_EMISSION_UP, LAMP_EMISSION_DOWN, LAMP_HEAT, LAMP_CONVECTION, SLAB_VOLUME,
    SLAB_CAPACITY, SLAB_STRESS, SLAB_WILTING, SLAB_DRAIN_TIME, SLAB_BYPASS, IRRIGATION_RATE, IRRIGATION_EC,
    IRRIGATION_AREA, LEAF_AREA_MOST, LEAF_AREA_SPECIFIC, LEAF_HEAT, LEAF_CONVECTION, LEAF_PAR_REFLECTION,
    LEAF_NIR_REFLECTION, LEAF_PAR_EXTINCTION, LEAF_NIR_EXTINCTION, LEAF_FIR_EXTINCTION, STOMATA_BOUNDARY,
    STOMATA_LEAST, STOMATA_LIGHT_1, STOMATA_LIGHT_2, STOMATA_CO2_DAY, STOMATA_CO2_NIGHT, STOMATA_VAPOUR_DAY,
    STOMATA_VAPOUR_NIGHT, STOMATA_DAWN, STOMATA_DAWN_SLOPE, PHOTOSYNTHESIS_POTENTIAL, PHOTOSYNTHESIS_QUANTUM_YIELD,
    PHOTOSYNTHESIS_CURVATURE, PHOTOSYNTHESIS_ACTIVATION, PHOTOSYNTHESIS_DEACTIVATION, PHOTOSYNTHESIS_ENTROPY,
    PHOTOSYNTHESIS_STOMATAL_CO2, PHOTOSYNTHESIS_COMPENSATION, BUFFER_MOST, BUFFER_LEAST, GROWTH_FRUIT, GROWTH_LEAF,
    GROWTH_STEM, GROWTH_COST_FRUIT, GROWTH_COST_LEAF, GROWTH_COST_STEM, GROWTH_TEMPERATURE_SLOPE,
    GROWTH_TEMPERATURE_INTERCEPT, GROWTH_TEMPERATURE_SUM, GROWTH_COLDEST, GROWTH_HOTTEST, GROWTH_COLDEST_DAY,
    GROWTH_HOTTEST_DAY, UPKEEP_FRUIT, UPKEEP_LEAF, UPKEEP_STEM, UPKEEP_Q10, UPKEEP_GROWTH_SHARE, HARVEST_FRUIT_MOST,
    HARVEST_TIME, HARVEST_DRY_SHARE, UPTAKE_EC, INITIAL_BUFFER, INITIAL_LEAF, INITIAL_STEM, INITIAL_FRUIT,
    INITIAL_TEMPERATURE_SUM,
    # what follows from them
    TOP_HEIGHT,  # m: of the air above the screens
    COVER_CAPACITY,  # J/(m²·K), of each side
    COVER_CONDUCTANCE,  # W/(m²·K)
    COVER_EMISSION,  # -
    VENTS_NET,  # - : factor by which an insect net lets air through
    THERMAL_SCREEN_CAPACITY,  # J/(m²·K)
    SHADE_SCREEN_CAPACITY,  # J/(m²·K)
    FLOOR_CAPACITY,  # J/(m²·K)
    FLOOR_SOIL,  # W/(m²·K)
    SOIL_CAPACITY,  # J/(m²·K) of the first layer; each further one has twice as much
    SOIL_SOIL,  # W/(m²·K) from the first to the second layer; each further one conducts half as much
    PIPE_AREA,  # m²/m²
    PIPE_CAPACITY,  # J/(m²·K)
    HEAT_OF_AIR,  # J/(m³·K)
    DENSITY_TIMES_KELVIN,  # kg·K/m³ of dry air
    CO2_PPM,  # ppm per mg/m³ and K
    PHOTOSYNTHESIS_REFERENCE,  # deactivation at the reference temperature, one plus
    SIZE,
) = range(166)
# fmt: on


def vector(given: Mapping[str, float]) -> list[float]:
    """The flat vector: what the files give (GIVEN), then what follows. Raises KeyError where a number is missing."""
    p = [given[name] for name in GIVEN] + [0.0] * (SIZE - len(GIVEN))

    elevation = p[SITE_ELEVATION]
    pressure = k.PRESSURE * (1 - 2.5577e-5 * elevation) ** 5.25588  # barometric formula
    density = k.AIR_DENSITY * math.exp(-k.GRAVITY * k.AIR_MOLE * elevation / (293.15 * k.GAS))  # 8.24
    p[HEAT_OF_AIR] = density * k.AIR_HEAT
    p[DENSITY_TIMES_KELVIN] = k.AIR_MOLE * pressure / k.GAS
    p[CO2_PPM] = k.UNIVERSAL_GAS / (pressure * k.CO2_MOLE)  # ideal gas, parts of the volume
    p[TOP_HEIGHT] = p[AIR_TOTAL_HEIGHT] - p[AIR_HEIGHT]

    # one tenth of the cover's heat capacity goes with each of its sides, 8.18 and 8.21
    mass = math.cos(math.radians(p[COVER_SLOPE])) * p[COVER_THICKNESS] * p[COVER_DENSITY]
    p[COVER_CAPACITY] = 0.1 * mass * p[COVER_HEAT]
    p[COVER_CONDUCTANCE] = 1 / (p[COVER_THICKNESS] / p[COVER_CONDUCTIVITY] + p[COVER_GAP_RESISTANCE])  # 8.19
    p[COVER_EMISSION] = 1 - p[COVER_FIR_TRANSMISSION] - p[COVER_FIR_REFLECTION]

    porosity = p[VENTS_NET_POROSITY]
    p[VENTS_NET] = porosity * (2 - porosity)  # 8.70

    # layers, 8.23
    p[THERMAL_SCREEN_CAPACITY] = p[THERMAL_SCREEN_THICKNESS] * p[THERMAL_SCREEN_DENSITY] * p[THERMAL_SCREEN_HEAT]
    p[SHADE_SCREEN_CAPACITY] = p[SHADE_SCREEN_THICKNESS] * p[SHADE_SCREEN_DENSITY] * p[SHADE_SCREEN_HEAT]
    p[FLOOR_CAPACITY] = p[FLOOR_THICKNESS] * p[FLOOR_DENSITY] * p[FLOOR_HEAT]

    # conduction between the middles of layers, table 8.4
    layer = p[SOIL_FIRST_LAYER]
    p[FLOOR_SOIL] = 2 / (p[FLOOR_THICKNESS] / p[FLOOR_CONDUCTIVITY] + layer / p[SOIL_CONDUCTIVITY])
    p[SOIL_CAPACITY] = layer * p[SOIL_HEAT]
    p[SOIL_SOIL] = 2 * p[SOIL_CONDUCTIVITY] / (3 * layer)

    outer, inner = p[PIPE_OUTER_DIAMETER], p[PIPE_INNER_DIAMETER]
    steel = (outer**2 - inner**2) * k.STEEL_DENSITY * k.STEEL_HEAT
    water = inner**2 * k.WATER_DENSITY * k.WATER_HEAT
    p[PIPE_AREA] = math.pi * p[PIPE_LENGTH] * outer
    p[PIPE_CAPACITY] = max(math.pi / 4 * p[PIPE_LENGTH] * (steel + water), 1.0)  # 8.22; without pipes a harmless rest

    gas, reference = 1e-3 * k.GAS, k.REFERENCE_TEMPERATURE
    exponent = (p[PHOTOSYNTHESIS_ENTROPY] * reference - p[PHOTOSYNTHESIS_DEACTIVATION]) / (gas * reference)
    p[PHOTOSYNTHESIS_REFERENCE] = 1 + math.exp(exponent)  # 9.15
    return p
