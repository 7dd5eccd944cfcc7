#!/bin/sh
# Prints the folder with PostgreSQL's server programs (initdb, postgres); exits 1 when there is
# none. $PG_BIN, if set, wins. The tests look in the same places and start a server of their own.
# usage: scripts/find-postgres.sh
set -u
has() { [ -x "$1/initdb" ] && [ -x "$1/postgres" ]; }
if [ -n "${PG_BIN:-}" ]; then
  has "$PG_BIN" && { echo "$PG_BIN"; exit 0; }
  echo "PG_BIN=$PG_BIN has no initdb and postgres" >&2
  exit 1
fi
initdb=$(command -v initdb 2>/dev/null) && has "$(dirname "$initdb")" && { dirname "$initdb"; exit 0; }
best='' best_number=0
for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
  /Applications/Postgres.app/Contents/Versions/*/bin; do
  has "$folder" || continue
  number=$("$folder/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
  [ "${number:-0}" -gt $best_number ] && best=$folder best_number=$number
done
[ -n "$best" ] || exit 1
echo "$best"
