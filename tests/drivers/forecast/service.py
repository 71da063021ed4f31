"""A forecast service on this machine, and answers in the shape of the two that there are."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEOUL = timezone(timedelta(hours=9))


class Service:
    """Answers every question with what `answer` gives for its path: a status and a body."""

    def __init__(self, answer: Callable[[str], tuple[int, bytes]]) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.held = threading.Event()  # nobody is answered before it is set
        self.held.set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append(self.path)
                service.held.wait()
                code, body = service.answer(self.path)
                self.send_response(code)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/forecast"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self.held.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving(answer: Callable[[str], tuple[int, bytes]]) -> Iterator[Service]:
    service = Service(answer)
    service.start()
    try:
        yield service
    finally:
        service.stop()


def open_meteo(start: int, hours: dict[str, list[float | None]], offset: int = 9 * 3600) -> bytes:
    """An answer of Open-Meteo with these hourly series from `start` on."""
    length = len(next(iter(hours.values())))
    units = {
        "time": "unixtime", "temperature_2m": "°C", "shortwave_radiation": "W/m²", "precipitation": "mm",
        "wind_speed_10m": "m/s", "relative_humidity_2m": "%",
    }  # fmt: skip
    return json.dumps(
        {
            "latitude": 35.8,
            "longitude": 126.875,
            "generationtime_ms": 0.15,
            "utc_offset_seconds": offset,
            "timezone": "Asia/Seoul",
            "timezone_abbreviation": "GMT+9",
            "elevation": 16.0,
            "hourly_units": {name: units[name] for name in ("time", *hours)},
            "hourly": {"time": [start + 3600 * n for n in range(length)], **hours},
        }
    ).encode()


def kma(start: datetime, hours: dict[str, list[str]]) -> bytes:
    """An answer of getVilageFcst with these categories by the hour."""
    items = []
    for category, values in hours.items():
        for number, value in enumerate(values):
            at = start + timedelta(hours=number)
            items.append(
                {
                    "baseDate": f"{start:%Y%m%d}", "baseTime": "0500", "category": category,
                    "fcstDate": f"{at:%Y%m%d}", "fcstTime": f"{at:%H%M}", "fcstValue": value, "nx": 60, "ny": 89,
                }
            )  # fmt: skip
    body = {"dataType": "JSON", "items": {"item": items}, "pageNo": 1, "numOfRows": 1000, "totalCount": len(items)}
    header = {"resultCode": "00", "resultMsg": "NORMAL_SERVICE"}
    return json.dumps({"response": {"header": header, "body": body}}).encode()
