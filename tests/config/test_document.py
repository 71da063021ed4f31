"""YAML as it is read: words stay words, everything knows its place, and variables are put in."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from controller.config.document import parse
from controller.config.nodes import Mapping, Sequence, Word, place_of, plain
from controller.config.problems import Problems
from controller.model.errors import Place


def read(text: str, **variables: str) -> tuple[Mapping, list[str]]:
    problems = Problems()
    document = parse(text, "f.yaml", variables.get, problems)
    assert document is not None, problems.errors
    return document, [str(error) for error in problems.errors]


def mistakes(text: str, **variables: str) -> list[str]:
    problems = Problems()
    parse(text, "f.yaml", variables.get, problems)
    return [str(error) for error in problems.errors]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("08:30", "08:30"),
        ("1_000", "1_000"),
        ("0777", 777),
        ("0o17", 15),
        ("0x14", 20),
        ("-3", -3),
        ("35.80", 35.8),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ('"12"', "12"),
        ("5 s", "5 s"),
        (".inf", ".inf"),
        ("9" * 40, "9" * 40),
        ("2026-06-21", "2026-06-21"),
    ],
)
def test_words_of_yaml_1_2(written: str, value: object) -> None:
    document, errors = read(f"a: {written}\n")
    assert plain(document) == {"a": value}
    assert type(plain(document["a"])) is type(value)
    assert errors == []


def test_numbers_remember_how_they_were_written() -> None:
    document, _ = read("a: 35.80\nb: 007\n")
    assert [getattr(value, "written", None) for value in document.values()] == ["35.80", "007"]


def test_places() -> None:
    document, _ = read("a:\n  b: 1\n  'c d': \"x\"\nlist: [p, 2]\n")
    a = document["a"]
    assert isinstance(a, Mapping)
    assert (a.title, a.place) == ("a", Place("f.yaml", 1, 1))
    assert a.key("b") == Place("f.yaml", 2, 3)
    assert a.key("c d") == Place("f.yaml", 3, 4)
    assert a.places["b"] == Place("f.yaml", 2, 6)
    assert place_of(a["c d"]) == Place("f.yaml", 3, 11)
    items = document["list"]
    assert isinstance(items, Sequence)
    assert items.places == [Place("f.yaml", 4, 8), Place("f.yaml", 4, 11)]


def test_the_place_of_a_block_text_is_its_first_line() -> None:
    document, _ = read("a: |\n  air.co2\n  < 3\n")
    assert document["a"] == "air.co2\n< 3"
    assert place_of(document["a"]) == Place("f.yaml", 2, 3)


_KEYS = st.from_regex(r"[a-z]{1,5}", fullmatch=True)
_TREES: st.SearchStrategy[Any] = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8).filter(
        # the writer leaves a leading ? unquoted, which reads as a key
        lambda text: "$" not in text and text.isprintable() and not text.startswith("?")
    )
    | st.integers(-1000, 1000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_KEYS, _TREES, min_size=1, max_size=4), st.booleans())
def test_it_reads_what_a_yaml_writer_writes(tree: dict[str, Any], flow: bool) -> None:
    yaml = YAML(pure=True)
    yaml.default_flow_style = flow
    yaml.width = 10_000
    out = io.StringIO()
    yaml.dump(tree, out)
    document, errors = read(out.getvalue())
    assert errors == []
    assert plain(document) == tree


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.from_regex(r"[a-z]{1,9}", fullmatch=True), min_size=1
    )
)
def test_every_word_stands_at_its_place(entries: dict[str, str]) -> None:
    text = "".join(f"{key}:   {value}\n" for key, value in entries.items())
    document, _ = read(text)
    lines = text.splitlines()
    for word in (*document, *document.values()):
        assert isinstance(word, Word | bool | None)
        if isinstance(word, Word):
            line = lines[word.place.line - 1]
            assert line[word.place.column - 1 :].startswith(word)


def test_variables() -> None:
    document, errors = read('a: ${X}\nb: "http://${HOST}:80/${X}"\n', X="12", HOST="h")
    assert plain(document) == {"a": "12", "b": "http://h:80/12"}
    assert errors == []


def test_a_value_of_a_variable_is_never_read_as_yaml() -> None:
    document, errors = read("a: ${X}\n", X="{b: ${Y}}\n# no comment")
    assert plain(document) == {"a": "{b: ${Y}}\n# no comment"}
    assert errors == []


def test_a_variable_that_is_not_set() -> None:
    (error,) = mistakes("a: x\nb: http://${HOST}/\n")
    assert error == (
        "f.yaml:2:11: the environment variable HOST is not set "
        "(set HOST, or give the service a credential of this name)"
    )


@pytest.mark.parametrize("wrong", ["${}", "${a-b}", "${UNCLOSED", "${1}"])
def test_what_only_looks_like_a_variable(wrong: str) -> None:
    assert mistakes(f"a: '{wrong}'\n", UNCLOSED="x") == ["f.yaml:1:5: this is no variable (write ${NAME})"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\na: 2\n", "f.yaml:2:1: 'a' stands here twice (the first is on line 1: remove one)"),
        ("a: *b\n", "f.yaml:1:4: anchors and aliases (& and *) are not used here (write it out)"),
        ("a: !!int 3\n", "f.yaml:1:4: tags (!) are not used here (put a text that begins with ! in quotes)"),
        ("a: 1\n---\nb: 1\n", "f.yaml:2:1: a second document begins here (remove the line ---)"),
        ("? [a]\n: b\n", "f.yaml:1:3: a name must be a single text (put a name before the colon)"),
        ("a: " + "[" * 30 + "]" * 30, "f.yaml:1:23: this is nested too deeply (simplify it)"),
        ("a: \x07b\n", "f.yaml:1:4: the character U+0007 cannot stand in a YAML file (remove it)"),
        ("a: b\u2028c\n", "f.yaml:1:5: the character U+2028 cannot stand in a YAML file (remove it)"),
        ("# a\x85b: c\n", "f.yaml:1:4: the character U+0085 cannot stand in a YAML file (remove it)"),
        ("a: @b\n", "f.yaml:1:4: a text cannot begin with '@' (put the text in quotes)"),
        ('a: "\\q"\n', "f.yaml:1:6: a backslash in double quotes must begin an escape (use single quotes)"),
        ("a: [1, 2\nb: 3\n", "f.yaml:1:4: this bracket is never closed on line 1 (add ])"),
        ("a: [1 2: {]\n", "f.yaml:1:11: cannot read ']' here (is there a comma or a bracket missing?)"),
        ('a: "x" y\n', "f.yaml:1:8: cannot read 'y' here (look at the colons and quotes of this line)"),
        ("a: -\n", "f.yaml:1:4: a list cannot begin here (put each '- ' on a line of its own)"),
        (
            "a:\n  - b\n c: d\n",
            "f.yaml:3:2: the indentation fits nothing above (begin it exactly below the entry it belongs to)",
        ),
    ],
)
def test_what_cannot_be_read(text: str, says: str) -> None:
    assert mistakes(text) == [says]
