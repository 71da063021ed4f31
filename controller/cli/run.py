"""`onsil run`: run the greenhouse, in the foreground and until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

from .main import fail
from .verb import DONE, NO, WRONG_USE, Verb

CONFIGURATION = Path("/etc/onsil")


def configuration_directory() -> Path:
    """Where the two files are: $ONSIL_CONFIG, or /etc/onsil."""
    return Path(os.environ.get("ONSIL_CONFIG") or CONFIGURATION)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c", "--config", type=Path, metavar="DIR", help="holds site.yaml and rules.yaml ($ONSIL_CONFIG or /etc/onsil)"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep state here ($ONSIL_STATE or /var/lib/onsil)")
    parser.add_argument("--port", type=int, default=8080, help="the page's port; 0 for no page (8080)")
    parser.add_argument("--host", default="127.0.0.1", help="the address that the page listens on (127.0.0.1)")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="serve the page by https with this (PEM)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the key of the certificate (PEM)")
    parser.add_argument(
        "--clock", default="", metavar="CLOCK", help="a faster clock for rehearsals: SPEED@REAL=SIMULATED"
    )
    parser.add_argument(
        "--shadow",
        type=Path,
        metavar="RULES",
        help="evaluate these rules beside the active ones, without acting, unless onsil shadow has begun others",
    )
    parser.add_argument("--verbose", action="store_true", help="log what the drivers do")


def _run(arguments: argparse.Namespace) -> int:
    from controller.app.application import Application, Options, state_directory
    from controller.app.clock import parse_clock
    from controller.model.errors import ConfigError

    # no time in front: the journal of systemd has its own
    level = logging.DEBUG if arguments.verbose else logging.INFO
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        clock = parse_clock(arguments.clock)
    except ValueError as error:
        return fail(error)
    if (arguments.certificate is None) != (arguments.key is None):
        return fail("--certificate and --key belong together")
    options = Options(
        directory=arguments.config or configuration_directory(),
        state=arguments.state or state_directory(),
        port=arguments.port or None,
        host=arguments.host,
        clock=clock,
        shadow=arguments.shadow,
        tls=None if arguments.key is None else (arguments.certificate, arguments.key),
    )
    try:
        asyncio.run(Application(options).run())
    except ConfigError as error:
        return fail(error, NO)
    except OSError as error:
        return fail(error, WRONG_USE)
    return DONE


verb = Verb("run", "run the greenhouse", _add_arguments, _run)
