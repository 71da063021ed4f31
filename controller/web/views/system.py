"""System: what waits to be delivered, the store, the disk, the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from controller.web.html import Html, el
from controller.web.language import Speech
from controller.web.phrases import told

from .hand import journal
from .layout import heading, section

State = Mapping[str, Any]


def fragments(state: State, machine: Mapping[str, Any], say: Speech) -> dict[str, Html]:
    return {"parts": _parts(state, say), "numbers": _numbers(state, machine, say)}


def content(
    found: Mapping[str, Html], backup: Html | None, refusal: str, log: Sequence[Mapping[str, str]], say: Speech
) -> list[Html | None]:
    """The page; `backup` is for those who may make one, `refusal` says why there is none now."""
    return [
        heading(say("System")),
        el("p", refusal, class_="bad", role="alert") if refusal else None,
        found["parts"],
        found["numbers"],
        backup,
        section(say("Journal"), journal(log, say)),
    ]


def _parts(state: State, say: Speech) -> Html:
    lines = [
        el(
            "li",
            el("span", part["name"], class_="name"),
            el("b", say("online") if part["online"] else say("offline"), class_="good" if part["online"] else "bad"),
            el("span", told(part["note"], say), class_="why"),
        )
        for part in state["uplinks"]
    ]
    return el(
        "section",
        el("h2", say("Store and uplinks")),
        el("ul", *lines, class_="rows parts"),
        id="parts",
        hx_swap_oob="true",
    )


def _numbers(state: State, machine: Mapping[str, Any], say: Speech) -> Html:
    counters = state["counters"]
    facts = [
        (say("Waiting for delivery"), _count(counters.get("pending", 0))),
        (say("Waiting for the disk"), _count(counters.get("waiting", 0))),
        (say("Delivered"), _count(counters.get("delivered", 0))),
        (say("Stored"), _count(counters.get("stored", 0))),
        (say("Thinned"), _count(counters.get("thinned", 0))),
        (say("Quarantined"), _count(counters.get("quarantined", 0))),
        (say("Lost"), _count(counters.get("lost", 0))),
        (say("Written to the disk"), _bytes(counters.get("bytes_written", 0))),
        (say("Disk"), say("{free} of {total} free", free=_bytes(machine["free"]), total=_bytes(machine["total"]))),
        (say("Readings"), _count(counters["readings"])),
        (say("Commands"), _count(counters["commands"])),
        (say("Faults"), _count(counters["faults"])),
        (say("Memory"), f"{counters['rss_mb']} MB"),
        (say("Version"), machine["version"]),
    ]
    items = [el("div", el("dt", name), el("dd", value)) for name, value in facts]
    return el("section", el("h2", say("Numbers")), el("dl", *items, class_="facts"), id="numbers", hx_swap_oob="true")


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _bytes(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} TB"
