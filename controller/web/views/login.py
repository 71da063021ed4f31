"""The login."""

from __future__ import annotations

from controller.web.assets import url
from controller.web.html import el
from controller.web.language import LANGUAGES, Speech


def page(say: Speech, site: str, target: str, message: str = "", users: bool = True) -> str:
    """The login page; it says nothing about the house but its name."""
    other = next(code for code in LANGUAGES if code != say.language)
    form = el(
        "form",
        el("h1", site),
        el("p", message, role="alert", class_="bad") if message else None,
        el("label", say("Name"), el("input", name="name", autocomplete="username", required=True, autofocus=True)),
        el(
            "label",
            say("Password"),
            el("input", name="password", type="password", autocomplete="current-password", required=True),
        ),
        el("input", type="hidden", name="next", value=target),
        el("button", say("Log in"), class_="primary"),
        method="post",
        action="/login",
        class_="login",
    )
    nobody = el(
        "div",
        el("h1", site),
        el("p", say("There is no user yet. Make one on the controller:")),
        el("pre", "onsil user add NAME --role admin"),
        class_="login",
    )
    return "<!doctype html>" + el(
        "html",
        el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            el("title", say("Log in"), " · ", site),
            el("link", rel="stylesheet", href=url("page.css")),
            el("link", rel="icon", href=url("icon.svg"), type="image/svg+xml"),
        ),
        el(
            "body",
            el("main", form if users else nobody),
            el("p", el("a", LANGUAGES[other], href=f"/login?language={other}", lang=other), class_="login-language"),
            class_="bare",
        ),
        lang=say.language,
    )
