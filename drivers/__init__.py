"""Field buses: one package a bus, each offering a `DriverFactory` as an entry point in `onsil.drivers`."""
