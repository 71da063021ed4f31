"""The live view in the terminal: climate, actuators with their causes, alarms, health and counters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from controller.model.units import show_duration

from .trend import Trend

State = dict[str, Any]

_SIDE_BY_SIDE = 110  # columns from which on climate and actuators stand beside each other
_QUALITY = {"good": "green", "stale": "yellow", "bad": "red"}
_LEVEL = {"safety": "red", "interlock": "red", "hard limit": "red", "hand": "yellow", "idle": "dim"}
_PRIORITY = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
_COUNTERS = ("readings", "commands", "stored", "delivered", "lost")


class View:
    """Draws one state after the other; remembers just enough to draw trends. `note` stands in the title."""

    def __init__(self, note: str = "") -> None:
        self._note = note
        self._trends: defaultdict[str, Trend] = defaultdict(Trend)

    def draw(self, state: State, faults: Sequence[str] = ()) -> RenderableType:
        """The whole screen for one status of the controller; `faults` are what is wrong on purpose."""
        day, _, time = state["time"].partition("T")
        period = state["period"] or "no period"
        title = Text.assemble((f" {state['site']} ", "bold reverse"), f"  {day} {time[:8]}  ", (period, "cyan"))
        head = title, Text(self._note, "dim")
        parts = [_actuators(state), _alarms(state)]
        if faults:
            parts.append(Panel("\n".join(faults), title="wrong on purpose", box=box.ROUNDED, border_style="magenta"))
        return _Screen(head, self._climate(state), Group(*parts), _health(state))

    def _climate(self, state: State) -> Panel:
        table = _table()
        table.add_column("name", no_wrap=True)
        table.add_column("value", no_wrap=True, justify="right")
        table.add_column("trend", no_wrap=True)
        table.add_column("quality", no_wrap=True)
        for point in state["points"]:
            trend = self._trends[point["name"]]
            if point["value"] is not None:
                trend.add(point["value"])
            shown = Text(point["text"], "bold") if point["value"] is not None else Text("—", "yellow")
            quality = Text("●", "green") if point["quality"] == "good" else Text(point["quality"], "yellow")
            if point["quality"] == "bad":
                quality.stylize("red")
            unit = point["text"].rpartition(" ")[2]
            table.add_row(point["name"], shown, Text(trend.text(unit), "cyan"), quality)
        for setpoint in state["setpoints"]:
            table.add_row(Text(setpoint["name"], "dim"), Text(setpoint["text"], "dim"), Text("setpoint", "dim"), "")
        return Panel(table, title="climate", box=box.ROUNDED, border_style="blue")


class _Screen:
    """The parts beside each other where the terminal is wide enough, else one above the other."""

    def __init__(
        self, head: tuple[Text, Text], left: RenderableType, right: RenderableType, foot: RenderableType
    ) -> None:
        self._head, self._left, self._right, self._foot = head, left, right, foot

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width >= _SIDE_BY_SIDE:
            head, columns = Table.grid(expand=True), Table.grid(expand=True)
            head.add_column()
            head.add_column(justify="right")
            head.add_row(*self._head)
            columns.add_column()
            columns.add_column(ratio=1)
            columns.add_row(self._left, self._right)
            yield from (head, columns)
        else:
            yield from (*self._head, self._left, self._right)
        yield self._foot


def _table() -> Table:
    return Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)


def _actuators(state: State) -> Panel:
    table = _table()
    table.add_column("name", no_wrap=True)
    table.add_column("position", no_wrap=True)
    table.add_column("cause", overflow="fold", ratio=1)
    for actuator in state["actuators"]:
        table.add_row(Text(actuator["name"], "bold"), _position(actuator), _cause(actuator))
    return Panel(table, title="actuators", box=box.ROUNDED, border_style="blue")


def _cause(actuator: State) -> Text:
    """Who decided, on what, and what stands in the way."""
    cause = actuator["cause"]
    said = Text()
    if cause is not None:
        style = _LEVEL.get(cause["level"], "")
        said.append(
            cause["rule"] if cause["level"] in ("rule", "idle") else f"{cause['level']}: {cause['rule']}", style
        )
        values = ", ".join(f"{name} {value}" for name, value in cause["values"].items())
        for more in filter(None, (values, *cause["chain"])):
            said.append(f"\n{more}", "dim")
    for trouble in filter(None, (actuator["limited"], actuator["trouble"])):
        said.append(f"\n{trouble}", "red")
    if actuator["kind"] != "position" and actuator["day_seconds"] >= 1:
        said.append(f", {show_duration(actuator['day_seconds'])} today", "dim")
    return said


def _position(actuator: State) -> Text:
    if actuator["kind"] != "position":
        words = ("open", "closed") if actuator["kind"] == "valve" else ("on", "off")
        return Text(f"● {words[0]}", "bold green") if actuator["on"] else Text(f"○ {words[1]}", "dim")
    position = actuator["position"]
    if position is None:
        return Text("?", "yellow")
    filled = round(position / 10)
    arrow = {"opening": "▲", "closing": "▼"}.get(actuator["moving"], " ")
    return Text.assemble(("█" * filled, "green"), ("░" * (10 - filled), "dim"), f" {position:3.0f} % {arrow}")


def _alarms(state: State) -> Panel:
    lines = [
        Text.assemble(
            (alarm["priority"], _PRIORITY.get(alarm["priority"], "")), f"  {alarm['text']} ({alarm['state']})"
        )
        for alarm in state["alarms"]
        if alarm["state"] != "cleared"
    ]
    colour = "red" if lines else "blue"
    return Panel(Group(*(lines or [Text("none", "dim")])), title="alarms", box=box.ROUNDED, border_style=colour)


def _health(state: State) -> Panel:
    table = _table()
    table.add_column("name", no_wrap=True)
    table.add_column("what", overflow="fold", ratio=1)
    for bus in state["buses"]:
        table.add_row(_lamp(bus), Text("  ").join([*map(_lamp, bus["devices"]), Text(bus["note"], "yellow")]))
    for link in state["uplinks"]:
        table.add_row(_lamp(link), Text(link["note"] or "well", "yellow" if link["note"] else "dim"))
    counters = state["counters"]
    counted = "  ".join(f"{name} {counters[name]:,}" for name in _COUNTERS)
    table.add_row(Text("total", "dim"), Text(f"{counted}  memory {counters['rss_mb']:.0f} MB", "dim"))
    return Panel(table, title="health", box=box.ROUNDED, border_style="blue")


def _lamp(part: State) -> Text:
    return Text.assemble(("● ", "green" if part["online"] else "red"), part["name"])
