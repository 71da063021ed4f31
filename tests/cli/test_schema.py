"""`onsil schema`: for the two files, and for those by which a driver's devices are described."""

from __future__ import annotations

import json

import pytest

from controller.cli.main import main


@pytest.mark.parametrize(("file", "key"), [("site", "buses"), ("rules", "setpoints"), ("modbus", "registers")])
def test_each_file_has_its_schema(file: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", file]) == 0
    assert key in json.loads(capsys.readouterr().out)["properties"]


@pytest.mark.parametrize(("file", "said"), [("rulez", "did you mean rules"), ("gpio", "have no files of their own")])
def test_what_has_none_is_said(file: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", file]) == 2
    assert said in capsys.readouterr().err
