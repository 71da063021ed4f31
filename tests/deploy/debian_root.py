"""Installs, runs, upgrades and purges the real package and the real installer in Debian 12 roots:

    python -m tests.deploy.debian_root [package] [installer] [arm64]

Needs root, debootstrap, systemd-container, qemu-user-static (arm64) and Debian's packages for the roots: minutes, so
that `make test` leaves it away. The greenhouse is the tunnel of the examples, with a real broker and virtual Tasmota
devices outside the container.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from controller.app.clock import SystemClock
from controller.config import check_texts
from simulators.devices.mqtt import serve
from tests.deploy.machine import Machine, booted, entered
from tests.support.mosquitto import Mosquitto, free_port, mosquitto

REPOSITORY = Path(__file__).parents[2]
TUNNEL = REPOSITORY / "deploy" / "examples" / "tunnel"
FILES = ("/usr/lib/onsil", "/usr/bin/onsil", "/etc/onsil", "/etc/default/onsil", "/var/lib/onsil")
FIELD = {"air.temperature": 24.0, "air.humidity": 70.0, "outside.temperature": 12.0, "outside.wind_speed": 2.0}
PASSWORD = "tunnel-secret"


class Tunnel:
    """The tunnel's field: a broker, and virtual devices in a thread. `relays` is what they were last switched to."""

    def __init__(self, broker: Mosquitto) -> None:
        self.site = (TUNNEL / "site.yaml").read_text().replace("mqtt://localhost:1883", broker.url)
        self.rules = (TUNNEL / "rules.yaml").read_text()
        self.relays: dict[str, float] = {}
        report = check_texts(self.site, self.rules, lookup={"MQTT_PASSWORD": PASSWORD}.get)
        assert report.configuration is not None, report.errors
        (bus,) = report.configuration.buses
        devices = list(bus.settings.devices)
        self._serving = serve(
            broker.url, devices, SystemClock(), lambda point: FIELD.get(point, 0.0), self._switched, "onsil", PASSWORD
        )
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._serving)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._task)

    def _switched(self, point: str, value: float) -> None:
        self.relays[point] = value

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()
        self._loop.close()

    def furnish(self, machine: Machine) -> None:
        """Write the files as an installer of greenhouses does, and choose a free port for the page."""
        machine.write("/etc/onsil/site.yaml", self.site, 0o640)
        machine.write("/etc/onsil/rules.yaml", self.rules, 0o640)
        machine.write("/etc/onsil/credentials/MQTT_PASSWORD", PASSWORD + "\n", 0o600)
        machine.write("/etc/default/onsil", f'ONSIL_OPTIONS="--port {free_port()}"\n')


@contextlib.contextmanager
def tunnel() -> Iterator[Tunnel]:
    with mosquitto("onsil", PASSWORD) as broker:
        field = Tunnel(broker)
        try:
            yield field
        finally:
            field.stop()


# the package


def package() -> None:
    """With systemd as init: install, run, survive, upgrade, remove, purge."""
    with tempfile.TemporaryDirectory() as folder, tunnel() as field, booted() as machine:
        old, new = _built("amd64", "0.1.0", folder), _built("amd64", "0.1.1", folder)
        for file in (old, new):
            shutil.copy(file, machine.root / "root")
        before = _footprint(machine)
        _step("installs", lambda: _installs(machine, old.name))
        _step("runs the tunnel", lambda: _runs(machine, field))
        _step("is confined", lambda: _confined(machine))
        _step("reloads, and keeps to the old files when the new ones are wrong", lambda: _reloads(machine, field))
        _step("lets the page change rules.yaml alone", lambda: _edited(machine, field))
        _step("is restarted when it hangs, and when it is killed", lambda: _survives(machine))
        _step("upgrades, keeping what was changed", lambda: _upgrades(machine, new.name))
        _step("goes on with the old version while the files do not fit", lambda: _refuses(machine, field, old.name))
        _step("backs up and restores", lambda: _backs_up(machine))
        _step("is removed, leaving the data", lambda: _removed(machine, new.name))
        _step("is purged without a trace", lambda: _purged(machine, before))


