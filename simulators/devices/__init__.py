"""Virtual devices that speak the real protocols: behind a pty, or behind a broker."""
