"""The machine code says what the Python says."""

from __future__ import annotations

from random import Random

import pytest

from simulators.greenhouse import compiled
from simulators.greenhouse.model import Model

from . import house
from .test_balance import shake

pytestmark = pytest.mark.skipif(not compiled.available(), reason="numba is not installed")


@pytest.mark.parametrize("structure", house.STRUCTURES)
def test_machine_code_gives_the_same_numbers(structure: str) -> None:
    plain, machine = (
        Model(house.given(structure), house.changing(8), machine=on_machine) for on_machine in (False, True)
    )
    for model in (plain, machine):
        shake(model, Random(6), 300)
    for name in ("state", "book", "output"):
        ours, theirs = list(getattr(plain, name)), list(getattr(machine, name))
        assert theirs == pytest.approx(ours, rel=1e-9, abs=1e-12), name


def test_a_change_of_the_equations_makes_new_machine_code(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = compiled.cache_folder()
    monkeypatch.setattr(compiled, "_MODULES", compiled._MODULES[1:])
    assert compiled.cache_folder() != before
    assert str(before).startswith(str(tmp_path))
