"""What has flowed since the start, by its place in one flat vector; per m² of floor.

With the states these close the balances of energy, water, salt, CO2 and carbohydrates.
"""

from __future__ import annotations

(
    # energy, J
    SUN,  # in: absorbed by cover, canopy, floor and air
    PIPE_HEAT,  # in: into the heating pipes
    AIR_HEAT,  # in: from the hot-air heater
    LAMP,  # in: electricity
    FAN,  # in: electricity
    GROWTH,  # in: what new leaves carry with them, being as warm as the canopy
    SKY,  # out: thermal radiation
    COVER,  # out: from the cover to the wind
    VENTED_HEAT,  # out: sensible
    VENTED_LATENT,  # out: as vapour
    GROUND,  # out: to the deep soil
    LAMP_COOLING,  # out: carried off by the lamps' cooling water
    # water, kg
    IRRIGATED,  # in
    FOGGED,  # in
    TRANSPIRED,  # from the slab into the air
    VENTED_VAPOUR,  # out
    CONDENSED,  # out: on cover, screens, leaves and as mist, and fog that fell before it dried
    DRAINED,  # out
    # salt, mS/cm · kg
    SALT_GIVEN,  # in
    SALT_TAKEN,  # out: by the roots
    SALT_DRAINED,  # out
    # CO2, mg
    CO2_DOSED,  # in
    CO2_VENTED,  # out
    CO2_FIXED,  # out: by the crop, less what it breathes
    # the crop
    FRUIT_PICKED,  # mg of carbohydrates
    LEAF_PRUNED,  # mg of carbohydrates
    PHOTONS,  # mol of light above the canopy
    SIZE,
) = range(28)
