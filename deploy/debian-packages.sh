#!/bin/sh
# Make sure that Debian packages are installed: installs what is missing where it may, says what to type where it may not.
#   debian-packages.sh PACKAGE...
set -eu

missing=""
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "These Debian packages (or what your system calls them) are needed:$missing" >&2
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    echo "Please type this, and then try again:  sudo apt-get install$missing" >&2
    exit 1
fi
apt-get update -qq
# shellcheck disable=SC2086  # a list of words
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
