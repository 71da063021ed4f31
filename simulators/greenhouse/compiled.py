"""The same equations as machine code, where the optional package numba is installed.

The functions of `step` and its helpers are written for both: as they stand they run on lists of floats with no
package at all, and compiled on NumPy arrays some fifty times faster. Neither reorders a sum, so that both give the
same numbers.

Compiling takes a while, and more memory than the code ever needs again: it is done in a process of its own, which
ends. The result is kept in the user's cache folder, one subfolder per version of the equations (numba itself would not
notice a change in a module that the compiled function only reads from).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import inspect
import os
import subprocess
import sys
import types
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
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

_READY = "ready"
"""Written last: without it the code in a folder is not complete."""


def available() -> bool:
    """Whether numba is installed; does not import it."""
    return importlib.util.find_spec("numba") is not None


@lru_cache(maxsize=1)
def compiled_advance() -> Callable[..., None]:
    """`step.advance` as machine code, for NumPy arrays of float64. Raises ImportError without numba."""
    prepare()
    return make()


def prepare() -> None:
    """Have it compiled, where that was not done before."""
    compile_apart(__name__, cache_folder())


def is_kept(folder: Path) -> bool:
    """Whether all that belongs into a folder has been compiled."""
    return (folder / _READY).exists()


def compile_apart(module: str, kept: Path) -> None:
    """Have `make` of a module compile into the folder `kept`, in a process of its own, where that was not done before.

    Should it fail there, then whoever needs the code compiles it, and hears why it cannot be done.
    """
    if is_kept(kept):
        return
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several workers that need it at once, one compiles
        if not is_kept(kept):
            code = f"from {module} import make; make()"
            path = os.pathsep.join(sys.path)
            command = [sys.executable, "-c", code]
            done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, capture_output=True, check=False)
            if done.returncode == 0:
                (kept / _READY).touch()


def make() -> Callable[..., None]:
    """What `compiled_advance` gives, compiled or found in this process."""
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
                        machine[name] = to_machine(again, kept=name == "advance")
        for space in spaces:  # let compiled functions call compiled ones
            space.update((name, function) for name, function in machine.items() if name in space)
    finally:
        config.CACHE_DIR = before
    number = numba.float64
    machine["advance"].compile((number, number, number, number[::1], number, number[:, ::1]))
    advance: Callable[..., None] = machine["advance"]
    return advance


def to_machine(function: Callable[..., Any], *, kept: bool) -> Any:
    """What becomes machine code once it is called. Python itself calls only what is `kept`: without the way in from
    Python, the others take half of the time and memory to compile."""
    import numba

    without: Any = {"no_cpython_wrapper": not kept, "no_cfunc_wrapper": True}
    return numba.njit(cache=kept, error_model="numpy", **without)(function)


def cache_folder(*more: types.ModuleType) -> Path:
    """Where machine code made from these equations, and from `more` modules that use them, is kept.

    Its name stands for all that numba asks before it takes code from there, the processor aside.
    """
    digest = hashlib.sha256(f"{sys.version} {version('numba')} {version('llvmlite')}".encode())
    for module in (*_MODULES, *more):
        source = Path(str(module.__file__))
        digest.update(f"{source} {source.stat().st_mtime_ns}".encode())
        digest.update(source.read_bytes())
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "onsil" / f"equations-{digest.hexdigest()[:16]}"
