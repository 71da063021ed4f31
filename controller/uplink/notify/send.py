"""`python -m controller.uplink.notify.send`: sends the message on standard input; what is wrong is said in one line.

Addresses hold passwords: they come by standard input, which no list of processes shows, and are never printed.
"""

from __future__ import annotations

import json
import sys


def main() -> int:
    """The exit code: 0 if every address has taken the message."""
    import apprise

    message = json.load(sys.stdin)
    services = apprise.Apprise()
    unknown = [number for number, address in enumerate(message["to"], 1) if not services.add(address)]
    if unknown:
        print(f"address {unknown[0]} of notify is none that Apprise understands")
        return 1
    if not services.notify(title=message["title"], body=message["body"]):
        print("not every service has taken the message")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
