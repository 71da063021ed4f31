"""Where events and state are kept: outbox, journal, history and snapshots in one SQLite file. See README.md."""

from controller.store.history import History
from controller.store.limits import Limits
from controller.store.outbox import Outbox, Portion
from controller.store.store import Store
from controller.store.work import Rejected

__all__ = ["History", "Limits", "Outbox", "Portion", "Rejected", "Store"]
