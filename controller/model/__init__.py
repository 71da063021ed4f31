"""The vocabulary everyone shares: time, quantities and units, readings, commands, ports. Imports nothing of ours."""