def _installs(machine: Machine, file: str) -> None:
    machine.run("dpkg", "--install", f"/root/{file}")
    assert machine.run("dpkg", "--audit") == ""
    assert re.fullmatch(r"onsil 0\.1\S* \(core compiled\)\n?", machine.run("onsil", "--version"))
    assert machine.run("systemd-analyze", "verify", "onsil.service") == ""
    # enabled, and not started as long as there is nothing to run
    assert machine.property("UnitFileState") == "enabled"
    assert machine.property("ActiveState") == "inactive"
    assert machine.property("ConditionResult") == "no"
    looks = machine.run("stat", "-c", "%a %U %G", "/etc/onsil", "/etc/onsil/credentials").splitlines()
    assert looks == ["3770 root onsil", "700 root root"], looks
    machine.run("dpkg", "--verify", "onsil")


def _runs(machine: Machine, field: Tunnel) -> None:
    field.furnish(machine)
    machine.run("onsil", "check")
    machine.run("systemctl", "start", "onsil")  # returns when it says READY=1
    assert machine.property("ActiveState") == "active"
    machine.until("onsil status --json", '"value": 24')
    machine.run("onsil", "override", "drip", "100", "--for", "5min")
    _wait(lambda: field.relays.get("drip.relay") == 1.0, "the valve is switched on")
    assert "hand" in machine.run("onsil", "why", "drip")
    machine.run("onsil", "release", "drip")
    _wait(lambda: field.relays.get("drip.relay") == 0.0, "the valve is switched off")


def _confined(machine: Machine) -> None:
    process = machine.property("MainPID")
    status = machine.run("cat", f"/proc/{process}/status")
    said = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert said["CapEff"] == said["CapBnd"] == "0" * 16
    assert (said["NoNewPrivs"], said["Seccomp"]) == ("1", "2")
    assert said["Uid"].split()[0] == machine.run("id", "-u", "onsil").strip() != "0"
    # a shell in the service's control group gets at serial ports (there is none: ENXIO), and at nothing else
    for name, numbers in (("ttyUSB0", "188 0"), ("ttyACM0", "166 0"), ("ttyAMA0", "204 64"), ("fuse", "10 229")):
        machine.shell(f"rm -f /dev/{name} && mknod -m 666 /dev/{name} c {numbers}")
    enter = f"echo $$ > /sys/fs/cgroup{machine.property('ControlGroup')}/cgroup.procs"
    for name in ("ttyUSB0", "ttyACM0", "ttyAMA0"):
        said_of_it = machine.shell(f"{enter}; cat /dev/{name}", check=False)
        assert "No such device" in said_of_it, said_of_it
    assert "not permitted" in machine.shell(f"{enter}; cat /dev/fuse", check=False)
    # the secret is the service's alone
    assert machine.shell("ls /run/credentials/onsil.service").split() == ["onsil", "onsil_MQTT_PASSWORD"]
    assert PASSWORD not in machine.run("journalctl", "--no-pager", "--unit", "onsil")
    assert PASSWORD not in machine.shell(f"tr '\\0' '\\n' < /proc/{process}/environ")
    # what the doctor says of it all, as root asks on behalf of the service
    found = json.loads(machine.shell("onsil doctor --json 2>/dev/null", check=False))
    verdicts = {finding["about"]: finding["verdict"] for finding in found["findings"]}
    for about in ("files", "state", "bus broker", "service", "controller"):
        assert verdicts[about] == "right", found


def _reloads(machine: Machine, field: Tunnel) -> None:
    process = machine.property("MainPID")
    machine.write("/etc/onsil/rules.yaml", field.rules.replace("38 °C", "37 °C"), 0o640)
    machine.run("systemctl", "reload", "onsil")
    machine.until("journalctl --no-pager -u onsil", "the new files are in force")
    machine.write("/etc/onsil/rules.yaml", field.rules.replace("air.temperature", "air.temprature"), 0o640)
    machine.run("systemctl", "reload", "onsil", check=False)
    machine.until("journalctl --no-pager -u onsil", "did you mean air.temperature")
    assert machine.property("ActiveState") == "active"
    assert machine.property("MainPID") == process
    machine.write("/etc/onsil/rules.yaml", field.rules, 0o640)
    machine.run("systemctl", "reload", "onsil")


