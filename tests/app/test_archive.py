"""A backup brings back what it was made of, and a forged one brings nothing."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import stat
import tarfile
from pathlib import Path

import pytest

from controller.app.archive import ArchiveError, restore, save
from controller.app.lock import AlreadyRunning, only_controller
from controller.store import Store
from tests.store.events import readings


@pytest.fixture
def house(tmp_path: Path) -> tuple[Path, Path]:
    """Configuration and state of a greenhouse that has run."""
    config, state = tmp_path / "config", tmp_path / "state"
    (config / "credentials").mkdir(parents=True)
    state.mkdir()
    (config / "site.yaml").write_text("onsil: 1\n")
    (config / "site.yaml").chmod(0o640)
    (config / "rules.yaml").write_text("onsil: 1 # 규칙\n")
    (config / "credentials" / "TOKEN").write_text("secret")
    (config / "credentials" / "TOKEN").chmod(0o600)
    (state / "users.json").write_text("{}")
    (state / "session.key").write_bytes(b"key")
    return config, state


def measure(store: Store, first: int, count: int) -> None:
    store.append(readings(count, first))
    assert store.flush()


def stored(state: Path) -> int:
    connection = sqlite3.connect(state / "onsil.db")
    try:
        total: int = connection.execute("SELECT ifnull(sum(n), 0) FROM outbox").fetchone()[0]
        return total
    finally:
        connection.close()


def test_what_was_saved_while_the_store_wrote_comes_back(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    file = tmp_path / "house.tar.gz"
    with only_controller(state), Store.open(state, boot="one") as store:
        measure(store, 0, 3)
        summary = save(file, config, state, "1.0")
        measure(store, 3, 1)
    assert summary.files == 4
    restore(file, tmp_path / "new" / "config", tmp_path / "new" / "state")
    assert stored(tmp_path / "new" / "state") == 3
    assert not (tmp_path / "new" / "state" / "session.key").exists()
    assert (tmp_path / "new/config/rules.yaml").read_text() == "onsil: 1 # 규칙\n"
    assert (tmp_path / "new/state/users.json").read_text() == "{}"


def test_the_store_goes_on_with_a_restored_database(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    file = tmp_path / "house.tar.gz"
    with Store.open(state, boot="one") as store:
        measure(store, 0, 1)
    save(file, config, state, "1.0")
    with Store.open(state, boot="one") as store:
        measure(store, 1, 2)
    restore(file, config, state)
    with Store.open(state, boot="two") as store:
        assert store.status()["online"]
        measure(store, 3, 1)
    assert stored(state) == 2


def test_nothing_that_is_replaced_is_lost(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    file = tmp_path / "house.tar.gz"
    save(file, config, state, "1.0")
    (config / "rules.yaml").write_text("newer")
    (config / "notes.txt").write_text("not in the backup")
    restore(file, config, state)
    (before,) = config.glob("before-restore-*/rules.yaml")
    assert before.read_text() == "newer"
    assert (config / "notes.txt").read_text() == "not in the backup"
    save(file, config, state, "1.0")
    assert not [name for name in names(file) if "before-restore" in name]


def names(file: Path) -> list[str]:
    with tarfile.open(file) as tar:
        return tar.getnames()


def test_secrets_are_saved_only_when_asked_for(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    without, with_them = tmp_path / "a.tar.gz", tmp_path / "b.tar.gz"
    (config / "page.pem").write_text("-----BEGIN CERTIFICATE-----\n...\n-----BEGIN EC PRIVATE KEY-----\n...\n")
    save(without, config, state, "1.0")
    save(with_them, config, state, "1.0", credentials=True)
    secrets = {"config/credentials/TOKEN", "config/page.pem", "state/session.key"}
    assert secrets & {*names(without)} == set()
    assert secrets <= {*names(with_them)}


def test_a_state_inside_the_configuration_is_saved_once(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "site.yaml").write_text("onsil: 1\n")
    (tmp_path / "state" / "users.json").write_text("{}")
    (tmp_path / "state" / "session.key").write_bytes(b"key")
    file = tmp_path.with_suffix(".tar.gz")
    save(file, tmp_path, tmp_path / "state", "1.0")
    assert names(file) == ["manifest.json", "config/site.yaml", "state/users.json"]


def test_nobody_else_reads_a_backup_and_modes_are_kept(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    file = tmp_path / "house.tar.gz"
    save(file, config, state, "1.0", credentials=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    new = tmp_path / "new"
    restore(file, new, state)
    assert stat.S_IMODE((new / "site.yaml").stat().st_mode) == 0o640
    assert stat.S_IMODE((new / "credentials" / "TOKEN").stat().st_mode) == 0o600
    assert stat.S_IMODE((new / "credentials").stat().st_mode) == 0o700


def test_no_restore_while_a_controller_runs(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    file = tmp_path / "house.tar.gz"
    save(file, config, state, "1.0")
    with only_controller(state), pytest.raises(AlreadyRunning):
        restore(file, config, state)


def test_what_the_controller_makes_again_is_left_out(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    file = tmp_path / "house.tar.gz"
    for name in ("onsil.db.damaged-20260101T000000Z", "lock", "onsil.db-wal", ".salvage-x"):
        (state / name).write_text("")
    (config / "link").symlink_to("/etc/passwd")
    save(file, config, state, "1.0")
    # a log without its database says nothing
    assert names(file) == ["manifest.json", "config/rules.yaml", "config/site.yaml", "state/users.json"]


def test_a_damaged_database_is_not_called_a_backup(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    (state / "onsil.db").write_bytes(b"no database at all" * 500)
    with pytest.raises(ArchiveError, match="database"):
        save(tmp_path / "house.tar.gz", config, state, "1.0")
    assert not (tmp_path / "house.tar.gz").exists()


def test_an_empty_house_is_nothing_to_save(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nothing to save"):
        save(tmp_path / "house.tar.gz", tmp_path / "none", tmp_path / "neither", "1.0")


def test_half_a_backup_is_refused_and_changes_nothing(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    file = tmp_path / "house.tar.gz"
    (config / "long.txt").write_bytes(os.urandom(20_000))
    save(file, config, state, "1.0")
    whole = file.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 5):
        file.write_bytes(whole[:length])
        with pytest.raises(ArchiveError):
            restore(file, config, state)
    assert sorted(path.name for path in config.iterdir()) == ["credentials", "long.txt", "rules.yaml", "site.yaml"]


MANIFEST = {"format": 1, "version": "1.0", "created": "2026-01-01T00:00:00Z", "database": 1}


def forge(file: Path, *members: tarfile.TarInfo, manifest: object = MANIFEST) -> None:
    with tarfile.open(file, "w:gz") as tar:
        text = json.dumps(manifest).encode()
        head = tarfile.TarInfo("manifest.json")
        head.size = len(text)
        tar.addfile(head, io.BytesIO(text))
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    made.size = 1 if kind == tarfile.REGTYPE else 0
    return made


@pytest.mark.parametrize(
    "members",
    [
        [member("../evil")],
        [member("config/../../evil")],
        [member("/evil")],
        [member("//evil")],
        [member("elsewhere/evil")],
        [member("config")],
        [member("config/link", tarfile.SYMTYPE, "/etc"), member("config/link/evil")],
        [member("config/hard", tarfile.LNKTYPE, "manifest.json")],
        [member("config/device", tarfile.CHRTYPE)],
        [member("config/pipe", tarfile.FIFOTYPE)],
        [member("config/rules.yaml"), member("config/rules.yaml")],
        [member("config/" + "a/" * 50 + "evil")],
    ],
)
def test_a_forged_backup_is_refused_and_changes_nothing(
    house: tuple[Path, Path], tmp_path: Path, members: list[tarfile.TarInfo]
) -> None:
    config, state = house
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    forge(tmp_path / "forged.tar.gz", *members)
    with pytest.raises(ArchiveError):
        restore(tmp_path / "forged.tar.gz", config, state)
    after = sorted(str(path) for path in tmp_path.rglob("*") if path.name not in ("forged.tar.gz", "lock"))
    assert after == before


def test_a_file_cannot_become_a_program(house: tuple[Path, Path], tmp_path: Path) -> None:
    config, state = house
    dangerous = member("config/rules.yaml")
    dangerous.mode = 0o6777
    forge(tmp_path / "forged.tar.gz", dangerous)
    restore(tmp_path / "forged.tar.gz", config, state)
    assert stat.S_IMODE((config / "rules.yaml").stat().st_mode) == 0o664


@pytest.mark.parametrize("change", [{"format": 99}, {"database": 99}])
def test_a_backup_of_a_later_version_is_refused(
    house: tuple[Path, Path], tmp_path: Path, change: dict[str, int]
) -> None:
    forge(tmp_path / "later.tar.gz", manifest=MANIFEST | change)
    with pytest.raises(ArchiveError, match="later version"):
        restore(tmp_path / "later.tar.gz", *house)


@pytest.mark.parametrize("manifest", [[], {}, {"format": "x", "database": 1}, None])
def test_what_is_no_backup_is_refused(house: tuple[Path, Path], tmp_path: Path, manifest: object) -> None:
    forge(tmp_path / "other.tar.gz", manifest=manifest)
    with pytest.raises(ArchiveError, match="no backup of Onsil"):
        restore(tmp_path / "other.tar.gz", *house)
