"""What acts on a compartment, by its place in one flat vector; each from 0 (closed, off) to 1 (open, spread, full)."""

from __future__ import annotations

(
    ROOF_VENT,
    SIDE_VENT,
    THERMAL_SCREEN,
    SHADE_SCREEN,
    HEATER,  # the pipes and the hot-air heater that the structure has
    FAN,
    FOGGER,
    CO2,
    LAMP,
    IRRIGATION,
    DOOR,  # which no controller moves: somebody has left it open
    SIZE,
) = range(12)
