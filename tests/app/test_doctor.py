"""The doctor finds what is wrong with real ports, brokers, databases and files, and says what to do."""

from __future__ import annotations

import json
import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.app.doctor import Verdict, computer, files, network, ports
from controller.app.doctor.account import Account, running_as
from controller.app.doctor.finding import Finding
from controller.app.lock import only_controller
from controller.cli import main
from controller.config.settings import Influx1Settings, Influx2Settings
from tests.support.influxd import PASSWORD, USER, influxd
from tests.support.mosquitto import free_port, mosquitto
from tests.support.victoria import victoria

ME = running_as()
STRANGER = Account("stranger", 64_000, frozenset([64_000]))
EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


class TestSerialPorts:
    @pytest.fixture
    def port(self) -> Iterator[Path]:
        """The far end of a line that nobody has open, so that its number is free for us to open."""
        near, far = pty.openpty()
        name = Path(os.ttyname(far))
        os.close(far)
        yield name
        os.close(near)

    def test_a_port_that_can_be_opened(self, port: Path) -> None:
        assert only(ports.serial("bus rs485", port, ME)).verdict is Verdict.RIGHT

    def test_a_port_by_a_name_that_points_at_it(self, port: Path, tmp_path: Path) -> None:
        (tmp_path / "adapter").symlink_to(port)
        assert only(ports.serial("bus rs485", tmp_path / "adapter", ME)).verdict is Verdict.RIGHT

    def test_a_port_that_another_program_has(self, port: Path) -> None:
        held = os.open(port, os.O_RDWR | os.O_NOCTTY)
        try:
            found = only(ports.serial("bus rs485", port, ME))
        finally:
            os.close(held)
        assert found.verdict is Verdict.WRONG
        assert f"(process {os.getpid()})" in found.text

    def test_a_chip_of_the_computers_own(self, tmp_path: Path) -> None:
        chip = tmp_path / "gpiochip0"
        assert ports.on_board("bus header", chip, ME).text == f"there is no {chip}"
        chip.touch(0o660)
        assert ports.on_board("bus header", chip, ME).verdict is Verdict.RIGHT
        assert ports.on_board("bus header", chip, STRANGER).text == f"stranger may not open {chip}"

    def test_no_such_port(self) -> None:
        found = only(ports.serial("bus rs485", Path("/dev/onsil-rs485-none"), ME))
        assert (found.verdict, found.text) == (Verdict.WRONG, "there is no /dev/onsil-rs485-none")

    def test_what_is_no_port(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert "no serial port" in only(ports.serial("bus rs485", tmp_path / "file", ME)).text

    def test_a_port_that_the_account_may_not_open(self, port: Path) -> None:
        port.chmod(0o600)
        found = only(ports.serial("bus rs485", port, STRANGER))
        assert found.verdict is Verdict.WRONG
        assert "adduser stranger dialout" in found.advice


class TestBrokers:
    def test_a_broker_that_takes_us_in_and_one_that_does_not(self) -> None:
        with mosquitto("onsil", "secret") as real:
            options = {"url": real.url, "username": "onsil", "password": "secret"}
            assert network.broker("bus broker", options).verdict is Verdict.RIGHT
            refused = network.broker("bus broker", options | {"password": "wrong"})
        assert refused.verdict is Verdict.WRONG
        assert "Not authorized" in refused.text
        assert "wrong" not in refused.text

    def test_no_broker(self) -> None:
        found = network.broker("bus broker", {"url": f"mqtt://127.0.0.1:{free_port()}"})
        assert found.verdict is Verdict.WRONG
        assert "does not answer" in found.text


class TestDatabases:
    def test_influxdb_1_with_a_login(self) -> None:
        with influxd(login=True) as real:
            known = Influx1Settings(real.url, "greenhouse", USER, PASSWORD)
            assert network.database(known).verdict is Verdict.RIGHT
            stranger = network.database(Influx1Settings(real.url, "greenhouse", USER, "guess"))
            other = network.database(Influx1Settings(real.url, "no_such", USER, PASSWORD))
        assert (stranger.verdict, "401" in stranger.text) == (Verdict.WRONG, True)
        assert (other.verdict, "no such bucket or database" in other.text) == (Verdict.WRONG, True)
        assert "guess" not in stranger.text

    def test_what_takes_the_writes_of_influxdb_2(self) -> None:
        with victoria() as real:
            assert network.database(Influx2Settings(real.url, "farm", "greenhouse", "token")).verdict is Verdict.RIGHT

    def test_no_database(self) -> None:
        found = network.database(Influx2Settings(f"http://127.0.0.1:{free_port()}", "farm", "greenhouse", "token"))
        assert found.verdict is Verdict.WRONG


class TestFiles:
    def test_files_that_are_right(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MQTT_PASSWORD", "secret")
        configuration, (found,) = files.configuration(EXAMPLES / "tunnel")
        assert configuration is not None
        assert found.verdict is Verdict.RIGHT

    def test_a_secret_that_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("MQTT_PASSWORD", raising=False)
        configuration, (found,) = files.configuration(EXAMPLES / "tunnel")
        assert configuration is None
        assert found.verdict is Verdict.WRONG
        assert "MQTT_PASSWORD" in found.text

    def test_no_files(self, tmp_path: Path) -> None:
        assert files.configuration(tmp_path)[1][0].verdict is Verdict.WRONG

    def test_files_that_the_service_cannot_read(self, tmp_path: Path) -> None:
        (tmp_path / "site.yaml").write_text("")
        (tmp_path / "site.yaml").chmod(0o600)
        found = only(files.access(tmp_path, STRANGER))
        assert (found.about, found.verdict) == ("site.yaml", Verdict.WRONG)

    def test_secrets_that_others_can_read(self, tmp_path: Path) -> None:
        folder = tmp_path / "credentials"
        folder.mkdir(mode=0o700)
        (folder / "TOKEN").write_text("secret")
        (folder / "TOKEN").chmod(0o644)
        assert only(files.access(tmp_path, ME)).text == "others can read TOKEN"
        (folder / "TOKEN").chmod(0o600)
        assert list(files.access(tmp_path, ME)) == []

    def test_a_state_directory_that_the_service_cannot_write(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)
        assert {finding.verdict for finding in files.state(tmp_path, ME)} == {Verdict.RIGHT}
        refused = next(files.state(tmp_path, STRANGER))
        assert refused.verdict is Verdict.WRONG

    def test_what_is_left_of_a_damaged_database(self, tmp_path: Path) -> None:
        (tmp_path / "onsil.db.damaged-20260101T000000Z").write_text("")
        assert [finding.about for finding in files.state(tmp_path, ME)] == ["state", "disk space", "database"]


@pytest.mark.parametrize(
    ("said", "verdicts"),
    [
        ("0x0", [Verdict.RIGHT]),
        ("50005", [Verdict.WRONG]),  # under-voltage and throttled, now and before
        ("80000", [Verdict.DOUBTFUL]),  # too hot some time ago
    ],
)
def test_a_raspberry_pis_supply(tmp_path: Path, said: str, verdicts: list[Verdict]) -> None:
    (tmp_path / "get_throttled").write_text(f"{said}\n")
    assert [finding.verdict for finding in computer.supply(tmp_path / "get_throttled")] == verdicts


def test_another_computers_supply_is_nobodys_business(tmp_path: Path) -> None:
    assert list(computer.supply(tmp_path / "get_throttled")) == []


def test_the_whole_examination(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MQTT_PASSWORD", "hidden")
    with only_controller(tmp_path):  # it holds the lock, and answers nothing
        code = main(["doctor", "-c", str(EXAMPLES / "tunnel"), "--state", str(tmp_path), "--json"])
    said = capsys.readouterr().out
    answer = json.loads(said)
    assert (code, answer["healthy"]) == (1, False)
    verdicts = {finding["about"]: finding["verdict"] for finding in answer["findings"]}
    assert verdicts["files"] == "right"
    assert verdicts["bus broker"] == "wrong"
    assert verdicts["controller"] == "wrong"
    assert "hidden" not in said
    assert all(finding["advice"] for finding in answer["findings"] if finding["verdict"] in ("wrong", "doubtful"))
