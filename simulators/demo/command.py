"""`onsil demo`: the real controller in a simulated greenhouse."""

from __future__ import annotations

import argparse
import asyncio

from controller.cli.main import fail
from controller.cli.verb import NO, Verb

from .settings import add_arguments, settings


def _run(arguments: argparse.Namespace) -> int:
    from controller.model.errors import ConfigError

    from .child import FieldFailed
    from .run import demonstrate

    try:
        return asyncio.run(demonstrate(settings(arguments)))
    except FieldFailed as error:
        return fail(error, NO)
    except (ConfigError, OSError) as error:
        return fail(error)


demo = Verb("demo", "run a simulated greenhouse with everything real but the hardware", add_arguments, _run)
