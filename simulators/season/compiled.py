"""The season's own inner functions as machine code, made like that of the greenhouse and on top of it."""

from __future__ import annotations

import types
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from simulators.greenhouse import compiled as equations
from simulators.greenhouse import moist_air

from . import house, inner, instruments, tally


def available() -> bool:
    """Whether there is what it takes: the package numba."""
    return equations.available()


def folder() -> Path:
    """Where it is kept."""
    return equations.cache_folder(house, inner, instruments, tally)


@lru_cache(maxsize=1)
def functions() -> tuple[Callable[..., None], Callable[..., None]]:
    """`inner.live` and `inner.show`. Raises ImportError without numba."""
    prepare()
    return make()


def prepared() -> bool:
    """Whether that was done before."""
    return equations.is_kept(folder())


def prepare() -> None:
    """Have them compiled, where that was not done before. The equations first: one process after the other."""
    equations.prepare()
    equations.compile_apart(__name__, folder())


def make() -> tuple[Callable[..., None], Callable[..., None]]:
    """What `functions` gives, compiled or found in this process."""
    import numba

    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder())
    try:

        def machine(module: types.ModuleType, name: str, calls: dict[str, Any], *, kept: bool = False) -> Any:
            function: Any = getattr(module, name)
            again = types.FunctionType(function.__code__, {**vars(module), **calls}, name)
            return equations.to_machine(again, kept=kept)

        calls = {
            "advance": equations.compiled_advance(),
            "saturation": machine(moist_air, "saturation", {}),
            "sense": machine(instruments, "sense", {}),
        }
        calls["count"] = machine(tally, "count", calls)
        live = calls["live"] = machine(inner, "live", calls, kept=True)
        show = machine(inner, "show", calls, kept=True)
    finally:
        config.CACHE_DIR = before
    number, count = numba.float64, numba.int64
    vectors = (number[::1], number[:, ::1], number[::1])
    live.compile((number, number, number, number, *vectors))
    show.compile((number, number, number, count, count, number, number, *vectors))
    return _entry(live), _entry(show)


def _entry(function: Any) -> Callable[..., None]:
    """The one version that there is of a function. It looks at no types: what it is given must have them right."""
    (version,) = function.overloads.values()
    entry: Callable[..., None] = version.entry_point
    return entry
