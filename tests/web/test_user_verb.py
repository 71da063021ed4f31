"""`onsil user`."""

import io
import json
from pathlib import Path

import pytest

from controller.cli import main
from controller.web.access import Users

PASSWORD = "geranium-blossom"


def onsil(state: Path, *words: str, monkeypatch: pytest.MonkeyPatch, password: str = PASSWORD) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    return main(["user", *words, "--state", str(state)])


def test_from_the_first_user_to_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> str:
        assert onsil(tmp_path, *words, monkeypatch=monkeypatch) == 0
        return capsys.readouterr().out.strip()

    assert run("list") == "there is no user"
    assert run("add", "kim", "--role", "operator", "--password-stdin") == "kim may log in as operator"
    assert run("add", "lee", "--password-stdin") == "lee may log in as viewer"
    assert run("list") == "kim: operator\nlee: viewer"
    assert Users(tmp_path).verify("kim", PASSWORD)
    token = run("token", "kim")
    assert Users(tmp_path).by_token(token) == "kim"
    assert run("drop-tokens", "kim") == "1 tokens of kim are worthless now"
    assert run("remove", "kim") == "kim is gone"
    assert json.loads(run("list", "--json")) == {"users": [{"name": "lee", "role": "viewer"}]}


@pytest.mark.parametrize("words", [("remove", "kim"), ("token", "kim"), ("add", "kim", "--password-stdin")])
def test_what_cannot_be_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    assert onsil(tmp_path, *words, monkeypatch=monkeypatch, password="short") == 1


def test_no_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("add", "kim", "--password-stdin")
    assert onsil(tmp_path / "none", *words, monkeypatch=monkeypatch) == 2


def test_the_password_is_asked_for_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([PASSWORD, PASSWORD + "x"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert onsil(tmp_path, "add", "kim", monkeypatch=monkeypatch) == 1
    assert Users(tmp_path).names() == []
