#!/usr/bin/env bash
# Back up PostgreSQL with pgBackRest, then have the whole repository read and compared. Run as the user postgres.
#   postgresql.sh full|diff     a full backup, or what has changed since the last one
#   postgresql.sh check         only read and compare
# Other options are pgBackRest's, from its file or PGBACKREST_… variables. Ends with an error when anything is wrong.
set -euo pipefail
kind=${1:?full, diff or check}
stanza=${STANZA:-palitas}

if [ "$kind" != check ]; then
    # Also waits until a file of the log that was written now has arrived.
    pgbackrest --stanza="$stanza" check
    pgbackrest --stanza="$stanza" --type="$kind" backup
fi
# pgBackRest may end with 0 although it has found something.
report=$(pgbackrest --stanza="$stanza" --output=text --verbose verify)
echo "$report"
if ! grep -q '^ *status: ok' <<<"$report"; then
    echo "The backup of PostgreSQL is DAMAGED: make a full one now, and find out why." >&2
    exit 1
fi
