"""Devices: how each bus and each device on it is doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from controller.web.html import Html, el
from controller.web.language import Speech

from .layout import heading
from .now import slug

State = Mapping[str, Any]

_COUNTS = ("requests", "errors", "garbled", "refusals", "timeouts")


def fragments(state: State, say: Speech) -> dict[str, Html]:
    return {f"bus-{slug(bus['name'])}": _bus(bus, say) for bus in state["buses"]}


def content(found: Mapping[str, Html], scan: Html | None, say: Speech) -> list[Html | None]:
    """The page; `scan` is for those who may begin one."""
    return [heading(say("Devices")), *(found.values() or [el("p", say("There is no bus."), class_="calm")]), scan]


def _bus(bus: State, say: Speech) -> Html:
    titles = (say("Device"), say("State"), say("Requests"), say("Errors"), say("Garbled"), say("Refusals"),
              say("Time-outs"), say("Note"))  # fmt: skip
    numbers = range(2, 7)
    head = el(
        "tr",
        *(el("th", title, scope="col", class_="number" if i in numbers else None) for i, title in enumerate(titles)),
    )
    lines = [_device(device, titles[2:7], say) for device in bus["devices"]]
    table = el("table", el("thead", head), el("tbody", *lines), class_="devices")
    state = el("b", say("online") if bus["online"] else say("offline"), class_="good" if bus["online"] else "bad")
    again = say("connected anew {n} times", n=bus["reconnects"]) if bus["reconnects"] else ""
    return el(
        "section",
        el("h2", bus["name"], " ", state),
        el("p", " · ".join(filter(None, (bus["note"], again))), class_="calm") if bus["note"] or again else None,
        el("div", table, class_="wide", tabindex="0", role="region", aria_label=bus["name"]),
        id=f"bus-{slug(bus['name'])}",
        class_="bus",
        hx_swap_oob="true",
    )


def _device(device: State, titles: Sequence[str], say: Speech) -> Html:
    """A line of the table. In a narrow window its counts carry their titles, and those that are 0 are left out."""
    online = device["online"]
    counts = zip(titles, (device[key] for key in _COUNTS), strict=True)
    return el(
        "tr",
        el("th", device["name"], scope="row"),
        el("td", say("online") if online else say("offline"), class_="good" if online else "bad"),
        *(_count(title, count) for title, count in counts),
        el("td", device["note"]),
    )


def _count(title: str, count: int) -> Html:
    return el("td", f"{count:,}".replace(",", "\u202f"), class_="number" if count else "number none", data_title=title)
