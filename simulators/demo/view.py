"""The live view in the terminal: climate, actuators with their causes, health and counters."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

State = dict[str, Any]

_BLOCKS = "▁▂▃▄▅▆▇█"
_TREND_POINTS = 24
_QUALITY = {"good": "green", "stale": "yellow", "bad": "red"}
_LEVEL = {"safety": "red", "interlock": "red", "hard limit": "red", "hand": "yellow", "idle": "dim"}


class View:
    """Draws one state after the other; remembers just enough to draw trends."""

    def __init__(self) -> None:
        self._history: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_TREND_POINTS))

    def draw(self, state: State, address: str = "") -> RenderableType:
        """The whole screen for one status of the controller."""
        day, _, time = state["time"].partition("T")
        head = Text.assemble(
            (f" {state['site']} ", "bold reverse"),
            f"  {day} {time[:8]}  ",
            (state["period"] or "", "cyan"),
            f"  {address}",
        )
        columns = Table.grid(expand=True, padding=(0, 1))
        columns.add_column(ratio=2)
        columns.add_column(ratio=3)
        columns.add_row(self._climate(state), Group(_actuators(state), _alarms(state)))
        return Group(head, columns, _health(state))

    def _climate(self, state: State) -> Panel:
        table = Table(box=None, expand=True, show_header=False, padding=(0, 1))
        for column in ("name", "value", "trend", "quality"):
            table.add_column(column, no_wrap=True, justify="right" if column == "value" else "left")
        for point in state["points"]:
            history = self._history[point["name"]]
            if point["value"] is not None:
                history.append(point["value"])
            colour = _QUALITY[point["quality"]]
            shown = point["text"] if point["value"] is not None else "unknown"
            table.add_row(
                point["name"], Text(shown, "bold"), Text(trend(history), "cyan"), Text(point["quality"], colour)
            )
        return Panel(table, title="climate", box=box.ROUNDED)


def trend(values: deque[float]) -> str:
    """The values as a row of blocks, lowest to highest; empty until there are two."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BLOCKS[round((value - low) * scale)] for value in values)


def _actuators(state: State) -> Panel:
    table = Table(box=None, expand=True, show_header=False, padding=(0, 1))
    table.add_column("name", no_wrap=True)
    table.add_column("bar", no_wrap=True)
    table.add_column("cause", overflow="fold", ratio=1)
    for actuator in state["actuators"]:
        cause = actuator["cause"]
        sentence = Text(cause["sentence"], _LEVEL.get(cause["level"], "")) if cause else Text("", "dim")
        table.add_row(Text(actuator["name"], "bold"), _position(actuator), sentence)
    return Panel(table, title="actuators", box=box.ROUNDED)


def _position(actuator: State) -> Text:
    if actuator["kind"] != "position":
        words = ("open", "closed") if actuator["kind"] == "valve" else ("on", "off")
        return Text(f"● {words[0]}", "bold green") if actuator["on"] else Text(f"○ {words[1]}", "dim")
    position = actuator["position"]
    if position is None or position != position:
        return Text("?", "yellow")
    filled = round(position / 10)
    arrow = {"opening": "▲", "closing": "▼"}.get(actuator["moving"], " ")
    return Text.assemble(("█" * filled, "green"), ("░" * (10 - filled), "dim"), f" {position:3.0f} % {arrow}")


def _alarms(state: State) -> RenderableType:
    lines = [
        Text(f"{alarm['priority']}: {alarm['name']} {alarm['state']} — {alarm['text']}", "red")
        for alarm in state["alarms"]
        if alarm["state"] != "cleared"
    ]
    return Panel(Group(*lines), title="alarms", box=box.ROUNDED, border_style="red") if lines else Text("")


def _health(state: State) -> Panel:
    parts = []
    for bus in state["buses"]:
        devices = Text(" ").join(Text(d["name"], "green" if d["online"] else "red") for d in bus["devices"])
        parts.append(
            Text.assemble((bus["name"], "bold green" if bus["online"] else "bold red"), f" {bus['note']} ", devices)
        )
    for link in state["uplinks"]:
        parts.append(Text.assemble((link["name"], "bold green" if link["online"] else "bold red"), f" {link['note']}"))
    counters = state["counters"]
    names = ("readings", "commands", "stored", "delivered", "lost")
    parts.append(Text("  ".join(f"{name} {counters[name]}" for name in names) + f"  {counters['rss_mb']} MB", "dim"))
    return Panel(Group(*parts), title="health", box=box.ROUNDED)
