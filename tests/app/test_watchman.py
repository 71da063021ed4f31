from typing import Any

from controller.app.watchman import Watchman
from controller.model.commands import Notice


def test_a_part_that_stays_away_is_told_once_and_so_is_its_return() -> None:
    account: dict[str, Any] = {"name": "influxdb", "online": False, "note": "connection refused"}
    told: list[Notice] = []
    watchman = Watchman(lambda: [account], told.append, "medium", patience=60.0)
    for second in (0, 30, 59):
        watchman.look(second)
    assert told == []
    for second in (60, 61, 90):
        watchman.look(second)
    assert told == [Notice("influxdb", True, "medium", "influxdb: connection refused")]
    account["online"] = True
    watchman.look(100)
    watchman.look(101)
    assert told[1:] == [Notice("influxdb", False, "medium", "influxdb is back")]


def test_a_part_that_is_taken_away_leaves_no_alarm() -> None:
    accounts: list[dict[str, Any]] = [{"name": "device node", "online": False, "note": "node: fuse error"}]
    told: list[Notice] = []
    watchman = Watchman(lambda: accounts, told.append, "medium", patience=0.0)
    watchman.look(0)
    accounts.clear()
    watchman.look(1)
    assert [(notice.active, notice.text) for notice in told] == [
        (True, "device node: node: fuse error"),
        (False, "device node is no part any more"),
    ]


def test_a_short_absence_is_nobodys_business() -> None:
    account: dict[str, Any] = {"name": "influxdb", "online": False, "note": ""}
    told: list[Notice] = []
    watchman = Watchman(lambda: [account], told.append, "medium", patience=60.0)
    for second, online in ((0, False), (50, True), (55, False), (110, False)):
        account["online"] = online
        watchman.look(second)
    assert told == []
