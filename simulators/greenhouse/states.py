"""The numbers that make up the state of a compartment, by their place in one flat vector.

Everything is per m² of floor. The symbols of Vanthoor (2011) stand in brackets.
"""

from __future__ import annotations

(
    CANOPY,  # °C, the leaves (T_Can, 8.1)
    AIR,  # °C, below the screens (T_Air, 8.2)
    TOP,  # °C, the air above the screens (T_Top, 8.6)
    THERMAL_SCREEN,  # °C (T_ThScr, 8.5)
    SHADE_SCREEN,  # °C, below the thermal screen (T_BlScr; Katzin 2021, 7.1)
    COVER_INSIDE,  # °C (T_Cov,in, 8.7)
    COVER_OUTSIDE,  # °C (T_Cov,e, 8.8)
    PIPE,  # °C (T_Pipe, 8.9)
    LAMP,  # °C (T_Lamp; Katzin 2021, 7.1)
    FLOOR,  # °C (T_Flr, 8.3)
    SOIL_1,  # °C, five layers, each twice as thick as the one above it (T_So(j), 8.4)
    SOIL_2,
    SOIL_3,
    SOIL_4,
    SOIL_5,
    VAPOUR,  # kg/m³ below the screens; a mass, not a pressure, so that none is lost as the air warms (8.10)
    VAPOUR_TOP,  # kg/m³ above them (8.11)
    CO2,  # mg/m³ below the screens (CO2_Air, 8.12)
    CO2_TOP,  # mg/m³ above them (CO2_Top, 8.13)
    SLAB_WATER,  # L/m²
    SLAB_SALT,  # mS/cm · L/m²: salts as the conductivity they give, times the water they are dissolved in
    BUFFER,  # mg/m² of carbohydrates (C_Buf, 9.1)
    FRUIT,  # mg/m² of carbohydrates (C_Fruit, 9.2)
    LEAF,  # mg/m² of carbohydrates (C_Leaf, 9.4)
    STEM,  # mg/m² of carbohydrates (C_Stem, 9.6)
    TEMPERATURE_SUM,  # °C·d of the canopy (T_Can^Sum, 9.8)
    DAY_TEMPERATURE,  # °C: the canopy's over the last day (T_Can^24, 9.9)
    SIZE,
) = range(28)
