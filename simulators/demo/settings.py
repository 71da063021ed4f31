"""What a demonstration is asked to do."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from controller.cli.override import duration

# an hour in which a lot happens: the day period begins, the vents open and the first rounds of irrigation are given
START = datetime(2026, 6, 21, 7, 0)
PAGE = 8080
_FIRST_YEAR, _LAST_YEAR = 1971, 2199  # stored times count from 1970


@dataclass(frozen=True, slots=True)
class Settings:
    """`start` is in the site's time; `seconds` real seconds to run, None until stopped; `port` 0 serves no page."""

    port: int
    speed: float
    seconds: float | None
    headless: bool
    json: bool
    broker: str | None
    influx: str | None
    influx_token: str | None
    influx_org: str
    influx_bucket: str
    influx_database: str | None
    start: datetime
    seed: int
    storm: bool
    state: Path | None
    faults: Path | None

    @property
    def uplink(self) -> dict[str, object] | None:
        """What site.yaml says under uplink: influxdb:; None where nothing is to be delivered."""
        if self.influx is None:
            return None
        if self.influx_database is not None:
            return {"api": 1, "url": self.influx, "database": self.influx_database}
        token = self.influx_token or "${INFLUX_TOKEN}"
        return {"url": self.influx, "org": self.influx_org, "bucket": self.influx_bucket, "token": token}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of the verb."""
    parser.add_argument(
        "--port", type=_port, help=f"the page's port; 0 for no page ({PAGE}; with --headless no page unless given)"
    )
    parser.add_argument("--speed", type=_speed, default=60.0, help="how many times faster than real time (60)")
    parser.add_argument("--for", dest="seconds", type=duration, metavar="DURATION", help="stop after 60s, 2min, ...")
    parser.add_argument("--headless", action="store_true", help="no live view")
    parser.add_argument("--json", action="store_true", help="end with one JSON object; implies --headless")
    parser.add_argument("--broker", metavar="URL", help="use this MQTT broker instead of an embedded one")
    parser.add_argument("--influx", metavar="URL", help="deliver to this InfluxDB")
    parser.add_argument("--influx-token", metavar="TOKEN", help="of InfluxDB 2 or 3 ($INFLUX_TOKEN)")
    parser.add_argument("--influx-org", default="farm", metavar="ORG", help="of InfluxDB 2 or 3 (farm)")
    parser.add_argument(
        "--influx-bucket", default="greenhouse", metavar="BUCKET", help="of InfluxDB 2 or 3 (greenhouse)"
    )
    parser.add_argument("--influx-database", metavar="NAME", help="the server is an InfluxDB 1.x and has this database")
    parser.add_argument(
        "--start", type=_datetime, default=START, help=f"simulated start, site time ({START:%Y-%m-%dT%H:%M})"
    )
    parser.add_argument("--seed", type=int, default=1, help="of weather and scatter (1)")
    parser.add_argument("--storm", action="store_true", help="let a storm come up")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong when, as YAML")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep the controller's state here")


def settings(arguments: argparse.Namespace) -> Settings:
    """The options as given."""
    given = {name: getattr(arguments, name) for name in Settings.__dataclass_fields__}
    given["headless"] = arguments.headless or arguments.json
    if arguments.port is None:
        given["port"] = 0 if given["headless"] else PAGE
    return Settings(**given)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 3600:
        raise argparse.ArgumentTypeError("the speed is a number up to 3600")
    return speed


def _datetime(text: str) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write it like {START:%Y-%m-%dT%H:%M}") from None
    if not _FIRST_YEAR <= start.year <= _LAST_YEAR:
        raise argparse.ArgumentTypeError(f"a demonstration begins between {_FIRST_YEAR} and {_LAST_YEAR}")
    return start
