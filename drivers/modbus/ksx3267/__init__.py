"""KS X 3267: Korean standard sensor, actuator and integrated nodes on RS-485 (protocol number 10)."""
