"""Shapes of MQTT payloads, one pure module each: bytes in, values with their paths and time out, None for rubbish."""
