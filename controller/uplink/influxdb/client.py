"""Writes batches through influxdb-client."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Protocol

from controller.config.settings import Influx1Settings, Influx2Settings
from controller.uplink.influxdb import light
from controller.uplink.influxdb.answers import Answer

CONNECT, READ = 5_000, 20_000  # ms until a server counts as gone


class Client(Protocol):
    def write(self, body: bytes) -> Answer:
        """Send a gzip of lines. Raises nothing: a failure is an answer too."""

    def close(self) -> None: ...


def connect(server: Influx1Settings | Influx2Settings) -> Client:
    """The client for a server. Nothing is sent yet. Raises ImportError."""
    with light.writing_parts() as parts:
        settings = parts.configuration.Configuration()
        settings.host = server.url.rstrip("/")
        settings.connection_pool_maxsize = 1
        api = parts.api_client.ApiClient(settings)
        service = parts.write_service.WriteService(api)
    if isinstance(server, Influx2Settings):
        api.set_default_header("Authorization", f"Token {server.token}")
        return _Version2(api, service, server)
    if server.username is not None:
        secret = b64encode(f"{server.username}:{server.password or ''}".encode()).decode()
        api.set_default_header("Authorization", f"Basic {secret}")
    return _Version1(api, server)


class _Base:
    def __init__(self, api: Any) -> None:
        self._api = api

    def write(self, body: bytes) -> Answer:
        try:
            self._post(body)
        except Exception as error:  # of urllib3, of ssl, of the client, of a body that is no text
            status = getattr(error, "status", None) or 0
            if not status:
                return Answer(0, _reason(error))
            headers = getattr(error, "headers", None) or {}
            text = getattr(error, "body", None) or headers.get("X-Influxdb-Error") or getattr(error, "reason", "") or ""
            return Answer(status, str(text), headers.get("Retry-After"))
        return Answer(204)

    def close(self) -> None:
        self._api.rest_client.pool_manager.clear()

    def _post(self, body: bytes) -> None:
        raise NotImplementedError


class _Version2(_Base):
    """/api/v2/write"""

    def __init__(self, api: Any, service: Any, server: Influx2Settings) -> None:
        super().__init__(api)
        self._service, self._server = service, server

    def _post(self, body: bytes) -> None:
        self._service.post_write(
            org=self._server.org,
            bucket=self._server.bucket,
            body=body,
            precision="ns",
            content_encoding="gzip",
            _request_timeout=(CONNECT, READ),
        )


class _Version1(_Base):
    """/write of InfluxDB 1.x, which has no service in the library: the same client, another path."""

    def __init__(self, api: Any, server: Influx1Settings) -> None:
        super().__init__(api)
        self._server = server

    def _post(self, body: bytes) -> None:
        self._api.call_api(
            "/write",
            "POST",
            query_params=[("db", self._server.database), ("precision", "ns")],
            header_params={"Content-Encoding": "gzip", "Content-Type": "text/plain", "Accept": "application/json"},
            body=body,
            _request_timeout=(CONNECT, READ),
        )


def _reason(error: Exception) -> str:
    """ "Connection refused" rather than the pool and the object it happened in."""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(error) or type(error).__name__
