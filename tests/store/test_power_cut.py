"""Power cuts: what a card holds after one is the file and some beginning of its log, torn anywhere.

A write-ahead log is only ever appended to, and made durable commit by commit. So the state after a cut is the file as
of the last checkpoint plus a prefix of the log in whole and an arbitrary remainder: cut off, zeroed, or noise. Or the
cut came in a checkpoint: then the log is whole, and any part of any page may have reached the file. Here real files are
copied while the store writes to them, and torn at random bytes.
"""

from __future__ import annotations

import itertools
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from controller.store import Store
from controller.store import writer as writer_module
from controller.store.schema import FILE
from tests.store.events import at, readings, wait

COMMITS, EACH = 40, 25
LOG = f"{FILE}-wal"


class Moment(NamedTuple):
    """Copies of both files, and how many readings had been committed when they were made."""

    folder: Path
    committed: int
    log_bytes: int


@pytest.fixture(scope="module", params=[1000, 20], ids=["one log", "many checkpoints"])
def moments(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Moment]:
    """The files after each of forty commits, as they were on disk while the store was running."""
    from controller.store import wear

    live = tmp_path_factory.mktemp("live")
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wear, "CHECKPOINT_PAGES", request.param)
        with Store.open(live) as store:
            for commit in range(COMMITS):
                store.append(readings(EACH, commit * EACH))
                store.save_state(b"%d" % commit)
                assert store.flush()
                copy = tmp_path_factory.mktemp("moment")
                for name in (FILE, LOG):
                    if (live / name).exists():
                        shutil.copyfile(live / name, copy / name)
                size = (copy / LOG).stat().st_size if (copy / LOG).exists() else 0
                found.append(Moment(copy, (commit + 1) * EACH, size))
    return found


def opened(folder: Path) -> tuple[list[float], bytes | None]:
    """The readings and the snapshot that a store finds, which must need no repair."""
    with Store.open(folder) as store:
        assert store.status() == {"name": "store", "online": True, "note": ""}
        state = store.load_state()
        raw = store.history.raw("air.temperature", at(0).wall_ns, at(10 * COMMITS * EACH).wall_ns)
        # and it can be written to again
        store.append(readings(1, 5 * COMMITS * EACH))
        assert store.flush()
        assert store.counters()["failures"] == 0
    assert not list(folder.glob("*.damaged-*"))
    return [sample.value for sample in raw], state


def a_commit(moments: list[Moment], chance: random.Random) -> tuple[Moment, Moment]:
    """The files before and after a commit that was not followed by a checkpoint."""
    return chance.choice([pair for pair in itertools.pairwise(moments) if pair[1].log_bytes > pair[0].log_bytes])


def whole_commits(values: list[float], at_least: int, at_most: int) -> None:
    """The readings are those of the first so many commits, without a gap and without half of one."""
    assert values == [float(value) for value in range(len(values))]
    assert len(values) % EACH == 0
    assert at_least <= len(values) <= at_most


def test_a_copy_between_two_commits_has_all_of_them(moments: list[Moment], tmp_path: Path) -> None:
    for number, moment in enumerate(moments[::7]):
        folder = shutil.copytree(moment.folder, tmp_path / str(number))
        values, state = opened(folder)
        whole_commits(values, moment.committed, moment.committed)
        assert state == b"%d" % (moment.committed // EACH - 1)


@pytest.mark.parametrize("seed", range(40))
def test_a_log_torn_in_its_last_commit_costs_that_commit_alone(
    moments: list[Moment], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    before, moment = a_commit(moments, chance)
    folder = shutil.copytree(moment.folder, tmp_path / "cut")
    log = folder / LOG
    cut = chance.randrange(before.log_bytes, moment.log_bytes)
    rest = moment.log_bytes - cut
    with log.open("r+b") as file:
        file.truncate(cut)
        file.seek(cut)
        kind = chance.choice(("cut off", "zeroed", "noise"))
        if kind == "zeroed":
            file.write(bytes(rest))
        elif kind == "noise":
            file.write(chance.randbytes(rest))
    values, _ = opened(folder)
    whole_commits(values, before.committed, moment.committed)


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_byte_in_the_last_commit_costs_that_commit_alone(
    moments: list[Moment], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    before, moment = a_commit(moments, chance)
    folder = shutil.copytree(moment.folder, tmp_path / "flipped")
    with (folder / LOG).open("r+b") as file:
        file.seek(chance.randrange(before.log_bytes, moment.log_bytes))
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1 << chance.randrange(8)]))
    values, _ = opened(folder)
    whole_commits(values, before.committed, moment.committed)


@pytest.mark.parametrize("seed", range(20))
def test_a_checkpoint_cut_short_costs_nothing(moments: list[Moment], tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    _, moment = a_commit(moments, chance)
    folder = shutil.copytree(moment.folder, tmp_path / "cut")
    finished = shutil.copytree(moment.folder, tmp_path / "finished") / FILE
    with closing(sqlite3.connect(finished)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = finished.read_bytes()
    with (folder / FILE).open("r+b") as file:
        for start in range(0, len(pages), 4096):
            if chance.random() < 0.5:  # this page was on its way, and came so far
                file.seek(start)
                file.write(pages[start : start + chance.randrange(1, 4097)])
    values, _ = opened(folder)
    whole_commits(values, moment.committed, moment.committed)


def test_copies_at_any_moment_of_a_busy_store_open_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copies are made while the writer works: the log may be caught in the middle of a write.

    Without checkpoints in between: a copy is not made in one instant, and a checkpoint while it is made gives a mixture
    that no power cut can.
    """
    monkeypatch.setattr(writer_module, "TICK", 0.002)
    live = tmp_path / "live"
    live.mkdir()
    chance = random.Random(5)
    copies: list[Moment] = []
    with Store.open(live) as store:
        store.append(readings(EACH))
        wait(lambda: store.counters()["stored"] == EACH)
        for number in range(1, 30):
            store.append(readings(EACH, number * EACH))
            spin = chance.randrange(0, 20_000)
            while spin:
                spin -= 1
            copy = tmp_path / f"copy{number}"
            copy.mkdir()
            committed = store.counters()["stored"]
            for name in (FILE, LOG):  # the file first: it does not change, the log only grows
                shutil.copyfile(live / name, copy / name)
            copies.append(Moment(copy, committed, 0))
    for copy_made in copies:
        values, _ = opened(copy_made.folder)
        whole_commits(values, copy_made.committed, 30 * EACH)
