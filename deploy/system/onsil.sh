#!/bin/sh
# The onsil command. For root, ${NAME} in site.yaml means what it means in the service: a file in the credentials folder.
if [ -z "${CREDENTIALS_DIRECTORY:-}" ] && [ -r /etc/onsil/credentials ] && [ -x /etc/onsil/credentials ]; then
    export CREDENTIALS_DIRECTORY=/etc/onsil/credentials
fi
exec /usr/lib/onsil/bin/onsil "$@"
