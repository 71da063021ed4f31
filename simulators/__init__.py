"""A greenhouse without hardware: physics, and virtual devices behind a real serial port and a real broker."""
