"""Every command of the documentation exists with its options; those that can be tried here are run."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from controller.config import check
from docs.generate.commands import verbs
from simulators.demo import files

from .house import Reader, reader
from .pages import DOCS, ROOT, Block, blocks

# what these need is not here: a real port, a stick, a person who types a password, hours
NOT_RUN = frozenset({"run", "demo", "scan", "user", "backup", "restore", "doctor", "ack"})
RUN_PAGES = ("grower/tutorial.md", "grower/how-to.md", "certification.md")
OTHERS = frozenset({"make", "cp", "export", "source", "python", "curl"})


def commands(block: Block) -> Iterator[list[str]]:
    for line in block.text.splitlines():
        yield shlex.split(line, comments=True)


@pytest.fixture(scope="module")
def parsers() -> dict[str, argparse.ArgumentParser]:
    return verbs()


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_a_command_exists(block: Block, parsers: dict[str, argparse.ArgumentParser]) -> None:
    for words in commands(block):
        if words[0] == "onsil":
            parsers[words[1]].parse_args(words[2:])  # ends with SystemExit where the words are wrong
        elif words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        elif words[:2] == ["python", "-m"]:
            module = ROOT / words[2].replace(".", "/")
            assert module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()
        else:
            assert words[0] in OTHERS


def test_every_argument_says_what_it_is_for(parsers: dict[str, argparse.ArgumentParser]) -> None:
    assert [f"{parser.prog} {action.dest}" for parser, action in _arguments(parsers.values()) if not action.help] == []


def _arguments(parsers: Iterable[argparse.ArgumentParser]) -> Iterator[tuple[argparse.ArgumentParser, argparse.Action]]:
    for parser in parsers:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                yield from _arguments(action.choices.values())
            else:
                yield parser, action


@pytest.mark.parametrize("page", RUN_PAGES)
def test_what_a_grower_types_works(page: str, tmp_path: Path) -> None:
    """One command after the other, as they stand on the page."""
    typed = [words for block in blocks("sh") if block.page == DOCS / page for words in commands(block)]
    assert typed
    with reader(tmp_path) as somebody:
        for words in typed:
            if can_be_run(words):
                _run(somebody, words)


def can_be_run(words: list[str]) -> bool:
    if words[0] != "onsil":
        return words[0] == "cp"
    return words[1] not in NOT_RUN


def _run(somebody: Reader, words: list[str]) -> None:
    if "--days" in words:  # a day shows as well whether it runs
        words = [*words, "--days", "1"]
    done = somebody.run(words)
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}\n{done.stderr}"


def test_the_mistake_of_the_tutorial_is_said_as_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MQTT_PASSWORD", "INFLUX_TOKEN", "ALARM_URL"):
        monkeypatch.setenv(name, "secret")
    shutil.copytree(files.EXAMPLE, tmp_path / "myhouse")
    rules = tmp_path / "myhouse/rules.yaml"
    wrong = rules.read_text(encoding="utf-8").replace("heating_temperature - 0.5 °C", "heating_temperature - 40 %")
    rules.write_text(wrong, encoding="utf-8")
    (mistake,) = check(tmp_path / "myhouse").errors
    (shown,) = [block.text.strip() for block in blocks("text") if block.page == DOCS / "grower/tutorial.md"]
    assert str(mistake).replace(f"{tmp_path}/", "") == shown
