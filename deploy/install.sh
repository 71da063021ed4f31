#!/bin/sh
# Install, upgrade or remove Onsil on Debian 12 or Raspberry Pi OS with systemd, for systems the Debian package is not
# for (another Python) and for development:
#   sudo deploy/install.sh [SOURCE] [--wheels DIR]     SOURCE: a checkout (this one) or a wheel
#   sudo deploy/install.sh rollback                    go back to the version before
#   sudo deploy/install.sh uninstall [--purge]         configuration and data stay, without --purge
# Each version lives in a folder of its own, /opt/onsil/releases/VERSION-..., and /opt/onsil/current is the one that
# runs. An upgrade that is not ready within READY_WITHIN seconds (90), or does not stay up for STEADY_FOR seconds (10),
# is taken back. With --wheels the libraries come from that folder and not from the network. It can be run again at any
# time: what is in place already is left alone.
set -eu
umask 022

HOME_FOLDER=/opt/onsil
RELEASES=$HOME_FOLDER/releases
CURRENT=$HOME_FOLDER/current
PREVIOUS=$HOME_FOLDER/previous
UNIT=/etc/systemd/system/onsil.service
CONFIG=/etc/onsil
STATE=/var/lib/onsil
SAVED=$HOME_FOLDER/before-upgrade.tar.gz
KEPT=3 # releases
READY_WITHIN=${READY_WITHIN:-90}
STEADY_FOR=${STEADY_FOR:-10}

say() { echo "onsil: $*"; }
die() { echo "onsil: $*" >&2; exit 1; }
deploy=$(cd "$(dirname "$0")" && pwd)

main() {
    action=install source=$deploy/.. wheels="" purge=""
    case ${1:-} in
        install) shift ;;
        rollback | uninstall) action=$1; shift ;;
    esac
    while [ $# -gt 0 ]; do
        case $1 in
            --wheels) wheels=$(cd "${2:?--wheels needs a folder}" && pwd); shift ;;
            --purge) purge=yes ;;
            --help | -h) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0" | sed '/^set -eu/d'; exit 0 ;;
            -*) die "there is no option $1; $0 --help" ;;
            *) source=$1 ;;
        esac
        shift
    done
    [ "$(id -u)" = 0 ] || die "please run it as root: sudo $0"
    [ -d /run/systemd/system ] || die "this computer is not run by systemd"
    if dpkg-query -W -f '${Status}' onsil 2>/dev/null | grep -q "ok installed"; then
        die "the Debian package is installed; upgrade that, or remove it first: apt-get remove onsil"
    fi
    "do_$action"
}

do_install() {
    python=$(suitable_python)
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    build
    old=$(target "$CURRENT")
    prepare_system
    if [ "$old" = "$release" ]; then
        activate "$release" # mends what was changed by hand; restarts nothing that runs
        systemctl enable --quiet onsil.service
        if [ -e $CONFIG/site.yaml ] && ! systemctl is-active --quiet onsil.service; then systemctl start onsil.service; fi
        say "$(basename "$release") is installed already"
        finish
        return
    fi
    if [ -n "$old" ] && [ -e $CONFIG/site.yaml ]; then
        CREDENTIALS_DIRECTORY=$CONFIG/credentials "$release/bin/onsil" check $CONFIG ||
            die "the new version does not take $CONFIG as it is (see above); $(basename "$old") goes on running"
        save "$old"
    fi
    schema_before=$(schema "$release")
    activate "$release"
    systemctl enable --quiet onsil.service
    if [ ! -e $CONFIG/site.yaml ]; then
        remember "$old"
        say "$(basename "$release") is installed. There is no $CONFIG/site.yaml yet; deploy/README.md says how to make one."
        return
    fi
    say "starting $(basename "$release")"
    if steady; then
        remember "$old"
        say "$(basename "$release") runs"
        finish
        return
    fi
    journalctl --unit onsil.service --lines 20 --no-pager --output cat >&2 || true
    [ -n "$old" ] || die "it does not run (see above); put it right, then: systemctl restart onsil"
    say "it does not run (see above): back to $(basename "$old")" >&2
    systemctl stop onsil.service || true
    if [ "$(schema "$release")" != "$schema_before" ] && [ -e $SAVED ]; then
        # the new version has changed the database in a way that the old one does not know
        CREDENTIALS_DIRECTORY=$CONFIG/credentials "$release/bin/onsil" restore $SAVED >&2
    fi
    activate "$old"
    rm -rf "$release"
    steady || die "$(basename "$old") does not run either: journalctl -u onsil"
    die "$(basename "$old") runs again"
}

do_rollback() {
    old=$(target "$CURRENT")
    release=$(target "$PREVIOUS")
    [ -n "$release" ] || die "there is no version before this one"
    activate "$release"
    remember "$old"
    [ -e $CONFIG/site.yaml ] || { say "back to $(basename "$release")"; return; }
    steady || die "$(basename "$release") does not run: journalctl -u onsil"
    say "$(basename "$release") runs"
}

do_uninstall() {
    systemctl disable --now --quiet onsil.service 2>/dev/null || true
    rm -f $UNIT /etc/udev/rules.d/60-onsil.rules /etc/sysusers.d/onsil.conf /etc/tmpfiles.d/onsil.conf /usr/local/bin/onsil
    rm -rf $HOME_FOLDER
    systemctl daemon-reload
    if [ -n "$purge" ]; then
        rm -rf $CONFIG $STATE /etc/default/onsil
        if getent passwd onsil >/dev/null; then userdel onsil; fi
        say "removed, with configuration and data"
    else
        say "removed; $CONFIG and $STATE are as they were"
    fi
}

