"""Brokers, gateways and databases: whether they answer, and take our name and password."""

from __future__ import annotations

import os
import socket
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from controller.config.settings import Influx1Settings, Influx2Settings

from .finding import Finding, right, wrong

PATIENCE = 5.0  # seconds
_PORTS = {"mqtt": 1883, "mqtts": 8883}


def reachable(about: str, host: str, port: int) -> Finding:
    """Whether something listens there."""
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except OSError as error:
        return wrong(about, f"{host}:{port} does not answer: {error}", f"is it switched on? ping {host}")
    return right(about, f"{host}:{port} answers")


def broker(about: str, options: Mapping[str, object]) -> Finding:
    """Log in at an MQTT broker as the controller does, under another name."""
    import paho.mqtt.client as paho  # only where there is a broker
    from paho.mqtt.enums import CallbackAPIVersion

    address = urlsplit(str(options["url"]))
    host, port = address.hostname or "", address.port or _PORTS[address.scheme]
    answers: list[str] = []
    answered = threading.Event()

    def on_connect(_client: object, _data: object, _flags: object, reason: object, _properties: object) -> None:
        answers.append(str(reason))
        answered.set()

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"onsil-doctor-{os.getpid()}")
    client.on_connect = on_connect
    if options.get("username") is not None:
        client.username_pw_set(str(options["username"]), str(options.get("password") or ""))
    try:
        if address.scheme == "mqtts":
            files = {key: options.get(key) for key in ("ca", "certificate", "key")}
            ca, certificate, key = (None if file is None else str(file) for file in files.values())
            client.tls_set(ca, certificate, key)
        client.connect(host, port)
        client.loop_start()
        answered.wait(PATIENCE)
    except OSError as error:
        advice = "is it running? (systemctl status mosquitto on its computer)"
        return wrong(about, f"the broker {host}:{port} does not answer: {error}", advice)
    finally:
        client.disconnect()
        client.loop_stop()
    if answers == ["Success"]:
        return right(about, f"the broker {host}:{port} takes us in")
    said = answers[0] if answers else "no answer to CONNECT"
    advice = "username: and password: in site.yaml must be those that mosquitto_passwd was given"
    return wrong(about, f"the broker {host}:{port} refuses us: {said}", advice)


def database(settings: Influx1Settings | Influx2Settings) -> Finding:
    """Write nothing to the database: what it says to that tells whether it would take something."""
    about = "InfluxDB"
    request = _write_nothing(settings)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):
            status, text = 204, ""
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read(400).decode(errors="replace").strip()
    except OSError as error:
        reason = getattr(error, "reason", error)
        advice = "readings are kept until it answers again; is url: right, and the server running?"
        return wrong(about, f"{settings.url} does not answer: {reason}", advice)
    if status in (200, 204, 400):  # 400: that a write without a line is no write
        return right(about, f"{settings.url} takes our writes")
    if status in (401, 403):
        return wrong(
            about, f"{settings.url} does not let us in ({status})", "token: or password: is wrong, or may not write"
        )
    if status == 404:
        return wrong(about, f"{settings.url} has no such bucket or database: {text}", "make it, or correct its name")
    return wrong(about, f"{settings.url} answers {status}: {text}", "look into the log of the server")


def _write_nothing(settings: Influx1Settings | Influx2Settings) -> urllib.request.Request:
    headers = {"Content-Type": "text/plain"}
    if isinstance(settings, Influx2Settings):
        path = "/api/v2/write?" + urlencode({"org": settings.org, "bucket": settings.bucket, "precision": "ns"})
        headers["Authorization"] = f"Token {settings.token}"
    else:
        path = "/write?" + urlencode({"db": settings.database})
        if settings.username is not None:
            login = f"{settings.username}:{settings.password or ''}".encode()
            headers["Authorization"] = f"Basic {b64encode(login).decode()}"
    return urllib.request.Request(settings.url + path, b"", headers, method="POST")
