"""The backup on the page System: what is in it, when the last one was made, and the way back."""

from __future__ import annotations

from controller.web.backups import Backups
from controller.web.html import Html, el
from controller.web.language import Speech, minute
from controller.web.phrases import told

from .layout import section

_RESTORE = """\
sudo systemctl stop onsil
sudo onsil restore {file}
sudo systemctl start onsil
"""


def fragment(backups: Backups, say: Speech) -> Html:
    """The button, and what is known of backups."""
    making, last = backups.making, backups.last
    if making is not None and making.sending:
        state = say("A backup for {who} is being sent.", who=told(making.by, say))
    elif making is not None:
        state = say("A backup for {who} is being made, since {time}.", who=told(making.by, say), time=making.since)
    elif last is not None:
        state = say("The last one: {time}, {text}.", time=minute(last["at"]), text=told(last["text"], say))
    else:
        state = say("None was made here yet.")
    return el(
        "form",
        el("button", say("Make a backup"), class_="primary", disabled=making is not None),
        el("span", state, class_="calm", role="status"),
        method="post",
        action="/system/backup",
        id="backup",
        class_="toolbar",
        hx_swap_oob="true",
    )


def content(drawn: Html, say: Speech) -> Html:
    """The section with the button."""
    return section(
        say("Backup"),
        el("p", say("One file with which a new computer goes on where this one has ended. The greenhouse runs on.")),
        el(
            "dl",
            el("dt", say("In it")),
            el(
                "dd",
                say(
                    "site.yaml and rules.yaml with their earlier versions, the history, the journal, what is not "
                    "delivered yet, and the users with the hashes of their passwords and tokens"
                ),
            ),
            el("dt", say("Not in it")),
            el(
                "dd",
                say(
                    "passwords and tokens of brokers and databases (credentials), private keys, and the key of the "
                    "sessions: after a restore everybody logs in anew"
                ),
            ),
            class_="told-of",
        ),
        drawn,
        el(
            "details",
            el("summary", say("How to restore it")),
            el("p", say("On the command line of the computer that is to run the greenhouse:")),
            el("pre", _RESTORE.format(file="onsil-....tar.gz"), class_="commands", tabindex="0"),
            el("p", say("What it replaces is moved into a folder before-restore-... beside it.")),
        ),
    )
