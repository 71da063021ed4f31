"""Every route that the application has, asked by one who has not logged in: none is forgotten when one is added."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route

from controller.web.access import Access, Users
from controller.web.access.guard import OPEN
from controller.web.backups import Backups
from controller.web.scans import Scans
from controller.web.site import application

from .house import House

FILL = {"name": "page.js", "actuator": "heater", "at": "1"}


def every_route(house: House) -> list[tuple[str, str]]:
    """Method and path of each, parameters filled in."""
    access = Access(Users(house.state), beyond_localhost=True)
    guard = application(house.desk, access, Backups(), Scans())
    found = []
    for route in guard._app.app.routes:
        assert isinstance(route, Route), route  # a mount would hide what is in it
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda match: FILL.get(match[1], "x"), route.path)
        found += [(method, path) for method in sorted(route.methods or ())]
    return found


async def test_unauthenticated_requests_reach_nothing_but_login_and_health(open_house: House) -> None:
    routes = every_route(open_house)
    assert len(routes) > 30
    closed = [(method, path) for method, path in routes if path not in OPEN]
    assert {path for _, path in routes} - {path for _, path in closed} == OPEN - {
        "/static/page.css",
        "/static/icon.svg",
    }
    asked = open_house.asked
    for method, path in closed:
        for headers in ({}, {"accept": "text/html"}, {"origin": open_house.client.origin}):
            body = b"{}" if method == "POST" else None
            answer = await open_house.client.request(method, path, body, dict(headers))
            assert answer.code in (401, 303), (method, path)
            assert "heater" not in answer.text or path.endswith("heater"), (method, path)
            assert "set-cookie" not in answer.headers, (method, path)
    assert open_house.asked == asked  # nobody even looked
    assert open_house.relay.verbs() == ["on"]


@pytest.mark.parametrize("path", sorted(OPEN))
async def test_what_is_open_changes_nothing_and_tells_nothing(open_house: House, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"):
        answer = await open_house.client.request(method, path, b"{}" if method == "POST" else None, {})
        assert answer.code < 500
        assert "heater" not in answer.text
        assert "4 °C" not in answer.text
    assert open_house.relay.verbs() == ["on"]
