"""Numbers of nature and of the model's form, which no greenhouse and no crop changes.

Names and values as in Vanthoor (2011), table 8.1, unless said otherwise.
"""

from __future__ import annotations

KELVIN = 273.15
STEFAN_BOLTZMANN = 5.67e-8  # W/(m²·K⁴)
GAS = 8314.0  # J/(kmol·K)
WATER_MOLE = 18.0  # kg/kmol
AIR_MOLE = 28.96  # kg/kmol
LATENT = 2.45e6  # J/kg, evaporation of water
AIR_HEAT = 1000.0  # J/(kg·K)
AIR_DENSITY = 1.2  # kg/m³ at sea level
PRESSURE = 101325.0  # Pa at sea level
PSYCHROMETRIC = 65.8  # Pa/K
GRAVITY = 9.81  # m/s²
STEEL_DENSITY = 7850.0  # kg/m³
STEEL_HEAT = 640.0  # J/(kg·K)
WATER_DENSITY = 1000.0  # kg/m³
WATER_HEAT = 4180.0  # J/(kg·K)

PAR_SHARE = 0.5  # of global radiation
NIR_SHARE = 0.5
PHOTONS_PER_JOULE = 4.6  # µmol/J of sunlight's PAR; follows from Vanthoor's 2.3 µmol per J of global radiation

SCREEN_CONVECTION = 1.7  # W/(m²·K^1.33), table 8.4
PIPE_VIEW = 0.49  # of a pipe near the floor upwards, and as much downwards, table 8.3
CONDENSATION = 6.4e-9  # kg/(J·Pa) · K: mass per heat transfer, 8.43

CO2_MOLE = 44.01e-3  # kg/mol
UNIVERSAL_GAS = 8.3144598  # J/(mol·K)
CO2_PER_CARBOHYDRATE = 44.0 / 30.0  # mg/mg: M_CO2 / M_CH2O
REFERENCE_TEMPERATURE = 298.15  # K, of photosynthesis, table 9.1
