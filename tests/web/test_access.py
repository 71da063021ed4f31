"""Who may come in, and what each role may do."""

import asyncio
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.web.access import Access, Role, Users
from controller.web.access.limiter import LONGEST, MOST, Limiter
from controller.web.access.sessions import KEY_FILE, Sessions
from controller.web.access.users import UserError
from tests.app.wait import until

from .client import Client
from .house import House

PASSWORD = "geranium-blossom"
EVERYWHERE = [
    ("GET", "/"),
    ("GET", "/charts"),
    ("GET", "/rules"),
    ("GET", "/events/now"),
    ("GET", "/hand/heater"),
    ("POST", "/hand/heater"),
    ("GET", "/api/status"),
    ("GET", "/api/events"),
    ("GET", "/api/why/heater"),
    ("GET", "/api/export"),
    ("POST", "/api/override"),
    ("POST", "/api/rules"),
    ("POST", "/api/rules/check"),
    ("GET", "/api/openapi.json"),
    ("GET", "/metrics"),
    ("GET", "/static/page.js"),
    ("GET", "/static/vendor/uplot.js"),
    ("GET", "/manifest.webmanifest"),
    ("GET", "/nothing"),
    ("DELETE", "/api/status"),
    ("GET", "//login"),
    ("GET", "/login/../api/status"),
    ("GET", "/healthz/../api/status"),
    ("POST", "/logout"),
    ("POST", "/language"),
]


async def logged_in(house: House, name: str, role: str) -> Client:
    Users(house.state).add(name, role, PASSWORD)
    client = Client(house.client.host, house.client.port)
    answer = await client.submit("/login", {"name": name, "password": PASSWORD, "next": "/hand"})
    assert (answer.code, answer.headers["location"]) == (303, "/hand")
    return client