def _edited(machine: Machine, field: Tunnel) -> None:
    """The page may replace rules.yaml where it belongs to the service, and cannot touch what is root's."""
    port = (machine.root / "etc/default/onsil").read_text().split()[-1].rstrip('"')
    machine.write("/root/new.json", json.dumps({"rules": field.rules.replace("38 °C", "36 °C")}))
    post = (
        "import urllib.request as u; print(u.urlopen(u.Request("
        f"'http://localhost:{port}/api/rules', open('/root/new.json', 'rb').read(),"
        "{'Content-Type': 'application/json'})).status)"
    )
    refused = machine.run("python3", "-c", post, check=False)
    assert "200" not in refused.split(), refused
    machine.run("chown", "onsil:", "/etc/onsil/rules.yaml")
    assert "200" in machine.run("python3", "-c", post).split()
    machine.until("cat /etc/onsil/rules.yaml", "36 °C")
    machine.until("journalctl --no-pager -u onsil | tail -n 3", "the new files are in force")
    as_service = ["setpriv", "--reuid", "onsil", "--regid", "onsil", "--clear-groups"]
    for deed in ("mv /etc/onsil/site.yaml /etc/onsil/x", "rm -f /etc/onsil/site.yaml", "ls /etc/onsil/credentials"):
        said = machine.run(*as_service, "sh", "-c", deed, check=False)
        assert "not permitted" in said or "denied" in said, said


def _survives(machine: Machine) -> None:
    process = machine.property("MainPID")
    machine.run("kill", "-STOP", process)
    machine.until("journalctl --no-pager -u onsil", "Watchdog timeout")
    machine.until("journalctl --no-pager -u onsil", "Fatal Python error: Aborted")  # where it was
    second = _another(machine, process)
    for _ in range(6):  # more often than the usual start limit allows
        machine.run("kill", "-KILL", second)
        second = _another(machine, second)


def _another(machine: Machine, process: str) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        now = machine.property("MainPID")
        if now not in ("0", process) and machine.property("ActiveState") == "active":
            return now
        time.sleep(0.3)
    raise AssertionError("it was not started again: " + machine.run("systemctl", "status", "onsil", check=False))


def _upgrades(machine: Machine, file: str) -> None:
    process = machine.property("MainPID")
    options = (machine.root / "etc/default/onsil").read_text()
    said = machine.run("dpkg", "--install", f"/root/{file}")
    assert "0.1.1" in machine.run("dpkg-query", "-W", "onsil")
    assert (machine.root / "etc/default/onsil").read_text() == options
    assert machine.property("ActiveState") == "active"
    assert machine.property("MainPID") != process, said
    machine.until("onsil status --json", '"value": 24')


def _refuses(machine: Machine, field: Tunnel, file: str) -> None:
    process = machine.property("MainPID")
    machine.write("/etc/onsil/rules.yaml", field.rules.replace("air.temperature", "air.temprature"), 0o640)
    said = machine.run("dpkg", "--install", f"/root/{file}")
    assert "does not take the files" in said
    assert machine.property("MainPID") == process
    assert machine.property("ActiveState") == "active"
    machine.write("/etc/onsil/rules.yaml", field.rules, 0o640)
    machine.run("systemctl", "restart", "onsil")


def _backs_up(machine: Machine) -> None:
    machine.run("onsil", "backup", "/root/tunnel.tar.gz", "--credentials")
    assert "another controller runs" in machine.run("onsil", "restore", "/root/tunnel.tar.gz", check=False)
    machine.run("systemctl", "stop", "onsil")
    machine.shell("rm -rf /etc/onsil/* /var/lib/onsil")
    machine.run("onsil", "restore", "/root/tunnel.tar.gz")
    owners = machine.run("stat", "-c", "%U:%G %a", "/var/lib/onsil", "/var/lib/onsil/onsil.db", "/etc/onsil/site.yaml")
    assert owners.split("\n")[:3] == ["onsil:onsil 750", "onsil:onsil 600", "root:onsil 640"], owners
    secret = machine.run("stat", "-c", "%U:%G %a", "/etc/onsil/credentials/MQTT_PASSWORD").strip()
    assert secret == "root:root 600", secret
    machine.run("systemctl", "start", "onsil")
    machine.until("onsil status --json", '"value": 24')


