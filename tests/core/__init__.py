"""The core, driven by hand: no clock, no loop, no device but those of `house`."""
