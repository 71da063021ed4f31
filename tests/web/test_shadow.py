"""A shadow begun, seen, ended and applied over the page, the API and the command line, on a whole controller."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from controller.cli.main import main
from controller.web.access import Users
from controller.web.access.users import UserError
from simulators.demo import files
from tests.app.wait import until

from .client import Client
from .whole import Whole, whole_house

RULES = (files.EXAMPLE / "rules.yaml").read_text(encoding="utf-8")
FAN = "  - {name: Always air, when: time is 00:00 .. 24:00, do: {fan: on}}\n"


def with_fan(rules: str) -> str:
    """The same rules with a fan that always runs, whatever can be known of the air."""
    return rules.replace(", fan: on}", "}").replace("irrigation:\n", f"{FAN}\nirrigation:\n", 1)


async def shadow(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/api/shadow")).json()
    return found


async def begin(client: Client, rules: str) -> None:
    answer = await client.ask("/api/shadow", {"rules": rules})
    assert answer.json() == {"done": "the shadow has begun"}


async def found_one(client: Client) -> dict[str, Any]:
    """What there is to say of the shadow as soon as it has found a difference."""
    for _ in range(1000):
        told = await shadow(client)
        if told.get("count"):
            return told
        await asyncio.sleep(0.02)
    raise AssertionError(f"it has found nothing: {[each for each in told['now'] if each['name'] == 'fan']}")


def journal(whole: Whole) -> list[str]:
    records = whole.desk.records
    assert records is not None
    return [entry.data()["text"] for entry in records.history.entries(0, 1 << 62, "shadow")]


async def test_a_shadow_over_the_api(whole: Whole) -> None:
    client, other = whole.client, with_fan(whole.rules.read_text())
    assert await shadow(client) == {"running": False}
    assert "shadow" not in (await client.get("/api/status")).json()
    await begin(client, other)
    assert (await client.ask("/api/shadow", {"rules": other})).code == 400
    told = await found_one(client)
    (difference,) = [each for each in told["found"] if each["name"] == "fan"]
    assert (difference["here"]["text"], difference["there"]["text"]) == ("0 %", "100 %")
    assert difference["there"]["cause"]["rule"] == "Always air"
    assert (told["by"], told["rules"], difference["since"] >= told["since"]) == ("the page", other, True)
    status = (await client.get("/api/status")).json()
    assert status["shadow"]["count"] == told["count"]
    fan = next(each for each in status["actuators"] if each["name"] == "fan")
    assert (fan["on"], fan["target"]) == (False, 0)
    assert (await client.ask("/api/shadow/end", {})).json() == {"done": "the shadow has ended"}
    assert await shadow(client) == {"running": False}
    assert (await client.ask("/api/shadow/end", {})).code == 400
    await until(lambda: len(journal(whole)) >= 3, what="the journal has it")
    assert journal(whole)[0] == "begun by the page"
    assert journal(whole)[-1].startswith("ended by the page; differences: ")


async def test_wrong_rules_have_their_line_and_begin_nothing(whole: Whole) -> None:
    wrong = whole.rules.read_text().replace("air.temperature < heating_temperature", "air.temprature < 3 °C")
    answer = await whole.client.ask("/api/shadow", {"rules": wrong})
    assert answer.code == 422
    assert "did you mean air.temperature?" in answer.json()["error"]
    secret = whole.rules.read_text().replace("name: Storm", "name: ${INFLUX_TOKEN}")
    assert (await whole.client.ask("/api/shadow", {"rules": secret})).code == 422
    assert await shadow(whole.client) == {"running": False}


async def test_its_rules_are_applied(whole: Whole) -> None:
    other = with_fan(whole.rules.read_text())
    await begin(whole.client, other)
    assert (await whole.client.ask("/api/shadow/apply", {})).json() == {"done": "the new rules are in force"}
    assert whole.rules.read_text() == other
    assert await shadow(whole.client) == {"running": False}
    assert (await whole.client.ask("/api/shadow/apply", {})).code == 400
    await until(lambda: len(journal(whole)) == 2, what="the journal has it")
    assert journal(whole)[1].startswith("put into force by the page")


async def test_the_page_shows_it_and_asks_before_it_changes_anything(whole: Whole) -> None:
    client, before = whole.client, whole.rules.read_text()
    client.cookies["language"] = "en"
    assert '<div id="shadow" hx-swap-oob="true"></div>' in (await client.get("/rules")).text
    assert "No shadow runs." in (await client.get("/rules/shadow")).text
    await begin(client, with_fan(before))
    await found_one(client)
    page = (await client.get("/rules")).text
    for text in ("Begun by the page", "Now it would do otherwise", "Because of the rule “Always air”.", "End …"):
        assert text in page
    assert "Always air" in (await client.get("/rules/shadow")).text
    assert "End the shadow?" in (await client.get("/rules/shadow/end")).text
    assert (await shadow(client))["running"]
    client.cookies["language"] = "ko"
    page = (await client.get("/rules")).text
    for text in ("비교 규칙", "지금 다르게 할 것", "“Always air” 규칙 때문입니다."):
        assert text in page
    assert "나란히 실행이 끝났습니다." in (await client.submit("/rules/shadow/end", {})).text
    assert not (await shadow(client))["running"]
    await begin(client, with_fan(before))
    await client.submit("/rules/shadow/apply", {})
    assert whole.rules.read_text() == with_fan(before)


async def test_a_viewer_sees_and_an_admin_begins_and_ends(whole: Whole) -> None:
    users = Users(whole.state)
    people = {}
    for role in ("viewer", "operator", "admin"):
        users.add(f"one-{role}", role, "geranium-blossom")
        token = users.new_token(f"one-{role}")
        identified = {"authorization": f"Bearer {token}"}
        people[role] = Client(whole.client.host, whole.client.port, identified, {"language": "en"})
    question = {"rules": with_fan(whole.rules.read_text())}
    for role in ("viewer", "operator"):
        assert (await people[role].ask("/api/shadow", question)).code == 403
    await begin(people["admin"], question["rules"])
    for role in ("viewer", "operator"):
        person = people[role]
        assert (await shadow(person))["by"] == "one-admin"
        page = (await person.get("/rules")).text
        assert "Begun by one-admin" in page
        assert 'id="beside"' not in page
        assert "/rules/shadow/end" not in page
        assert "/rules/shadow/apply" not in (await person.get("/rules/shadow")).text
        for path in ("/api/shadow/end", "/api/shadow/apply"):
            assert (await person.ask(path, {})).code == 403
        for path in ("/rules/shadow/end", "/rules/shadow/apply"):
            assert (await person.submit(path, {})).code == 403
        assert (await person.get("/rules/shadow/end")).code == 403
    assert "/rules/shadow/apply" in (await people["admin"].get("/rules/shadow")).text
    assert (await people["admin"].ask("/api/shadow/end", {})).code == 200
    with pytest.raises(UserError):
        users.add("--shadow", "admin", "geranium-blossom")  # nobody can pass for the option


async def test_it_survives_a_restart(tmp_path: Path, variables: None) -> None:
    option = tmp_path / "option.yaml"
    async with whole_house(tmp_path) as whole:
        option.write_text(whole.rules.read_text())
        await begin(whole.client, with_fan(whole.rules.read_text()))
        before = await found_one(whole.client)
    async with whole_house(tmp_path, shadow=option) as whole:
        after = await shadow(whole.client)
        assert (after["by"], after["since"], after["rules"]) == (before["by"], before["since"], before["rules"])
        assert after["count"] >= before["count"]
        assert [each["since"] for each in after["found"]][-1] == [each["since"] for each in before["found"]][-1]
        await whole.client.ask("/api/shadow/end", {})
    async with whole_house(tmp_path) as whole:
        assert not (await shadow(whole.client))["running"]
        told = journal(whole)
        assert "--shadow is not used: the shadow of the page goes on" in told
        assert "goes on; begun by the page" in told


async def test_a_shadow_on_the_command_line(whole: Whole, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trial, before = tmp_path / "trial.yaml", whole.rules.read_text()

    async def onsil(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(main, ["shadow", *words, "--state", str(whole.state)])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert await onsil("show") == (0, "no shadow runs\n")
    code, said = await onsil("begin", str(trial))
    assert (code, "cannot be read" in said) == (2, True)
    trial.write_text(before.replace("< heating_temperature", "< heating_temprature"))
    code, said = await onsil("begin", str(trial))
    assert (code, f"{trial}:" in said, "did you mean" in said) == (1, True, True)
    trial.write_text("#" * 300_000)
    assert (await onsil("begin", str(trial)))[0] == 2
    trial.write_text(with_fan(before) + "# more\n" * 20_000)  # a long text, too
    assert await onsil("begin", str(trial)) == (0, "the shadow has begun\n")
    await found_one(whole.client)
    code, said = await onsil("show")
    assert re.search(r"  fan\n    is 0 % by .*\n    would be 100 % by rule: Always air", said)
    assert "so far:" in said
    assert "still" in said
    assert (await onsil("end"))[0] == 0
    assert await onsil("end") == (1, "onsil: no shadow runs\n")
    trial.write_text(with_fan(before))
    await onsil("begin", str(trial))
    assert (await onsil("apply"))[0] == 0
    assert whole.rules.read_text() == with_fan(before)
