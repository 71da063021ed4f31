"""The scan on the page Devices: what to scan, how far it is, and what it has found."""

from __future__ import annotations

from collections.abc import Sequence

from controller.web.html import Html, el
from controller.web.language import N_, Speech
from controller.web.phrases import Forms, told
from controller.web.questions import LONGEST_TARGET
from controller.web.scans import Port, Scan

from .layout import section

BROKER = "mqtt"
"""What the form sends in place of a port where a broker is meant."""

_FORMS = Forms(
    (
        N_("{line}, address {n}"),
        N_("{n} devices"),
        N_("address {n}: {device}"),
        N_("address {n}: {device}; it could also be {others}"),
        N_("{name}: {profile}, {n} sources"),
        N_("unknown device (it answers, but like no device we know)"),
        N_(
            "unknown device (something answers that cannot be understood: two devices with one address, or other line "
            "settings)"
        ),
    )
)
_WORDS = frozenset({N_("done")})


def fragment(scan: Scan | None, say: Speech) -> Html:
    """The scan that is under way, or the last one."""
    return el("div", *_told(scan, say), id="scan", class_=scan.state if scan else None, hx_swap_oob="true")


def content(drawn: Html, ports: Sequence[Port], say: Speech) -> Html:
    """The section with the form."""
    return section(
        say("Scan"),
        el(
            "p",
            say(
                "Finds out what is on a serial line or at a broker, and writes it down for site.yaml. "
                "It never writes to a device."
            ),
        ),
        el(
            "p",
            say(
                "A gateway on the network is scanned by command, while no bus uses it: onsil scan tcp://192.168.0.12:502"
            ),
            class_="calm",
        ),
        drawn,
        _form(ports, say),
        class_="scan",
    )


def _form(ports: Sequence[Port], say: Speech) -> Html:
    first = next((port.name for port in ports if not port.taken), BROKER)
    choices = [_choice(port.name, port.name, told(port.taken, say), first) for port in ports]
    return el(
        "form",
        el(
            "fieldset",
            el("legend", say("Where")),
            *choices,
            _choice(BROKER, say("MQTT broker"), "", first),
        ),
        None if ports else el("p", say("No serial port is plugged in."), class_="calm"),
        el(
            "div",
            _field(say("Address"), "address", placeholder="mqtt://192.168.0.10", maxlength=LONGEST_TARGET),
            _field(say("Name"), "name", maxlength=LONGEST_TARGET),
            # a browser would fill in the password of the page otherwise
            _field(say("Password"), "password", type="password", autocomplete="new-password", maxlength=LONGEST_TARGET),
            class_="broker",
        ),
        el(
            "label",
            el("input", type="checkbox", name="thorough", value="yes"),
            el("span", say("Leave nothing out: every line setting, 15 minutes at a broker")),
            class_="check",
        ),
        el(
            "div",
            el("button", say("Scan"), class_="primary"),
            el("span", id="scan-said", role="status"),
            class_="toolbar",
        ),
        id="scan-form",
        autocomplete="off",
        hx_post="/devices/scan",
        hx_target="#scan-said",
    )


def _choice(value: str, name: str, taken: str, chosen: str) -> Html:
    return el(
        "label",
        el("input", type="radio", name="target", value=value, checked=value == chosen, disabled=bool(taken)),
        el("span", name, el("small", " ", taken) if taken else None),
        class_="chip",
    )


def _field(title: str, name: str, **more: str | int) -> Html:
    return el("label", title, el("input", name=name, autocapitalize="none", spellcheck="false", **more))


def _told(scan: Scan | None, say: Speech) -> list[Html | None]:
    if scan is None:
        return []
    found = el("ul", *(el("li", _said(line, say)) for line in scan.found), class_="found") if scan.found else None
    of = f"{scan.target} · {told(scan.by, say)} · {scan.since}"
    if scan.state == "running":
        return [
            el("p", el("b", say("A scan is under way")), " ", el("small", of), role="status"),
            el("progress", max=1, value=f"{scan.part:.3f}", aria_label=say("How far the scan is")),
            el("p", _said(scan.at, say), class_="calm"),
            found,
            el("button", say("Stop"), type="button", hx_post="/devices/scan/cancel", hx_target="#scan-said"),
        ]
    return [
        el("p", _end(scan, say), " ", el("small", of), role="status"),
        found,
        *_for_site(scan.fragment, say),
    ]


def _end(scan: Scan, say: Speech) -> Html:
    if scan.state == "cancelled":
        return el("b", say("The scan was stopped"))
    if scan.state == "failed":
        return el("b", say("The scan failed: {reason}", reason=told(scan.why, say)), class_="bad")
    if not scan.found:
        return el("b", say("Nothing answers"))
    return el("b", say("Devices: {n}", n=len(scan.found)), class_="good")


def _for_site(fragment: str, say: Speech) -> list[Html]:
    if not fragment:
        return []
    return [
        el(
            "div",
            el("h3", say("For site.yaml")),
            el("button", say("Copy"), type="button", data_copy="#scan-fragment", data_copied=say("Copied.")),
            class_="toolbar",
        ),
        el("pre", fragment, id="scan-fragment", class_="commands", tabindex="0"),
        el("p", say("Give points the names you like; onsil check then says what is missing."), class_="calm"),
    ]


def _said(text: str, say: Speech) -> str:
    """A line of a scanner in the language of the page; names of devices and profiles stay as they are."""
    if text in _WORDS:
        return say(text)
    found = _FORMS.fitting(text)
    if found is None:
        return text
    form, holes = found
    return say(form, **{name: _said(value, say) for name, value in holes.items()})
