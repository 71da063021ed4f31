"""influxdb-client without what a writer does not need.

Its packages import every service and model of the InfluxDB API when they are touched: 300 modules, 25 MB and 0.4 s on
a PC. The client that sends requests and the service that writes need fifteen of them. So while these are imported,
hollow packages stand in for the real ones: they know where their modules are and run nothing. Afterwards they are taken
away again, and whoever imports influxdb-client in this process gets all of it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple

_ROOT = "influxdb_client"
_PACKAGES = (_ROOT, f"{_ROOT}.service", f"{_ROOT}.domain", f"{_ROOT}.client")
# what the client takes from the root
_NEEDED = (
    ("version", "VERSION"),
    ("service.signin_service", "SigninService"),
    ("service.signout_service", "SignoutService"),
)


class Parts(NamedTuple):
    """The modules of influxdb-client that write."""

    api_client: ModuleType
    configuration: ModuleType
    write_service: ModuleType


@contextlib.contextmanager
def writing_parts() -> Iterator[Parts]:
    """The parts, to make a client with inside of the with block. Raises ImportError."""
    hollow = _PACKAGES if _ROOT not in sys.modules else ()
    try:
        for name in hollow:
            _stand_in(name)
        if hollow:
            for module, attribute in _NEEDED:
                found = importlib.import_module(f"{_ROOT}.{module}")
                setattr(sys.modules[_ROOT], attribute, getattr(found, attribute))
        yield Parts(
            importlib.import_module(f"{_ROOT}._sync.api_client"),
            importlib.import_module(f"{_ROOT}.configuration"),
            importlib.import_module(f"{_ROOT}.service.write_service"),
        )
    finally:
        for name in hollow:
            sys.modules.pop(name, None)


def _stand_in(name: str) -> None:
    spec = importlib.util.find_spec(name)
    if spec is None:
        raise ImportError(f"{name} is not installed")
    module = ModuleType(name)
    module.__spec__, module.__file__ = spec, spec.origin
    module.__path__ = list(spec.submodule_search_locations or ())
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
