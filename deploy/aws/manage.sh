#!/bin/sh
# manage.py with the site's environment, as the site's user: palitas create_moderator --email ana@example.com
set -eu
set -a
# shellcheck source=/dev/null
. /etc/palitas/environment
set +a
cd /opt/palitas/release
exec runuser --user palitas -- .venv/bin/python manage.py "$@"
