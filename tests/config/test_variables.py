"""`${NAME}` comes from the environment, or from a systemd credential."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.config import check_texts
from controller.config.variables import lookup

from .example import RULES, SITE, VARIABLES


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("TOKEN", raising=False)
    return tmp_path


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "abc")
    assert lookup("TOKEN") == "abc"


def test_a_variable_that_is_set_to_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "")
    assert lookup("TOKEN") == ""


def test_from_a_credential_without_its_last_newline(credentials: Path) -> None:
    (credentials / "TOKEN").write_text("s e\ncret\n")
    assert lookup("TOKEN") == "s e\ncret"


def test_from_a_folder_of_credentials_as_systemd_names_its_files(credentials: Path) -> None:
    (credentials / "onsil_TOKEN").write_text("secret\n")
    assert lookup("TOKEN") == "secret"


def test_the_environment_comes_first(credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (credentials / "TOKEN").write_text("file")
    monkeypatch.setenv("TOKEN", "environment")
    assert lookup("TOKEN") == "environment"


def test_neither(credentials: Path) -> None:
    assert lookup("TOKEN") is None


def test_no_credentials_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert lookup("SURELY_NOT_SET_ANYWHERE") is None


def test_a_credential_that_cannot_be_read(credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("INFLUX_TOKEN")
    (credentials / "INFLUX_TOKEN").write_bytes(b"\xff\xfe")
    (error,) = check_texts(SITE, RULES).errors
    assert str(error).startswith("site.yaml:115:12: the credential INFLUX_TOKEN cannot be read: 'utf-8' codec")


def test_an_address_that_is_empty_tells_nobody() -> None:
    empty = VARIABLES | {"ALARM_URL": ""}
    report = check_texts(SITE, RULES, lookup=empty.get)
    assert report.configuration is not None
    assert report.configuration.notify == {"critical": (), "high": ()}