suitable_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            if ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
                "$deploy/debian-packages.sh" python3-venv >&2
            fi
            echo "$candidate"
            return
        fi
    done
    die "Onsil needs Python 3.11 or newer (Debian 12 has it)"
}

# Make the release of the source, in $release, unless it is there.
build() {
    from_folder=""
    if [ -n "$wheels" ]; then from_folder="--no-index --find-links $wheels"; fi
    "$python" -m venv "$work/venv"
    # shellcheck disable=SC2086  # a list of words
    case $source in
        *.whl) wheel=$source ;;
        *)
            [ -e "$source/pyproject.toml" ] || die "$source is neither a wheel nor a checkout"
            # pip builds in the checkout: let it do so in a copy, which root may write
            mkdir "$work/source"
            (cd "$source" && tar -c --exclude=./.venv --exclude=./.git --exclude=./tests .) | tar -x -C "$work/source"
            "$work/venv/bin/pip" wheel --quiet --disable-pip-version-check --no-deps $from_folder \
                --wheel-dir "$work" "$work/source"
            wheel=$(echo "$work"/*.whl)
            ;;
    esac
    [ -e "$wheel" ] || die "there is no $wheel"
    version=$(basename "$wheel" | cut -d- -f2)
    lock=$deploy/../requirements.lock
    sum=$(cat "$wheel" "$deploy/onsil.service" "$deploy"/system/* "$lock" 2>/dev/null | sha256sum | cut -c1-8)
    release=$RELEASES/$version-$sum
    [ ! -e "$release/complete" ] || return 0
    say "making $release"
    rm -rf "$release"
    mkdir -p "$release"
    "$python" -m venv "$release"
    requirements=""
    if [ -e "$lock" ]; then requirements="-r $lock"; fi
    # shellcheck disable=SC2086  # lists of words
    "$release/bin/pip" install --quiet --disable-pip-version-check $from_folder $requirements "$wheel" ||
        { rm -rf "$release"; die "the libraries cannot be installed"; }
    mkdir "$release/system"
    cp "$deploy/onsil.service" "$deploy"/system/* "$release/system/"
    touch "$release/complete"
}

prepare_system() {
    install -D -m 644 "$release/system/onsil.sysusers" /etc/sysusers.d/onsil.conf
    install -D -m 644 "$release/system/onsil.tmpfiles" /etc/tmpfiles.d/onsil.conf
    systemd-sysusers /etc/sysusers.d/onsil.conf
    systemd-tmpfiles --create /etc/tmpfiles.d/onsil.conf
    [ -e /etc/default/onsil ] || install -m 644 "$release/system/onsil.default" /etc/default/onsil
}

# Make a release the current one, with the system's files as it knows them.
activate() {
    ln -sfn "$1" $CURRENT.new
    mv -T $CURRENT.new $CURRENT
    sed "s#/usr/lib/onsil/#$CURRENT/#" "$1/system/onsil.service" >"$UNIT.new"
    mv "$UNIT.new" $UNIT
    sed "s#/usr/lib/onsil/#$CURRENT/#" "$1/system/onsil.sh" >/usr/local/bin/onsil.new
    chmod 755 /usr/local/bin/onsil.new
    mv /usr/local/bin/onsil.new /usr/local/bin/onsil
    install -D -m 644 "$1/system/60-onsil.rules" /etc/udev/rules.d/60-onsil.rules
    if [ -d /run/udev ]; then
        udevadm control --reload || true
        udevadm trigger --subsystem-match=tty || true
    fi
    systemctl daemon-reload
}

# Restart the service; whether it becomes ready in time and stays so.
steady() {
    systemctl restart --no-block onsil.service
    waited=0
    until [ "$(systemctl is-active onsil.service)" = active ] && [ "$(executable)" = "$(readlink -f $CURRENT)" ]; do
        [ $waited -lt "$READY_WITHIN" ] || return 1
        sleep 1
        waited=$((waited + 1))
    done
    process=$(systemctl show --property MainPID --value onsil.service)
    sleep "$STEADY_FOR"
    [ "$(systemctl is-active onsil.service)" = active ] &&
        [ "$(systemctl show --property MainPID --value onsil.service)" = "$process" ]
}

# The release that the running service belongs to, by the libraries it has loaded.
executable() {
    pid=$(systemctl show --property MainPID --value onsil.service)
    grep -o -m 1 "$RELEASES/[^/]*" "/proc/$pid/maps" 2>/dev/null | head -n 1
}

# What a later version may do to the database that this one would not understand.
save() {
    rm -f $SAVED
    if [ -d $STATE ]; then
        "$1/bin/onsil" backup $SAVED >/dev/null || say "the state could not be saved; going on without"
    fi
}

schema() {
    "$1/bin/python3" -c "
import pathlib, sqlite3
file = pathlib.Path('$STATE/onsil.db')
print(sqlite3.connect(file.as_uri() + '?mode=ro', uri=True).execute('PRAGMA user_version').fetchone()[0] if file.exists() else 0)
" 2>/dev/null || echo 0
}

remember() {
    if [ -n "$1" ]; then ln -sfn "$1" $PREVIOUS; fi
    # the newest ones, and those two that are in use
    # shellcheck disable=SC2012  # names of our own
    ls -1dt "$RELEASES"/*/ | sed 's#/$##' | tail -n +$((KEPT + 1)) | while read -r one; do
        case $one in
            "$(target $CURRENT)" | "$(target $PREVIOUS)") ;;
            *) rm -rf "$one" ;;
        esac
    done
}

target() { if [ -e "$1" ]; then readlink -f "$1"; fi; }

finish() { say "what it does: journalctl -fu onsil    how it is: onsil status    what is wrong: onsil doctor"; }

main "$@"
