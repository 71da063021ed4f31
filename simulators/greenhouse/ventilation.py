"""Air that moves: through vents and cracks, and past the screens. All flows in m³ per m² of floor and s."""

from __future__ import annotations

import math

from . import constants as k

SHUT = 1e-9
"""m²/m²: less is no opening."""


def through_openings(
    roof: float,
    roof_height: float,
    side: float,
    side_height: float,
    between: float,
    discharge: float,
    wind_factor: float,
    warmth: float,
    wind: float,
    separated: float,
) -> tuple[float, float]:
    """Flows through roof and side openings.

    `roof` and `side` are the areas that stand open, m²/m²; `warmth` is |T_in - T_out| over their mean in K; `wind` in
    m/s; `separated` (0..1) says how far screens keep roof and side apart. A single opening by Boulard and Baille
    (1995), 8.65 and 8.67, both together by Kittas et al. (1997), 8.66. Vanthoor switches between the two at a ratio
    of areas; here the larger one counts, shared by area, so that the flow is continuous and always grows with each
    opening.
    """
    push = wind_factor * wind * wind
    roof_alone = 0.5 * discharge * roof * math.sqrt(0.5 * k.GRAVITY * roof_height * warmth + push)
    side_alone = 0.5 * discharge * side * math.sqrt(0.5 * k.GRAVITY * side_height * warmth + push)
    if roof < SHUT or side < SHUT:
        return roof_alone, side_alone
    squares = roof * roof + side * side
    chimney = roof * roof * side * side / squares * 2 * k.GRAVITY * between * warmth
    mean = 0.5 * (roof + side)
    alone = roof_alone + side_alone
    together = max(discharge * math.sqrt(chimney + mean * mean * push), alone)
    share = roof / (roof + side)
    return (
        separated * roof_alone + (1 - separated) * share * together,
        separated * side_alone + (1 - separated) * (1 - share) * together,
    )


def past_screen(closed: float, leakage: float, difference: float, density: float, density_top: float) -> float:
    """Exchange of air through the fabric and the gap of a screen (8.41; de Zwart, 1996, 5.68).

    `difference` in K and the densities (kg/m³) are those between the air below and the air above.
    """
    through = closed * leakage * math.pow(difference, 0.66)
    gap = 1 - closed
    if gap <= 0.0:
        return through
    mean = 0.5 * (density + density_top)
    return through + gap / mean * math.sqrt(0.5 * mean * gap * k.GRAVITY * abs(density - density_top))