def _removed(machine: Machine, file: str) -> None:
    machine.run("dpkg", "--remove", "onsil")
    assert not (machine.root / "usr/lib/onsil").exists()
    assert (machine.root / "var/lib/onsil/onsil.db").exists()
    assert (machine.root / "etc/onsil/site.yaml").exists()
    assert machine.run("pgrep", "-u", "onsil", check=False) == ""
    machine.run("dpkg", "--install", f"/root/{file}")  # and back, as if nothing had been
    machine.until("onsil status --json", '"value": 24')


def _purged(machine: Machine, before: set[str]) -> None:
    machine.run("dpkg", "--purge", "onsil")
    left = {path for path in _footprint(machine) - before if "onsil" in path}
    assert not left, left
    assert machine.run("getent", "passwd", "onsil", check=False) == ""
    assert machine.run("systemctl", "list-unit-files", "onsil*", "--no-legend", check=False) == ""


def _footprint(machine: Machine) -> set[str]:
    found = machine.shell(
        "find / -xdev -path /proc -prune -o -path /root -prune -o -path /var/lib/dpkg -prune -o -print"
    )
    return set(found.splitlines())


# the installer


def installer() -> None:
    """With systemd as init: install, upgrade, take back an upgrade that does not run, uninstall."""
    with tempfile.TemporaryDirectory() as folder, tunnel() as field, booted() as machine:
        wheels = machine.root / "root" / "wheels"
        first = _wheel("0.1.0", Path(folder), "")
        second = _wheel("0.2.0", Path(folder), "")
        broken = _wheel(
            "0.3.0", Path(folder), "import time\ntime.sleep(5)\nraise SystemExit('this version is broken')\n"
        )
        pip = [sys.executable, "-m", "pip", "-qq", "download", "--only-binary=:all:", "--dest", str(wheels)]
        subprocess.run([*pip, "-r", str(REPOSITORY / "requirements.lock")], check=True)
        shutil.copytree(REPOSITORY / "deploy", machine.root / "root/onsil/deploy")
        shutil.copy(REPOSITORY / "requirements.lock", machine.root / "root/onsil")
        for wheel in (first, second, broken):
            shutil.copy(wheel, machine.root / "root")

        def install(wheel: Path, check: bool = True) -> str:
            return machine.run(
                "env",
                "READY_WITHIN=20",
                "/root/onsil/deploy/install.sh",
                f"/root/{wheel.name}",
                "--wheels",
                "/root/wheels",
                check=check,
            )

        def version() -> str:
            return machine.run("onsil", "--version").split()[1]

        def upgrade() -> None:
            assert "0.2.0" in install(second)
            assert version() == "0.2.0"
            machine.until("onsil status --json", '"value": 24')

        def again() -> None:
            process = machine.property("MainPID")
            assert "installed already" in install(second)
            assert machine.property("MainPID") == process

        def take_back() -> None:
            said = install(broken, check=False)
            assert "this version is broken" in said, said
            assert "0.2.0" in said.splitlines()[-1], said
            assert version() == "0.2.0"
            machine.until("onsil status --json", '"value": 24')
            assert "0.3.0" not in machine.run("ls", "/opt/onsil/releases")

        def roll_back() -> None:
            machine.run("/root/onsil/deploy/install.sh", "rollback")
            assert version() == "0.1.0"
            machine.until("onsil status --json", '"value": 24')

        def uninstall() -> None:
            machine.run("/root/onsil/deploy/install.sh", "uninstall")
            assert not (machine.root / "opt/onsil").exists()
            assert (machine.root / "var/lib/onsil/onsil.db").exists()
            assert machine.run("pgrep", "-u", "onsil", check=False) == ""
            install(first)
            machine.until("onsil status --json", '"value": 24')
            machine.run("/root/onsil/deploy/install.sh", "uninstall", "--purge")
            left = {path for path in _footprint(machine) - before if "onsil" in path and "/var/log" not in path}
            assert not left, left

        before = _footprint(machine)
        _step("the installer installs", lambda: install(first) and None)
        _step("runs the tunnel", lambda: _runs(machine, field))
        _step("upgrades", upgrade)
        _step("does nothing a second time", again)
        _step("takes back an upgrade that does not run", take_back)
        _step("rolls back when asked to", roll_back)
        _step("uninstalls", uninstall)


