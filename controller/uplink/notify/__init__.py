"""Tells people of alarms: mail, Telegram, ntfy, KakaoTalk and whatever else Apprise can reach."""

from .announcer import Announcer, Message
from .notifier import Notifier

__all__ = ["Announcer", "Message", "Notifier"]
