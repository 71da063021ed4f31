"""The same equations as machine code, where the optional package numba is installed.

The functions of `step` and its helpers are written for both: as they stand they run on lists of floats with no
package at all, and compiled on NumPy arrays some fifty times faster. Neither reorders a sum, so that both give the
same numbers.

Compiling takes a while; the result is kept in the user's cache folder, one subfolder per version of the equations
(numba itself would not notice a change in a module that the compiled function only reads from).
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import types
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulators.weather import table

from . import (
    books,
    climate,
    constants,
    controls,
    crop,
    moist_air,
    optics,
    outputs,
    parameters,
    solve,
    states,
    step,
    ventilation,
)

_MODULES = (
    table,
    constants,
    states,
    controls,
    books,
    parameters,
    moist_air,
    optics,
    ventilation,
    solve,
    crop,
    climate,
    outputs,
    step,
)
"""Everything the machine code is made from; a module stands behind those that it imports."""

_PYTHON_ONLY = (table, parameters)
"""Modules whose numbers are used, but whose functions are not part of a step."""


def available() -> bool:
    """Whether numba is installed; does not import it."""
    return importlib.util.find_spec("numba") is not None


@lru_cache(maxsize=1)
def compiled_advance() -> Callable[..., None]:
    """`step.advance` as machine code, for NumPy arrays of float64. Raises ImportError without numba."""
    import numba

    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        machine: dict[str, Any] = {}
        spaces: list[dict[str, Any]] = []
        for module in _MODULES:
            if module not in _PYTHON_ONLY:
                space = dict(vars(module))
                spaces.append(space)
                for name, function in inspect.getmembers(module, inspect.isfunction):
                    if function.__module__ == module.__name__:
                        again = types.FunctionType(function.__code__, space, name)
                        machine[name] = numba.njit(cache=name == "advance", error_model="numpy")(again)
        for space in spaces:  # let compiled functions call compiled ones
            space.update((name, function) for name, function in machine.items() if name in space)
    finally:
        config.CACHE_DIR = before
    advance: Callable[..., None] = machine["advance"]
    return advance


def cache_folder(*more: types.ModuleType) -> Path:
    """Where machine code made from these equations, and from `more` modules that use them, is kept."""
    digest = hashlib.sha256()
    for module in (*_MODULES, *more):
        digest.update(Path(str(module.__file__)).read_bytes())
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "onsil" / f"equations-{digest.hexdigest()[:16]}"
