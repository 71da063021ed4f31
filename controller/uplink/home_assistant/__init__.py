"""Home Assistant: everything of the house as entities, by MQTT discovery. See README.md."""

from controller.uplink.home_assistant.uplink import HomeAssistant

__all__ = ["HomeAssistant"]
