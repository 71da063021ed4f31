"""influxdb-client without what a writer does not need.

Its packages import every service and model of the InfluxDB API when they are touched: 300 modules, 25 MB and 0.4 s on
a PC. The client that sends requests and the service that writes are three of these modules. So hollow packages stand in
for the real ones, which know where their modules are and run their own code as soon as something else of them is
asked for: for anybody else in this process the library is whole.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

_PACKAGES = (
    "influxdb_client",
    "influxdb_client.service",
    "influxdb_client.domain",
    "influxdb_client.client",
)


class _Hollow(ModuleType):
    """A package whose own code has not run yet."""

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if name.startswith("__") or spec is None or spec.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.exec_module(self)
        return getattr(self, name)


def load() -> tuple[ModuleType, ModuleType, ModuleType]:
    """The modules api_client, configuration and write_service. Raises ImportError."""
    if "influxdb_client" not in sys.modules:
        for name in _PACKAGES:
            _stand_in(name)
        package = sys.modules["influxdb_client"]
        # what the client itself takes from the package
        for module, attribute in (
            ("version", "VERSION"),
            ("service.signin_service", "SigninService"),
            ("service.signout_service", "SignoutService"),
        ):
            source = importlib.import_module(f"influxdb_client.{module}")
            setattr(package, attribute, getattr(source, attribute))
    return (
        importlib.import_module("influxdb_client._sync.api_client"),
        importlib.import_module("influxdb_client.configuration"),
        importlib.import_module("influxdb_client.service.write_service"),
    )


def _stand_in(name: str) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ImportError(f"{name} is not installed")
    module = _Hollow(name)
    module.__spec__, module.__file__ = spec, spec.origin
    module.__path__ = list(spec.submodule_search_locations or ())
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
