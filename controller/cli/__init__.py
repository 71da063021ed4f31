"""The command line: one module a verb. Verbs of other packages plug in by the entry points `onsil.commands`."""

from .main import main

__all__ = ["main"]
