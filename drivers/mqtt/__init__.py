"""Devices behind an MQTT broker."""

from .factory import MqttFactory

factory = MqttFactory()

__all__ = ["factory"]