# another architecture


def arm64() -> None:
    """Without an init, every program under qemu: install, check, run, remove, purge."""
    with tempfile.TemporaryDirectory() as folder, tunnel() as field, entered("arm64") as machine:
        file = _built("arm64", "0.1.0", folder)
        shutil.copy(file, machine.root / "root")

        def run() -> None:
            field.furnish(machine)
            machine.run("onsil", "check")
            machine.shell(
                "mkdir -p /var/lib/onsil && chown onsil:onsil /var/lib/onsil && chgrp onsil /etc/onsil/*.yaml"
            )
            machine.shell(
                "mkdir -m 755 /srv/secrets && cp /etc/onsil/credentials/* /srv/secrets && chmod 644 /srv/secrets/*"
            )
            user = "setpriv --reuid onsil --regid onsil --clear-groups"
            start = f"CREDENTIALS_DIRECTORY=/srv/secrets exec {user} onsil run --port 0"
            machine.shell(f"({start}) </dev/null >/root/log 2>&1 & echo $! >/root/pid")
            machine.until("onsil status --json", '"value": 24')
            machine.run("onsil", "override", "drip", "100", "--for", "5min")
            _wait(lambda: field.relays.get("drip.relay") == 1.0, "the valve is switched on")
            machine.shell("kill $(cat /root/pid); while kill -0 $(cat /root/pid) 2>/dev/null; do sleep 0.2; done")
            _wait(lambda: field.relays.get("drip.relay") == 0.0, "it is switched off at the end")

        def purge() -> None:
            machine.run("dpkg", "--purge", "onsil")
            for path in FILES:
                assert not (machine.root / path.lstrip("/")).exists(), path

        def install() -> None:
            machine.run("dpkg", "--install", f"/root/{file.name}")
            assert machine.run("uname", "-m").strip() == "aarch64"
            assert re.fullmatch(r"onsil 0\.1\S* \(core compiled\)\n?", machine.run("onsil", "--version"))

        _step("installs on arm64", install)
        _step("runs the tunnel on arm64", run)
        _step("is purged on arm64", purge)


# building


def _built(architecture: str, version: str, folder: str) -> Path:
    command = [str(REPOSITORY / "deploy/debian/build.sh"), architecture, folder]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "VERSION": version, "PYTHON": sys.executable}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, cwd=REPOSITORY)
    return Path(folder) / f"onsil_{version}_{architecture}.deb"


def _wheel(version: str, folder: Path, trouble: str) -> Path:
    """A wheel of this version; `trouble` is put in front of what runs the greenhouse."""
    source = folder / f"source-{version}"
    source.mkdir()
    for part in ("controller", "drivers", "simulators"):
        shutil.copytree(REPOSITORY / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    project = (REPOSITORY / "pyproject.toml").read_text()
    line = next(line for line in project.splitlines() if line.startswith("version = "))
    (source / "pyproject.toml").write_text(project.replace(line, f'version = "{version}"'))
    if trouble:
        (source / "controller/app/application.py").write_text(trouble)
    pip = [sys.executable, "-m", "pip", "-qq", "wheel", "--no-deps", "--wheel-dir", str(folder), str(source)]
    subprocess.run(pip, check=True)
    return folder / f"onsil-{version}-py3-none-any.whl"


def _step(name: str, run: Callable[[], object]) -> None:
    started = time.monotonic()
    run()
    print(f"ok: {name} ({time.monotonic() - started:.0f} s)", flush=True)


def _wait(condition: Callable[[], bool], what: str, patience: float = 30.0) -> None:
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.1)


if __name__ == "__main__":
    tools = ("debootstrap", "systemd-container", "qemu-user-static")
    subprocess.run([REPOSITORY / "deploy" / "debian-packages.sh", *tools], check=True)
    for chosen in sys.argv[1:] or ("package", "installer", "arm64"):
        {"package": package, "installer": installer, "arm64": arm64}[chosen]()
