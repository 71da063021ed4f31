"""Drains the outbox into InfluxDB 1.x, 2 or 3, or what takes the same writes (VictoriaMetrics, Telegraf)."""

from controller.uplink.influxdb.uplink import InfluxUplink, Server

__all__ = ["InfluxUplink", "Server"]
