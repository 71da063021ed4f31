"""The controller's core, compiled for seasons: the same sources through mypyc, where it and a C compiler are.

Compiled modules are kept in the user's cache, in a folder that is named after the sources and the Python they were made
for: a source that changes is simply not found there any more, and runs as it stands. The live controller never uses
them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from pathlib import Path
from types import ModuleType

_ROOT = Path(__file__).parents[2]

_WHOLE = ("controller.core",)
_SINGLE = (
    "controller.model.time",
    "controller.model.points",
    "controller.model.commands",
    "controller.model.events",
    "controller.rules.compiler",
    "simulators.season.engine",
    "simulators.season.machines",
)
_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
_READY = "ready"
"""Written last: without it a folder is half made."""

_SHARED = "onsil__mypyc"
_MYPY = ("--ignore-missing-imports",)

_SETUP = """
from setuptools import setup
from mypyc.build import mypycify
setup(name="onsil-compiled", ext_modules=mypycify({options!r}, opt_level="3", debug_level="0", group_name="onsil"))
"""


def modules() -> list[str]:
    """What is compiled, by name."""
    found = [
        f"{package}.{path.stem}"
        for package in _WHOLE
        for path in sorted((_ROOT / package.replace(".", "/")).glob("*.py"))
        if path.stem != "__init__"
    ]
    return [*found, *_SINGLE]


def folder(sources: Path = _ROOT) -> Path:
    """Where the compiled modules of these sources are, if they have been made."""
    digest = hashlib.sha256(f"{sys.version} {_SUFFIX}".encode())
    for name in modules():
        digest.update((sources / _file(name)).read_bytes())
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "onsil" / f"core-{digest.hexdigest()[:16]}"


def possible() -> bool:
    """Whether the Python packages are there that it takes; imports none of them."""
    return all(importlib.util.find_spec(name) is not None for name in ("mypyc", "setuptools"))


def build() -> Path:
    """Compile, where that has not been done; takes a minute or two. Raises OSError where it cannot be done."""
    target = folder()
    if (target / _READY).exists():
        return target
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for package in ("controller", "drivers", "simulators"):
            shutil.copytree(_ROOT / package, copy / package, ignore=_all_but_sources)
        target = folder(copy)  # somebody may be editing the originals
        sources = [_file(name) for name in modules()]
        (copy / "setup.py").write_text(_SETUP.format(options=["--follow-imports=silent", *_MYPY, *sources]))
        command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"compiling failed: {(done.stderr or done.stdout)[-2000:]}")
        for made in copy.rglob(f"*{_SUFFIX}"):
            if "build" not in made.relative_to(copy).parts:
                kept = target / made.relative_to(copy)
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(made, kept)
    (target / _READY).touch()
    return target


def use() -> bool:
    """Have the compiled modules imported from now on, if they have been made. Whether they are.

    Only before the first import of any of them: half of each would fit nowhere.
    """
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return True
    if os.environ.get("ONSIL_PURE") or not sys.modules.keys().isdisjoint(modules()):
        return False
    made = folder()
    if not (made / _READY).exists():
        return False
    sys.meta_path.insert(0, _Finder(made, modules()))
    return True


class _Finder(MetaPathFinder):
    """Finds the compiled modules, and the library that they share."""

    def __init__(self, made: Path, names: Iterable[str]) -> None:
        self._made = made
        self._names = frozenset(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._names and fullname != _SHARED:
            return None
        file = self._made / f"{fullname.replace('.', '/')}{_SUFFIX}"
        loader = ExtensionFileLoader(fullname, str(file))
        return importlib.util.spec_from_file_location(fullname, file, loader=loader)


def _file(name: str) -> str:
    return f"{name.replace('.', '/')}.py"


def _all_but_sources(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith((".py", ".pyi")) and not Path(folder, name).is_dir()]