@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
async def test_without_a_login_there_is_nothing_but_the_login(open_house: House, method: str, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer onsil_x"}, {"cookie": "onsil=x.y"}, {"accept": "text/html"}):
        answer = await open_house.client.request(method, path, b"{}" if method == "POST" else None, dict(headers))
        assert answer.code in (401, 303), (headers, answer.text)
        assert "heater" not in answer.text
        if answer.code == 303:
            assert answer.headers["location"].startswith("/login?next=/")
    assert open_house.relay.verbs() == ["on"]


async def test_login_and_health_need_no_login(open_house: House) -> None:
    assert "onsil user add" in (await open_house.client.get("/login")).text
    assert (await open_house.client.get("/healthz")).text == "ok\n"
    assert (await open_house.client.get("/readyz")).text == "ready\n"
    assert (await open_house.client.get("/static/page.css")).code == 200


async def test_a_path_longer_than_any_of_ours_is_not_looked_at(open_house: House) -> None:
    assert (await open_house.client.get("/" + "x" * 499)).code == 401
    assert (await open_house.client.get("/" + "x" * 500)).code == 414


async def test_on_this_computer_nobody_logs_in_until_there_are_users(house: House) -> None:
    assert (await house.client.get("/api/status")).code == 200
    Users(house.state).add("kim", "viewer", PASSWORD)
    assert (await house.client.get("/api/status")).code == 401


async def test_another_name_for_this_computer_is_not_served(house: House) -> None:
    for host in ("evil.example", f"evil.example:{house.client.port}", "localhost.evil.example", ""):
        assert (await house.client.get("/api/status", host=host)).code == 421
    for host in ("localhost", "127.0.0.1:80", "[::1]:8080"):
        assert (await house.client.get("/api/status", host=host)).code == 200


async def test_a_session(open_house: House) -> None:
    client = await logged_in(open_house, "kim", "operator")
    page = await client.get("/", accept="text/html")
    assert page.code == 200
    assert "kim" in page.text
    await client.submit("/hand/heater", {"value": "0", "seconds": "60", "sure": "yes"})
    await until(lambda: open_house.relay.verbs() == ["on", "off"])
    await asyncio.to_thread(open_house.store.flush)
    told = open_house.store.history.entries(0, 1 << 62, kind="note")
    assert any("by kim for" in entry.body for entry in told)
    assert any("kim logged in" in entry.body for entry in told)
    answer = await client.submit("/logout", {})
    assert answer.headers["location"] == "/login"
    assert (await Client(client.host, client.port, cookies=client.cookies).get("/api/status")).code == 401


async def test_the_cookie_is_kept_from_scripts_and_other_sites(open_house: House) -> None:
    Users(open_house.state).add("kim", "viewer", PASSWORD)
    answer = await open_house.client.submit("/login", {"name": "kim", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


@pytest.mark.parametrize(
    ("role", "may"),
    [("viewer", {"look"}), ("operator", {"look", "set"}), ("admin", {"look", "set", "rule"})],
)
async def test_what_each_role_may(open_house: House, role: str, may: set[str]) -> None:
    client = await logged_in(open_house, "lee", role)
    assert (await client.get("/api/status")).code == 200
    answers = {
        "set": await client.ask(
            "/api/override", {"actuator": "heater", "value": 0, "seconds": 5}, origin=client.origin
        ),
        "rule": await client.ask("/api/rules", {"rules": "onsil: 2"}, origin=client.origin),
    }
    for deed, answer in answers.items():
        assert (answer.code != 403) == (deed in may), answer.text
    form = await client.submit("/hand/heater", {"value": "0", "seconds": "5"})
    assert (form.code != 403) == ("set" in may)
    back = await client.submit("/rules/version/1", {})
    assert (back.code == 403) == ("rule" not in may)


async def test_another_site_cannot_use_the_session(open_house: House) -> None:
    client = await logged_in(open_house, "kim", "admin")
    fields = {"value": "0", "seconds": "60", "sure": "yes"}
    question = {"actuator": "heater", "value": 0, "seconds": 60}
    for origin in ("http://evil.example", "null", f"http://localhost:{client.port + 1}"):
        assert (await client.submit("/hand/heater", fields, origin=origin)).code == 403
        assert (await client.ask("/api/override", question, origin=origin)).code == 403
    plain = {"content-type": "text/plain", "sec-fetch-site": "cross-site"}
    assert (await client.request("POST", "/api/override", b"{}", plain)).code == 403
    assert open_house.relay.verbs() == ["on"]


async def test_a_token_has_the_role_of_its_user_and_dies_with_it(open_house: House) -> None:
    users = Users(open_house.state)
    users.add("script", "operator", PASSWORD)
    client = Client(open_house.client.host, open_house.client.port)
    client.headers["authorization"] = f"Bearer {users.new_token('script')}"
    assert (await client.ask("/api/override", {"actuator": "heater", "value": 0, "seconds": 9})).code == 200
    assert (await client.ask("/api/rules", {"rules": ""})).code == 403
    users.drop_tokens("script")
    assert (await client.get("/api/status")).code == 401


async def test_who_guesses_passwords_has_to_wait(open_house: House) -> None:
    Users(open_house.state).add("kim", "viewer", PASSWORD)
    client = open_house.client
    codes = [(await client.submit("/login", {"name": "kim", "password": f"guess-{n}"})).code for n in range(7)]
    assert codes[:5] == [403] * 5
    assert 429 in codes[5:]
    assert (await client.submit("/login", {"name": "kim", "password": PASSWORD})).code == 429


async def test_after_the_login_nobody_is_sent_elsewhere(open_house: House) -> None:
    Users(open_house.state).add("kim", "viewer", PASSWORD)
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "x", "/a\r\nx: y"):
        fields = {"name": "kim", "password": PASSWORD, "next": target}
        assert (await open_house.client.submit("/login", fields)).headers["location"] == "/"


# users


def test_passwords_are_kept_as_argon2_hashes_that_only_the_owner_reads(tmp_path: Path) -> None:
    users = Users(tmp_path)
    users.add("김", "admin", PASSWORD)
    file = tmp_path / "users.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in file.read_text()
    assert "$argon2id$" in file.read_text()
    assert users.verify("김", PASSWORD)
    assert not users.verify("김", PASSWORD + "x")
    assert not users.verify("nobody", PASSWORD)


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [("", "viewer", PASSWORD), ("a/b", "viewer", PASSWORD), ("kim", "king", PASSWORD), ("kim", "viewer", "short"),
     ("<b>", "viewer", PASSWORD), ("a" * 41, "viewer", PASSWORD), ("kim", "viewer", "x" * 257)],
)  # fmt: skip
def test_what_is_no_user(tmp_path: Path, name: str, role: str, password: str) -> None:
    with pytest.raises(UserError):
        Users(tmp_path).add(name, role, password)
    assert not (tmp_path / "users.json").exists()


def test_a_change_by_another_process_is_seen(tmp_path: Path) -> None:
    here, there = Users(tmp_path), Users(tmp_path)
    here.add("kim", "viewer", PASSWORD)
    assert there.role("kim") == "viewer"
    there.add("kim", "admin", PASSWORD)
    assert here.role("kim") == "admin"
    there.remove("kim")
    assert here.names() == []


# sessions


def test_a_session_lives_through_a_restart_and_ends_with_the_password(tmp_path: Path) -> None:
    users = Users(tmp_path)
    users.add("kim", "viewer", PASSWORD)
    cookie = Sessions(users).cookie("kim")
    assert Sessions(Users(tmp_path)).name_of(cookie) == "kim"
    assert stat.S_IMODE((tmp_path / "session.key").stat().st_mode) == 0o600
    users.add("kim", "viewer", PASSWORD + "2")
    assert Sessions(users).name_of(cookie) is None


@pytest.mark.parametrize("left", [b"", b"short"])
def test_what_a_power_cut_left_of_the_key_signs_nothing(tmp_path: Path, left: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(left)
    (tmp_path / KEY_FILE).chmod(0o600)
    users = Users(tmp_path)
    users.add("kim", "viewer", PASSWORD)
    cookie = Sessions(users).cookie("kim")
    assert len((tmp_path / KEY_FILE).read_bytes()) == 32
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert Sessions(users).name_of(cookie) == "kim"


def test_a_session_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users = Users(tmp_path)
    users.add("kim", "viewer", PASSWORD)
    sessions = Sessions(users)
    cookie = sessions.cookie("kim")
    later = __import__("time").time() + 8 * 86400
    monkeypatch.setattr("controller.web.access.sessions.time.time", lambda: later)
    assert sessions.name_of(cookie) is None


@given(st.text(max_size=80))
def test_no_other_text_is_a_session(text: str) -> None:
    assert Access(Users(Path(os.devnull).parent), True).by_cookie(text) is None


def test_the_roles_include_each_other() -> None:
    assert Role.VIEWER < Role.OPERATOR < Role.ADMIN


# the limiter


def test_the_wait_doubles_up_to_five_minutes_and_is_forgotten() -> None:
    limiter, now = Limiter(), 0.0
    waits = []
    for _ in range(20):
        limiter.failed(("a",), now)
        waits.append(limiter.wait(("a",), now))
        now += waits[-1]
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[4:8] == [1, 2, 4, 8]
    assert waits[-1] == LONGEST
    limiter.failed(("a",), now + 1000)
    assert limiter.wait(("a",), now + 1000) == 0


def test_a_success_forgives_and_the_memory_is_bounded() -> None:
    limiter = Limiter()
    for _ in range(6):
        limiter.failed(("a",), 0.0)
    limiter.succeeded(("a",))
    assert limiter.wait(("a",), 0.0) == 0
    for number in range(MOST + 100):
        limiter.failed((f"{number}",), 0.0)
    assert len(limiter._failures) == MOST
