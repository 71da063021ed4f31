"""A backup of configuration and data in one file, and the way back from it."""

from .layout import ArchiveError, Summary
from .restoring import restore
from .saving import save

__all__ = ["ArchiveError", "Summary", "restore", "save"]
