"""The controller's core and the inside of a season, compiled: the same sources through mypyc and a C compiler.

Seasons find the compiled modules in the user's cache, in a folder that is named after the sources and the Python they
were made for: a source that changes is simply not found there any more, and runs as it stands. The live controller
looks for nothing: it runs compiled where the modules lie beside their sources, as in the Debian package, whose build
puts them there:

    python -m simulators.season.compiling TREE [x86_64|aarch64]
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import platform
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
_HERE = platform.machine()
_SUFFIX: str = sysconfig.get_config_var("EXT_SUFFIX")
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


def folder(sources: Path = _ROOT, machine: str = _HERE) -> Path:
    """Where the compiled modules of these sources are, if they have been made."""
    digest = hashlib.sha256(f"{sys.version} {_suffix(machine)}".encode())
    for name in modules():
        digest.update((sources / _file(name)).read_bytes())
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "onsil" / f"core-{digest.hexdigest()[:16]}"


def made(machine: str = _HERE) -> bool:
    """Whether these sources have been compiled."""
    return _complete(folder(machine=machine))


def possible() -> bool:
    """Whether the Python packages are there that it takes; imports none of them."""
    return all(importlib.util.find_spec(name) is not None for name in ("mypyc", "setuptools"))


def build(machine: str = _HERE) -> Path:
    """Compile, where that has not been done; takes a minute or two. Raises OSError where it cannot be done.

    For another machine a compiler for that is needed: aarch64-linux-gnu-gcc.
    """
    target = folder(machine=machine)
    if _complete(target):
        return target
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place)
        for package in ("controller", "drivers", "simulators"):
            shutil.copytree(_ROOT / package, copy / package, ignore=_all_but_sources)
        target = folder(copy, machine)  # somebody may be editing the originals
        sources = [_file(name) for name in modules()]
        (copy / "setup.py").write_text(_SETUP.format(options=["--follow-imports=silent", *_MYPY, *sources]))
        command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        environment = os.environ | {"PYTHONHASHSEED": "0"} | ({} if machine == _HERE else _cross(machine))
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            raise OSError(f"compiling failed: {(done.stderr or done.stdout)[-2000:]}")
        for library in copy.rglob(f"*{_SUFFIX}"):
            if "build" not in library.relative_to(copy).parts:
                name = str(library.relative_to(copy)).removesuffix(_SUFFIX)
                kept = target / f"{name}{_suffix(machine)}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(library, kept)
    (target / _READY).touch()
    return target


def place(tree: Path, machine: str = _HERE) -> None:
    """Put the compiled modules beside their sources, in a copy of our packages. Raises OSError as `build` does."""
    if not made(machine):
        print("compiling the controller's core, once: a minute or two", file=sys.stderr)
    shutil.copytree(build(machine), tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns(_READY))


def use() -> bool:
    """Have the compiled modules imported from now on, if they have been made. Whether they are.

    Only before the first import of any of them: half of each would fit nowhere.
    """
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return True
    if os.environ.get("ONSIL_PURE") or not sys.modules.keys().isdisjoint(modules()):
        return False
    target = folder()
    if not _complete(target):
        return False
    sys.meta_path.insert(0, _Finder(target, modules()))
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


def _complete(target: Path) -> bool:
    return (target / _READY).exists()


def _suffix(machine: str) -> str:
    return _SUFFIX.replace(_HERE, machine)


def _cross(machine: str) -> dict[str, str]:
    """What has a C compiler make libraries for another machine. The headers of Python are the same on both."""
    compiler = f"{machine}-linux-gnu-gcc"
    return {"CC": compiler, "LDSHARED": f"{compiler} -shared"}


def _file(name: str) -> str:
    return f"{name.replace('.', '/')}.py"


def _all_but_sources(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith((".py", ".pyi")) and not Path(folder, name).is_dir()]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m simulators.season.compiling", description=place.__doc__)
    parser.add_argument("tree", type=Path, metavar="TREE", help="holds the folders controller and simulators")
    parser.add_argument("machine", nargs="?", default=_HERE, metavar="MACHINE", help="x86_64 or aarch64")
    arguments = parser.parse_args()
    try:
        place(arguments.tree, arguments.machine)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
