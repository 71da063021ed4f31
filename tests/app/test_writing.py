"""Replacing a file: what is kept of the old one, what a failure leaves, and what a disk can hold after a power cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.app import writing
from controller.app.writing import replace_file

OLD, NEW = b"old rules", b"rules that are new"


def test_the_old_file_gives_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(OLD)
    path.chmod(0o640)
    replace_file(path, NEW, mode=0o664)
    assert path.read_bytes() == NEW
    assert path.stat().st_mode & 0o777 == 0o640
    assert [found.name for found in tmp_path.iterdir()] == ["rules.yaml"]


def test_a_first_file_gets_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    for mode in (0o600, 0o664):
        replace_file(tmp_path / str(mode), NEW, mode)
        assert (tmp_path / str(mode)).stat().st_mode & 0o777 == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_belongs_to_whom_it_belonged_to(tmp_path: Path) -> None:
    os.chown(tmp_path, 1001, 1002)
    first, known = tmp_path / "users.json", tmp_path / "rules.yaml"
    known.write_bytes(OLD)
    os.chown(known, 1003, 1004)
    replace_file(first, NEW)
    replace_file(known, NEW)
    assert (first.stat().st_uid, first.stat().st_gid) == (1001, 1002)
    assert (known.stat().st_uid, known.stat().st_gid) == (1003, 1004)


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "rules.yaml"
    path.write_bytes(OLD)
    monkeypatch.setattr(writing.os, step, full)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, NEW)
    assert path.read_bytes() == OLD
    assert [found.name for found in tmp_path.iterdir()] == ["rules.yaml"]


class Step(NamedTuple):
    """`sync` makes the content of a file durable, `rename` gives it the name, `sync names` makes that durable."""

    what: str
    content: bytes = b""


def traced(path: Path, data: bytes) -> list[Step]:
    """What replacing a file asks of the disk, in order."""
    steps: list[Step] = []
    with pytest.MonkeyPatch.context() as patch:
        fsync, replace = os.fsync, Path.replace

        def noted_fsync(descriptor: int) -> None:
            file = Path(f"/proc/self/fd/{descriptor}").readlink()
            steps.append(Step("sync names") if file.is_dir() else Step("sync", file.read_bytes()))
            fsync(descriptor)

        def noted_replace(self: Path, target: Path) -> Path:
            steps.append(Step("rename", self.read_bytes()))
            return replace(self, target)

        patch.setattr(os, "fsync", noted_fsync)
        patch.setattr(Path, "replace", noted_replace)
        replace_file(path, data)
    return steps


def after_a_cut(steps: list[Step], old: bytes) -> Iterator[bytes]:
    """Everything that the name can stand for when the power goes after these steps.

    What was not made durable is there or is not: of a content any beginning, of a rename the old name or the new one.
    """
    durable: set[bytes] = set()
    names = [old]
    for step in steps:
        match step.what:
            case "sync":
                durable.add(step.content)
            case "rename":
                whole = step.content in durable
                cut_off = [] if whole else [step.content[:length] for length in range(len(step.content))]
                names += [step.content, *cut_off]
            case "sync names":
                names = names[1:] if len(names) > 1 else names
    yield from names


@given(old=st.binary(max_size=40), new=st.binary(max_size=40))
def test_a_power_cut_leaves_the_old_or_the_new_never_half(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes
) -> None:
    path = tmp_path_factory.mktemp("cut") / "rules.yaml"
    path.write_bytes(old)
    steps = traced(path, new)
    for cut in range(len(steps) + 1):
        assert set(after_a_cut(steps[:cut], old)) <= {old, new}
    assert set(after_a_cut(steps, old)) == {new}


def test_the_model_of_a_cut_sees_what_each_sync_is_for(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(OLD)
    steps = traced(path, NEW)
    assert [step.what for step in steps] == ["sync", "rename", "sync names"]
    assert NEW[:3] in set(after_a_cut(steps[1:], OLD))
    assert OLD in set(after_a_cut(steps[:-1], OLD))
