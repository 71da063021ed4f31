"""Which unit a field has by its name: known fields of common probes, then the ending of the name."""

from __future__ import annotations

FIELDS: dict[str, str] = {
    # names are compared in lower case
    "temperature": "°C",
    "temp": "°C",
    "temp_soil": "°C",
    "soil_temperature": "°C",
    "air_temperature": "°C",
    "tempc_sht": "°C",
    "tempc_ds": "°C",
    "tempc1": "°C",
    "dew_point": "°C",
    "dewpoint": "°C",
    "humidity": "%",
    "air_humidity": "%",
    "hum": "%",
    "hum_sht": "%",
    "water_soil": "%",
    "water_content": "%",
    "moisture": "%",
    "soil_moisture": "%",
    "vwc": "%",
    "battery": "%",
    "batterylevel": "%",
    "position": "%",
    "conduct_soil": "µS/cm",
    "conductivity": "µS/cm",
    "soil_conductivity": "µS/cm",
    "ec": "µS/cm",
    "ph": "pH",
    "ph1_soil": "pH",
    "co2": "ppm",
    "pressure": "hPa",
    "barometric_pressure": "hPa",
    "batv": "V",
    "bat": "V",
    "voltage": "V",
    "current": "A",
    "power": "W",
    "energy": "kWh",
    "radiation": "W/m²",
    "solar_radiation": "W/m²",
    "par": "µmol/(m²·s)",
    "ppfd": "µmol/(m²·s)",
    "wind_speed": "m/s",
    "wind_direction": "°",
    "rainfall": "mm",
    "drain": "mL",
    "weight": "kg",
}

ENDINGS: tuple[tuple[str, str], ...] = (
    # longer endings stand before shorter ones that they end with
    ("_umol_m2_s", "µmol/(m²·s)"),
    ("_l_min", "L/min"),
    ("_us_cm", "µS/cm"),
    ("_ms_cm", "mS/cm"),
    ("_ds_m", "dS/m"),
    ("_g_m3", "g/m³"),
    ("_w_m2", "W/m²"),
    ("_wm2", "W/m²"),
    ("_m_s", "m/s"),
    ("_percent", "%"),
    ("_pct", "%"),
    ("_rh", "%"),
    ("_degc", "°C"),
    ("_celsius", "°C"),
    ("_c", "°C"),
    ("_ppm", "ppm"),
    ("_kpa", "kPa"),
    ("_hpa", "hPa"),
    ("_pa", "Pa"),
    ("_ml", "mL"),
    ("_l", "L"),
    ("_mm", "mm"),
    ("_cm", "cm"),
    ("_kg", "kg"),
    ("_g", "g"),
    ("_kwh", "kWh"),
    ("_w", "W"),
    ("_mv", "mV"),
    ("_v", "V"),
    ("_ma", "mA"),
    ("_a", "A"),
)


def unit_of(name: str) -> str:
    """The unit of the last word of a dotted name; "" where its name says nothing."""
    field = name.rpartition(".")[2].lower()
    known = FIELDS.get(field)
    if known is not None:
        return known
    return next((unit for ending, unit in ENDINGS if field.endswith(ending)), "")
