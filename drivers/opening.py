"""Why something of this machine cannot be opened: a port, a chip, a bus."""

from __future__ import annotations

import errno


def why_not(error: Exception, path: str, hint: str) -> str:
    """In words that name it and say what to look at; `hint` is that for something that is not there."""
    match getattr(error, "errno", None):
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return f"there is no {path}: {hint}"
        case errno.EACCES | errno.EPERM:
            return f"{path} may not be opened: onsil doctor says by what group"
        case errno.EAGAIN | errno.EBUSY:
            return f"{path} is in use by another program"
    return str(error)
