"""Devices behind an MQTT broker: Tasmota relays and sensors, LoRaWAN probes behind ChirpStack, plain JSON."""

from .factory import MqttFactory

factory = MqttFactory()

__all__ = ["factory"]
