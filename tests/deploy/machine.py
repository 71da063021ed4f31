"""A Debian 12 root of its own, booted with systemd in a container, or entered without (another architecture)."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

ROOTS = Path(os.environ.get("ONSIL_ROOTS", "/var/tmp/onsil-roots"))
PACKAGES = "systemd,systemd-sysv,dbus,udev,procps,python3,python3-venv,ca-certificates,tzdata"
PATIENCE = 120.0
_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
_REGISTRY = Path("/proc/sys/fs/binfmt_misc")
_AARCH64 = (
    r":onsil-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F"
)


class Failed(AssertionError):
    """A command that should have succeeded."""


class Machine:
    """Commands in a root. With a `leader` they run inside the container whose first process that is."""

    def __init__(self, root: Path, leader: int | None = None) -> None:
        self.root, self._leader = root, leader

    def run(self, *command: str, check: bool = True) -> str:
        """What the command prints, standard error after standard output. Raises Failed."""
        if self._leader is None:
            enter = ["chroot", str(self.root)]
        else:
            enter = ["nsenter", f"--target={self._leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--"]
        done = subprocess.run([*enter, *command], capture_output=True, text=True, env=_ENVIRONMENT, cwd="/")
        said = done.stdout + done.stderr
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit {done.returncode}\n{said}")
        return said

    def shell(self, script: str, check: bool = True) -> str:
        """As `run`, a line for sh."""
        return self.run("sh", "-c", script, check=check)

    def property(self, name: str, unit: str = "onsil.service") -> str:
        return self.run("systemctl", "show", "--property", name, "--value", unit).strip()

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.root / path.lstrip("/")
        file.write_text(text)
        file.chmod(mode)

    def until(self, script: str, wanted: str, patience: float = PATIENCE) -> None:
        """Wait until what a line prints has `wanted` in it."""
        end = time.monotonic() + patience
        while wanted not in (said := self.shell(script, check=False)):
            if time.monotonic() > end:
                raise Failed(f"{script}: never said {wanted!r} but\n{said}")
            time.sleep(0.3)


@contextlib.contextmanager
def booted(architecture: str = "amd64") -> Iterator[Machine]:
    """A fresh root, run by its own systemd until the end of the block. It has this computer's network."""
    with _fresh(architecture) as root:
        script = (
            "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd && SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 "
            f"exec systemd-nspawn --quiet --register=no --keep-unit --boot --console=pipe --directory={root}"
        )
        with (root.parent / f"{root.name}.log").open("wb") as log:
            container = subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            machine = Machine(root, _leader(container))
            machine.until("systemctl is-system-running", "running")
            try:
                yield machine
            except BaseException:
                print(machine.shell("journalctl --no-pager -u onsil | tail -n 40", check=False))
                raise
        finally:
            container.terminate()  # an orderly shutdown
            with contextlib.suppress(subprocess.TimeoutExpired):
                container.wait(30)
            container.kill()
            container.wait()


@contextlib.contextmanager
def entered(architecture: str) -> Iterator[Machine]:
    """A fresh root without an init. Programs of another architecture run under qemu."""
    with _fresh(architecture) as root, _emulated(architecture), contextlib.ExitStack() as stack:
        for folder, options in (("proc", ["-t", "proc", "proc"]), ("dev", ["--rbind", "/dev"])):
            subprocess.run(["mount", *options, str(root / folder)], check=True)
            stack.callback(subprocess.run, ["umount", "-l", str(root / folder)], check=True)
        yield Machine(root)


@contextlib.contextmanager
def _emulated(architecture: str) -> Iterator[None]:
    """For a while the kernel hands programs of another architecture to qemu."""
    if architecture == "amd64":
        yield
        return
    if not (_REGISTRY / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "none", str(_REGISTRY)], check=True)
    ours = _REGISTRY / "onsil-aarch64"
    if any((_REGISTRY / name).exists() for name in ("qemu-aarch64", "onsil-aarch64")):
        yield
        return
    (_REGISTRY / "register").write_text(_AARCH64)
    try:
        yield
    finally:
        ours.write_text("-1")


@contextlib.contextmanager
def _fresh(architecture: str) -> Iterator[Path]:
    base = ROOTS / architecture
    if not (base / "etc/debian_version").exists() or (base / "debootstrap").exists():
        shutil.rmtree(base, ignore_errors=True)
        base.parent.mkdir(parents=True, exist_ok=True)
        with _emulated(architecture):
            subprocess.run(
                [
                    "debootstrap",
                    f"--arch={architecture}",
                    "--variant=minbase",
                    f"--include={PACKAGES}",
                    "bookworm",
                    base,
                ],
                check=True,
            )
    root = ROOTS / f"{architecture}-{os.getpid()}"
    subprocess.run(["cp", "-a", "--reflink=auto", base, root], check=True)
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    try:
        yield root
    finally:
        shutil.rmtree(root)


def _leader(container: subprocess.Popen[bytes]) -> int:
    """The container's first process."""
    children = Path(f"/proc/{container.pid}/task/{container.pid}/children")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and container.poll() is None:
        for child in children.read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        time.sleep(0.1)
    raise Failed("the container does not boot")
