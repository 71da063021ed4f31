"""The data files, and what is said of mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.model.errors import ConfigError
from simulators.greenhouse import data, parameters

from . import house


def test_places_in_the_vector_have_the_names_of_the_parameters() -> None:
    for place, name in enumerate(parameters.GIVEN):
        assert getattr(parameters, name.upper()) == place


@pytest.mark.parametrize("name", data.structures())
def test_every_structure_names_a_source_for_each_number(name: str) -> None:
    structure = data.structure(name)
    assert structure.values.keys() == parameters.STRUCTURE.keys()
    assert all(len(source) > 5 for source in structure.sources.values())


def test_the_structures_that_come_with_onsil() -> None:
    assert data.structures() == sorted(house.STRUCTURES)
    assert data.crops() == ["tomato"]


@pytest.mark.parametrize("name", data.structures())
def test_what_the_layers_do_with_light_adds_up(name: str) -> None:
    values = data.structure(name).values
    for layer in ("cover", "thermal_screen", "shade_screen"):
        for band in ("par", "nir"):
            assert values[f"{layer}_{band}_transmission"] + values[f"{layer}_{band}_reflection"] <= 1


def test_an_unknown_structure_is_answered_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match=r"no structure 'venla' \(did you mean venlo\?\)"):
        data.structure("venla")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('length = { value = 1.25, unit = "m/m²"', 'length = { value = 1.25, unit = "m"', r"is in m/m², not in m$"),
        ("length = {", "lenght = {", r"no parameter pipe.lenght \(did you mean pipe_length\?\)"),
        ("length = { value = 1.25,", "length = {", r"pipe.length needs a value, its unit and its source"),
    ],
)
def test_a_mistake_is_shown_where_it_stands(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (Path(data.__file__).parent / "structures" / "venlo.toml").read_text(encoding="utf-8")
    assert old in text
    wrong = text.replace(old, new, 1)
    file = tmp_path / "mine.toml"
    file.write_text(wrong, encoding="utf-8")
    line = next(n for n, written in enumerate(wrong.splitlines(), 1) if written.startswith(new.split("=")[0].strip()))
    with pytest.raises(ConfigError, match=message) as caught:
        data.structure(str(file))
    assert caught.value.place.line == line


def test_a_missing_number_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('title = "half"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="site_elevation is missing, and "):
        data.structure(str(file))


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[cover\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        data.structure(str(file))
