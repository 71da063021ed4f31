"""Who we are to the broker and how we know it: TLS, certificates, passwords, sessions, against a real mosquitto."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.model.commands import Followed
from controller.model.errors import ConfigError
from controller.model.ports import Driver
from drivers.mqtt.fragment import fragment
from drivers.mqtt.scanner import scanner
from tests.drivers.mqtt.field import Recorder, RunningClock, client, device, make, running, until, valve
from tests.support.certificates import Certificates
from tests.support.mosquitto import Mosquitto, mosquitto


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[Mosquitto]:
    """It wants a certificate of its clients, who are called what that says."""
    settings = (
        f"cafile {certificates.authority}\ncertfile {certificates.broker}\nkeyfile {certificates.broker_key}\n"
        "require_certificate true\nuse_identity_as_username true"
    )
    with mosquitto(settings=settings) as broker:
        yield broker


@pytest.fixture
async def recorder() -> Recorder:
    return Recorder()


def driver(broker: Mosquitto, **options: object) -> Driver:
    probe = device("probe", {"profile": "json", "topic": "probe"}, air__temperature="temperature")
    return make(f"mqtts://127.0.0.1:{broker.port}", RunningClock(), probe, **options)


async def test_certificates_on_both_sides(secure: Mosquitto, certificates: Certificates, recorder: Recorder) -> None:
    ours = {
        "ca": str(certificates.authority),
        "certificate": str(certificates.client),
        "key": str(certificates.client_key),
    }
    async with running(right := driver(secure, **ours), recorder):
        await until(lambda: right.health().online)


async def test_a_broker_with_certificates_of_its_own_is_scanned(
    secure: Mosquitto, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.mqtt.scanner.LISTEN", 0.1)
    broker = f"mqtts://127.0.0.1:{secure.port}"
    ours = f"ca={certificates.authority}&certificate={certificates.client}&key={certificates.client_key}"
    assert (await scanner.scan(f"{broker}?{ours}", lambda _: None, thorough=False)).lines == ()
    with pytest.raises(OSError, match="certificate"):
        await scanner.scan(broker, lambda _: None, thorough=False)
    with pytest.raises(ConfigError, match="did you mean certificate"):
        await scanner.scan(f"{broker}?certifcate=x", lambda _: None, thorough=False)
    assert '    url: "mqtts://h"\n    ca: "/etc/ca.pem"\n' in fragment("mqtts://h", (), None, {"ca": "/etc/ca.pem"})


@pytest.mark.parametrize("given", ["nothing", "authority", "not a file", "not a certificate"])
async def test_a_broker_we_do_not_know_or_that_does_not_know_us(
    given: str, secure: Mosquitto, certificates: Certificates, recorder: Recorder, tmp_path: Path
) -> None:
    (tmp_path / "rubbish.pem").write_text("rubbish")
    options: dict[str, object] = {
        "nothing": {},
        "authority": {"ca": str(certificates.authority)},
        "not a file": {"ca": str(tmp_path / "none.pem")},
        "not a certificate": {"ca": str(tmp_path / "rubbish.pem")},
    }[given]  # type: ignore[assignment]
    async with running(wrong := driver(secure, **options), recorder):
        await until(lambda: "no connection" in wrong.health().note)
        assert not wrong.health().online
        assert recorder.readings("air.temperature")


async def test_a_wrong_password_is_named_and_a_right_one_helps(recorder: Recorder) -> None:
    with mosquitto("onsil", "greenhouse") as broker:
        wrong = make(broker.url, RunningClock(), valve(), username="onsil", password="glasshouse")
        async with running(wrong, recorder):
            await until(lambda: "not authorised" in wrong.health().note)
            assert "glasshouse" not in repr(wrong.health())
        right = make(broker.url, RunningClock(), valve(), username="onsil", password="greenhouse")
        async with running(right, recorder):
            await until(lambda: right.health().online)


async def test_topics_we_may_not_have_are_named(recorder: Recorder, tmp_path: Path) -> None:
    rights = tmp_path / "rights"
    rights.write_text("topic read allowed\n")
    with mosquitto(settings=f"acl_file {rights}") as broker:
        probe = device("probe", {"profile": "json", "topic": "allowed"}, air__temperature="temperature")
        async with running(tolerated := make(broker.url, RunningClock(), probe), recorder):
            await until(lambda: tolerated.health().online)
            assert tolerated.health().note == ""


async def test_a_session_keeps_what_was_missed(recorder: Recorder) -> None:
    """What has a time of its own arrives late with that time; what has none is of unknown age and does not count."""
    probe = device("probe", {"profile": "json", "topic": "probe"}, air__temperature="temperature")
    with mosquitto() as broker:
        async with client(broker.url) as sender:
            async with running(
                first := make(broker.url, RunningClock(), probe, client_id="house", session=True), recorder
            ):
                await until(lambda: first.health().online)
            await sender.publish("probe", json.dumps({"temperature": 21, "time": datetime.now(UTC).isoformat()}), 1)
            await sender.publish("probe", json.dumps({"temperature": 99}), 1)
            again = Recorder()
            async with running(make(broker.url, RunningClock(), probe, client_id="house", session=True), again):
                await until(lambda: [reading.value for reading in again.readings("air.temperature")] == [21.0])


async def test_two_with_one_name_do_not_fight_for_ever_at_full_speed(recorder: Recorder) -> None:
    """The broker throws out the older of two clients with one name: both come back, slower and slower."""
    with mosquitto() as broker:
        one = make(broker.url, RunningClock(), valve(), client_id="house")
        two = make(broker.url, RunningClock(), valve(), client_id="house")
        async with running(one, recorder), running(two, Recorder()):
            await until(lambda: one.health().reconnects >= 1 and two.health().reconnects >= 1)
            assert recorder.followed("valve.relay")[-1] in (Followed.LOST, Followed.BACK)


@pytest.mark.parametrize(
    "greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\x00\xff\xff\xff\xff\xff\xff"]
)
async def test_what_is_no_broker_does_not_end_the_driver(greeting: bytes, recorder: Recorder) -> None:
    calls = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        writer.write(greeting)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, family=socket.AF_INET)
    async with server:
        port = server.sockets[0].getsockname()[1]
        stranger = make(f"mqtt://127.0.0.1:{port}", RunningClock(), valve())
        async with running(stranger, recorder):
            await until(lambda: calls >= 2)
            assert stranger.health().note
    assert recorder.followed("valve.relay") == [Followed.LOST]
