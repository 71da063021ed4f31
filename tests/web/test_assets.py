"""The files of the browser: what may be sent, and that nobody has changed what others wrote."""

import gzip
import json

import pytest

from controller.web.assets import FOR_EVER, asset, url
from controller.web.vendor import VENDOR, digests

from .house import House


async def test_a_versioned_file_is_kept_for_ever(house: House) -> None:
    plain = await house.client.get(url("page.js"))
    packed = await house.client.get(url("page.js"), accept_encoding="gzip, br")
    assert plain.headers["cache-control"] == FOR_EVER
    assert gzip.decompress(packed.body) == plain.body
    again = await house.client.get("/static/page.js", if_none_match=plain.headers["etag"])
    assert (again.code, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name", ["../server.py", "..%2fserver.py", "%2e%2e/server.py", "vendor/../../server.py", "vendor", "", "x.js"]
)
async def test_nothing_else_is_sent(house: House, name: str) -> None:
    assert (await house.client.get(f"/static/{name}")).code == 404


def test_an_absolute_path_is_no_file() -> None:
    assert asset("/etc/passwd") is None
    assert asset("/etc/alternatives/x.js") is None


def test_the_files_of_others_are_as_they_were_fetched() -> None:
    sources = json.loads((VENDOR / "SOURCES.json").read_text())
    assert sources["sha256"] == digests()
    assert {f"{name}.LICENSE" for name in ("htmx", "htmx-sse", "uplot", "codemirror")} <= set(digests())
