#!/bin/sh
# Make what the server needs once: secrets in .env, a certificate authority with the server's certificate, passwords.
#   ./setup.sh NAME...        the names and addresses by which greenhouses reach this server
#   ./setup.sh password USER  one more user of the broker, or another password for one
# What is there already is kept: run it again to renew a server's certificate (delete secrets/server.crt) or to add names.
# Needs openssl, and mosquitto_passwd (from the package mosquitto) or docker.
set -eu
umask 077
cd "${ONSIL_SERVER:-$(dirname "$0")}"
mkdir -p secrets

main() {
    case ${1:-} in
        "" | -*) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2 ;;
        password) user_of_broker "${2:?which user?}"; exit 0 ;;
    esac
    [ -e .env ] || {
        printf 'INFLUX_PASSWORD=%s\nINFLUX_TOKEN=%s\nGRAFANA_PASSWORD=%s\n# the addresses on which InfluxDB and Grafana listen\nLISTEN=127.0.0.1\n' \
            "$(secret)" "$(secret)" "$(secret)" >.env
        echo "made .env: INFLUX_TOKEN is what the greenhouses write with, GRAFANA_PASSWORD is that of admin"
    }
    authority
    server "$@"
    [ -e secrets/passwords ] || user_of_broker onsil
    readable
}

secret() { openssl rand -hex 24; }

authority() {
    [ -e secrets/ca.crt ] && return
    openssl ecparam -name prime256v1 -genkey -noout -out secrets/ca.key
    openssl req -x509 -new -key secrets/ca.key -sha256 -days 7300 -subj "/CN=Onsil farm" -out secrets/ca.crt \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign"
    echo "made secrets/ca.crt: every greenhouse needs a copy (ca: in site.yaml). Keep secrets/ca.key off this server."
}

server() {
    names=""
    for name in "$@"; do
        case $name in
            *[!0-9.]*) case $name in *:*) kind=IP ;; *) kind=DNS ;; esac ;;
            *) kind=IP ;;
        esac
        names="$names${names:+,}$kind:$name"
    done
    if [ -e secrets/server.crt ] && [ "$(cat secrets/names 2>/dev/null)" = "$names" ]; then return; fi
    [ -e secrets/ca.key ] || { echo "secrets/ca.key is needed for a new certificate" >&2; exit 1; }
    [ -e secrets/server.key ] || openssl ecparam -name prime256v1 -genkey -noout -out secrets/server.key
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cat >"$work/extensions" <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = $names
END
    openssl req -new -key secrets/server.key -subj "/CN=$1" -out "$work/request"
    openssl x509 -req -in "$work/request" -CA secrets/ca.crt -CAkey secrets/ca.key -CAcreateserial -days 1825 -sha256 \
        -extfile "$work/extensions" -out secrets/server.crt 2>/dev/null
    echo "$names" >secrets/names
    echo "made secrets/server.crt for $names, good for five years"
}

user_of_broker() {
    touch secrets/passwords
    word=$(secret)
    if command -v mosquitto_passwd >/dev/null; then
        mosquitto_passwd -b secrets/passwords "$1" "$word"
    else
        docker run --rm --volume "$PWD/secrets:/secrets" eclipse-mosquitto:2.0 \
            mosquitto_passwd -b /secrets/passwords "$1" "$word"
    fi
    echo "the password of $1 at the broker is $word (it is not written down anywhere else)"
}

# mosquitto in the container reads them as its own user, 1883
readable() {
    if [ "$(id -u)" = 0 ]; then
        chown 1883 secrets/server.key secrets/server.crt secrets/ca.crt secrets/passwords
    else
        echo "mosquitto must be able to read them: sudo chown 1883 secrets/server.* secrets/ca.crt secrets/passwords"
    fi
    chmod 644 secrets/ca.crt secrets/server.crt
    chmod 711 secrets
}

main "$@"
