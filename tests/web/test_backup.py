"""The backup that the page hands out: what is in it, who gets one, and what is left of it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from controller.app.archive import restore
from controller.store.entries import NOTE
from controller.web.access import Users
from controller.web.backups import FOLDER
from tests.app.wait import until

from . import house as houses
from .client import Client
from .house import House
from .test_access import logged_in


def names(archive: bytes) -> set[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return set(tar.getnames())


def written(house: House) -> House:
    """With the two files, and secrets that are nobody's business."""
    (house.site / "credentials").mkdir()
    (house.site / "credentials" / "TOKEN").write_text("secret")
    (house.site / "page.key").write_text("-----BEGIN PRIVATE KEY-----\n")
    (house.site / "site.yaml").write_text("onsil: 1\n")
    (house.site / "rules.yaml").write_text("onsil: 1 # 규칙\n")
    return house


async def told(house: House) -> list[str]:
    """The notes of the journal."""
    await asyncio.to_thread(house.store.flush)
    return [entry.data()["text"] for entry in house.store.history.entries(0, 1 << 62, None, NOTE)]


async def test_the_button_gives_what_the_verb_makes(open_house: House, tmp_path: Path) -> None:
    client = await logged_in(written(open_house), "kim", "admin")
    assert "None was made here yet." in (await client.get("/system")).text
    answer = await client.submit("/system/backup", {}, accept_encoding="gzip")
    assert answer.code == 200
    assert answer.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-disposition"].startswith('attachment; filename="onsil-20')
    assert names(answer.body) == {
        "manifest.json", "config/rules.yaml", "config/site.yaml", "state/users.json", "state/onsil.db",
    }  # fmt: skip
    (tmp_path / "archive").write_bytes(answer.body)
    restore(tmp_path / "archive", tmp_path / "new-site", tmp_path / "new-state")
    assert (tmp_path / "new-site" / "rules.yaml").read_text() == "onsil: 1 # 규칙\n"
    assert "backup made by kim" in await told(open_house)
    await until(lambda: not (open_house.state / FOLDER).exists())
    assert "backup made by kim" in (await client.get("/system")).text
    assert open_house.relay.verbs() == ["on"]


async def test_a_program_gets_the_same(open_house: House) -> None:
    users = Users(written(open_house).state)
    users.add("script", "admin", "geranium-blossom")
    client = Client(open_house.client.host, open_house.client.port)
    client.headers["authorization"] = f"Bearer {users.new_token('script')}"
    answer = await client.request("POST", "/api/backup", None, {})
    assert "config/site.yaml" in names(answer.body)
    assert gzip.decompress(answer.body)


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_only_an_admin_gets_one(open_house: House, role: str) -> None:
    client = await logged_in(written(open_house), "lee", role)
    assert (await client.submit("/system/backup", {})).code == 403
    assert (await client.ask("/api/backup", {})).code == 403
    assert "/system/backup" not in (await client.get("/system")).text
    assert "backup made by lee" not in await told(open_house)


async def test_another_site_gets_none(open_house: House) -> None:
    client = await logged_in(written(open_house), "kim", "admin")
    for path in ("/system/backup", "/api/backup"):
        assert (await client.submit(path, {}, origin="http://evil.example")).code == 403
    assert (await client.get("/api/backup")).code == 405
    assert (await client.get("/system/backup")).headers["location"] == "/system"


async def test_one_at_a_time_and_nothing_stays_of_one_that_nobody_takes(house: House) -> None:
    (written(house).site / "photo.bin").write_bytes(os.urandom(16 << 20))  # more than any socket holds
    reader, writer = await asyncio.open_connection(house.client.host, house.client.port, limit=1024)
    head = "POST /api/backup HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
    writer.write(f"{head}\r\n{{}}".encode())
    assert await asyncio.wait_for(reader.readline(), 30) == b"HTTP/1.1 200 OK\r\n"
    assert "is being sent" in (await house.client.get("/system")).text
    refused = await house.client.ask("/api/backup", {})
    assert (refused.code, "wait until it is done" in refused.json()["error"]) == (400, True)
    writer.close()
    while "is being sent" in (await house.client.get("/system")).text:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert not (house.state / FOLDER).exists()
    assert (await house.client.ask("/api/backup", {})).code == 200


async def test_what_a_killed_controller_left_is_swept_at_the_start(tmp_path: Path) -> None:
    left = tmp_path / "state" / FOLDER / ".onsil-backup-x"
    left.mkdir(parents=True)
    (left / "onsil.db").write_text("half")
    async with houses.house(tmp_path) as house:
        assert (await house.client.get("/healthz")).code == 200
        assert not (house.state / FOLDER).exists()


async def test_too_little_room_is_said_before_anything_is_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "controller.web.backups.shutil.disk_usage", lambda _: SimpleNamespace(free=5 << 20, total=1 << 30)
    )
    answer = await house.client.ask("/api/backup", {})
    assert answer.code == 400
    assert "not enough room on the disk" in answer.json()["error"]
    assert "5 MB are free" in answer.json()["error"]
    page = await house.client.submit("/system/backup", {}, cookie="language=ko")
    assert page.code == 400
    assert "백업에 필요한 디스크 공간이 부족합니다" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not (house.state / FOLDER).exists()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "small", folder], capture_output=True)
    if made.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


async def test_a_disk_that_fills_up_meanwhile_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.web.backups.SPARE", 0)
    with small_disk(tmp_path / "state"):
        async with houses.house(tmp_path) as house:
            (house.site / "photo.bin").write_bytes(os.urandom(16 << 20))
            answer = await house.client.ask("/api/backup", {})
            assert answer.json() == {"error": "the disk is full: the backup could not be made"}
            assert not (house.state / FOLDER).exists()
            assert (await house.client.get("/api/status")).code == 200


async def test_what_cannot_be_saved_is_said(house: House) -> None:
    (house.state / FOLDER).write_text("in the way")
    answer = await house.client.ask("/api/backup", {})
    assert (answer.code, "the backup could not be made" in answer.json()["error"]) == (400, True)
