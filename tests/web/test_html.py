from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from controller.web.html import Html, el, join


class Parsed(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= dict(attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(st.text(), st.text(min_size=1))
def test_no_text_becomes_markup(text: str, attribute: str) -> None:
    found = Parsed(el("p", text, title=attribute))
    assert found.tags == ["p"]
    assert set(found.attributes) == {"title"}


def test_what_is_markup_stays_so_and_nothing_is_left_of_none() -> None:
    assert el("p", el("b", "a"), None, [1, Html("<i></i>")], "<") == "<p><b>a</b>1<i></i>&lt;</p>"
    assert join() == ""


def test_attributes() -> None:
    assert el("input", hx_get="/x", class_="a", checked=True, disabled=False, id=None) == (
        '<input hx-get="/x" class="a" checked>'
    )
